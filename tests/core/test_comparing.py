from collections import deque
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from aigc_course.core import comparing
from aigc_course.core.comparing import Odd, Tolerance, difference, freeze, same

NEAR = Tolerance()
SIX = torch.arange(6.0)
COUNT = SIX.numpy()


def strided(memory: np.ndarray) -> np.ndarray:
    """The same numbers with a negative step through memory."""
    return memory[::-1].copy()[::-1]


@pytest.mark.parametrize(
    "value",
    [
        SIX.double(),
        SIX.long(),
        SIX.half(),
        SIX.bfloat16(),
        SIX.to_sparse(),
        SIX.clone().requires_grad_(True) * 1,
        torch.nn.Parameter(SIX.clone()),
        torch.complex(SIX, torch.zeros(6)),
        torch.complex(SIX, torch.zeros(6)).conj(),
        SIX.expand(3, 6)[1],
        COUNT,
        strided(COUNT),
        COUNT.astype(np.longdouble),
        COUNT.astype(np.clongdouble),
        COUNT.astype(object),
        COUNT.astype(">f8"),
        COUNT.astype(np.uint16),
        np.array([torch.tensor(v) for v in range(6)], dtype=object),
        np.asfortranarray(np.stack([COUNT, COUNT]))[0],
        [0, 1.0, 2, 3, True + 3, np.float32(5)],
        tuple(SIX),
        range(6),
        deque(range(6)),
        [Fraction(0), Fraction(2, 2), Decimal(2), 3, 4, 5 + 0j],
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_right_answer_passes_in_any_form(value):
    assert same(freeze(value), freeze(SIX), NEAR)


def test_rows_in_a_list_are_a_matrix():
    matrix = torch.arange(6.0).reshape(2, 3)
    assert same(freeze([matrix[0], matrix[1].tolist()]), matrix, NEAR)
    assert not same(freeze([matrix[0]]), matrix, NEAR)
    assert not same(freeze([[1.0], [1.0, 2.0]]), matrix, NEAR)
    assert same(freeze([]), torch.empty(0), NEAR)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_nested_tensor_is_a_list_of_tensors():
    assert same(freeze(torch.nested.nested_tensor([SIX, SIX])), torch.stack([SIX, SIX]), NEAR)
    assert not same(freeze(torch.nested.nested_tensor([SIX, SIX[:3]])), torch.stack([SIX, SIX]), NEAR)


def test_a_result_is_copied_when_it_is_returned():
    tensor, array, inside = torch.zeros(3), np.zeros(3), [torch.zeros(3)]
    frozen = [freeze(value) for value in (tensor, array, inside, torch.from_numpy(array))]
    tensor.add_(1)
    array.fill(1)
    inside[0].add_(1)
    assert all(same(value, freeze(torch.zeros(3)), NEAR) for value in frozen[:2] + frozen[3:])
    assert same(frozen[2], (torch.zeros(3),), NEAR)


class Silent:
    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = __repr__


class Liar:
    def __array__(self, *_):
        raise OSError("no array either")


def cyclic():
    found = [1.0]
    found.append(found)
    return found


def deep(levels=100_000):
    found = []
    for _ in range(levels):
        found = [found]
    return found


async def later():
    return 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (..., "`...`"),
        ("two" * 100_000, "the text 'twotwo"),
        (Silent(), "a Silent"),
        (Liar(), "a Liar that cannot be read"),
        (cyclic(), "contains itself"),
        (deep(), "((…))"),
        ({"a": 1}, "a dict"),
        ({1, 2}, "a set"),
        (torch.zeros(3, device="meta"), "holds no numbers"),
        (np.array(["a"]), "does not hold numbers"),
        (np.array([None]), "None"),
        (SIX.mean, "the function `mean`"),
        (torch.nn.Identity(), "an Identity"),
        ((x for x in SIX), "a generator"),
        (map(abs, SIX), "a map"),
        (later(), "a coroutine"),
        (object, "the function `object`"),
    ],
    ids=lambda value: "",
)
def test_what_holds_no_numbers_is_named_in_few_words(value, text):
    said = comparing._brief(freeze(value))
    assert text in said
    assert len(said) < 200
    assert not same(freeze(value), freeze(SIX), NEAR)


