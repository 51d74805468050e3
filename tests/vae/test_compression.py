"""Rate, distortion and rounded codes: slopes known from an exact model, cells counted by scipy, fine-step limits."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from aigc_course.vae import compression, vae
from aigc_course.vae.compression import TransformCoder, cell_bits, compress, rate_distortion


def tiny_vae():
    torch.manual_seed(0)
    return vae.fully_connected((1, 4, 4), latent_dim=3, hidden=16)


@pytest.mark.equation("vae-rate-distortion")
def test_rate_and_distortion_add_up_to_the_negative_bound():
    model, x = tiny_vae(), torch.rand(50, 1, 4, 4)
    torch.manual_seed(1)
    bound = model.elbo(x).mean().item()
    torch.manual_seed(1)
    rate, distortion = rate_distortion(model, x)
    assert rate + distortion == pytest.approx(-bound, rel=1e-5)
    q = model.encode(x)
    exact = torch.distributions.kl_divergence(
        torch.distributions.Normal(q.mean, (0.5 * q.logvar).exp()), torch.distributions.Normal(0.0, 1.0)
    )
    assert rate == pytest.approx(exact.sum(dim=1).mean().item(), rel=1e-5)


def linear_curve(beta, *, weight=2.0, noise=0.7):
    """The best encoder of x = weight · z + noise · ε for one β, by calculus; its rate and distortion in nats."""
    variance_x = weight**2 + noise**2
    a = weight / (weight**2 + beta * noise**2)  # q(z|x) = N(a x, s²)
    s2 = beta / (beta + weight**2 / noise**2)
    rate = 0.5 * (a**2 * variance_x + s2 - 1 - math.log(s2))
    squares = (1 - weight * a) ** 2 * variance_x + weight**2 * s2
    return rate, 0.5 * (math.log(2 * math.pi * noise**2) + squares / noise**2)


@pytest.mark.equation("vae-slope")
@pytest.mark.parametrize("beta", [0.3, 1.0, 4.0])
def test_the_curve_of_best_models_falls_with_slope_beta(beta):
    """A chord between two prices falls less steeply than the dearer and more steeply than the cheaper one."""
    h = 1e-4
    (r0, d0), (r1, d1) = linear_curve(beta - h), linear_curve(beta + h)
    assert (d1 - d0) / (r1 - r0) == pytest.approx(-beta, rel=1e-5)
    (r0, d0), (r1, d1) = linear_curve(beta), linear_curve(2 * beta)
    assert beta < (d0 - d1) / (r1 - r0) < 2 * beta


@pytest.mark.equation("vae-cell")
def test_cells_cost_what_scipy_says():
    cells = torch.arange(-6.0, 7.0).unsqueeze(1)
    for step, deviation in ((0.5, 1.0), (1.3, 0.4), (0.1, 3.0)):
        edges = [((c - 0.5) * step / deviation, (c + 0.5) * step / deviation) for c in cells[:, 0].tolist()]
        chance = [stats.norm.cdf(-min(abs(a), abs(b))) - stats.norm.cdf(-max(abs(a), abs(b))) for a, b in edges]
        chance[6] = 2 * stats.norm.cdf(0.5 * step / deviation) - 1
        assert np.allclose(cell_bits(cells, step=step, std=deviation), -np.log2(chance), rtol=1e-8)


def test_the_chances_of_all_cells_add_up_to_one_and_far_cells_cost_finitely_many_bits():
    cells = torch.arange(-400.0, 401.0).unsqueeze(1)
    assert (-cell_bits(cells, step=0.05) * math.log(2)).exp().sum().item() == pytest.approx(1, abs=1e-12)
    far = cell_bits(torch.tensor([[100.0]]), step=1.0).item()
    assert far == pytest.approx(-stats.norm.logsf(99.5) / math.log(2), rel=1e-6)


def test_the_bits_of_several_numbers_add_up():
    cells = torch.tensor([[1.0, -2.0, 0.0]])
    parts = sum(cell_bits(cells[:, [i]], step=0.7) for i in range(3))
    assert torch.allclose(cell_bits(cells, step=0.7), parts)


def test_halving_the_step_costs_one_bit_for_every_number_of_the_code():
    """At high resolution: the entropy of the normal distribution minus the logarithm of the step."""
    torch.manual_seed(0)
    z = torch.randn(200_000, 2)
    for step in (0.1, 0.05):
        bits = cell_bits((z / step).round(), step=step).mean().item()
        expected = 2 * (0.5 * math.log(2 * math.pi * math.e) - math.log(step)) / math.log(2)
        assert bits == pytest.approx(expected, abs=0.02)


def test_a_fine_step_gives_back_the_reconstruction():
    model, x = tiny_vae(), torch.rand(5, 1, 4, 4)
    coarse, fine = compress(model, x, step=2.0), compress(model, x, step=1e-4)
    assert torch.allclose(fine.images, model.reconstruct(x), atol=1e-4)
    assert not torch.allclose(coarse.images, model.reconstruct(x), atol=1e-4)
    assert (coarse.bits < fine.bits).all()


def test_rounded_components_lose_a_twelfth_of_the_squared_step():
    torch.manual_seed(0)
    x = 0.5 + 0.02 * torch.randn(2000, 1, 3, 3)
    coder = TransformCoder(x)
    arrived = coder.compress(x, step=0.01).images
    assert (arrived - x).square().mean().item() == pytest.approx(0.01**2 / 12, rel=0.05)


def test_principal_components_cost_less_than_pixels():
    """Two pixels that move together hold one number, and only one is paid for."""
    torch.manual_seed(0)
    pair = 0.5 + 0.1 * torch.randn(500, 1).expand(500, 2)
    sent = TransformCoder(pair).compress(pair, step=0.01)
    alone = cell_bits(((pair - 0.5) / 0.01).round(), step=0.01, std=0.1)
    assert sent.bits.mean() < 0.6 * alone.mean()
    assert torch.allclose(sent.images, pair.clamp(0, 1), atol=0.01)


def test_components_arrive_as_grey_values():
    """Catches pictures that leave the range from black to white when they are coarsely rounded."""
    torch.manual_seed(0)
    x = torch.rand(50, 1, 4, 4).round()
    arrived = TransformCoder(x).compress(x, step=2.0).images
    assert arrived.shape == x.shape
    assert arrived.min() == 0
    assert arrived.max() == 1


@pytest.mark.parametrize("step", [0.0, -1.0])
def test_a_step_of_nothing_is_refused(step):
    x = torch.rand(3, 1, 4, 4)
    with pytest.raises(ValueError, match="above 0"):
        compression.compress(tiny_vae(), x, step=step)
    with pytest.raises(ValueError, match="above 0"):
        TransformCoder(x).compress(x, step=step)
