import pytest
import torch
from torch.distributions import MultivariateNormal

from aigc_course.foundations.gaussian_images import GaussianImages, mixture_log_likelihood, one_per_class


def images(n: int, seed: int = 0) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    return 0.5 + torch.randn(n, 1, 2, 3, generator=g) @ torch.randn(3, 3, generator=g) / 10


@pytest.mark.equation("what_is_aigc-gaussian")
def test_the_density_is_that_of_torch():
    """Catches a lost log 2π, variances for deviations, noise counted in the chosen directions, d for d - k."""
    model, x = GaussianImages(images(60), components=2), images(7, seed=1)
    u = model.directions
    rest = torch.eye(6) - u.T @ u
    covariance = u.T @ model.variances.diag() @ u + model.noise * rest
    reference = MultivariateNormal(model.mean, covariance).log_prob(x.flatten(1))
    torch.testing.assert_close(model.log_likelihood(x), reference, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("noise", [1e-4, 1e-6])
def test_single_precision_is_enough_for_a_small_noise(noise):
    """Catches |offset|² minus the squares along the directions: two numbers near 1000 whose difference is needed."""
    g = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(784, 60, generator=g)).Q.T
    x = 4 * torch.randn(200, 60, generator=g) @ basis + noise**0.5 * torch.randn(200, 784, generator=g)
    model = GaussianImages(x, components=60)
    found = model.log_likelihood(x)
    for name in ("mean", "directions", "variances", "noise"):
        setattr(model, name, getattr(model, name).double())
    torch.testing.assert_close(found.double(), model.log_likelihood(x.double()), rtol=1e-3, atol=0)


def test_the_fit_is_a_maximum():
    """Catches n - 1 for n and a noise that is not the mean of what is left."""
    x = images(60)
    model = GaussianImages(x, components=2)
    top = model.log_likelihood(x).mean()
    for factor in (0.9, 1.1):
        model.noise = model.noise * factor
        assert model.log_likelihood(x).mean() < top
        model.noise = model.noise / factor
        model.variances = model.variances * factor
        assert model.log_likelihood(x).mean() < top
        model.variances = model.variances / factor


def test_samples_have_the_mean_and_the_spread_of_the_fit():
    """Catches a variance used as a deviation, and noise in the wrong directions."""
    model = GaussianImages(images(60), components=2)
    flat = model.sample(40_000, noise=True).flatten(1)
    torch.testing.assert_close(flat.mean(dim=0), model.mean, atol=0.01, rtol=0)
    u = model.directions
    covariance = u.T @ model.variances.diag() @ u + model.noise * (torch.eye(6) - u.T @ u)
    torch.testing.assert_close(flat.T.cov(), covariance, atol=2e-3, rtol=0)
    assert model.sample(3).shape == (3, 1, 2, 3)


def test_a_mixture_gives_each_class_the_same_probability():
    x, y = images(60), torch.arange(60) % 2
    models = one_per_class(x, y, components=2)
    both = torch.stack([m.log_likelihood(x).double().exp() for m in models]).mean(dim=0).log()
    torch.testing.assert_close(mixture_log_likelihood(models, x), both.float(), rtol=1e-4, atol=1e-3)


def test_samples_stay_in_the_range_of_pixels():
    """Catches brightness below 0 or above 1, which a display would wrap or clip in its own way."""
    x = torch.randint(0, 2, (40, 1, 2, 3), generator=torch.Generator().manual_seed(0)).float()
    drawn = GaussianImages(x, components=3).sample(500, noise=True)
    assert drawn.min() == 0
    assert drawn.max() == 1


def test_images_that_are_all_the_same_have_a_finite_density():
    """Catches a variance of 0 in a chosen direction: its logarithm, and 0 / 0."""
    x = torch.full((5, 1, 2, 3), 0.5)
    assert GaussianImages(x, components=2).log_likelihood(x).isfinite().all()


def test_too_many_directions_are_named():
    with pytest.raises(ValueError, match="components=6"):
        GaussianImages(images(60), components=6)
