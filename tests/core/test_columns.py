import numpy as np
import pytest
import torch

from aigc_course.core.columns import columns, text


def only(*values, by_row=False):
    (column,) = columns(["value"], [[value] for value in values], by_row=by_row)
    return column.texts


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.0, 2.492, -2.492), ["0.000", "2.492", "−2.492"]),
        ((44.361, 24.366, 14.98), ["44.36", "24.37", "14.98"]),
        ((0.91, 0.72, 1), ["0.91", "0.72", "1.00"]),  # no more decimals than are there
        ((0.4083, 0.0408333, 0.0010208), ["0.4083", "0.0408", "0.0010"]),
        ((2.26e-2, 17.654, 5.0), ["0.023", "17.654", "5.000"]),
        ((0.5, 0.25), ["0.50", "0.25"]),
        ((98765.4, 12.0), ["98,765", "12"]),
        ((1.234, 0.56), ["1.234", "0.560"]),
        ((12.34, 0.0567), ["12.340", "0.057"]),  # one more decimal, so that the small one has two digits
    ],
)
def test_a_column_has_one_precision(values, texts):
    assert only(*values) == texts


def test_a_number_far_from_the_others_is_a_power_of_ten():
    assert only(3.129, 1.151e-4, 6.02e23, -2.5e11) == ["3.129", "1.2 × 10⁻⁴", "6.0 × 10²³", "−2.5 × 10¹¹"]
    assert only(6.851e-05, 0.0389, 0.00797) == ["0.00007", "0.03890", "0.00797"]


def test_an_uncertainty_sets_the_decimals_of_the_column_before_it():
    first, second = columns(["nats", "± one error"], [[0.04858, 0.002131], [0.04552, 0.0004663]])
    assert first.texts == ["0.0486", "0.0455"]
    assert second.texts == ["0.0021", "0.0005"]
    assert columns(["nats", "±"], [[12.345, "–"]])[0].texts == ["12.35"]


def test_rows_of_different_quantities_have_their_own_precision():
    rows = [["bound", 17.65432, 0.1153], ["σ²", 0.0225812, 8e-5]]
    _, value, error = columns(["what", "value", "spread"], rows, by_row=True)
    assert value.texts == ["17.65", "0.02258"]
    assert error.texts == ["0.12", "0.00008"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (np.float32(0.5), "0.5"),
        (np.int64(12345), "12,345"),
        (torch.tensor(1 / 3), "0.3333"),
        (torch.tensor([1.0]), "tensor([1.])"),
        (torch.tensor(True), "yes"),
        (float("nan"), "NaN"),
        (float("-inf"), "−∞"),
        (True, "yes"),
        (False, "no"),
        (None, "–"),
        (-3, "−3"),
        (0.002, "0.002"),
        ("(0.0, 0.99)", "(0.0, 0.99)"),
        ("1985", "1985"),
    ],
)
def test_a_cell_says_what_it_holds_whichever_library_it_comes_from(value, written):
    assert text(value) == written


def test_numbers_among_words_stand_for_themselves():
    assert only("4,000 glyphs", 1500, 0.002, 6.6, False) == ["4,000 glyphs", "1,500", "0.002", "6.6", "no"]


@pytest.mark.parametrize(
    ("values", "is_numeric"),
    [
        ((1.5, None), True),
        (("0.83 ± 0.15", "98.3%"), True),
        (("0.0% ± 0.1%", ""), True),
        (("7.1 *", "–"), True),
        (("1913-01", "1985"), False),
        (("16 codes", 3), False),
        ((None, "–"), False),
        ((True, False), False),
    ],
)
def test_a_column_of_numbers_is_known(values, is_numeric):
    (column,) = columns(["value"], [[value] for value in values])
    assert column.is_numeric == is_numeric
