import math

import pytest
import torch

from aigc_course.core.comparing import Tolerance, freeze
from aigc_course.core.diagnosing import by_form, by_relation, unfinished

NEAR = Tolerance()
DRAWS = [torch.rand(n, 3, generator=torch.Generator().manual_seed(n)) + 0.2 for n in (4, 5, 6)]
SIZES = [{"rows": len(x), "columns": 3} for x in DRAWS]
PAIRS = [(x.sum(dim=1), x.mean()) for x in DRAWS]


def form(function, expected=DRAWS):
    return by_form([freeze(function(x)) for x in expected], [freeze(x) for x in expected], NEAR)


def stops(x):
    print(x)


def yields(x):
    yield x


async def waits(x):
    return x


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (stops, "your function returns None: is a `return` missing"),
        (lambda x: x if len(x) == 4 else None, "returns None on some inputs"),
        (yields, "use `return` in place of `yield`"),
        (lambda x: (row for row in x), "is a generator"),
        (lambda x: map(abs, x), "`list(…)`"),
        (waits, "`def` in place of `async def`"),
        (lambda x: x.sum, "is the function `sum`, not a number: call it"),
        (lambda x: (x,), "take the comma after it"),
        (lambda x: [x], "or its brackets away"),
        (lambda x: (2 * x,), "take the comma after it"),
        (lambda x: (x, 1.0), "you return 2 results; this exercise asks for one; the first of yours is right"),
        (lambda x: (1.0, x + 1), "you return 2 results; this exercise asks for one"),
    ],
)
def test_the_form_of_one_result(function, words):
    assert words in form(function)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda pair: pair[0], "you return one result; this exercise asks for 2, `return a, b`; yours is the first"),
        (lambda pair: pair[1], "yours is the second of them"),
        (lambda pair: 3 * pair[0], "you return one result; this exercise asks for 2"),
        (lambda pair: (*pair, 1), "you return 3 results; this exercise asks for 2"),
        (lambda pair: (pair[0], ...), "the second of your results is still `...`"),
        (lambda pair: (None, pair[1]), "the first of your results is None"),
        (lambda pair: (pair,), "take the comma after it"),
        (lambda pair: ((pair[0],), pair[1]), "the first of your results is packed"),
        (lambda pair: None, "your function returns None"),
    ],
)
def test_the_form_of_a_pair(function, words):
    assert words in form(function, PAIRS)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: 2 * x, DRAWS),
        (lambda x: list(2 * x), DRAWS),
        (lambda x: (2 * x).tolist(), DRAWS),
        (lambda x: 2.0, DRAWS),
        (lambda x: "two", DRAWS),
        (lambda x: (1.0, 2.0), DRAWS),
        (lambda x: x[:1] * 2, [x[:1] for x in DRAWS]),
        (lambda pair: (pair[1], pair[0]), PAIRS),
        (lambda pair: torch.zeros(2), [(1.0, 2.0)]),
    ],
)
def test_a_form_that_is_right_is_left_alone(function, expected):
    assert form(function, expected) == ""


def test_a_list_of_one_is_a_right_form_for_a_vector_of_one():
    assert by_form([freeze([2.0])], [torch.ones(1)], NEAR) == ""


def test_what_is_unfinished():
    assert unfinished(freeze(...))
    assert unfinished(freeze((..., ...)))
    assert not unfinished(freeze((1.0, ...)))
    assert not unfinished(freeze(()))
    assert not unfinished(freeze(None))


def relation(function, expected=DRAWS):
    return by_relation([freeze(function(x)) for x in expected], [freeze(x) for x in expected], NEAR, SIZES)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: -x, "the negative"),
        (lambda x: 2 * x, "twice"),
        (lambda x: x / 2, "half"),
        (lambda x: x / math.log(2), "in bits"),
        (lambda x: x * math.log(2), "in nats"),
        (lambda x: 7 * x, "7 times"),
        (lambda x: x * len(x), "too large by the number of rows"),
        (lambda x: x / len(x), "too small by the number of rows"),
        (lambda x: x * x.numel(), "too large by the number of rows and of columns"),
        (lambda x: 1 / x, "the reciprocal of"),
        (lambda x: x**2, "the square of"),
        (lambda x: x.sqrt(), "the square root of"),
        (lambda x: x.log(), "the logarithm of"),
        (lambda x: x.exp(), "the exponential of"),
        (lambda x: 2**x, "2 to the power of"),
        (lambda x: 1 - x, "1 minus"),
        (lambda x: x + 0.25, "too large by 0.25"),
        (lambda x: x - 0.25, "too small by 0.25"),
        (lambda x: x.unsqueeze(1), "right, but the shape is (4, 1, 3) in place of (4, 3)"),
        (lambda x: x.T, "transposed"),
        (lambda x: x.mean(), "the mean of all"),
        (lambda x: x.sum(), "the sum of all"),
        (lambda x: x.sum(dim=0), "the sum of what is asked for over dimension 0"),
        (lambda x: x.mean(dim=1), "the mean of what is asked for over dimension 1"),
    ],
)
def test_a_relation_is_found(function, words):
    assert words in relation(function)


def test_a_result_that_is_still_to_be_reduced():
    sums = [x.sum(dim=0) for x in DRAWS]
    assert "take the sum over dimension 0" in by_relation(DRAWS, sums, NEAR)
    assert "return its mean, a single number" in by_relation(DRAWS, [x.mean() for x in DRAWS], NEAR)


def test_the_only_wrong_one_of_a_pair_is_named():
    assert relation(lambda pair: (pair[0], -pair[1]), PAIRS).startswith("the second of your results is the negative")
    assert "in the wrong order" in relation(lambda pair: pair[::-1], PAIRS)


def test_of_a_pair_and_a_single_result_nothing_is_said():
    """Catches a rule for pairs that is used as soon as one result is a pair."""
    mixed = [freeze(x) for x in (PAIRS[0], DRAWS[1])]
    assert by_relation([freeze(x) for x in (PAIRS[0][::-1], DRAWS[1])], mixed, NEAR) == ""


UNKNOWN = [lambda x: x.cos(), lambda x: torch.zeros_like(x), lambda x: "two", lambda x: 1j * x]


@pytest.mark.parametrize("function", UNKNOWN)
def test_nothing_is_said_where_nothing_is_known(function):
    assert relation(function) == ""


def test_a_factor_must_be_the_same_on_every_input():
    assert relation(lambda x: x * x.sum()) == ""
