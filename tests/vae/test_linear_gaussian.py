import math

import pytest
import torch
from torch.distributions import Normal

from aigc_course.vae.linear_gaussian import LinearGaussian
from aigc_course.vae.vae import Gaussian, iwae_bound, log_prior

GRID = torch.linspace(-15, 15, 6001).unsqueeze(1)
CELL = math.log(30 / 6000)
MODEL = LinearGaussian(weight=2.0, noise=0.5)
X = torch.tensor([[-3.0], [0.4], [1.7]])


def log_joint(x):
    """Log p(x, z) on the grid, from torch's own densities; one row per observation."""
    log_x = Normal(MODEL.weight * GRID.T, MODEL.noise).log_prob(x)
    return log_x + Normal(0.0, 1.0).log_prob(GRID.T)


@pytest.mark.equation("vae-toy-evidence")
def test_evidence_is_the_integral_over_codes():
    """Catches noise used as a variance, weight not squared: the joint is added up over a grid of codes."""
    torch.testing.assert_close(MODEL.evidence(X), torch.logsumexp(log_joint(X) + CELL, dim=1), atol=1e-4, rtol=0)


def test_samples_have_the_evidence_as_density():
    """Catches a sampler of another model."""
    torch.manual_seed(0)
    x = MODEL.sample(100_000)
    assert x.std().item() == pytest.approx(math.sqrt(2.0**2 + 0.5**2), rel=0.01)


@pytest.mark.equation("vae-toy-posterior")
def test_posterior_is_joint_over_evidence():
    """Catches any wrong mean or variance: Bayes' rule at every point of the grid."""
    q = MODEL.posterior(X)
    for row, mean, logvar in zip(log_joint(X) - MODEL.evidence(X).unsqueeze(1), q.mean, q.logvar, strict=True):
        exact = Normal(mean, (0.5 * logvar).exp()).log_prob(GRID).squeeze(1)
        torch.testing.assert_close(exact.exp(), row.exp(), atol=1e-4, rtol=0)


def integral(x, q):
    """E_q[log p(x, z) − log q(z)] on the grid."""
    own = Normal(q.mean, (0.5 * q.logvar).exp()).log_prob(GRID.T)
    return ((own + CELL).exp() * (log_joint(x) - own)).sum(dim=1)


def random_posterior():
    g = torch.Generator().manual_seed(0)
    return Gaussian(torch.randn(3, 1, generator=g), torch.randn(3, 1, generator=g) - 1)


@pytest.mark.equation("vae-jensen", "vae-elbo")
def test_bound_is_its_integral_and_lies_below():
    """Catches a wrong closed form, or a bound on the wrong side."""
    q = random_posterior()
    torch.testing.assert_close(MODEL.elbo(X, q), integral(X, q), atol=2e-3, rtol=1e-4)
    assert (MODEL.elbo(X, q) < MODEL.evidence(X)).all()


@pytest.mark.equation("vae-gap")
def test_gap_is_the_divergence_from_the_exact_posterior():
    """Catches KL(p‖q) in place of KL(q‖p), and a gap of zero anywhere but at the exact posterior."""
    q, exact = random_posterior(), MODEL.posterior(X)
    gaussian_divergences = [Normal(g.mean, (0.5 * g.logvar).exp()) for g in (q, exact)]
    gap = torch.distributions.kl_divergence(*gaussian_divergences).squeeze(1)
    torch.testing.assert_close(MODEL.evidence(X) - MODEL.elbo(X, q), gap, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(MODEL.elbo(X, exact), MODEL.evidence(X), atol=1e-5, rtol=0)


@pytest.mark.equation("vae-importance")
def test_weights_of_the_exact_posterior_are_the_evidence():
    """Catches a lost prior or posterior in the weight: with the exact posterior one draw already gives log p(x)."""
    torch.manual_seed(0)
    q = MODEL.posterior(X)
    z = q.sample()
    weight = MODEL.log_likelihood(X, z) + log_prior(z) - q.log_prob(z)
    torch.testing.assert_close(iwae_bound(weight.unsqueeze(0)), MODEL.evidence(X), atol=1e-5, rtol=0)
