import math

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import multivariate_normal
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from aigc_course.foundations.estimate import monte_carlo
from aigc_course.vae.gaussian_divergences import chi_square, kl
from aigc_course.vae.vae import Gaussian, kl_to_standard_normal


def spread(seed: int, latent_dim: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """A random mean and a random covariance."""
    g = torch.Generator().manual_seed(seed)
    root = torch.randn(latent_dim, latent_dim, generator=g, dtype=torch.float64)
    return torch.randn(latent_dim, generator=g, dtype=torch.float64), root @ root.T + 0.3 * torch.eye(
        latent_dim, dtype=torch.float64
    )


def bell(normal: Normal):
    return lambda z: normal.log_prob(torch.tensor(z, dtype=torch.float64)).item()


@pytest.mark.equation("vae_theory-normal-kl")
@pytest.mark.parametrize("seed", range(3))
def test_kl_of_full_normals_is_that_of_torch(seed):
    """Catches p and q swapped in any of the four terms, a lost half, a sign of the volumes."""
    p, q = spread(2 * seed), spread(2 * seed + 1)
    reference = kl_divergence(MultivariateNormal(*p), MultivariateNormal(*q))
    torch.testing.assert_close(kl(*p, *q), reference, atol=1e-10, rtol=1e-10)
    assert kl(*p, *p).abs() < 1e-10


@pytest.mark.parametrize("size", [1e-5, 1e-4, 1e-3])
def test_kl_of_close_normals_is_never_negative_and_keeps_its_digits(size):
    """Catches a trace minus a dimension: in single precision it is as often below 0 as above where p is close to q."""
    torch.manual_seed(0)
    root = size * torch.randn(200, 4, 4, dtype=torch.float64)
    p, q = torch.eye(4, dtype=torch.float64) + root + root.mT, torch.eye(4, dtype=torch.float64).expand(200, 4, 4)
    mean = torch.zeros(200, 4, dtype=torch.float64)
    found = kl(mean.float(), p.float(), mean.float(), q.float())
    assert found.min() >= 0
    exact = kl(mean, p.float().double(), mean, q)  # what a float32 covariance says
    torch.testing.assert_close(found.double(), exact, rtol=0.2, atol=1e-11)


def test_kl_works_for_a_batch_with_a_shared_covariance():
    p, q = spread(0), spread(1)
    means = torch.randn(4, 3, dtype=torch.float64)
    whole = kl(means, p[1].expand(4, 3, 3), q[0], q[1].expand(4, 3, 3))
    torch.testing.assert_close(whole, torch.stack([kl(m, p[1], *q) for m in means]))


@pytest.mark.equation("vae_theory-normal-kl")
def test_kl_is_its_integral_over_the_plane():
    """Catches what torch and we might have in common: scipy's densities, summed over a fine grid."""
    p, q = (MultivariateNormal(*spread(seed, latent_dim=2)) for seed in (0, 1))
    of_p, of_q = (multivariate_normal(n.mean.numpy(), n.covariance_matrix.numpy()) for n in (p, q))
    sides = [
        torch.linspace(m - 8 * s, m + 8 * s, 401, dtype=torch.float64) for m, s in zip(p.mean, p.stddev, strict=True)
    ]
    grid = torch.stack(torch.meshgrid(*sides, indexing="ij"), dim=-1).numpy()
    cell = math.prod((side[1] - side[0]).item() for side in sides)
    integral = (of_p.pdf(grid) * (of_p.logpdf(grid) - of_q.logpdf(grid))).sum() * cell
    closed = kl(p.mean, p.covariance_matrix, q.mean, q.covariance_matrix).item()
    assert integral == pytest.approx(closed, abs=1e-5)


@pytest.mark.equation("vae_theory-kl")
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (1.5, 0.4), (-0.7, 2.0)])
def test_kl_to_the_prior_is_its_integral_and_its_average(mean, std):
    """Catches any wrong term of the closed form: scipy's quadrature, draws within five errors, the general formula."""
    q = Normal(torch.tensor(mean, dtype=torch.float64), torch.tensor(std, dtype=torch.float64))
    p = Normal(torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64))
    own, prior = bell(q), bell(p)
    integral, _ = quad(lambda z: math.exp(own(z)) * (own(z) - prior(z)), mean - 9 * std, mean + 9 * std)
    one = torch.tensor([[mean]], dtype=torch.float64)
    closed = kl_to_standard_normal(Gaussian(one, 2 * torch.full_like(one, std).log())).item()
    assert closed == pytest.approx(integral, abs=1e-8)
    torch.manual_seed(0)
    z = q.sample((40_000,))
    average = monte_carlo(q.log_prob(z) - p.log_prob(z))
    assert abs(average.mean.item() - closed) <= 5 * average.standard_error.item() + 1e-12
    identity = torch.eye(1, dtype=torch.float64)
    assert kl(one[0], std**2 * identity, 0 * one[0], identity).item() == pytest.approx(closed, abs=1e-12)


@pytest.mark.equation("vae_theory-chi-square")
@pytest.mark.parametrize(("shift", "wide"), [(0.0, 1.0), (0.8, 1.3), (-0.4, 0.8)])
def test_chi_square_is_the_variance_of_the_weight(shift, wide):
    """Catches deviations for variances and p and q swapped: ∫ p²/q − 1 by quadrature, and over two numbers."""
    p, q = Normal(0.3, 0.7), Normal(0.3 + shift, 0.7 * wide)
    own, other = bell(p), bell(q)
    integral, _ = quad(lambda z: math.exp(2 * own(z) - other(z)), -25, 25, points=[0.3, 0.3 + shift])
    pair = [Gaussian(torch.full((1, 2), 0.3), torch.full((1, 2), 2 * math.log(0.7)))]
    pair.append(Gaussian(torch.full((1, 2), 0.3 + shift), torch.full((1, 2), 2 * math.log(0.7 * wide))))
    assert chi_square(*pair).item() == pytest.approx(integral**2 - 1, rel=1e-4, abs=1e-5)


def test_chi_square_is_infinite_for_a_narrow_proposal():
    """Catches a silent NaN: below half of the variance the weights have no variance at all."""
    p = Gaussian(torch.zeros(2, 1), torch.zeros(2, 1))
    q = Gaussian(torch.zeros(2, 1), torch.tensor([[math.log(0.49)], [math.log(0.51)]]))
    found = chi_square(p, q)
    assert found[0] == math.inf
    assert 1 < found[1] < math.inf
    mixed = torch.tensor([[math.log(0.49), 0.0]])  # one narrow number is enough
    assert chi_square(Gaussian(torch.zeros(1, 2), torch.zeros(1, 2)), Gaussian(torch.zeros(1, 2), mixed)) == math.inf
