"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import math

import pytest
import torch
from torch.distributions import LogNormal, Normal

from aigc_course.foundations import estimate
from aigc_course.foundations.estimate import monte_carlo


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.equation("probability-error")
def test_the_error_is_the_scatter_of_the_mean():
    """Catches n for √n and the spread of single draws: 4,000 repetitions scatter as each one says it will."""
    for n in (25, 400):
        result = monte_carlo(3 * torch.randn(n, 4000, generator=generator(n)) + 1)
        assert result.mean.std().item() == pytest.approx(3 / n**0.5, rel=0.05)
        assert result.standard_error.mean().item() == pytest.approx(3 / n**0.5, rel=0.05)


def test_the_spread_of_the_draws_is_estimated_without_bias():
    """Catches n for n - 1: of 0 and 2 the squares around 1 add up to 2, over 1; the error is √(2/2)."""
    assert monte_carlo(torch.tensor([0.0, 2.0])).standard_error.item() == pytest.approx(1)


def test_interval_holds_the_truth_in_95_of_100_cases():
    """Catches an interval of one error, or of one side."""
    low, high = monte_carlo(torch.randn(200, 5000, generator=generator(0))).interval()
    assert ((low < 0) & (high > 0)).float().mean().item() == pytest.approx(0.95, abs=0.012)


def test_one_draw_has_no_error_bar():
    with pytest.raises(ValueError, match="at least 2"):
        monte_carlo(torch.ones(1))


def test_three_estimators_of_one_divergence():
    """Catches a weight turned over, a lost − 1, a sign: each mean lies within four errors of the exact value."""
    p, q = Normal(torch.tensor(0.0).double(), 1.0), Normal(torch.tensor(0.4).double(), 1.3)
    exact = torch.distributions.kl_divergence(p, q).item()
    torch.manual_seed(0)
    from_p, from_q = p.sample((200_000,)), q.sample((200_000,))
    plain = estimate.kl_summands(p.log_prob(from_p), q.log_prob(from_p))
    positive = estimate.kl_summands_nonnegative(p.log_prob(from_p), q.log_prob(from_p))
    weighted = estimate.kl_summands_weighted(p.log_prob(from_q), q.log_prob(from_q))
    for summands in (plain, positive, weighted):
        result = monte_carlo(summands)
        assert result.mean.item() == pytest.approx(exact, abs=4 * result.standard_error.item())
        assert result.standard_error.item() < 0.003
    assert positive.min() >= 0 > plain.min()


def test_a_draw_that_p_rules_out_counts_nothing():
    """Catches 0 · ∞: uniform p on [0, 1], uniform q on [0, 2], where half of the draws have the weight 0."""
    log_p, log_q = torch.tensor([0.0, -math.inf]), torch.full((2,), -math.log(2))
    assert estimate.kl_summands_weighted(log_p, log_q).mean().item() == pytest.approx(math.log(2))


@pytest.mark.parametrize(("mean", "std", "better"), [(0.3, 1.0, True), (0.4, 1.3, False)])
def test_the_nonnegative_summands_vary_less_only_where_q_is_not_much_wider(mean, std, better):
    """Catches the warning of the chapter becoming untrue."""
    p, q = Normal(torch.tensor(0.0).double(), 1.0), Normal(torch.tensor(mean).double(), std)
    torch.manual_seed(0)
    x = p.sample((200_000,))
    plain = estimate.kl_summands(p.log_prob(x), q.log_prob(x))
    positive = estimate.kl_summands_nonnegative(p.log_prob(x), q.log_prob(x))
    assert (positive.std() < plain.std()) == better


@pytest.mark.equation("probability-change")
def test_density_of_a_log_normal_is_that_of_torch():
    """Catches a forgotten determinant, its inverse, its sign: torch's own density, and the integral 1."""
    y = torch.linspace(0.05, 8, 200, dtype=torch.float64)[:, None]
    found = estimate.transformed_log_prob(lambda x: Normal(0.2, 0.6).log_prob(x).squeeze(1), torch.log, y)
    torch.testing.assert_close(found, LogNormal(0.2, 0.6).log_prob(y.squeeze(1)))


def test_density_of_a_linear_map_is_that_of_torch():
    """Catches a product of the Jacobian's diagonal in place of the determinant."""
    matrix = torch.tensor([[1.0, 2.0], [-1.5, 0.5]], dtype=torch.float64)
    inverse, y = matrix.inverse(), torch.randn(20, 2, generator=generator(1), dtype=torch.float64)
    found = estimate.transformed_log_prob(
        lambda x: -0.5 * x.square().sum(1) - math.log(2 * math.pi), lambda point: inverse @ point, y
    )
    reference = torch.distributions.MultivariateNormal(torch.zeros(2, dtype=torch.float64), matrix @ matrix.T)
    torch.testing.assert_close(found, reference.log_prob(y))
