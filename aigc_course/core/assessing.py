"""The verdict on a learner's function: its results beside the solution's, and a diagnosis where they differ.

The exercise's known wrong answers are compared first, then mistakes that any exercise can have (``diagnosing``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any, Literal

from torch import Tensor

from aigc_course.core import diagnosing, trying
from aigc_course.core.comparing import Result, all_same, difference
from aigc_course.core.tasks import Exercise

Status = Literal["passed", "wrong", "not attempted", "error", "stopped"]


@dataclass(frozen=True)
class Verdict:
    """The result of grading one answer.

    Attributes:
        status: Whether the function passed, or why not.
        message: One sentence for the learner; empty where the status says it all.
        notes: Sentences on settings of torch that the grader had to work around.
    """

    status: Status
    message: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The status, and the message where there is one."""
        return f"{self.status}: {self.message}" if self.message else self.status

    def _ipython_display_(self) -> None:
        """Display nothing in a notebook, because ``grade`` has printed the verdict already."""


def assess(exercise: Exercise, answer: Callable[..., Any]) -> Verdict:
    """Compare a learner's function with the solution on random inputs.

    Args:
        exercise: What was asked for.
        answer: The learner's function. An error that it raises becomes a verdict; only ``KeyboardInterrupt`` passes.

    Returns:
        The verdict, which always has a message when the answer is wrong.
    """
    names = [argument.name for argument in exercise.arguments]
    plain = [argument.name for argument in exercise.arguments if argument.shape is None]
    tried = trying.attempt(exercise.inputs, answer, names, plain)
    if tried.trouble:
        return Verdict("error", tried.trouble, tried.notes)
    found = compare(exercise, tried.results)
    if found.status == "wrong" and not found.message:
        found = Verdict("wrong", _search(exercise, answer, tried))
    return Verdict(found.status, found.message, tried.notes)


def compare(
    exercise: Exercise, given: Sequence[Result], wrong: Sequence[tuple[Sequence[Result], str]] | None = None
) -> Verdict:
    """Compare results with the solution's, then with those of known wrong answers.

    Args:
        exercise: What was asked for.
        given: One result for each trial.
        wrong: Results and diagnoses to compare with in place of the exercise's own wrong answers.

    Returns:
        The verdict; its message is empty where the results are wrong and no diagnosis is known.
    """
    near = exercise.tolerance
    if any(diagnosing.unfinished(result) for result in given):
        described = "".join(f"\n    {argument}" for argument in exercise.arguments)
        return Verdict("not attempted", f"replace the `...` and run the cell again{described}")
    expected = _outputs(exercise.inputs, exercise.solution)
    if all_same(given, expected, near):
        return Verdict("passed", "")
    if form := diagnosing.by_form(given, expected, near):
        return Verdict("wrong", form)
    if wrong is None:
        wrong = [(_outputs(exercise.inputs, entry.function), entry.diagnosis) for entry in exercise.wrong]
    return Verdict("wrong", next((said for results, said in wrong if all_same(given, results, near)), ""))


def _search(exercise: Exercise, answer: Callable[..., Any], tried: trying.Attempt) -> str:
    """Diagnose an unknown wrong answer: arguments exchanged, a relation, an argument ignored, else where it differs."""
    given, near, known = tried.results, exercise.tolerance, exercise.arguments
    expected = _outputs(exercise.inputs, exercise.solution)
    for i, j in combinations(range(len(known)), 2):
        if (known[i].shape, known[i].whole) == (known[j].shape, known[j].whole):
            swapped = trying.outputs(trying.exchanged(exercise.inputs, i, j), exercise.solution)
            if all_same(given, swapped, near):
                return f"your result is right for `{known[i].name}` and `{known[j].name}` exchanged"
    if related := diagnosing.by_relation(
        given, expected, near, [_sizes(exercise, trial) for trial in range(len(given))]
    ):
        return related
    ignored = [] if tried.slow else trying.ignored(exercise.inputs, answer, given, near)
    if ignored and known:
        names = " and ".join(f"`{known[i].name}`" for i in ignored)
        return f"your result does not change with {names}; {difference(given, expected, near)}"
    return difference(given, expected, near)


def _sizes(exercise: Exercise, trial: int) -> dict[str, int]:
    """Name and size of each dimension in a trial."""
    given = zip(exercise.arguments, trying.arguments(exercise.inputs, trial), strict=False)
    tensors = [(argument.shape or (), value.shape) for argument, value in given if isinstance(value, Tensor)]
    return {name: size for names, shape in tensors for name, size in zip(names, shape, strict=False)}


@cache
def _outputs(inputs: trying.Sampler, function: Callable[..., Any]) -> tuple[Result, ...]:
    """Results of the solution or of a catalogued answer, which never change."""
    return trying.outputs(inputs, function)
