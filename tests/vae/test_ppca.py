import math

import pytest
import torch
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from torch.distributions import MultivariateNormal, Normal

from aigc_course.core import data
from aigc_course.foundations.gaussian_images import GaussianImages
from aigc_course.vae import ppca
from aigc_course.vae.gaussian_divergences import kl
from aigc_course.vae.ppca import PPCA, maximum_likelihood, principal_angles
from aigc_course.vae.vae import Gaussian


def model(d: int = 5, latent_dim: int = 2, seed: int = 0) -> PPCA:
    g = torch.Generator().manual_seed(seed)
    weight, mean = torch.randn(d, latent_dim, generator=g).double(), torch.randn(d, generator=g).double()
    return PPCA(weight, mean, torch.tensor(0.3).double())


def covariance(p: PPCA) -> torch.Tensor:
    return p.weight @ p.weight.T + p.variance * torch.eye(len(p.mean), dtype=p.mean.dtype)


def observations(n: int = 6, d: int = 5, seed: int = 1) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double()


def prior(z: torch.Tensor) -> torch.Tensor:
    return Normal(0.0, 1.0).log_prob(z).sum(dim=1)


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return data.load("digits").x.flatten(1).double()


def turn(angle: float) -> torch.Tensor:
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]], dtype=torch.float64)


@pytest.mark.equation("vae_theory-linear")
def test_likelihood_is_that_of_torch():
    """Catches the variance of the noise used as its deviation, a lost mean, a lost log 2π."""
    p, x = model(), observations()
    z = torch.randn(6, 2, generator=torch.Generator().manual_seed(2)).double()
    reference = Normal(z @ p.weight.T + p.mean, p.variance.sqrt()).log_prob(x).sum(dim=1)
    torch.testing.assert_close(p.log_likelihood(x, z), reference)


@pytest.mark.equation("vae_theory-evidence")
@pytest.mark.parametrize(("d", "latent_dim"), [(5, 2), (4, 1), (3, 3)])
def test_evidence_is_that_of_a_full_normal(d, latent_dim):
    """Catches a wrong sign or power in the determinant and the inverse through M."""
    p, x = model(d, latent_dim), observations(d=d)
    torch.testing.assert_close(p.evidence(x), MultivariateNormal(p.mean, covariance(p)).log_prob(x))


def in_single(p: PPCA) -> PPCA:
    return PPCA(*(part.float() for part in p))


@pytest.mark.parametrize("noise", [1e-4, 1e-6])
def test_single_precision_is_enough_for_a_small_noise(noise):
    """Catches |x|² minus a projection: both parts are near 1000, and what is needed is their difference over σ²."""
    p = in_single(model(d=784, latent_dim=10)._replace(variance=torch.tensor(noise)))
    torch.manual_seed(0)
    x = p.sample(50)
    reference = PPCA(*(part.double() for part in p)).evidence(x.double())
    torch.testing.assert_close(p.evidence(x).double(), reference, rtol=1e-3, atol=0)


def test_single_precision_is_enough_for_the_digits(digits):
    """Catches the same on real images: 60 of the 64 directions, and little noise in the other four."""
    p = maximum_likelihood(digits, latent_dim=60)
    single, images = in_single(p), GaussianImages(digits.float(), components=60)
    torch.testing.assert_close(single.evidence(digits.float()).double(), p.evidence(digits), rtol=1e-3, atol=0.05)
    exact = GaussianImages(digits, components=60).log_likelihood(digits)
    torch.testing.assert_close(images.log_likelihood(digits.float()).double(), exact, rtol=1e-3, atol=0.05)


@pytest.mark.equation("vae_theory-evidence")
def test_samples_have_the_evidence_as_density():
    """Catches noise of the wrong size and weights used the wrong way round."""
    p = model()
    torch.manual_seed(0)
    x = p.sample(200_000)
    torch.testing.assert_close(x.mean(dim=0), p.mean, atol=0.03, rtol=0)
    torch.testing.assert_close(x.T.cov(), covariance(p), atol=0.05, rtol=0)


@pytest.mark.equation("vae_theory-posterior")
def test_posterior_is_joint_over_evidence():
    """Catches any wrong mean or covariance: Bayes' rule at random codes."""
    p, x = model(), observations()
    z = torch.randn(6, 2, generator=torch.Generator().manual_seed(3)).double()
    mean, spread = p.posterior(x)
    bayes = p.log_likelihood(x, z) + prior(z) - p.evidence(x)
    torch.testing.assert_close(MultivariateNormal(mean, spread).log_prob(z), bayes)


# The best model -----------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae_theory-likelihood")
def test_mean_log_likelihood_needs_the_covariance_of_the_data_only(digits):
    """Catches n − 1 for n, and C and S swapped in the trace."""
    p, x = maximum_likelihood(digits, latent_dim=4), digits
    p = p._replace(weight=1.3 * p.weight)  # anywhere, not only at the optimum
    c, s = covariance(p), x.T.cov(correction=0)
    d = len(p.mean)
    trace = torch.linalg.solve(c, s).trace()
    expected = -0.5 * (d * math.log(2 * math.pi) + torch.logdet(c) + trace)
    torch.testing.assert_close(p.evidence(x).mean(), expected)


