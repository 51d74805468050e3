import sys
import threading
from _thread import interrupt_main
from dataclasses import replace

import numpy as np
import pytest
import torch

from aigc_course.core import grading
from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, tensor
from tests.core.conftest import long


def double(x):
    return 2 * x


def square(x):
    return x**2


def forgets(x):
    return x


DOUBLE = Exercise(
    id="toy.double",
    title="Doubling",
    objective=0,
    text="Double `x`.",
    stub="def double(x):\n    return ...",
    hints=("Twice.", "2 * x"),
    solution=double,
    inputs=lambda g: (torch.randn(3, generator=g),),
    wrong=(Wrong(square, "that is the square"), Wrong(forgets, "you returned the input")),
    arguments=(tensor("x", "numbers"),),
)
SIDE = Question(
    "toy.side", "A side", 0, "Which <side>?", (Option("left", False, "No `x`."), Option("right", True, "Yes."))
)
OPEN = Project("toy.open", "An <open> end", 1, "Build it.", ("It runs.", "It is measured."))


@pytest.fixture(autouse=True)
def toy_chapter(monkeypatch):
    tasks = {t.id: t for t in (DOUBLE, SIDE, OPEN)}
    monkeypatch.setattr(grading, "chapter_exercises", lambda slug: tasks)


class Mute:
    def __repr__(self):
        raise RuntimeError("no words")


CYCLIC = [1.0]
CYCLIC.append(CYCLIC)


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
        (lambda x: torch.zeros(3), "wrong", "does not change with `x`"),
        (lambda x: x.cos(), "wrong", "the reference gives"),
        (lambda x: "two", "wrong", "'two'"),
        (lambda x: None, "wrong", "None"),
        (lambda x: (2 * x, 1), "wrong", "you return 2 results; this exercise asks for one; the first of yours"),
        (lambda x: 1 / 0, "error", "ZeroDivisionError: division by zero"),
        (lambda x, y: x, "error", "your function takes (x, y); it is called with (x)"),
        (lambda x: print(2 * x), "wrong", "is a `return` missing"),
        (lambda x: (2 * x,), "wrong", "take the comma after it"),
        (lambda x: (2 * x, ...), "wrong", "the first of yours is right"),
        (lambda x: -2 * x, "wrong", "the negative of what is asked for"),
        (lambda x: torch.ones(3), "wrong", "does not change with `x`"),
        (lambda x: sys.exit(), "error", "your function ends Python"),
        (lambda x: CYCLIC, "wrong", "the reference gives"),
        (lambda x: Mute(), "wrong", "a Mute"),
        (lambda x: torch.zeros(300, 300), "wrong", "does not change"),
        (lambda x: "x" * 100_000, "wrong", "the text 'xxx"),
        (lambda x: np.asarray(2 * x)[::-1].copy()[::-1], "passed", ""),
    ],
)
def test_a_verdict_says_what_happened(answer, status, message, capsys):
    verdict = grading.grade("toy.double", answer)
    assert verdict.status == status
    assert message in verdict.message
    assert len(verdict.message) < 400
    assert f"toy.double: {status}" in capsys.readouterr().out


def test_a_stub_that_was_not_attempted_shows_its_arguments(capsys):
    grading.grade("toy.double", lambda x: ...)
    expected = (
        "toy.double: not attempted: replace the `...` and run the cell again\n    x: a tensor of shape (numbers,)\n"
    )
    assert capsys.readouterr().out == expected


KL = "toy.double"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ((double, KL), 'the arguments are in the wrong order: the id comes first, grade("toy.double", …)'),
        ((double,), "the first argument is the id of an exercise in quotes"),
        ((), "the first argument is the id of an exercise in quotes"),
        ((None, double), "the first argument is the id of an exercise in quotes"),
        ((Mute(), Mute()), "the first argument is the id of an exercise in quotes"),
        ((KL,), 'the function is missing (or it is None); give it as the second argument: grade("toy.double", double)'),
        (
            (KL, None),
            'the function is missing (or it is None); give it as the second argument: grade("toy.double", double)',
        ),
        ((KL, torch.ones(3)), "a value (Tensor); give the function itself, without parentheses"),
        ((KL, ...), "a value (ellipsis)"),
        ((KL, Mute()), "a value (Mute)"),
        ((KL, CYCLIC), "a value (list)"),
        ((KL, "double"), "without quotes: grade"),
        (("toy.side", double), "'toy.side' has no code to grade; show it with ask('toy.side')"),
        (("toy.nothing", double), "no exercise 'toy.nothing'; this chapter has toy.double, toy.side, toy.open"),
        (("toy.doubel", double), "did you mean 'toy.double'?"),
        (("TOY.double ", double), "did you mean 'toy.double'?"),
        (("x" * 100_000, double), "no exercise 'xxx"),
    ],
)
def test_a_call_that_is_wrong_gets_one_sentence_and_never_raises(call, words, capsys):
    verdict = grading.grade(*call)
    assert verdict.status == "error"
    assert words in verdict.message
    assert len(verdict.message) < 300
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.usefixtures("listening")
def test_an_interrupt_ends_with_a_sentence_and_a_second_one_goes_through(monkeypatch):
    threading.Timer(0.1, interrupt_main).start()
    assert grading.grade("toy.double", long).status == "stopped"

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.print", interrupted)  # the second comes while the sentence is printed
    with pytest.raises(KeyboardInterrupt):
        grading.grade("toy.double", interrupted)


