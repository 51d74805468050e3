"""Checks of the exercises: graders tested themselves, and notebooks that hold exactly the catalogued tasks."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import re
from collections.abc import Iterator
from typing import Any

import torch

from aigc_course.core import grading
from aigc_course.core.grading import Exercise, Question, Task
from book.tools.chapters import Cell, Chapter

LEAST_TASKS, LEAST_CODE, LEAST_WRONG, LEAST_OPTIONS, LEAST_RUBRIC = 5, 2, 3, 3, 3
DRAWS = (0, 1000, 2000)  # added to the grader's own seeds


def chapter(found: Chapter, tasks: list[Task]) -> list[str]:
    """Everything wrong with a chapter's exercises."""
    return [*_counts(found, tasks), *_objectives(found, tasks), *_in_notebook(found, tasks), *_each(found, tasks)]


def _counts(found: Chapter, tasks: list[Task]) -> Iterator[str]:
    code = sum(isinstance(task, Exercise) for task in tasks)
    if len(tasks) < LEAST_TASKS or code < LEAST_CODE:
        yield f"{found.slug}: {len(tasks)} exercises, {code} with code; at least {LEAST_TASKS} and {LEAST_CODE}"
    ids = [task.id for task in tasks]
    yield from (f"{key}: two exercises have this id" for key in sorted(set(ids)) if ids.count(key) > 1)
    yield from (f"{key}: the id must begin with {found.slug}." for key in ids if not key.startswith(f"{found.slug}."))


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
                yield f"{where}: {function}({key!r}) names no exercise of aigc_course/exercises/{found.slug}.py"
            elif function == "grade" and isinstance(task := known[key], Exercise):
                yield from (f"{where}: {message}" for message in _graded_cell(cell, task))
            elif function == "ask" and "remove-input" not in cell.tags:
                yield f"{where}: a cell with ask({key!r}) carries the tag `remove-input`"
    shown = found.ids("grade", "ask")
    for task in tasks:
        function = "grade" if isinstance(task, Exercise) else "ask"
        if found.ids(function).count(task.id) != 1 or shown.count(task.id) != 1:
            yield f"{task.id}: {found.name} must call {function}({task.id!r}, …) exactly once"


def _graded_cell(cell: Cell, task: Exercise) -> Iterator[str]:
    stub, name = task.stub.strip(), function_name(task)
    line = f'grade("{task.id}", {name})'
    written = re.sub(r"\n{3,}", "\n\n", cell.source.strip())  # ruff puts two empty lines after a function
    if written != f"{stub}\n\n{line}":
        yield f"the cell must be the stub of {task.id} as catalogued, an empty line, then {line}"


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
    graded = (message for extra in DRAWS for message in _graded(_shifted(task, extra)))
    return list(dict.fromkeys([*wrong, *_stub(task, names), *graded]))


def _stub(task: Exercise, names: dict[str, Any]) -> Iterator[str]:
    space = dict(names)
    try:
        # as a notebook does it, which evaluates annotations; this module's __future__ import would put that off
        exec(compile(task.stub, task.id, "exec", dont_inherit=True), space)
    except Exception as error:
        yield f"the stub does not run after the notebook's imports: {type(error).__name__}: {error}"
        return
    verdict = grading.judge(task, space[function_name(task)])
    if verdict.status != "not attempted":
        yield f"the stub is reported as “{verdict}” instead of “not attempted”"


def _shifted(task: Exercise, extra: int) -> Exercise:
    """The same exercise on other random inputs."""

    def inputs(generator: torch.Generator) -> tuple[Any, ...]:
        return task.inputs(torch.Generator().manual_seed(generator.initial_seed() + extra))

    return dataclasses.replace(task, inputs=inputs)


def _graded(task: Exercise) -> Iterator[str]:
    verdict = grading.judge(task, task.solution)
    if verdict.status != "passed":
        yield f"the reference solution is graded “{verdict}”"
    names = {entry: getattr(entry.function, "__name__", repr(entry.function)) for entry in task.wrong}
    alone = {entry: grading.judge(dataclasses.replace(task, wrong=()), entry.function) for entry in task.wrong}
    unfit = [entry for entry in task.wrong if alone[entry].status != "wrong"]
    yield from (f"{names[entry]} is graded “{alone[entry]}” instead of wrong" for entry in unfit)
    if unfit:  # one that raises would end the comparisons below
        return
    for entry, other in itertools.product(task.wrong, repeat=2):
        # one entry at a time, so that their order cannot hide a second match
        verdict = grading.judge(dataclasses.replace(task, wrong=(other,)), entry.function)
        if (verdict.message == other.diagnosis) != (other is entry):
            yield f"{names[entry]} gets the diagnosis “{verdict.message}” against “{entry.diagnosis}”"
