"""Exercises as data: questions, code with its arguments and catalogued wrong answers, projects with a rubric."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from aigc_course.core.comparing import Tolerance

USUAL = Tolerance()


@dataclass(frozen=True)
class Option:
    """One of the answers that a question offers, whether it is right, and why."""

    text: str
    correct: bool
    why: str


@dataclass(frozen=True)
class Question:
    """★ Multiple choice; ``objective`` is the index of the chapter's objective that it meets."""

    stars: ClassVar = 1

    id: str
    title: str
    objective: int
    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Wrong:
    """A known wrong answer: a function that makes the mistake, and the diagnosis that the learner reads."""

    function: Callable[..., Any]
    diagnosis: str


@dataclass(frozen=True)
class Argument:
    """Description of an argument of the learner's function.

    Attributes:
        name: As the learner reads it.
        shape: Names of the dimensions of a tensor; ``None`` for a plain number.
        whole: Whether its numbers are integers.
    """

    name: str
    shape: tuple[str, ...] | None = None
    whole: bool = False

    @property
    def template(self) -> str:
        """The description with fields for ``values``, so that a translator sees it once for all exercises."""
        if self.shape is None:
            return "{name}: a plain whole number" if self.whole else "{name}: a plain number"
        numbers = " of whole numbers" if self.whole else ""
        return f"{{name}}: a tensor{numbers} of shape ({{shape}})"

    @property
    def values(self) -> dict[str, str]:
        """The name and, for a tensor, its shape in Python's notation, by field of ``template``."""
        comma = "," if self.shape and len(self.shape) == 1 else ""
        return {"name": self.name} | ({"shape": ", ".join(self.shape) + comma} if self.shape is not None else {})

    def __str__(self) -> str:
        """The description, such as "mean: a tensor of shape (images, latents)"."""
        return self.template.format(**self.values)


def tensor(name: str, *shape: str, whole: bool = False) -> Argument:
    """Describe an argument that is a tensor, by the names of its dimensions; ``whole`` for a tensor of integers."""
    return Argument(name, shape, whole)


def number(name: str, *, whole: bool = False) -> Argument:
    """Describe an argument that is a number of Python's; ``whole`` for an integer."""
    return Argument(name, None, whole)


@dataclass(frozen=True)
class Exercise:
    """★★ A function to write; it returns tensors, numbers, or tuples of these.

    Attributes:
        id: ``slug.name``.
        objective: Index of the chapter's objective that it meets.
        text: What is asked for.
        stub: The code to start from; it returns ``...``, which the grader reports as not attempted.
        hints: From vague to plain.
        solution: The reference.
        inputs: Samples the arguments from a seeded generator.
        wrong: Known wrong answers.
        arguments: Description of what ``inputs`` samples.
        tolerance: When two numbers agree.
    """

    stars: ClassVar = 2

    id: str
    title: str
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
    """★★★ An open project; ``rubric`` lists what a good solution has."""

    stars: ClassVar = 3

    id: str
    title: str
    objective: int
    text: str
    rubric: tuple[str, ...]


Task = Question | Exercise | Project
