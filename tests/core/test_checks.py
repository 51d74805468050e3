import numpy as np
import pytest
import torch

from aigc_course.core.checks import check


def test_what_holds_passes():
    assert check({"one is one": True, "all are small": torch.tensor([1, 2]) < 3, "so is this": np.bool_(True)}) is None


def test_the_first_that_fails_is_named_with_the_values():
    with pytest.raises(AssertionError) as caught:
        check({"holds": True, "the gap is small": 3.2 < 1, "never asked": False}, gap=3.2)
    assert str(caught.value) == "the gap is small\n  gap = 3.2"


def test_of_many_entries_the_failing_ones_are_counted():
    with pytest.raises(AssertionError, match=r"it falls \(2 of 4 do not, the first at 1\)$"):
        check({"it falls": torch.tensor([True, False, True, False])})
    with pytest.raises(AssertionError, match=r"\(1 of 6 do not, the first at \(1, 2\)\)"):
        check({"it falls": np.arange(6).reshape(2, 3) < 5})


def test_what_could_not_fail_is_refused():
    with pytest.raises(ValueError, match="nothing is expected"):
        check({})
    with pytest.raises(ValueError, match="asked of no entries"):
        check({"all are small": torch.ones(0) < 1})
