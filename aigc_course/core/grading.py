"""Exercises as data, and the grader.

A code exercise holds a stub, hints, a reference solution, a draw of random inputs, and wrong answers that people give.
The grader runs the learner's function beside the solution on fresh inputs; when they differ, it looks for the
wrong answer that behaves exactly like the learner's and prints its diagnosis. The tests hold every exercise to that.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal

import torch
from IPython.display import display
from torch import Tensor

Status = Literal["passed", "wrong", "not attempted", "error"]
DRAWS = 5


@dataclass(frozen=True)
class Option:
    """One answer of a question, and why it is right or wrong."""

    text: str
    correct: bool
    why: str


@dataclass(frozen=True)
class Question:
    """★ Multiple choice; ``objective`` is the index of the chapter's objective that it meets."""

    id: str
    objective: int
    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that people give, and what to tell them."""

    function: Callable[..., Any]
    diagnosis: str


@dataclass(frozen=True)
class Exercise:
    """★★ Code. ``inputs`` draws arguments; outputs are tensors, numbers, or tuples of these.

    The stub returns ``...``, which the grader reports as not attempted.
    """

    id: str
    objective: int
    text: str
    stub: str
    hints: tuple[str, ...]
    solution: Callable[..., Any]
    inputs: Callable[[torch.Generator], tuple[Any, ...]]
    wrong: tuple[Wrong, ...]
    tolerance: float = 1e-5


@dataclass(frozen=True)
class Project:
    """★★★ Open project with a rubric."""

    id: str
    objective: int
    text: str
    rubric: tuple[str, ...]


Task = Question | Exercise | Project


@dataclass(frozen=True)
class Verdict:
    """What the grader found, in one sentence."""

    status: Status
    message: str

    def __str__(self) -> str:
        """The line that the learner reads."""
        return f"{self.status}: {self.message}" if self.message else self.status

    def _ipython_display_(self) -> None:
        """Nothing more in a notebook: ``grade`` has printed the line already."""


@cache
def chapter_exercises(slug: str) -> dict[str, Task]:
    """Every exercise of a chapter by id, in the chapter's order."""
    if not re.fullmatch(r"[a-z0-9_]+", slug):
        raise ValueError(f"{slug!r} is no chapter's slug; an exercise is named 'slug.name', for example 'vae.kl'")
    try:
        module = import_module(f"aigc_course.exercises.{slug}")
    except ModuleNotFoundError as error:
        raise ValueError(f"no exercises for a chapter {slug!r}; an exercise is named 'slug.name'") from error
    return {task.id: task for task in module.EXERCISES}


def get(id: str) -> Task:
    """Return one exercise by its id, ``slug.name``."""
    tasks = chapter_exercises(id.partition(".")[0])
    if id not in tasks:
        raise ValueError(f"no exercise {id!r}; this chapter has {', '.join(tasks)}")
    return tasks[id]


def _code(id: str) -> Exercise:
    task = get(id)
    if not isinstance(task, Exercise):
        raise ValueError(f"{id!r} has no code to grade; show it with ask({id!r})")
    return task


def grade(id: str, answer: Callable[..., Any]) -> Verdict:
    """Print and return a verdict on ``answer``; a mistake of the learner's never raises."""
    verdict = judge(_code(id), answer)
    print(f"{id}: {verdict}")
    return verdict


def judge(exercise: Exercise, answer: Callable[..., Any]) -> Verdict:
    """Compare an answer with the solution on random inputs."""
    try:
        given = _outputs(exercise, answer)
    except Exception as error:
        return Verdict("error", f"your function raised {type(error).__name__}: {error}")
    if any(value is ... for value in given):
        return Verdict("not attempted", "replace the `...` and run the cell again")
    expected = _outputs(exercise, exercise.solution)
    if _same(given, expected, exercise.tolerance):
        return Verdict("passed", "")
    for wrong in exercise.wrong:
        if _same(given, _outputs(exercise, wrong.function), exercise.tolerance):
            return Verdict("wrong", wrong.diagnosis)
    return Verdict("wrong", _first_difference(given, expected, exercise.tolerance))


def _outputs(exercise: Exercise, function: Callable[..., Any]) -> list[Any]:
    """Results on ``DRAWS`` random inputs; the same inputs and noise for every function, and nobody can spoil them."""
    results = []
    with torch.random.fork_rng():
        for draw in range(DRAWS):
            inputs = exercise.inputs(torch.Generator().manual_seed(draw))
            torch.manual_seed(draw)
            results.append(function(*inputs))
    return results


def _same(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two results agree: same structure, same shapes, close numbers; a list of numbers equals a tensor."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    try:
        x, y = torch.as_tensor(a, dtype=torch.float64), torch.as_tensor(b, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return a is b
    return x.shape == y.shape and torch.allclose(x, y, rtol=tolerance, atol=tolerance, equal_nan=True)


def _first_difference(given: list[Any], expected: list[Any], tolerance: float) -> str:
    for a, b in zip(given, expected, strict=True):
        if not _same(a, b, tolerance):
            both = f"your result is {_brief(a)}, the reference gives {_brief(b)}"
            return f"on random input {both}{_place(a, b, tolerance)}"
    raise AssertionError("only called when the results differ")


def _place(a: Any, b: Any, tolerance: float) -> str:
    """Where two tensors of one shape begin to differ, when ``_brief`` shows only numbers that agree."""
    if not (isinstance(a, Tensor) and isinstance(b, Tensor) and a.shape == b.shape):
        return ""
    x, y = a.detach().double().flatten(), b.detach().double().flatten()
    at = int(torch.isclose(x, y, rtol=tolerance, atol=tolerance, equal_nan=True).long().argmin())
    index = ", ".join(str(int(i)) for i in torch.unravel_index(torch.tensor(at), a.shape))
    return f"; at [{index}] {x[at].item():.4g} in place of {y[at].item():.4g}" if at > 2 else ""


def _brief(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(_brief(v) for v in value) + ")"
    if not isinstance(value, Tensor):
        return f"{value:.4g}" if isinstance(value, float) else f"{value!r:.60}"
    first = ", ".join(f"{v:.4g}" for v in value.detach().flatten()[:3].tolist())
    more = ", …" if value.numel() > 3 else ""
    return f"[{first}{more}] of shape {tuple(value.shape)}" if value.ndim else first


def hint(id: str, level: int = 1) -> None:
    """Print a hint; a higher level says more."""
    hints = _code(id).hints
    if not 1 <= level <= len(hints):
        raise ValueError(f"level={level}; {id!r} has hints 1 to {len(hints)}")
    print(hints[level - 1])


def solution(id: str) -> None:
    """Show the reference solution."""
    from aigc_course.core.show import source

    source(_code(id).solution)


def ask(id: str) -> None:
    """Show a question, each option opening to its explanation, or a project with its rubric."""
    task = get(id)
    if isinstance(task, Exercise):
        raise ValueError(f"{id!r} is a code exercise; write the function and call grade({id!r}, your_function)")
    body = _question(task) if isinstance(task, Question) else _project(task)
    display({"text/html": body, "text/plain": task.text}, raw=True)


def _markup(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _question(task: Question) -> str:
    options = "".join(
        f"<details><summary>{_markup(o.text)}</summary>"
        f"<p>{'Right.' if o.correct else 'Not quite.'} {_markup(o.why)}</p></details>"
        for o in task.options
    )
    return f"<p>★ {_markup(task.text)}</p>{options}"


def _project(task: Project) -> str:
    return f"<p>★★★ {_markup(task.text)}</p><ul>{''.join(f'<li>{_markup(r)}</li>' for r in task.rubric)}</ul>"