@pytest.mark.equation("vae_theory-ml", "vae_theory-best")
@pytest.mark.parametrize("latent_dim", [1, 4, 10])
def test_the_best_model_is_the_one_of_sklearn(digits, latent_dim):
    """Catches a noise that is not the mean of the discarded eigenvalues, and wrong lengths of the columns.

    scikit-learn divides by n − 1; its covariance is ours times n / (n − 1).
    """
    pca, n = PCA(latent_dim, svd_solver="full").fit(digits.numpy()), len(digits)
    p, factor = maximum_likelihood(digits, latent_dim=latent_dim), n / (n - 1)
    assert p.variance.item() * factor == pytest.approx(pca.noise_variance_, rel=1e-9)
    torch.testing.assert_close(covariance(p) * factor, torch.tensor(pca.get_covariance()), atol=1e-9, rtol=0)
    stretched = PPCA(p.weight * factor**0.5, p.mean, p.variance * factor)
    assert stretched.evidence(digits).mean().item() == pytest.approx(pca.score(digits.numpy()), rel=1e-9)
    values = ppca.eigenvalues(digits)
    assert ppca.best_log_likelihood(values, latent_dim=latent_dim).item() == pytest.approx(
        p.evidence(digits).mean().item(), abs=1e-8
    )


@pytest.mark.equation("vae_theory-ml", "vae_theory-best")
def test_no_other_model_is_better(digits):
    """Catches a stationary point that is not the maximum: small steps in every direction lower the likelihood."""
    best = maximum_likelihood(digits, latent_dim=3)
    top = best.evidence(digits).mean()
    g = torch.Generator().manual_seed(0)
    for _ in range(20):
        other = best._replace(weight=best.weight + 0.02 * torch.randn(64, 3, generator=g).double())
        assert other.evidence(digits).mean() < top
    for factor in (0.9, 1.1):
        assert best._replace(variance=factor * best.variance).evidence(digits).mean() < top
    other = PPCA(best.weight, best.mean + 0.01, best.variance)
    assert other.evidence(digits).mean() < top


@pytest.mark.parametrize("latent_dim", [0, 64])
def test_impossible_codes_and_noises_are_refused(digits, latent_dim):
    """Catches a silent NaN where no direction is left for the noise, or none for the code."""
    with pytest.raises(ValueError, match=f"latent_dim={latent_dim} of"):
        ppca.best_log_likelihood(ppca.eigenvalues(digits), latent_dim=latent_dim)
    with pytest.raises(ValueError, match=f"components={latent_dim}"):
        maximum_likelihood(digits, latent_dim=latent_dim)
    with pytest.raises(ValueError, match="variance=0"):
        maximum_likelihood(digits, latent_dim=3, variance=0.0)


