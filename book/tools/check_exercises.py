"""Checks of the exercises: graders tested themselves, and notebooks that hold exactly the catalogued tasks."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from aigc_course.core import assessing, trying
from aigc_course.core.comparing import Result, all_same
from aigc_course.core.grading import Exercise, Question, Task, Verdict, assess
from aigc_course.core.tasks import Argument
from book.tools.chapters import Cell, Chapter

LEAST_TASKS, LEAST_CODE, LEAST_WRONG, LEAST_OPTIONS, LEAST_RUBRIC = 5, 2, 3, 3, 3
LONGEST_TITLE = 48
DRAWS = (0, 1000, 2000)  # added to the grader's own seeds


def chapter(found: Chapter, tasks: list[Task]) -> list[str]:
    """Everything wrong with a chapter's exercises."""
    return [
        *_counts(found, tasks),
        *_titles(tasks),
        *_objectives(found, tasks),
        *_in_notebook(found, tasks),
        *_each(found, tasks),
    ]


def _counts(found: Chapter, tasks: list[Task]) -> Iterator[str]:
    code = sum(isinstance(task, Exercise) for task in tasks)
    if len(tasks) < LEAST_TASKS or code < LEAST_CODE:
        yield f"{found.slug}: {len(tasks)} exercises, {code} with code; at least {LEAST_TASKS} and {LEAST_CODE}"
    ids = [task.id for task in tasks]
    yield from (f"{key}: two exercises have this id" for key in sorted(set(ids)) if ids.count(key) > 1)
    yield from (f"{key}: the id must begin with {found.slug}." for key in ids if not key.startswith(f"{found.slug}."))


def _titles(tasks: list[Task]) -> Iterator[str]:
    """A short title each, written like a sentence, by which an exercise is known in its chapter."""
    titles = [task.title for task in tasks]
    for task in tasks:
        if not task.title.strip():
            yield f"{task.id}: it has no title; write a few words"
        elif len(task.title) > LONGEST_TITLE or task.title.endswith(".") or task.title[0].islower():
            yield f"{task.id}: the title “{task.title}”; at most {LONGEST_TITLE} signs, a capital first, no full stop"
        elif titles.count(task.title) > 1:
            yield f"{task.id}: another exercise of the chapter has the title “{task.title}”"


def _objectives(found: Chapter, tasks: list[Task]) -> Iterator[str]:
    objectives = found.front.get("objectives", [])
    for number, objective in enumerate(objectives):
        if all(task.objective != number for task in tasks):
            yield f"{found.slug}: no exercise meets objective {number}, “{objective}”"
    for task in tasks:
        if task.objective not in range(len(objectives)):
            yield f"{task.id}: objective {task.objective} does not exist; they count from 0 to {len(objectives) - 1}"


def _in_notebook(found: Chapter, tasks: list[Task]) -> Iterator[str]:
    known = {task.id: task for task in tasks}
    for cell in found.code:
        for function, key in cell.calls:
            where = f"{found.name}, code cell {cell.number}"
            if key not in known:
                yield f"{where}: {function}({key!r}) names no exercise of aigc_course/exercises/{found.slug}.yml"
            elif function == "grade" and isinstance(task := known[key], Exercise):
                yield from (f"{where}: {message}" for message in _graded_cell(found.cells, cell, task))
            elif function == "ask" and "remove-input" not in cell.tags:
                yield f"{where}: a cell with ask({key!r}) carries the tag `remove-input`"
    shown = found.ids("grade", "ask")
    for task in tasks:
        function = "grade" if isinstance(task, Exercise) else "ask"
        if found.ids(function).count(task.id) != 1 or shown.count(task.id) != 1:
            yield f"{task.id}: {found.name} must call {function}({task.id!r}, …) exactly once"


def _graded_cell(cells: Sequence[Cell], cell: Cell, task: Exercise) -> Iterator[str]:
    stub, name = task.stub.strip(), function_name(task)
    line = f'grade("{task.id}", {name})'
    written = re.sub(r"\n{3,}", "\n\n", cell.source.strip())  # ruff puts two empty lines after a function
    if written != f"{stub}\n\n{line}":
        yield f"the cell must be the stub of {task.id} as catalogued, an empty line, then {line}"
    before = cells[cell.index - 1]
    if before.source.strip() != statement(task) or "remove-cell" not in before.tags:
        yield (
            f"the cell before must be Markdown with the tag `remove-cell`, for the page takes the words from the "
            f"catalogue, and say\n{statement(task)}"
        )


def statement(task: Exercise) -> str:
    """What a notebook says before a graded cell."""
    return f"### {'★' * task.stars} {task.title}\n\n{task.text}".strip()


