import math

import pytest
import torch

from aigc_course.foundations.estimate import monte_carlo
from aigc_course.vae import estimators
from aigc_course.vae.estimators import leave_one_out, reparameterised, score_function
from aigc_course.vae.vae import Gaussian

C, DEVIATION, DRAWS = 1.2, 0.7, 400_000


def posterior(latent_dim: int) -> Gaussian:
    return Gaussian(
        torch.full((1, latent_dim), 0.5).double(), torch.full((1, latent_dim), 2 * math.log(DEVIATION)).double()
    )


def bowl(z: torch.Tensor) -> torch.Tensor:
    """The minimum lies at 0.5 − C, so the mean is C away from it."""
    return (z - 0.5 + C).square().sum(dim=-1)


def constant(value: float):
    return lambda values: torch.full_like(values, value)


WAYS = {
    "reparameterised": reparameterised,
    "score function": score_function,
    "constant baseline": lambda f, q, *, num_samples: score_function(
        f, q, num_samples=num_samples, baseline=constant(5.0)
    ),
    "leave one out": lambda f, q, *, num_samples: score_function(f, q, num_samples=num_samples, baseline=leave_one_out),
}


@pytest.mark.equation("vae_theory-score", "vae_theory-reparameterised")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_every_estimator_has_the_right_mean(way):
    """Catches a wrong score, a lost σ, a lost ½, a baseline that biases: E f = Σ c² + σ² has known derivatives."""
    torch.manual_seed(0)
    found = way(bowl, posterior(3), num_samples=DRAWS)
    for estimates, exact in ((found.mean, 2 * C), (found.logvar, DEVIATION**2)):
        result = monte_carlo(estimates)
        assert ((result.mean - exact).abs() < 4.5 * result.standard_error).all()


@pytest.mark.equation("vae_theory-score", "vae_theory-reparameterised")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_numbers_of_the_code_have_noise_of_their_own(way):
    """Catches one draw of noise for all numbers: E[z₁ z₂] = μ₁ μ₂ does not depend on the variances."""
    torch.manual_seed(6)
    found = way(lambda z: z.prod(dim=-1), posterior(2), num_samples=DRAWS)
    for estimates, exact in ((found.mean, 0.5), (found.logvar, 0.0)):
        result = monte_carlo(estimates)
        assert ((result.mean - exact).abs() < 4.5 * result.standard_error).all()


@pytest.mark.equation("vae_theory-variance-reparameterised")
@pytest.mark.parametrize("latent_dim", [1, 4])
def test_variance_through_the_draw_is_the_closed_form(latent_dim):
    """Catches σ for σ²; and the variance must not depend on k."""
    torch.manual_seed(1)
    measured = reparameterised(bowl, posterior(latent_dim), num_samples=DRAWS).mean.var(dim=0)
    expected = torch.full((latent_dim,), estimators.variance_reparameterised(DEVIATION)).double()
    torch.testing.assert_close(measured, expected, rtol=0.02, atol=0)


@pytest.mark.equation("vae_theory-variance-score")
@pytest.mark.parametrize("latent_dim", [1, 4])
@pytest.mark.parametrize("baseline", [0.0, 3.0])
def test_variance_of_the_score_function_is_the_closed_form(latent_dim, baseline):
    """Catches any wrong moment of the normal (1, 3, 15) and a wrong dependence on k or on the baseline."""
    torch.manual_seed(2)
    measured = score_function(bowl, posterior(latent_dim), num_samples=DRAWS, baseline=constant(baseline)).mean.var(
        dim=0
    )
    expected = estimators.variance_score(C, DEVIATION, latent_dim=latent_dim, baseline=baseline)
    torch.testing.assert_close(measured, torch.full((latent_dim,), expected).double(), rtol=0.05, atol=0)


@pytest.mark.equation("vae_theory-baseline")
def test_the_best_baseline_is_best():
    """Catches the mean value taken for the best baseline: the measured minimum E[f s²] / E[s²] is another number."""
    torch.manual_seed(3)
    noise = torch.randn(DRAWS, 4).double()
    values = bowl(0.5 + DEVIATION * noise)
    weighted = (values * noise[:, 0].square()).mean() / noise[:, 0].square().mean()
    best = estimators.best_baseline(C, DEVIATION, latent_dim=4)
    assert best == pytest.approx(weighted.item(), rel=0.02)
    least = estimators.variance_score(C, DEVIATION, latent_dim=4, baseline=best)
    for other in (best - 1, best + 1, 4 * (C**2 + DEVIATION**2)):
        assert estimators.variance_score(C, DEVIATION, latent_dim=4, baseline=other) > least
    plain = estimators.variance_score(C, DEVIATION, latent_dim=4)
    assert plain == estimators.variance_score(C, DEVIATION, latent_dim=4, baseline=0.0)


def test_leave_one_out_never_contains_the_draw_itself():
    found = leave_one_out(torch.tensor([1.0, 2.0, 6.0]))
    assert found.tolist() == [4.0, 3.5, 1.5]
    with pytest.raises(ValueError, match="1 sample"):
        leave_one_out(torch.ones(1))


def test_two_draws_with_each_other_as_baseline_are_unbiased():
    """Catches a baseline that contains its own draw: then two draws would give half of the gradient."""
    torch.manual_seed(4)
    pairs = [score_function(bowl, posterior(1), num_samples=2, baseline=leave_one_out).mean.mean() for _ in range(4000)]
    result = monte_carlo(torch.stack(pairs))
    assert abs(result.mean.item() - 2 * C) < 4.5 * result.standard_error.item()


def test_score_function_needs_no_slope():
    """A step has no useful slope: through the draw nothing arrives; the score function finds d/dμ P(z > 0)."""
    torch.manual_seed(5)

    def step(z):
        return (z > 0).double().sum(dim=-1) + 0 * z.sum(dim=-1)

    q = posterior(1)
    assert reparameterised(step, q, num_samples=1000).mean.abs().max() == 0
    result = monte_carlo(score_function(step, q, num_samples=DRAWS).mean)
    exact = torch.distributions.Normal(0.5, DEVIATION).log_prob(torch.tensor(0.0)).exp().item()
    assert result.mean.item() == pytest.approx(exact, abs=4.5 * result.standard_error.item())
