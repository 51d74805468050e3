"""Exercises on the page: arguments above a graded cell, help below it; questions and projects replace their cell."""

import inspect
import textwrap
from typing import Any

from docutils import nodes

from book.ext.figures import block, inline
from book.ext.phrases import dropdown, paragraph, say


def lookup(id: str) -> Any:
    """Return the exercise called ``id``; a ``ValueError`` or ``KeyError`` says which ids there are."""
    # Imported here: the data imports torch, which a site without exercises need not load.
    from aigc_course.core import grading

    return grading.get(id)


def before_grade(exercise: Any) -> list[nodes.Node]:
    """Return what the function is given, one line for each argument: a tensor's shape, or that it is a plain number."""
    lines = [paragraph(say(argument.template, **argument.values)) for argument in exercise.arguments]
    items = [nodes.list_item("", line) for line in lines]
    return [nodes.bullet_list("", *items, classes=["exercise-arguments"])] if items else []


def after_grade(renderer: Any, exercise: Any, line: int) -> list[nodes.Node]:
    """Return closed dropdowns with the hints, in rising strength, and the reference solution."""
    hints = [
        _dropdown(_title(say("Hint {n}", n=n)), block(renderer, hint, line), "hint")
        for n, hint in enumerate(exercise.hints, 1)
    ]
    source = textwrap.dedent(inspect.getsource(exercise.solution)).rstrip()
    code = nodes.literal_block(source, source, language="python3", classes=["highlight-solution"])
    solution = _dropdown(_title(say("Solution")), [code], "solution")
    return [nodes.container("", *hints, solution, classes=["exercise", "exercise-help"], ids=[identifier(exercise)])]


def instead_of_ask(renderer: Any, exercise: Any, line: int) -> list[nodes.Node]:
    """Return a question whose options open to their explanations, or a project with its rubric."""
    text = block(renderer, exercise.text, line)
    if hasattr(exercise, "options"):
        body, kind = [_option(renderer, option, line) for option in exercise.options], "exercise-question"
    else:
        body, kind = _rubric(renderer, exercise.rubric, line), "exercise-project"
    return [nodes.container("", *text, *body, classes=["exercise", kind], ids=[identifier(exercise)])]


def identifier(exercise: Any) -> str:
    """Return the anchor of an exercise on its page."""
    return nodes.make_id(f"exercise-{exercise.id}")


def _option(renderer: Any, option: Any, line: int) -> nodes.container:
    title = inline(renderer, nodes.rubric(option.text, ""), option.text, line)
    verdict = say("Right.") if option.correct else say("Not quite.")
    answer = paragraph(nodes.strong("", "", verdict), classes=("exercise-verdict",))
    return _dropdown(title, [answer, *block(renderer, option.why, line)], "right" if option.correct else "not-quite")


def _rubric(renderer: Any, criteria: tuple[str, ...], line: int) -> list[nodes.Node]:
    items = [nodes.list_item("", *block(renderer, criterion, line)) for criterion in criteria]
    head = paragraph(nodes.strong("", "", say("How to judge your work:")), classes=("exercise-rubric",))
    return [head, nodes.bullet_list("", *items)]


def _title(words: nodes.Node) -> nodes.rubric:
    return nodes.rubric("", "", words, translatable=False)


def _dropdown(title: nodes.TextElement, body: list[nodes.Node], kind: str) -> nodes.container:
    return dropdown(title, body, "exercise-dropdown", f"exercise-{kind}")