def function_name(task: Exercise) -> str:
    """The function that the stub defines, the last one when there are several."""
    return [node.name for node in ast.parse(task.stub).body if isinstance(node, ast.FunctionDef)][-1]


def _each(found: Chapter, tasks: list[Task]) -> Iterator[str]:
    names = imports(found)
    for task in tasks:
        if isinstance(task, Exercise):
            yield from (f"{task.id}: {message}" for message in exercise(task, names))
        elif isinstance(task, Question):
            yield from (f"{task.id}: {message}" for message in question(task))
        elif len(task.rubric) < LEAST_RUBRIC:
            yield f"{task.id}: a project's rubric has at least {LEAST_RUBRIC} lines"


def imports(found: Chapter) -> dict[str, Any]:
    """The names that the notebook's own imports define; a stub may use them."""
    names: dict[str, Any] = {}
    for cell in found.code:
        if not re.search(r"^\s*[%!]", cell.source, re.MULTILINE):
            body: list[ast.stmt] = [
                node for node in ast.parse(cell.source).body if isinstance(node, ast.Import | ast.ImportFrom)
            ]
            exec(compile(ast.Module(body, []), found.name, "exec", dont_inherit=True), names)
    return names


def question(task: Question) -> Iterator[str]:
    """One right option, each explained."""
    right = sum(option.correct for option in task.options)
    if right != 1:
        yield f"{right} options are marked correct; exactly one must be"
    if len(task.options) < LEAST_OPTIONS:
        yield f"{len(task.options)} options; at least {LEAST_OPTIONS}"
    yield from (f"option “{option.text}” has no explanation" for option in task.options if not option.why.strip())


def exercise(task: Exercise, names: dict[str, Any]) -> list[str]:
    """The solution passes, the stub is not attempted, and each wrong answer gets its own diagnosis and no other."""
    wrong = [f"only {len(task.wrong)} wrong answers; at least {LEAST_WRONG}"] if len(task.wrong) < LEAST_WRONG else []
    if not task.hints or len(set(task.hints)) != len(task.hints):
        wrong.append("hints must be there, each saying something new")
    diagnoses = [entry.diagnosis for entry in task.wrong]
    if len(set(diagnoses)) != len(diagnoses) or not all(text.strip() for text in diagnoses):
        wrong.append("every wrong answer needs a diagnosis of its own")
    wrong += [*_stub(task, names), *arguments(task), *_unsolved(task)]
    if not any(_unsolved(task)):
        wrong += [*(message for extra in DRAWS for message in _graded(_shifted(task, extra))), *blind(task)]
    return list(dict.fromkeys(wrong))


def _unsolved(task: Exercise) -> Iterator[str]:
    """A solution that is not written yet has nothing to be compared with."""
    tried = trying.attempt(task.inputs, task.solution, ())
    parts = [part for result in tried.results for part in (result if isinstance(result, tuple) else (result,))]
    if tried.trouble:
        yield f"the solution does not run: {tried.trouble}"
    elif not all(isinstance(part, torch.Tensor) for part in parts):
        yield "the solution must return numbers, tensors, or a tuple of these"


def _stub(task: Exercise, names: dict[str, Any]) -> Iterator[str]:
    space = dict(names)
    try:
        # as a notebook does it, which evaluates annotations; this module's __future__ import would put that off
        exec(compile(task.stub, task.id, "exec", dont_inherit=True), space)
    except Exception as error:
        yield f"the stub does not run after the notebook's imports: {type(error).__name__}: {error}"
        return
    verdict = assess(task, space[function_name(task)])
    if verdict.status != "not attempted":
        yield f"the stub is reported as “{verdict}” instead of “not attempted”"


def _shifted(task: Exercise, extra: int) -> Exercise:
    """The same exercise on other random inputs."""

    def inputs(generator: torch.Generator) -> tuple[Any, ...]:
        return task.inputs(torch.Generator().manual_seed(generator.initial_seed() + extra))

    return dataclasses.replace(task, inputs=inputs)


def arguments(task: Exercise) -> Iterator[str]:
    """The description of the arguments is that of the stub's parameters and of what is drawn."""
    (stub,) = [node for node in ast.parse(task.stub).body if isinstance(node, ast.FunctionDef)][-1:]
    parameters = [argument.arg for argument in stub.args.args]
    described = [argument.name for argument in task.arguments]
    if described != parameters:
        yield f"`arguments` describes {described}; the stub takes {parameters}"
        return
    draws = [trying.arguments(task.inputs, draw) for draw in range(trying.TRIALS)]
    sizes: list[dict[str, int]] = []
    for draw in draws:
        sizes.append({})
        for argument, value in zip(task.arguments, draw, strict=True):
            yield from _described(argument, value, sizes[-1])
    for name in sizes[0]:
        if len({size.get(name) for size in sizes[: trying.FEWEST]}) == 1:
            yield f"the size of `{name}` is the same in the first draws, so that an answer may have it written in"


