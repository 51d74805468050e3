"""Objectives in single precision although their networks run in bfloat16."""

import pytest
import torch
from torch import nn

from aigc_course.core.precision import full_precision, no_autocast
from aigc_course.layers.pixelcnn import PixelCNN
from aigc_course.vae import collapse, conditional, text, vqvae
from aigc_course.vae.linear_vae import LinearVAE
from aigc_course.vae.ppca import PPCA
from aigc_course.vae.vae import Gaussian, bernoulli_log_likelihood, fully_connected, iwae_bound, kl_to_standard_normal


def half(*shape: int, scale: float = 1.0) -> torch.Tensor:
    return (scale * torch.randn(*shape)).bfloat16()


def autocast() -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16)


def posterior(n: int = 64, *, scale: float = 0.1) -> Gaussian:
    torch.manual_seed(0)
    return Gaussian(half(n, 8, scale=scale), half(n, 8, scale=scale))


def in_double(q: Gaussian) -> Gaussian:
    return Gaussian(q.mean.double(), q.logvar.double())


@pytest.mark.parametrize(("given", "kept"), [("bfloat16", "float32"), ("float16", "float32"), ("float64", "float64")])
def test_only_short_numbers_are_widened(given, kept):
    assert full_precision(torch.ones(2, dtype=getattr(torch, given))).dtype == getattr(torch, kept)


def test_products_outside_autocast_keep_their_precision():
    a = torch.randn(5, 5)
    with autocast():
        assert (a @ a).dtype == torch.bfloat16
        with no_autocast():
            assert (a @ a).dtype == torch.float32
        assert (a @ a).dtype == torch.bfloat16


def test_divergence_and_densities_of_short_numbers_are_exact():
    """Catches sums in bfloat16, which lose a tenth of a small KL term: the same numbers, widened to double first."""
    q, wide = posterior(), in_double(posterior())
    z = half(64, 8)
    pairs = {
        "KL": (kl_to_standard_normal(q), kl_to_standard_normal(wide)),
        "log q": (q.log_prob(z), wide.log_prob(z.double())),
        "aggregate": (collapse.aggregate_log_prob(z, q), collapse.aggregate_log_prob(z.double(), wide)),
        "bound": (iwae_bound(z), iwae_bound(z.double())),
    }
    for name, (found, exact) in pairs.items():
        assert found.dtype == torch.float32, name
        torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-5)


def test_pixels_of_short_logits_are_exact():
    """Catches a likelihood summed in bfloat16 (a nat of 500), with short numbers on one side or on both."""
    torch.manual_seed(0)
    x, logits = torch.rand(4, 1, 28, 28).bfloat16(), half(4, 1, 28, 28)
    exact = bernoulli_log_likelihood(x.double(), logits.double())
    for target in (x, x.float()):
        found = bernoulli_log_likelihood(target, logits)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-3)


LOSSES = {
    "VAE": lambda: (fully_connected((1, 4, 4), latent_dim=2, hidden=8), torch.rand(3, 1, 4, 4)),
    "conditional": lambda: (
        conditional.fully_connected((1, 4, 4), latent_dim=2, classes=3, hidden=8),
        (torch.rand(3, 1, 4, 4), torch.tensor([0, 1, 2])),
    ),
    "linear": lambda: (LinearVAE((5,), latent_dim=2), torch.randn(3, 5)),
    "linear, exact": lambda: (LinearVAE((5,), latent_dim=2, exact=True), torch.randn(3, 5)),
    "sentences": lambda: (text.TextVAE(9, latent_dim=2, hidden=8), torch.tensor([[3, 4, 2], [5, 2, 0]])),
    "quantised": lambda: (vqvae.convolutional(side=8, halvings=1, base_channels=2), torch.rand(3, 1, 8, 8)),
    "PixelCNN": lambda: (PixelCNN(codebook_size=4, grid=(2, 2), channels=4), torch.randint(4, (3, 2, 2))),
}


@pytest.mark.parametrize("make", LOSSES.values(), ids=LOSSES.keys())
def test_every_loss_is_in_single_precision_and_its_gradients_are_numbers(make):
    """Catches a loss in bfloat16 under autocast, and a widening through which no gradient passes."""
    torch.manual_seed(0)
    model, batch = make()
    with autocast():
        loss = model.loss(batch)
    loss.backward()
    assert loss.dtype == torch.float32
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    assert any(p.grad is not None and p.grad.any() for p in model.parameters())


def test_the_evidence_of_a_linear_model_needs_no_autocast():
    """Catches matrix products in bfloat16 inside a closed form: with little noise they are off by thousands of nats."""
    torch.manual_seed(0)
    p = PPCA(torch.randn(6, 2), torch.zeros(6), torch.tensor(1e-4))
    x = p.sample(20)
    z = torch.randn(20, 2)
    plain = p.evidence(x), p.log_likelihood(x, z), p.posterior(x)[0]
    with autocast():
        found = p.evidence(x), p.log_likelihood(x, z), p.posterior(x)[0]
    for a, b in zip(found, plain, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.equation("vae_variants-nearest")
@pytest.mark.parametrize("centre", [0.0, 10.0, 1000.0])
def test_the_nearest_entry_is_found_wherever_the_codebook_lies(centre):
    """Catches distances taken in bfloat16, or as differences of large numbers: three in four entries were wrong."""
    torch.manual_seed(0)
    codebook = centre + torch.randn(64, 8)
    z = codebook[torch.arange(640) % 64] + 0.05 * torch.randn(640, 8)
    with autocast():
        found = vqvae.nearest_code(z, codebook)
    assert torch.equal(found, torch.arange(640) % 64)


def test_codes_do_not_depend_on_autocast():
    """Catches the same inside the model: an encoder that passes its vectors on, and a codebook off the centre."""
    model = vqvae.VQVAE(nn.Identity(), nn.Identity(), codebook_size=64, embedding_dim=8, grid=(4, 4))
    with torch.no_grad():
        model.codebook += 10
        x = 10 + torch.randn(16, 8, 4, 4)
        plain = model.encode(x)
        with autocast():
            assert torch.equal(model.encode(x), plain)
