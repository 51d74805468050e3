import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from aigc_course.metrics.frechet import frechet_distance, log_progress


def test_it_equals_torchmetrics_on_the_same_features():
    from torchmetrics.image.fid import FrechetInceptionDistance

    class Flat(nn.Module):
        num_features = 12

        def forward(self, x):
            return x.flatten(1)

    g = torch.Generator().manual_seed(0)
    x, y = torch.randn(500, 3, 2, 2, generator=g), torch.randn(400, 3, 2, 2, generator=g) * 1.5 + 0.3
    reference = FrechetInceptionDistance(feature=Flat(), normalize=True)
    reference.update(x, real=True)
    reference.update(y, real=False)
    expected = reference.compute().item()
    assert frechet_distance(x.flatten(1), y.flatten(1)) == pytest.approx(expected, rel=1e-5)


@given(st.integers(2, 8), st.floats(-3, 3))
@settings(max_examples=20, deadline=None)
def test_a_shift_costs_its_square_length(d, shift):
    x = torch.randn(200, d, generator=torch.Generator().manual_seed(d), dtype=torch.float64)
    assert frechet_distance(x, x + shift) == pytest.approx(d * shift**2, abs=1e-8)


def test_a_stretch_costs_the_difference_of_standard_deviations():
    x = torch.randn(300, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = x - x.mean(0)
    expected = (2.0**2) * torch.cov(x.T).trace().item()
    assert frechet_distance(x, 3 * x) == pytest.approx(expected, rel=1e-9)


def test_it_is_symmetric_and_sees_correlation():
    g = torch.Generator().manual_seed(2)
    x = torch.randn(2000, 2, generator=g)
    y = torch.randn(2000, 2, generator=g) @ torch.tensor([[1.0, 0.9], [0.0, math.sqrt(1 - 0.81)]])
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(y, x), rel=1e-6)
    assert frechet_distance(x, y) > 0.1


def test_equal_sets_are_never_below_zero():
    """Rounding leaves -1e-15 now and then, of which ``log_progress`` has no logarithm."""
    for seed in range(6):
        x = torch.rand(200, 64, generator=torch.Generator().manual_seed(seed))
        assert 0 <= frechet_distance(x, x) < 1e-12


def test_one_feature_is_enough():
    x = torch.randn(50, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = 3.0**2 + (2 - 1) ** 2 * x.var().item()
    assert frechet_distance(x - x.mean(), 2 * (x - x.mean()) + 3) == pytest.approx(expected)


def test_too_few_examples_are_refused():
    with pytest.raises(ValueError, match="4 examples of 4 features"):
        frechet_distance(torch.randn(4, 4), torch.randn(9, 4))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("which", ["first", "second"])
def test_values_that_are_not_finite_are_refused_with_the_set_that_has_them(which, value):
    sets = {"first": torch.randn(9, 4), "second": torch.randn(10, 4)}
    sets[which][2, 1] = sets[which][2, 3] = sets[which][5, 0] = value
    n = len(sets[which])
    with pytest.raises(
        ValueError, match=f"the {which} set has 3 NaN or infinite values, in 2 of {n} examples; look for"
    ):
        frechet_distance(sets["first"], sets["second"])


def test_log_progress_runs_from_noise_to_floor():
    assert log_progress(100.0, floor=1.0, noise=100.0) == 0
    assert log_progress(1.0, floor=1.0, noise=100.0) == 1
    assert log_progress(10.0, floor=1.0, noise=100.0) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="0 < floor < noise"):
        log_progress(1.0, floor=2.0, noise=1.0)
