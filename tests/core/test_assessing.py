from dataclasses import replace

import pytest
import torch

from aigc_course.core.assessing import assess, compare
from aigc_course.core.comparing import Tolerance
from aigc_course.core.tasks import Exercise, Wrong, number, tensor


def weighted(x, y, weight):
    return weight * x.sum() - y.sum()


def unweighted(x, y, weight):
    return x.sum() - y.sum()


def draw(generator):
    n = 3 + generator.initial_seed()
    return torch.randn(n, generator=generator), torch.randn(n, generator=generator), 2.0 + generator.initial_seed()


TASK = Exercise(
    id="toy.weighted",
    title="A weight",
    objective=0,
    text="Weigh.",
    stub="def weighted(x, y, weight):\n    return ...",
    hints=("Multiply.",),
    solution=weighted,
    inputs=draw,
    wrong=(Wrong(unweighted, "no weight"),),
    arguments=(tensor("x", "numbers"), tensor("y", "numbers"), number("weight")),
)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (unweighted, "no weight"),
        (lambda x, y, weight: weighted(y, x, weight), "right for `x` and `y` exchanged"),
        (lambda x, y, weight: 3 * weighted(x, y, weight), "3 times"),
        (lambda x, y, weight: weighted(x, y, weight) * len(x), "by the number of numbers"),
        (lambda x, y, weight: weighted(x, y, weight).reshape(1), "right, but the shape is (1,) in place of ()"),
        (lambda x, y, weight: weighted(x, y, weight) ** 2 + weight, "on random input your result is"),
        (lambda x, y, weight: x.cos().sum() * weight, "does not change with `y`"),
        (lambda x, y, weight: torch.tensor(1.0), "does not change with `x` and `y` and `weight`"),
        (lambda x, y, weight: None, "`return` missing"),
        (lambda x, y, weight: torch.log(weight), "`weight` is a plain number"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(answer, message):
    assert message in assess(TASK, answer).message


def test_the_catalogue_comes_before_what_is_known_of_every_exercise():
    negative = Wrong(lambda *given: -weighted(*given), "of this exercise")
    assert assess(replace(TASK, wrong=(negative,)), negative.function).message == "of this exercise"
    assert "the negative" in assess(TASK, negative.function).message


def test_a_slow_answer_is_not_tried_again_for_a_diagnosis(monkeypatch):
    monkeypatch.setattr("aigc_course.core.trying.SLOW", -1.0)
    calls = []
    assert "on random input" in assess(TASK, lambda x, y, weight: calls.append(x) or torch.tensor(1.0)).message
    assert len(calls) == 2


def test_the_tolerance_is_the_exercises():
    coarse = replace(TASK, tolerance=Tolerance(0.1, 0.1))
    assert assess(coarse, lambda *given: weighted(*given) + 0.05).status == "passed"
    assert assess(TASK, lambda *given: weighted(*given) + 0.05).status == "wrong"


def test_results_are_compared_without_trying_again():
    results = [torch.tensor(float(i)) for i in range(5)]
    assert compare(TASK, results, ()).message == ""
    assert compare(TASK, results, [(results, "known")]).message == "known"


def test_random_words_do_not_depend_on_what_was_graded_before():
    noisy = replace(TASK, solution=lambda x, y, weight: x + torch.randn(len(x)), wrong=())
    assert assess(noisy, lambda x, y, weight: torch.randn(len(x)) + x).status == "passed"
    assert assess(noisy, lambda x, y, weight: torch.rand(len(x)) + x).status == "wrong"


def test_an_answer_that_remembers_the_first_input_fails():
    first = weighted(*draw(torch.Generator().manual_seed(0)))
    assert assess(TASK, lambda x, y, weight: first).status == "wrong"
