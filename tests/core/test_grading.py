from dataclasses import replace

import pytest
import torch

from aigc_course.core import grading
from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong


def double(x):
    return 2 * x


def square(x):
    return x**2


def forgets(x):
    return x


DOUBLE = Exercise(
    id="toy.double",
    objective=0,
    text="Double `x`.",
    stub="def double(x):\n    return ...",
    hints=("Twice.", "2 * x"),
    solution=double,
    inputs=lambda g: (torch.randn(3, generator=g),),
    wrong=(Wrong(square, "that is the square"), Wrong(forgets, "you returned the input")),
)
SIDE = Question("toy.side", 0, "Which <side>?", (Option("left", False, "No `x`."), Option("right", True, "Yes.")))
OPEN = Project("toy.open", 1, "Build it.", ("It runs.", "It is measured."))


@pytest.fixture(autouse=True)
def toy_chapter(monkeypatch):
    tasks = {t.id: t for t in (DOUBLE, SIDE, OPEN)}
    monkeypatch.setattr(grading, "chapter_exercises", lambda slug: tasks)


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (double, "passed", ""),
        (lambda x: x + x, "passed", ""),
        (lambda x: (2 * x).double(), "passed", ""),
        (lambda x: (2 * x).tolist(), "passed", ""),
        (lambda x: ..., "not attempted", "replace the `...` and run the cell again"),
        (lambda x: x**2, "wrong", "that is the square"),
        (lambda x: x.clone(), "wrong", "you returned the input"),
        (lambda x: 2 * x[:2], "wrong", "shape (2,)"),
        (lambda x: torch.zeros(3), "wrong", "the reference gives"),
        (lambda x: "two", "wrong", "'two'"),
        (lambda x: None, "wrong", "None"),
        (lambda x: (2 * x, 1), "wrong", "the reference gives"),
        (lambda x: 1 / 0, "error", "ZeroDivisionError: division by zero"),
        (lambda x, y: x, "error", "TypeError"),
    ],
)
def test_a_verdict_says_what_happened(answer, status, message, capsys):
    verdict = grading.grade("toy.double", answer)
    assert verdict.status == status
    assert message in verdict.message
    assert capsys.readouterr().out.startswith(f"toy.double: {status}")


def test_a_late_difference_is_shown():
    """Catches a message with two equal beginnings: the numbers that differ stand further back."""
    table = replace(DOUBLE, inputs=lambda g: (torch.randn(2, 4, generator=g),))
    late = torch.zeros(2, 4)
    late[1, 2] = 5
    assert "; at [1, 2] " in grading.assess(table, lambda x: 2 * x + late).message
    assert "; at" not in grading.assess(table, lambda x: 3 * x).message


def test_an_answer_that_remembers_the_first_input_fails():
    first = double(*DOUBLE.inputs(torch.Generator().manual_seed(0)))
    assert grading.assess(DOUBLE, lambda x: first).status == "wrong"


def test_an_answer_that_spoils_its_input_spoils_nothing_else():
    assert grading.assess(DOUBLE, lambda x: x.mul_(2)).status == "passed"
    assert grading.assess(DOUBLE, lambda x: x.zero_()).status == "wrong"


def test_functions_with_noise_see_the_same_noise():
    noisy = Exercise(**{**DOUBLE.__dict__, "solution": lambda x: x + torch.randn(3), "wrong": ()})
    assert grading.assess(noisy, lambda x: torch.randn(3) + x).status == "passed"
    assert grading.assess(noisy, lambda x: torch.rand(3) + x).status == "wrong"


def test_the_same_answer_gets_the_same_words_every_time():
    said = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        said.append(grading.assess(DOUBLE, lambda x: torch.randn(3)).message)
    assert said[0] == said[1]


def test_grading_leaves_the_learners_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    grading.assess(DOUBLE, double)
    assert torch.equal(torch.rand(2), expected)


def test_hints_grow_and_end(capsys):
    grading.hint("toy.double")
    grading.hint("toy.double", 2)
    assert capsys.readouterr().out == "Twice.\n2 * x\n"
    with pytest.raises(ValueError, match="hints 1 to 2"):
        grading.hint("toy.double", 3)


def test_a_question_shows_every_option_with_its_reason(capsys):
    body = grading._question(SIDE)
    assert "Which &lt;side&gt;?" in body
    assert body.count("<details>") == 2
    assert "Not quite. No <code>x</code>." in body
    assert "Right. Yes." in body
    assert "<li>It is measured.</li>" in grading._project(OPEN)


def test_confusing_the_kinds_is_explained():
    with pytest.raises(ValueError, match="show it with ask"):
        grading.grade("toy.side", double)
    with pytest.raises(ValueError, match="call grade"):
        grading.ask("toy.double")
    with pytest.raises(ValueError, match=r"no exercise 'toy.nothing'; this chapter has toy.double"):
        grading.grade("toy.nothing", double)


@pytest.mark.parametrize("slug", ["no_such_chapter", "../x", ""])
def test_an_unknown_chapter_is_named(slug, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(ValueError, match="slug"):
        grading.get(f"{slug}.x")