@pytest.mark.parametrize("fault", ["inputs", "solution"])
def test_a_fault_of_the_exercise_is_no_mistake_of_the_learner(fault, monkeypatch):
    broken = replace(DOUBLE, **{fault: lambda x: 1 / 0})
    monkeypatch.setattr(grading, "chapter_exercises", lambda slug: {"toy.double": broken})
    verdict = grading.grade("toy.double", lambda x: 3 * x)
    assert verdict.status == "error"
    assert "the grader itself failed (ZeroDivisionError: division by zero)" in verdict.message
    assert "no mistake of yours" in verdict.message


def test_notes_stand_above_the_verdict(capsys):
    torch.set_default_dtype(torch.float64)
    try:
        assert grading.grade("toy.double", double).status == "passed"
    finally:
        torch.set_default_dtype(torch.float32)
    note, line = capsys.readouterr().out.splitlines()
    assert note.startswith("note: torch's default precision is torch.float64")
    assert line == "toy.double: passed"


def test_the_same_answer_gets_the_same_words_every_time():
    said = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        said.append(grading.assess(DOUBLE, lambda x: torch.randn(3) * x).message)
    assert said[0] == said[1]


def test_hints_grow_and_end(capsys):
    grading.hint("toy.double")
    grading.hint("toy.double", 2)
    assert capsys.readouterr().out == "Twice.\n2 * x\n"
    with pytest.raises(ValueError, match="hints 1 to 2"):
        grading.hint("toy.double", 3)


def test_a_question_shows_every_option_with_its_reason(capsys):
    body = grading._question(SIDE)
    assert "<h3>★ A side</h3><p>Which &lt;side&gt;?</p>" in body
    assert body.count("<details>") == 2
    assert "Not quite. No <code>x</code>." in body
    assert "Right. Yes." in body
    assert "<li>It is measured.</li>" in grading._project(OPEN)
    assert "<h3>★★★ An &lt;open&gt; end</h3><p>Build it.</p>" in grading._project(OPEN)


def test_confusing_the_kinds_is_explained():
    with pytest.raises(ValueError, match="show it with ask"):
        grading.hint("toy.side")
    with pytest.raises(ValueError, match="call grade"):
        grading.ask("toy.double")
    with pytest.raises(ValueError, match=r"no exercise 'toy.nothing'; this chapter has toy.double"):
        grading.ask("toy.nothing")


@pytest.mark.parametrize("slug", ["no_such_chapter", "../x", "", "answers", "_draws"])
def test_an_unknown_chapter_is_named(slug, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"no exercise '.*'; an exercise is named 'slug.name'"):
        grading.get(f"{slug}.x")


@pytest.mark.parametrize(
    ("id", "meant"), [("vea.kl", "'vae.kl'"), ("importance", "'vae.importance'"), ("vae.drow", "'vae.draw'")]
)
def test_near_ids_of_all_chapters_are_offered(id, meant, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(ValueError, match=f"did you mean .*{meant}"):
        grading.get(id)


def test_a_catalogue_that_cannot_be_loaded_says_why(monkeypatch, tmp_path):
    monkeypatch.undo()
    (tmp_path / "not_loaded_yet.yml").write_text("[]")
    monkeypatch.setattr(grading, "FOLDER", tmp_path)

    def missing(name):
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.setattr(grading, "import_module", missing)
    with pytest.raises(ModuleNotFoundError, match="numpy"):
        grading.chapter_exercises("not_loaded_yet")
