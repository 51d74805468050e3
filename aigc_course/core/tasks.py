"""Exercises as data: questions, code with its arguments and catalogued wrong answers, projects with a rubric."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from aigc_course.core.comparing import Tolerance

USUAL = Tolerance()


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
class Argument:
    """What a function is given: a tensor whose dimensions have names, or a plain number (no ``shape``)."""

    name: str
    shape: tuple[str, ...] | None = None
    whole: bool = False

    @property
    def template(self) -> str:
        """The sentence, before ``values`` are filled in; a translator sees it once for all exercises."""
        if self.shape is None:
            return "{name}: a plain whole number" if self.whole else "{name}: a plain number"
        numbers = " of whole numbers" if self.whole else ""
        return f"{{name}}: a tensor{numbers} of shape ({{shape}})"

    @property
    def values(self) -> dict[str, str]:
        """The name and, for a tensor, its shape as Python writes it."""
        comma = "," if self.shape and len(self.shape) == 1 else ""
        return {"name": self.name} | ({"shape": ", ".join(self.shape) + comma} if self.shape is not None else {})

    def __str__(self) -> str:
        """For example "mean: a tensor of shape (images, latents)"."""
        return self.template.format(**self.values)


def tensor(name: str, *shape: str, whole: bool = False) -> Argument:
    """Describe an argument that is a tensor, by the names of its dimensions; ``whole`` for whole numbers."""
    return Argument(name, shape, whole)


def number(name: str, *, whole: bool = False) -> Argument:
    """Describe an argument that is a plain number of Python's."""
    return Argument(name, None, whole)


@dataclass(frozen=True)
class Exercise:
    """★★ Code. ``inputs`` draws arguments; outputs are tensors, numbers, or tuples of these.

    The stub returns ``...``, which the grader reports as not attempted. ``arguments`` describes what ``inputs`` draws.
    """

    id: str
    objective: int
    text: str
    stub: str
    hints: tuple[str, ...]
    solution: Callable[..., Any]
    inputs: Callable[[torch.Generator], tuple[Any, ...]]
    wrong: tuple[Wrong, ...]
    arguments: tuple[Argument, ...] = ()
    tolerance: Tolerance = USUAL


@dataclass(frozen=True)
class Project:
    """★★★ Open project with a rubric."""

    id: str
    objective: int
    text: str
    rubric: tuple[str, ...]


Task = Question | Exercise | Project
