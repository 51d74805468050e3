"""The four rules against torch's over hundreds of steps, and against what is known of a quadratic bowl."""

import numpy as np
import pytest
import torch

from aigc_course.foundations.optimizers import SGD, Adam, AdamW, Momentum

RULES = {
    "sgd": (lambda: SGD(0.05), lambda p: torch.optim.SGD(p, lr=0.05)),
    "momentum": (lambda: Momentum(0.02, 0.9), lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9)),
    "adam": (lambda: Adam(0.03, betas=(0.8, 0.99)), lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.8, 0.99))),
    "adam, large eps": (lambda: Adam(0.03, eps=0.1), lambda p: torch.optim.Adam(p, lr=0.03, eps=0.1)),
    "adamw": (lambda: AdamW(0.03, weight_decay=0.1), lambda p: torch.optim.AdamW(p, lr=0.03, weight_decay=0.1)),
}


def compared(ours, theirs, steps):
    """Largest difference of the two paths over ``steps`` updates with the same noisy gradients of a quartic."""
    rng = np.random.default_rng(0)
    mine = [rng.normal(size=(3, 2)), rng.normal(size=4)]
    reference = [torch.tensor(p.copy(), requires_grad=True) for p in mine]
    rule, optimizer = ours(), theirs(reference)
    largest = 0.0
    for _ in range(steps):
        noise = [rng.normal(size=p.shape) for p in mine]
        mine = rule.update(mine, [p**3 + 0.5 * p + n for p, n in zip(mine, noise, strict=True)])
        for p, n in zip(reference, noise, strict=True):
            p.grad = p.detach() ** 3 + 0.5 * p.detach() + torch.tensor(n)
        optimizer.step()
        largest = max(largest, *(np.abs(a - b.detach().numpy()).max() for a, b in zip(mine, reference, strict=True)))
    return largest


@pytest.mark.equation("neural_networks-momentum", "neural_networks-adam", "neural_networks-adamw")
@pytest.mark.parametrize(("ours", "theirs"), RULES.values(), ids=RULES)
def test_three_hundred_steps_equal_torch(ours, theirs):
    """Catches a lost bias correction, ε under the root, swapped β, decay that runs through the moments."""
    assert compared(ours, theirs, 300) < 1e-12


def test_the_first_step_of_adam_has_the_length_of_the_rate():
    """Catches a missing bias correction without any reference: m̂/√v̂ is ±1 at the first step, however small g is."""
    (moved,) = Adam(0.01).update([np.zeros(3)], [np.array([1e-4, -5.0, 300.0])])
    np.testing.assert_allclose(moved, [-0.01, 0.01, -0.01], rtol=1e-3)


def test_decay_does_not_pass_through_the_moments():
    """Catches L2 in place of decoupled decay: without a gradient, AdamW shrinks by exactly 1 − ηλ."""
    (moved,) = AdamW(0.1, weight_decay=0.5).update([np.array([2.0, -3.0])], [np.zeros(2)])
    np.testing.assert_allclose(moved, [1.9, -2.85], rtol=1e-12)


@pytest.mark.equation("neural_networks-descent", "neural_networks-bowl")
def test_descent_on_a_bowl_follows_its_formula():
    """Catches a wrong sign or factor: on ½ λ θ² the distance is (1 − ηλ)^t times the first, in every direction."""
    curvature, start, rule = np.array([1.0, 10.0, 19.0]), np.array([1.0, -2.0, 0.5]), SGD(0.1)
    theta = start
    for t in range(1, 31):
        (theta,) = rule.update([theta], [curvature * theta])
        np.testing.assert_allclose(theta, (1 - 0.1 * curvature) ** t * start, atol=1e-12)


@pytest.mark.equation("neural_networks-threshold")
@pytest.mark.parametrize("curvature", [0.5, 10.0])
def test_descent_diverges_exactly_above_two_over_the_curvature(curvature):
    """Catches 1/λ for 2/λ: one per cent below the threshold shrinks, at it the distance stays, above it grows."""
    ends = []
    for share in (0.99, 1.0, 1.01):
        rule, theta = SGD(share * 2 / curvature), np.array([1.0])
        for _ in range(200):
            (theta,) = rule.update([theta], [curvature * theta])
        ends.append(abs(theta[0]))
    assert ends[0] < 0.05
    assert ends[1] == pytest.approx(1.0, abs=1e-9)
    assert ends[2] > 20


@pytest.mark.equation("neural_networks-best-rate")
def test_no_rate_beats_two_over_the_sum_of_the_curvatures():
    """Catches a wrong best rate: on a grid of rates, none contracts the worst direction of the bowl faster."""
    low, high = 1.0, 25.0
    rates = np.linspace(1e-3, 2 / high, 5000)
    worst = np.maximum(abs(1 - rates * low), abs(1 - rates * high))
    assert rates[worst.argmin()] == pytest.approx(2 / (low + high), rel=1e-3)
    assert worst.min() == pytest.approx((high / low - 1) / (high / low + 1), rel=1e-3)


@pytest.mark.parametrize("make", [lambda: SGD(0.0), lambda: Momentum(0.1, 1.0), lambda: Adam(betas=(0.9, -0.1))])
def test_impossible_settings_are_refused(make):
    with pytest.raises(ValueError, match="="):
        make()


@pytest.mark.parametrize("make", [SGD, Momentum, Adam, AdamW])
def test_a_rule_never_changes_its_arguments(make):
    """Catches updates in place, which would move the caller's arrays twice."""
    theta, slope = np.ones(3), np.full(3, 0.5)
    make(0.1).update([theta], [slope])
    assert theta.tolist() == [1.0] * 3
    assert slope.tolist() == [0.5] * 3