@pytest.mark.equation("vae_theory-collapse")
def test_with_a_given_noise_weak_directions_get_no_weight(digits):
    """Catches a column for a direction below the noise; gradient descent from our answer finds nothing better."""
    values = ppca.eigenvalues(digits)
    variance = 0.5 * (values[2] + values[3]).item()
    p = maximum_likelihood(digits, latent_dim=6, variance=variance)
    lengths = p.weight.square().sum(dim=0)
    assert (lengths > 1e-9).sum() == 3
    torch.testing.assert_close(lengths[:3], values[:3] - variance)
    weight = (p.weight + 0.01 * torch.randn(64, 6, generator=torch.Generator().manual_seed(0))).requires_grad_()
    optimizer = torch.optim.Adam([weight], lr=3e-3)
    for _ in range(300):
        loss = -p._replace(weight=weight).evidence(digits[:, :]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert -loss.item() <= p.evidence(digits).mean().item() + 1e-6
    assert -loss.item() == pytest.approx(p.evidence(digits).mean().item(), abs=5e-3)


# Bounds -------------------------------------------------------------------------------------------------------------


def random_posterior() -> Gaussian:
    g = torch.Generator().manual_seed(4)
    return Gaussian(torch.randn(6, 2, generator=g).double(), torch.randn(6, 2, generator=g).double() - 1)


@pytest.mark.equation("vae_theory-jensen", "vae_theory-two-terms", "vae_theory-decomposition", "vae_theory-linear-elbo")
def test_bound_misses_exactly_the_divergence_from_the_posterior():
    """Catches a lost spread term, a KL of the wrong sign, the divergence in the wrong order."""
    p, x, q = model(), observations(), random_posterior()
    mean, spread = p.posterior(x)
    gap = kl(q.mean, q.logvar.exp().diag_embed(), mean, spread.expand(6, 2, 2))
    torch.testing.assert_close(p.evidence(x) - p.elbo(x, q), gap)
    assert (gap > 0).all()


@pytest.mark.equation("vae_theory-two-terms", "vae_theory-linear-elbo")
def test_bound_is_the_average_over_draws():
    """Catches an expectation done wrongly by hand: the average over many draws lies within five errors."""
    p, x, q = model(), observations(1), random_posterior()
    torch.manual_seed(0)
    wide = Gaussian(*(part[:1].expand(200_000, 2) for part in q))
    z = wide.sample()
    draws = p.log_likelihood(x.expand(200_000, 5), z) + prior(z) - wide.log_prob(z)
    exact = p.elbo(x, Gaussian(q.mean[:1], q.logvar[:1])).item()
    assert draws.mean().item() == pytest.approx(exact, abs=5 * draws.std().item() / 200_000**0.5)


@pytest.mark.equation("vae_theory-mean-field")
def test_the_best_diagonal_posterior_misses_the_gap_of_the_determinants():
    """Catches the posterior's own variances taken for the best ones (1 / M_jj is not (M⁻¹)_jj), and a lost ½."""
    p, x = model(), observations()
    q = p.mean_field(x)
    torch.testing.assert_close(p.evidence(x) - p.elbo(x, q), p.mean_field_gap().expand(6))
    for other in (
        Gaussian(q.mean + 0.05, q.logvar),
        Gaussian(q.mean, q.logvar + 0.1),
        Gaussian(q.mean, q.logvar - 0.1),
    ):
        assert (p.elbo(x, other) < p.elbo(x, q)).all()
    _, spread = p.posterior(x)
    assert (q.logvar.exp() < spread.diagonal()).all()


@pytest.mark.equation("vae_theory-mean-field")
def test_turning_the_codes_changes_the_gap_but_not_the_evidence(digits):
    """Catches a rotation of x instead of z; upright columns have no gap at all."""
    p = maximum_likelihood(digits, latent_dim=2)
    assert p.mean_field_gap().abs() < 1e-12
    turned = p.rotated(turn(0.6))
    torch.testing.assert_close(turned.evidence(digits), p.evidence(digits))
    assert turned.mean_field_gap() > 1e-3
    assert turned.mean_field_gap().item() < p.rotated(turn(math.pi / 4)).mean_field_gap().item()
    assert p.rotated(turn(math.pi / 2)).mean_field_gap().abs() < 1e-9


# What codes and pictures look like at the best model ----------------------------------------------------------------


@pytest.mark.equation("vae_theory-aggregate")
def test_codes_of_all_data_fill_the_prior(digits):
    """Catches a posterior that is too narrow or too wide: means and variances together must add up to I."""
    p = maximum_likelihood(digits, latent_dim=5)
    mean, spread = p.posterior(digits)
    total = mean.T.cov(correction=0) + spread
    torch.testing.assert_close(total, torch.eye(5, dtype=torch.float64), atol=1e-8, rtol=0)
    assert mean.mean(dim=0).abs().max() < 1e-8


@pytest.mark.equation("vae_theory-autoencoder", "vae_theory-shrinkage")
def test_errors_of_reconstruction_are_those_of_the_eigenvalues(digits):
    """Catches the kept variances for the lost ones, and σ² for σ⁴ in what shrinking costs."""
    p, values = maximum_likelihood(digits, latent_dim=5), ppca.eigenvalues(digits)
    mean, _ = p.posterior(digits)
    error = (mean @ p.weight.T + p.mean - digits).square().sum(dim=1).mean().item()
    found = ppca.reconstruction_error(values, latent_dim=5, variance=p.variance.item()).item()
    assert found == pytest.approx(error, rel=1e-9)
    pca = PCA(5, svd_solver="full").fit(digits.numpy())
    projected = torch.tensor(pca.inverse_transform(pca.transform(digits.numpy())))
    floor = (projected - digits).square().sum(dim=1).mean().item()
    assert ppca.reconstruction_error(values, latent_dim=5).item() == pytest.approx(floor, rel=1e-9)
    assert floor < error


@pytest.mark.equation("vae_theory-autoencoder")
def test_no_subspace_keeps_more_variance(digits):
    """Catches a bound that is not one: random directions and small turns of the best ones keep less."""
    values, s = ppca.eigenvalues(digits), digits.T.cov(correction=0)
    best = maximum_likelihood(digits, latent_dim=5).weight
    g = torch.Generator().manual_seed(0)
    for scale in (0.01, 0.1, 10.0):
        basis = torch.linalg.qr(best + scale * torch.randn(64, 5, generator=g).double()).Q
        assert (s.trace() - (basis.T @ s @ basis).trace()) > ppca.reconstruction_error(values, latent_dim=5)


@pytest.mark.parametrize("seed", range(3))
def test_angles_between_subspaces_are_those_of_scipy(seed):
    """Catches cosines for angles, and radians for degrees."""
    g = torch.Generator().manual_seed(seed)
    a, b = torch.randn(2, 7, 3, generator=g).double()
    expected = torch.tensor(subspace_angles(a.numpy(), b.numpy())).rad2deg().flip(0)
    torch.testing.assert_close(principal_angles(a, b), expected, atol=1e-6, rtol=1e-6)
    mixed = a @ torch.randn(3, 3, generator=g).double()
    assert principal_angles(a, mixed).abs().max() < 1e-6