def test_huge_numbers_and_long_lists():
    assert same(freeze(2**80), torch.tensor(float(2**80)), NEAR)
    assert same(freeze([0.5] * 100_000), torch.full((100_000,), 0.5), NEAR)


def test_not_a_number_equals_itself_alone():
    nan, inf = torch.tensor(float("nan")), torch.tensor(float("inf"))
    assert same(nan, nan, NEAR)
    assert same(inf, inf, NEAR)
    assert not same(nan, torch.tensor(0.0), NEAR)
    assert not same(inf, -inf, NEAR)


def test_tolerance_is_relative_to_the_reference_and_has_a_floor():
    close = Tolerance(1e-2, 1e-3)
    assert same(torch.tensor(-504.9), torch.tensor(-500.0), close)
    assert not same(torch.tensor(-505.1), torch.tensor(-500.0), close)
    assert same(torch.tensor(0.0009), torch.tensor(0.0), close)
    assert not same(torch.tensor(0.0011), torch.tensor(0.0), close)


LATE = torch.zeros(40)
LATE[7] = 5
PAIRS = [
    (LATE, torch.zeros(40)),
    (LATE.numpy(), torch.zeros(40)),
    (LATE.tolist(), torch.zeros(40)),
    (tuple(LATE), torch.zeros(40)),
    (LATE.reshape(4, 10).tolist(), torch.zeros(4, 10)),
    (1.00001, 1.00003),
    (1.0, 1 + 2e-5),
    (torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([1.0, 2.0, 3.0001, 4.0])),
    (torch.zeros(3), torch.zeros(4)),
    (torch.zeros(3, 1), torch.zeros(3)),
    (torch.zeros(()), torch.zeros(1)),
    (torch.tensor([True, False]), torch.tensor([0.3, 0.2])),
    (torch.tensor([1 + 2j]), torch.tensor([1.0])),
    (torch.tensor([1]), torch.tensor([1.4])),
    ((1.0, 2.0), (1.0, 2.1)),
    ((1.0, torch.zeros(3)), (1.0, torch.ones(3))),
    ((1.0, 2.0), torch.zeros(3)),
    ([1.0, [2.0, 3.0]], torch.zeros(3)),
    ("0", torch.tensor(0.0)),
    (None, torch.tensor(0.0)),
    ([0, 1, 2, 3, 4, 5, 6, torch.zeros(2)], (0, 1, 2, 3, 4, 5, 9.0, torch.zeros(2))),
    (float("nan"), 1.0),
]


@pytest.mark.parametrize(("given", "expected"), PAIRS, ids=range(len(PAIRS)))
def test_the_two_sides_of_a_difference_never_read_the_same(given, expected):
    said = difference([freeze(given)], [freeze(expected)], NEAR)
    mine, right = said.split(", the reference gives ")
    mine = mine.partition(": it is ")[2].removesuffix(" there") or mine.partition(" is ")[2]
    assert mine != right.partition(";")[0]
    assert len(said) < 250


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (0, "differs first at [7]: it is 5 there, the reference gives 0"),
        (2, "differs first at [7]: it is 5 there, the reference gives 0"),
        (3, "differs first at [7]: it is 5 there, the reference gives 0"),
        (4, "differs first at [0, 7]"),
        (5, "your result is 1.00001, the reference gives 1.00003"),
        (8, "the shape is (3,) in place of (4,)"),
        (11, "yours holds True and False, the reference numbers"),
        (12, "yours holds complex numbers"),
        (13, "yours holds whole numbers"),
        (14, "the second of your results is 2, the reference gives 2.1"),
        (20, "the 7th of your results is 6, the reference gives 9"),
        (21, "your result is nan, the reference gives 1"),
    ],
)
def test_a_difference_shows_its_first_place(index, words):
    given, expected = PAIRS[index]
    assert words in difference([freeze(given)], [freeze(expected)], NEAR)


def test_the_first_draw_that_differs_is_shown():
    given, expected = [torch.tensor(1.0), torch.tensor(2.0)], [torch.tensor(1.0), torch.tensor(3.0)]
    assert difference(given, expected, NEAR) == "on random input your result is 2, the reference gives 3"


def test_odd_results_have_their_kind():
    assert freeze(None) == Odd("None", "None")
    assert freeze(...) == Odd("...", "`...`")
