"""Counts of modes and classes, and distances, on inputs whose answer is known."""

import pytest
import torch

from aigc_course.core import data
from aigc_course.metrics import modes


def test_the_ring_itself_has_eight_modes():
    found, share = modes.ring_modes(data.load("ring", n=2000).x)
    assert found == 8
    assert share == pytest.approx(1 - 0.011, abs=0.01)  # exp(-3²/2): the part of a plane normal beyond 3 sigma


def test_a_collapsed_generator_has_one_mode():
    assert modes.ring_modes(torch.tensor([[2.0, 0.1]]).expand(100, -1)) == (1, 1.0)


def test_points_between_modes_count_for_none():
    assert modes.ring_modes(torch.zeros(100, 2)) == (0, 0.0)


def test_a_rare_mode_does_not_count():
    points = torch.tensor([[2.0, 0.0]] * 995 + [[-2.0, 0.0]] * 5)
    assert modes.ring_modes(points)[0] == 1


def test_counts_agree_with_the_labels_of_real_digits():
    x, y, _ = data.load("glyphs", split="test", n=500)
    assert (modes.digit_counts(x) - y.bincount(minlength=10)).abs().sum() <= 6


def test_of_nothing_there_are_no_modes_and_no_shares():
    with pytest.raises(ValueError, match="no points; sample some"):
        modes.ring_modes(torch.empty(0, 2))
    with pytest.raises(ValueError, match=r"counts=\[0, 0\]; nothing was counted"):
        modes.effective_number(torch.tensor([0, 0]))


def test_effective_number_at_both_ends():
    assert modes.effective_number(torch.full((10,), 7)) == pytest.approx(10)
    assert modes.effective_number(torch.tensor([0, 9, 0])) == pytest.approx(1)
    assert modes.effective_number(torch.tensor([5, 5, 0])) == pytest.approx(2)


def test_a_copy_is_at_distance_zero():
    x = torch.rand(5, 1, 4, 4)
    distance = modes.nearest_distance(torch.cat([x[:1], x[:1] + 0.5]), x[:1])
    torch.testing.assert_close(distance, torch.tensor([0.0, 2.0]), atol=1e-3, rtol=0)
