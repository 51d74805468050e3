"""Exercises on the page: one box each, with a number, stars and a title; what helps or judges is folded below.

A question takes the place of its cell. A graded cell stands within its box, between the statement and the hints. The
folded blocks are ``<details>`` elements, which need no script; ``exercises.js`` turns options into buttons.
"""

import inspect
import textwrap
from typing import Any

from docutils import nodes

from book.ext.figures import block, inline
from book.ext.phrases import dropdown, heading, link, paragraph, say

RUN = "book/pages/start", "start-run"  # the page and the label that say how a notebook is opened
MOST_STARS = 3


def lookup(id: str) -> Any:
    """Return the exercise called ``id``; a ``ValueError`` or ``KeyError`` says which ids there are."""
    # Imported here: the data imports torch, which a site without exercises need not load.
    from aigc_course.core import grading

    return grading.get(id)


def identifier(exercise: Any) -> str:
    """Return the anchor of an exercise on its page; a reader's answers are kept under it."""
    return nodes.make_id(f"exercise-{exercise.id}")


def begin(renderer: Any, exercise: Any, line: int) -> nodes.container:
    """Return an exercise's box with its heading, statement and, for code, what the function is given."""
    kind = type(exercise).__name__.lower() if exercise.stars != 2 else "code"
    box = nodes.container("", head(exercise), classes=["exercise", f"exercise-{kind}"], ids=[identifier(exercise)])
    box.extend(block(renderer, exercise.text, line))
    if arguments := getattr(exercise, "arguments", ()):
        lines = [paragraph(say(argument.template, **argument.values)) for argument in arguments]
        items = [nodes.list_item("", line) for line in lines]
        box += nodes.bullet_list("", *items, classes=["exercise-arguments"])
    return box


def head(exercise: Any) -> nodes.rubric:
    """Return the heading: the number, which ``exercise_pages`` fills in, the title and the stars."""
    number = nodes.reference("", "", refid=identifier(exercise), internal=True, classes=["exercise-number"])
    stars = nodes.raw(
        "", f'<span class="exercise-stars" aria-hidden="true">{"★" * exercise.stars}</span>', format="html"
    )
    hidden = say("difficulty {stars} of {most}", stars=exercise.stars, most=MOST_STARS, classes=("visually-hidden",))
    words = [number, nodes.Text(" "), say(exercise.title), nodes.Text(" "), stars, hidden]
    return heading(*words, level=3, classes=("exercise-head",))


def end(renderer: Any, exercise: Any, line: int) -> list[nodes.Node]:
    """Return what comes last in the box: options, help with code, or a project's rubric."""
    if exercise.stars == 1:
        return [_option(renderer, option, line) for option in exercise.options]
    if exercise.stars == 2:
        return [_how_to_try(renderer), *_help(renderer, exercise, line), _tick()]
    return [*_rubric(renderer, exercise.rubric, line), _tick()]


def _option(renderer: Any, option: Any, line: int) -> nodes.container:
    title = inline(renderer, nodes.rubric(option.text, ""), option.text, line)
    verdict = say("Right.") if option.correct else say("Not quite.")
    answer = paragraph(nodes.strong("", "", verdict), classes=("exercise-verdict",))
    kind = "right" if option.correct else "not-quite"
    return _folded(title, [answer, *block(renderer, option.why, line)], "exercise-option", f"exercise-{kind}")


def _how_to_try(renderer: Any) -> nodes.paragraph:
    words: list[nodes.Node] = [
        say("To try it, replace the three dots in the notebook and run the cell: it tells you what is wrong.")
    ]
    page, label = RUN
    env = renderer.sphinx_env
    if page in env.found_docs:
        words += [nodes.Text(" "), link(label, say("How to open a notebook"), kind="ref", docname=env.docname)]
    return paragraph(*words, classes=("exercise-try",))


def _help(renderer: Any, exercise: Any, line: int) -> list[nodes.Node]:
    """Return closed dropdowns with the hints, in rising strength, and the reference solution."""
    hints = [
        _folded(_title(say("Hint {n}", n=n)), block(renderer, hint, line), "exercise-hint")
        for n, hint in enumerate(exercise.hints, 1)
    ]
    source = textwrap.dedent(inspect.getsource(exercise.solution)).rstrip()
    code = nodes.literal_block(source, source, language="python3", classes=["highlight-solution"])
    return [*hints, _folded(_title(say("Solution")), [code], "exercise-solution")]


def _rubric(renderer: Any, criteria: tuple[str, ...], line: int) -> list[nodes.Node]:
    items = [nodes.list_item("", *block(renderer, criterion, line)) for criterion in criteria]
    judge = paragraph(nodes.strong("", "", say("How to judge your work:")), classes=("exercise-rubric",))
    return [judge, nodes.bullet_list("", *items)]


def _tick() -> nodes.paragraph:
    """Return the words of the button by which a reader notes what no page can check."""
    return paragraph(say("I have done this"), classes=("exercise-tick",))


def _title(words: nodes.Node) -> nodes.rubric:
    return nodes.rubric("", "", words, translatable=False)


def _folded(title: nodes.TextElement, body: list[nodes.Node], *classes: str) -> nodes.container:
    return dropdown(title, body, "exercise-dropdown", *classes)
