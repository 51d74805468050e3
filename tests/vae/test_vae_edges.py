"""The edges of ``vae``: one example, double precision."""

import pytest
import torch

from aigc_course.foundations.gaussian_images import GaussianImages
from aigc_course.vae import conditional, text, vae, vqvae
from aigc_course.vae.linear_vae import LinearVAE


def test_one_mean_cannot_vary():
    """Catches a silent "no unit is active" where there is nothing to compare."""
    with pytest.raises(ValueError, match="1 example"):
        vae.active_units(torch.zeros(1, 3))


def plain() -> list[torch.Tensor]:
    model, x = vae.fully_connected((1, 2, 2), latent_dim=2, hidden=4).double(), torch.rand(3, 1, 2, 2).double()
    path = model.interpolate(x, x.flip(0), steps=3)
    return [
        model.sample(3),
        model.elbo(x),
        model.loss(x),
        model.reconstruct(x),
        path,
        model.log_likelihood(x, num_samples=2),
    ]


def with_classes() -> list[torch.Tensor]:
    model = conditional.fully_connected((1, 2, 2), latent_dim=2, classes=3, hidden=4).double()
    x, y = torch.rand(3, 1, 2, 2).double(), torch.tensor([0, 1, 2])
    return [
        model.sample(3),
        model.sample(3, y),
        model.elbo(x, y),
        model.loss((x, y)),
        model.decode_every_class(x[:, 0, :, 0]),
    ]


def linear() -> list[torch.Tensor]:
    model, x = LinearVAE((4,), latent_dim=2).double(), torch.rand(3, 4).double()
    return [model.sample(3), model.elbo(x), model.exact_elbo(x), model.reconstruct(x), model.ppca().evidence(x)]


def sentences() -> list[torch.Tensor]:
    model, x = text.TextVAE(9, latent_dim=2, hidden=4).double(), torch.tensor([[3, 4, 2], [5, 2, 0]])
    model.interpolate(x[:1], x[1:], steps=3)
    model.sample(2)
    return [model.elbo(x), model.loss(x), model.log_likelihood(x, num_samples=2)]


def quantised() -> list[torch.Tensor]:
    model, x = vqvae.convolutional(side=8, halvings=1, base_channels=2).double(), torch.rand(3, 1, 8, 8).double()
    return [model.loss(x), model.sample(2), model.reconstruct(x)]


def principal_components() -> list[torch.Tensor]:
    model = GaussianImages(torch.rand(9, 1, 2, 2).double(), components=2)
    return [model.sample(3), model.sample(3, noise=True), model.log_likelihood(torch.rand(3, 1, 2, 2).double())]


@pytest.mark.parametrize("results", [plain, with_classes, linear, sentences, quantised, principal_components])
def test_double_precision_stays(results):
    """Catches numbers in single precision inside a model of double precision: most of them raise an error."""
    torch.manual_seed(0)
    assert {result.dtype for result in results()} == {torch.float64}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kl_is_never_negative_and_keeps_its_digits_near_collapse(dtype):
    """Catches exp(v) − 1 − v, which is as often below 0 as above where v is small."""
    small = torch.logspace(-9, -2, 2001, dtype=dtype)
    logvar = torch.cat([-small, small]).unsqueeze(1)
    found = vae.kl_to_standard_normal(vae.Gaussian(torch.zeros_like(logvar), logvar))
    assert found.min() >= 0
    v = logvar.double().squeeze(1)
    series = v.square() / 4 + v**3 / 12 + v**4 / 48 + v**5 / 240
    torch.testing.assert_close(found.double(), series, rtol=1e-6, atol=float(torch.finfo(dtype).eps) * 1e-2)
