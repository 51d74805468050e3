"""The exercises of a chapter in a notebook: grade a function, ask a question, show hints and the solution.

Exercises are data (``tasks``), read from two files for each chapter (``catalogue``). A learner's function runs beside
the solution on fresh inputs (``trying``); where they differ (``comparing``), the grader looks for the wrong answer that
behaves exactly like the learner's, or for a mistake that has a name in every exercise (``diagnosing``), and prints the
diagnosis. The tests hold every exercise to that.
"""

import html
import re
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from IPython.display import display

from aigc_course.core import catalogue, trying
from aigc_course.core.assessing import Verdict, assess
from aigc_course.core.comparing import Tolerance
from aigc_course.core.tasks import Exercise, Option, Project, Question, Task, Wrong, number, tensor

# A catalogue of exercises and a notebook find here all that they need.
__all__ = [
    "Exercise",
    "Option",
    "Project",
    "Question",
    "Task",
    "Tolerance",
    "Verdict",
    "Wrong",
    "ask",
    "assess",
    "chapter_exercises",
    "get",
    "grade",
    "hint",
    "number",
    "solution",
    "tensor",
]


FOLDER = Path(__file__).parents[1] / "exercises"


@cache
def chapter_exercises(slug: str) -> dict[str, Task]:
    """Every exercise of a chapter by id, in the chapter's order; none where there is no such chapter."""
    path = FOLDER / f"{slug}.yml"
    if not re.fullmatch(r"[a-z0-9_]+", slug) or not path.exists():
        return {}
    code = import_module(f"aigc_course.exercises.{slug}")
    return {task.id: task for task in catalogue.load(path, code)}


def get(id: str) -> Task:
    """Return one exercise by its id, ``slug.name``.

    Raises:
        ValueError: There is no such exercise; the message names those that may have been meant.
    """
    tasks = chapter_exercises(id.partition(".")[0])
    if id in tasks:
        return tasks[id]
    there = f"this chapter has {', '.join(tasks)}" if tasks else "an exercise is named 'slug.name', such as 'vae.kl'"
    raise ValueError(f"no exercise {id[:60]!r}; {_near(id, tasks) or there}")


def _near(id: str, tasks: dict[str, Task]) -> str:
    """The ids that may have been meant: of this chapter, or of all when it is the chapter that is not known."""
    wanted = id[:60].strip().lower()
    if tasks:
        names = {key.partition(".")[2]: key for key in tasks}
        found = [names[name] for name in get_close_matches(wanted.partition(".")[2], names)]
    else:
        known = [key for slug in _slugs() for key in chapter_exercises(slug)]
        alike = [key for key in known if key == wanted or key.endswith(f".{wanted}")]
        found = alike or get_close_matches(wanted, known, cutoff=0.75)
    return f"did you mean {' or '.join(map(repr, found))}?" if found else ""


def _slugs() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


def _code(id: str) -> Exercise:
    task = get(id)
    if not isinstance(task, Exercise):
        raise ValueError(f"{id!r} has no code to grade; show it with ask({id!r})")
    return task


def grade(id: Any = None, answer: Any = None) -> Verdict:
    """Print and return the verdict on a learner's function; nothing is raised, not even on an interrupt.

    Args:
        id: Of the exercise, ``slug.name``.
        answer: The learner's function.
    """
    try:
        verdict = _verdict(id, answer)
    except KeyboardInterrupt:
        verdict = Verdict("stopped", "you interrupted it, and nothing was graded")
    except Exception as error:
        what = f"{type(error).__name__}: {trying.message(error)}"
        verdict = Verdict("error", f"the grader itself failed ({what}); that is no mistake of yours, please report it")
    print("\n".join([*(f"note: {note}" for note in verdict.notes), f"{_called(id) or 'grade'}: {verdict}"]))
    return verdict


def _called(id: Any) -> str:
    return id[:60] if isinstance(id, str) else ""


def _verdict(id: Any, answer: Any) -> Verdict:
    """Check how ``grade`` was called, then assess."""
    if not isinstance(id, str):
        if isinstance(answer, str):
            return Verdict(
                "error", f'the arguments are in the wrong order: the id comes first, grade("{answer[:60]}", …)'
            )
        return Verdict(
            "error", 'the first argument is the id of an exercise in quotes, for example grade("vae.kl", kl)'
        )
    try:
        exercise = _code(id)
    except ValueError as error:
        return Verdict("error", str(error))
    if not callable(answer):
        return Verdict("error", f"{_no_function(answer)}: {_call_for(exercise)}")
    return assess(exercise, answer)


def _no_function(answer: Any) -> str:
    if answer is None:
        return "the function is missing (or it is None); give it as the second argument"
    if isinstance(answer, str):
        return "the second argument is a text; give the function itself, without quotes"
    return f"the second argument is a value ({type(answer).__name__}); give the function itself, without parentheses"


def _call_for(exercise: Exercise) -> str:
    name = re.findall(r"^def (\w+)", exercise.stub, re.MULTILINE)[-1:]
    return f'grade("{exercise.id}", {name[0] if name else "your_function"})'


def hint(id: str, level: int = 1) -> None:
    """Print a hint of an exercise; level 1 says least.

    Raises:
        ValueError: No such exercise, or no such level.
    """
    hints = _code(id).hints
    if not 1 <= level <= len(hints):
        raise ValueError(f"level={level}; {id!r} has hints 1 to {len(hints)}")
    print(hints[level - 1])


def solution(id: str) -> None:
    """Show the source code of an exercise's reference solution.

    Raises:
        ValueError: No such exercise.
    """
    from aigc_course.core.show import source

    source(_code(id).solution)


def ask(id: str) -> None:
    """Show a question, each option opening to its explanation, or a project with its rubric.

    Raises:
        ValueError: No such exercise, or one that asks for code.
    """
    task = get(id)
    if isinstance(task, Exercise):
        raise ValueError(f"{id!r} is a code exercise; write the function and call grade({id!r}, your_function)")
    body = _question(task) if isinstance(task, Question) else _project(task)
    display({"text/html": body, "text/plain": task.text}, raw=True)


def _markup(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _head(task: Question | Project) -> str:
    return f"<h3>{'★' * task.stars} {_markup(task.title)}</h3><p>{_markup(task.text)}</p>"


def _question(task: Question) -> str:
    options = "".join(
        f"<details><summary>{_markup(o.text)}</summary>"
        f"<p>{'Right.' if o.correct else 'Not quite.'} {_markup(o.why)}</p></details>"
        for o in task.options
    )
    return f"{_head(task)}{options}"


def _project(task: Project) -> str:
    return f"{_head(task)}<ul>{''.join(f'<li>{_markup(r)}</li>' for r in task.rubric)}</ul>"