def _described(argument: Argument, value: Any, sizes: dict[str, int]) -> Iterator[str]:
    """Compare one argument with its description, and note the sizes of its dimensions."""
    if argument.shape is None:
        if type(value) is not (int if argument.whole else float):
            yield f"“{argument}”, but {type(value).__name__} is drawn"
        return
    if not isinstance(value, torch.Tensor) or value.ndim != len(argument.shape):
        shape = tuple(getattr(value, "shape", ()))
        yield f"“{argument}”, but {type(value).__name__} of shape {shape} is drawn"
        return
    if value.is_floating_point() == argument.whole:
        yield f"“{argument}”, but its numbers are {value.dtype}"
    for name, size in zip(argument.shape, value.shape, strict=True):
        if sizes.setdefault(name, size) != size:
            yield f"“{argument}”, but `{name}` is {size} here and {sizes[name]} in another argument"


def blind(task: Exercise) -> Iterator[str]:
    """Draws that do not tell a wrong answer from the right one, or a tolerance that does not.

    An answer that ignores one argument (it always sees the value of the first draw) must not pass, not even on the few
    draws that a slow answer gets; nor may one that misses by a thousandth of how much results vary.
    """
    expected = trying.outputs(task.inputs, task.solution)
    for index, argument in enumerate(task.arguments):
        held = trying.held(task.inputs, index)
        try:
            given = trying.outputs(held, task.solution)
        except Exception:
            continue  # it matters so much that the solution fails
        for draws in (trying.FEWEST, trying.TRIALS):
            if all_same(given[:draws], expected[:draws], task.tolerance):
                yield f"an answer that ignores `{argument.name}` passes on {draws} draws"
    for missed in _misses(expected):
        if all_same(missed, expected, task.tolerance):
            yield "the tolerance is too coarse: an answer passes that misses by a thousandth of what results vary"
    if not all_same(trying.outputs(_in_64_bits(task.inputs), task.solution), expected, task.tolerance):
        yield "the tolerance is too fine: the solution in 64 bits does not pass"


def _misses(expected: Sequence[Any]) -> Iterator[list[Result]]:
    """The results with one of their parts too large by a thousandth of how much it varies."""
    rows = [result if isinstance(result, tuple) else (result,) for result in expected]
    for i in range(len(rows[0])):
        spread = torch.cat([row[i].double().flatten() for row in rows]).std()
        missed = [(*row[:i], row[i] + spread / 1000, *row[i + 1 :]) for row in rows]
        yield [row if isinstance(result, tuple) else row[0] for row, result in zip(missed, expected, strict=True)]


def _in_64_bits(inputs: trying.Sampler) -> trying.Sampler:
    def draw(generator: torch.Generator) -> tuple[Any, ...]:
        given = inputs(generator)
        return tuple(x.double() if isinstance(x, torch.Tensor) and x.is_floating_point() else x for x in given)

    return draw


def _graded(task: Exercise) -> Iterator[str]:
    verdict = assess(task, task.solution)
    if verdict.status != "passed":
        yield f"the reference solution is graded “{verdict}”"
    names = {entry: getattr(entry.function, "__name__", repr(entry.function)) for entry in task.wrong}
    tried = {entry: trying.attempt(task.inputs, entry.function, ()) for entry in task.wrong}
    alone = {entry: _alone(task, attempt) for entry, attempt in tried.items()}
    unfit = [entry for entry in task.wrong if alone[entry].status != "wrong"]
    yield from (f"{names[entry]} is graded “{alone[entry]}” instead of wrong" for entry in unfit)
    if unfit:  # one that raises would end the comparisons below
        return
    for entry in task.wrong:
        if form := alone[entry].message:  # what has a name in every exercise is said before the catalogue is asked
            yield f"{names[entry]} gets the diagnosis “{form}” against “{entry.diagnosis}”"
    for entry, other in itertools.permutations(task.wrong, 2):
        # every pair, so that the order of the catalogue cannot hide a second match
        if all_same(tried[entry].results, tried[other].results, task.tolerance):
            yield f"{names[entry]} gets the diagnosis “{other.diagnosis}” against “{entry.diagnosis}”"


def _alone(task: Exercise, tried: trying.Attempt) -> Verdict:
    """The verdict on an answer without the catalogue."""
    return Verdict("error", tried.trouble) if tried.trouble else assessing.compare(task, tried.results, ())
