"""The Wasserstein distance and its critic, against brute force, scipy, closed forms and known distributions."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance, wasserstein_distance_nd

from aigc_course.gan import wasserstein


def clouds(n=6, m=6, d=2, seed=0):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=g, dtype=torch.double)
    return x, torch.randn(m, d, generator=g, dtype=torch.double) + 1


# ---- the distance ---------------------------------------------------------------------------------------------------


@pytest.mark.equation("gan_better-w1")
@pytest.mark.parametrize("seed", range(5))
def test_the_plan_is_the_best_of_all_pairings(seed):
    """With even weights some optimal plan is a permutation, and of six examples there are only 720."""
    cost = wasserstein.cost_matrix(*clouds(seed=seed))
    best = min(sum(cost[i, j].item() for i, j in enumerate(order)) for order in itertools.permutations(range(6)))
    distance, plan = wasserstein.optimal_transport(cost)
    assert distance == pytest.approx(best / 6, abs=1e-9)
    assert (plan * cost).sum().item() == pytest.approx(distance, abs=1e-9)


@pytest.mark.equation("gan_better-w1")
def test_a_plan_is_a_coupling():
    x, y = clouds(4, 5)
    p, q = torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([0.3, 0.1, 0.1, 0.1, 0.4])
    _, plan = wasserstein.optimal_transport(wasserstein.cost_matrix(x, y), p, q)
    assert plan.min() >= -1e-12
    torch.testing.assert_close(plan.sum(1).float(), p)
    torch.testing.assert_close(plan.sum(0).float(), q)


def test_transport_agrees_with_scipy_in_the_plane():
    x, y = clouds(30, 40)
    ours, _ = wasserstein.optimal_transport(wasserstein.cost_matrix(x, y))
    assert ours == pytest.approx(wasserstein_distance_nd(x.numpy(), y.numpy()), abs=1e-7)


def test_costs_are_distances():
    x, y = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    assert wasserstein.cost_matrix(x, y).tolist() == [[5.0, 0.0]]


@pytest.mark.equation("gan_better-line")
@given(st.integers(0, 10_000), st.integers(1, 40))
def test_sorting_agrees_with_scipy(seed, n):
    g = torch.Generator().manual_seed(seed)
    x, y = torch.randn(2, n, generator=g, dtype=torch.double) * torch.tensor([[1.0], [3.0]]) + 1
    expected = wasserstein_distance(x.numpy(), y.numpy())
    assert wasserstein.wasserstein_1d(x, y).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.equation("gan_better-line", "gan_better-cdf")
def test_sorting_agrees_with_the_programme_and_with_the_distribution_functions():
    """Three ways to one number: pairs in order, the linear programme, and the area between the two staircases."""
    x, y = torch.randn(25, dtype=torch.double), 2 * torch.randn(25, dtype=torch.double) + 1
    sorting = wasserstein.wasserstein_1d(x, y).item()
    programme, _ = wasserstein.optimal_transport(wasserstein.cost_matrix(x[:, None], y[:, None]))
    t = torch.linspace(-12, 12, 200_001, dtype=torch.double)
    staircase = [(sample.sort().values[:, None] <= t).double().mean(0) for sample in (x, y)]
    area = (staircase[0] - staircase[1]).abs().sum().item() * 24 / 200_000
    assert programme == pytest.approx(sorting, abs=1e-9)
    assert area == pytest.approx(sorting, abs=1e-3)


def test_numbers_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match="3 and 4 numbers"):
        wasserstein.wasserstein_1d(torch.zeros(3), torch.zeros(4))
    with pytest.raises(ValueError, match="at least one"):
        wasserstein.wasserstein_1d(torch.zeros(0), torch.zeros(0))
    with pytest.raises(ValueError, match="between 0 and 2 examples"):
        wasserstein.optimal_transport(torch.zeros(0, 2))


def test_costs_with_a_graph_are_taken_as_numbers():
    cost = wasserstein.cost_matrix(torch.zeros(1, 2, requires_grad=True), torch.tensor([[3.0, 4.0]]))
    assert wasserstein.optimal_transport(cost)[0] == pytest.approx(5)
    assert wasserstein.dual(cost)[0] == pytest.approx(5)


def test_weights_that_are_no_shares_are_refused():
    with pytest.raises(ValueError, match="weights sum to 2 and 1"):
        wasserstein.optimal_transport(torch.ones(2, 2), torch.ones(2))
    with pytest.raises(ValueError, match="none negative"):
        wasserstein.dual(torch.ones(2, 2), torch.tensor([2.0, -1.0]))


@pytest.mark.parametrize("value", [math.inf, math.nan])
@pytest.mark.parametrize("solve", [wasserstein.optimal_transport, wasserstein.dual])
def test_costs_that_are_no_numbers_are_refused(solve, value):
    with pytest.raises(ValueError, match="1 costs are infinite or NaN"):
        solve(torch.tensor([[value, 1.0], [1.0, 1.0]]))


# ---- duality --------------------------------------------------------------------------------------------------------


@pytest.mark.equation("gan_better-easy")
@given(st.integers(0, 10_000))
def test_no_critic_of_slope_one_exceeds_the_distance(seed):
    """Distances to random points are 1-Lipschitz, and so are their minima and maxima."""
    x, y = clouds(8, 9, seed=seed)
    anchors, _ = clouds(3, 3, seed=seed + 1)
    distance, plan = wasserstein.optimal_transport(wasserstein.cost_matrix(x, y))
    for critic in (lambda v: torch.cdist(v, anchors).amin(1), lambda v: -torch.cdist(v, anchors).amax(1)):
        gap = wasserstein.estimate(critic, x, y).item()
        moved = (plan * (critic(x)[:, None] - critic(y))).sum().item()  # the same number, as a mean over the plan
        assert gap == pytest.approx(moved, abs=1e-9)
        assert gap <= distance + 1e-9


@pytest.mark.equation("gan_better-lp-dual")
@pytest.mark.parametrize("seed", range(3))
def test_both_programmes_have_the_same_value(seed):
    cost = wasserstein.cost_matrix(*clouds(12, 15, seed=seed))
    primal, plan = wasserstein.optimal_transport(cost)
    value, f, g = wasserstein.dual(cost)
    assert value == pytest.approx(primal, abs=1e-8)
    slack = cost - f[:, None] - g
    assert slack.min() >= -1e-8
    assert (slack * plan).abs().max() < 1e-8  # mass travels only where the prices meet the cost


@pytest.mark.equation("gan_better-potential", "gan_better-duality")
@pytest.mark.parametrize("seed", range(3))
def test_the_prices_make_a_critic_that_attains_the_distance(seed):
    x, y = clouds(12, 15, seed=seed)
    distance, _ = wasserstein.optimal_transport(wasserstein.cost_matrix(x, y))
    _, _, g = wasserstein.dual(wasserstein.cost_matrix(x, y))

    def critic(points):
        return wasserstein.c_transform(wasserstein.cost_matrix(points, y), g)

    assert wasserstein.estimate(critic, x, y).item() == pytest.approx(distance, abs=1e-8)
    points = 3 * torch.randn(40, 2, dtype=torch.double)
    gaps = (critic(points)[:, None] - critic(points)).abs()
    assert (gaps <= wasserstein.cost_matrix(points, points) + 1e-9).all()
