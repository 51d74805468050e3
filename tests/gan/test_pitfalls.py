"""Folklore F01, F02 and F15: each misreading leads where the chapter says, and the right reading does not."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Normal

from aigc_course.core.train import fit
from aigc_course.gan import divergence, gan, pitfalls
from aigc_course.gan.trainer import GANTrainer

GRID = torch.linspace(-12, 14, 10_001, dtype=torch.float64)
CELL = 26 / 10_000


def normals(unit=1.0):
    """Real N(0, 1), generated N(2, 1), and their densities when x is measured in another unit."""
    return tuple(Normal(m * unit, unit).log_prob(GRID * unit).exp() for m in (0.0, 2.0))


class Shift(nn.Module):
    """G(z) = theta + z."""

    def __init__(self, theta):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([theta]))

    def forward(self, z):
        """Move the noise."""
        return z + self.theta


def play(kind, theta=1.0, **options):
    torch.manual_seed(0)
    discriminator = gan.mlp_discriminator(shape=(1,), hidden=16)
    model = gan.GAN(Shift(theta), discriminator, latent_dim=1)
    fit(kind(model, lr_g=1e-2, lr_d=1e-2, **options), torch.randn(2000, 1), steps=250, batch_size=128)
    return model.generator.theta.item()


@pytest.mark.folklore("F01")
def test_f01_the_discriminator_is_no_density():
    """A trained judge is far from the density and close to the ratio; another unit moves the density alone."""
    g = torch.Generator().manual_seed(0)
    real, fake = torch.randn(4000, 1, generator=g), 2 + torch.randn(4000, 1, generator=g)
    discriminator = divergence.train_discriminator(real, fake, hidden=16, steps=200)
    d = discriminator(GRID.float().unsqueeze(1)).sigmoid().double()
    p, q = normals()
    seen = p + q > 0.02
    claimed, right = pitfalls.density_as_discriminator(p, q), gan.optimal_discriminator(p, q)
    assert (d - claimed)[seen].abs().max() > 0.4
    assert (d - right)[seen].abs().max() < 0.1
    in_mm = normals(unit=0.1)
    assert pitfalls.density_as_discriminator(*in_mm).max() > 3  # no probability at all
    torch.testing.assert_close(gan.optimal_discriminator(*in_mm), right)


@pytest.mark.folklore("F01")
@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_f01_the_density_earns_less_than_the_ratio(seed):
    p, q = torch.rand(2, 9, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).softmax(dim=1)

    def value(d):
        return (p * d.log() + q * (1 - d).log()).sum()

    assert value(pitfalls.density_as_discriminator(p, q)) < value(gan.optimal_discriminator(p, q))


@pytest.mark.folklore("F15")
def test_f15_real_examples_alone_teach_the_judge_to_say_yes():
    """The circulated loss has no minimum: the judge says "real" to everything; the right loss tells the two apart."""
    g = torch.Generator().manual_seed(0)
    real, fake = torch.randn(500, 1, generator=g), 2 + torch.randn(500, 1, generator=g)
    answers = {}
    for loss in (pitfalls.real_only_loss, gan.discriminator_loss):
        torch.manual_seed(0)
        discriminator = gan.mlp_discriminator(shape=(1,), hidden=16)
        optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-2)
        for _ in range(150):
            optimizer.zero_grad()
            loss(discriminator(real), discriminator(fake)).backward()
            optimizer.step()
        answers[loss] = discriminator(real).sigmoid().mean().item(), discriminator(fake).sigmoid().mean().item()
    assert min(answers[pitfalls.real_only_loss]) > 0.97
    right = answers[gan.discriminator_loss]
    assert right[0] > 0.7
    assert right[1] < 0.3


@pytest.mark.folklore("F15")
def test_f15_one_pass_rate_is_not_the_answer_at_x():
    """P(judge says real | real) is one number; D(x) runs from 0 to 1 and is the share of real ones among its equals."""
    g = torch.Generator().manual_seed(0)
    real, fake = torch.randn(100_000, generator=g), 2 + torch.randn(100_000, generator=g)
    logits = 2 - 2 * real, 2 - 2 * fake  # D* of this pair
    assert pitfalls.pass_rate(logits[0]) == pytest.approx(Normal(0.0, 1.0).cdf(torch.tensor(1.0)).item(), abs=0.005)
    for answer, share, number in divergence.calibration_curve(*logits):
        assert share == pytest.approx(answer, abs=4 * math.sqrt(answer * (1 - answer) / number) + 1e-3)


@pytest.mark.folklore("F02")
def test_f02_the_sum_drives_the_generator_away():
    """From 1 the game brings the generator to the data at 0; the sum sends it further off."""
    assert abs(play(GANTrainer)) < 0.3
    assert play(pitfalls.SummedTrainer) > 1.5


@pytest.mark.folklore("F02")
def test_f02_with_the_games_own_loss_the_sum_forgets_the_generator():
    """L_D + L_G is then -E log D(x): the generator's gradient is zero to the last bit."""
    torch.manual_seed(0)
    discriminator = gan.mlp_discriminator(shape=(1,), hidden=16)
    model, batch = gan.GAN(Shift(1.0), discriminator, latent_dim=1), torch.randn(64, 1)
    for loss, moves in ((gan.saturating_loss, False), (gan.non_saturating_loss, True)):
        found = pitfalls.generator_gradient_of_the_sum(GANTrainer(model, g_loss=loss), batch)
        assert found > 1e-4 if moves else found == 0
    assert play(pitfalls.SummedTrainer, g_loss=gan.saturating_loss) == 1.0


@pytest.mark.equation("gan_theory-sum-dstar")
@given(st.floats(0.01, 3), st.floats(0.01, 3))
@settings(max_examples=30, deadline=None)
def test_the_optimum_of_the_sum(p, q):
    """Catches p / (p + 2q): brute force on the summed loss at one point."""
    d = torch.linspace(1e-4, 1 - 1e-4, 9999, dtype=torch.float64)
    total = -p * d.log() - q * (1 - d).log() - q * d.log()
    best = pitfalls.summed_optimum(torch.tensor([p]), torch.tensor([q])).item()
    assert best == pytest.approx(d[total.argmin()].item(), abs=2e-4)
    assert best >= 0.5
    logit = torch.tensor([0.7, -0.2], dtype=torch.float64, requires_grad=True)
    both = gan.non_saturating_loss(logit) - gan.saturating_loss(logit)
    (slope,) = torch.autograd.grad(2 * both, logit)
    torch.testing.assert_close(slope, 2 * logit.detach().sigmoid() - 1)  # uphill wherever D > ½: away from the data


@pytest.mark.equation("gan_theory-sum-value")
@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_sum_at_its_best_judge_is_a_constant_minus_a_divergence(seed):
    """Catches a wrong weight or constant; equal lists are the *worst* for the sum, strangers the best."""
    p, q = torch.rand(2, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).softmax(dim=1)
    constant = 3 * math.log(3) - 2 * math.log(2)

    def total(p, q):
        d = pitfalls.summed_optimum(p, q)
        return -(torch.xlogy(p + q, d) + torch.xlogy(q, 1 - d)).sum().item()

    assert total(p, q) == pytest.approx(constant - pitfalls.summed_divergence(p, q).item(), abs=1e-12)
    assert total(p, p) == pytest.approx(constant, abs=1e-12)
    assert total(p, q) < total(p, p)
    apart = torch.cat([p, 0 * p]), torch.cat([0 * q, q])
    assert total(*apart) == pytest.approx(2 * math.log(2))
