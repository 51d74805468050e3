"""The game's mathematics, against closed forms, quadrature, autograd and known distributions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from torch import nn
from torch.distributions import Normal

from aigc_course.foundations.information import jensen_shannon
from aigc_course.gan import gan
from aigc_course.gan.dcgan import dcgan

GRID = torch.linspace(-12, 14, 26_001, dtype=torch.double)
CELL = (GRID[1] - GRID[0]).item()


def normals(shift=2.0):
    """The chapter's toy: real numbers from N(0, 1), generated ones from N(shift, 1)."""
    return Normal(0.0, 1.0).log_prob(GRID).exp(), Normal(shift, 1.0).log_prob(GRID).exp()


@pytest.mark.equation("gan-value")
def test_value_is_the_sum_of_two_expected_logarithms():
    real, fake = torch.randn(50, dtype=torch.double), torch.randn(70, dtype=torch.double)
    d_real, d_fake = 1 / (1 + (-real).exp()), 1 / (1 + (-fake).exp())
    expected = sum(math.log(d) for d in d_real) / 50 + sum(math.log(1 - d) for d in d_fake) / 70
    assert gan.value(real, fake).item() == pytest.approx(expected, rel=1e-12)
    assert gan.discriminator_loss(real, fake).item() == pytest.approx(-expected, rel=1e-12)


@pytest.mark.equation("gan-value-integral")
def test_value_of_samples_agrees_with_quadrature():
    """A generator G(z) = z + 2 pushes noise to N(2, 1); its density enters the integral, its samples the mean."""
    n = 400_000
    real, fake = torch.randn(n), torch.randn(n) + 2
    logits = 0.8 - 0.7 * torch.cat([real, fake])
    p, q = normals()
    d = (0.8 - 0.7 * GRID).sigmoid()
    integral = CELL * (p * d.log() + q * (1 - d).log()).sum()
    error = math.sqrt((logits[:n].sigmoid().log().var() + (1 - logits[n:].sigmoid()).log().var()).item() / n)
    assert gan.value(logits[:n], logits[n:]).item() == pytest.approx(integral.item(), abs=5 * error)


@pytest.mark.equation("gan-dstar")
def test_no_other_number_beats_the_optimal_discriminator():
    """Brute force: for 50 pairs of densities, the best of 9,999 values of d is the formula's."""
    p, q = torch.rand(2, 50, dtype=torch.double) + 0.01
    d = torch.linspace(1e-4, 1 - 1e-4, 9999, dtype=torch.double).unsqueeze(1)
    best = d[(p * d.log() + q * (1 - d).log()).argmax(0)].squeeze(1)
    torch.testing.assert_close(gan.optimal_discriminator(p, q), best, atol=1e-4, rtol=0)


def test_a_trained_discriminator_finds_the_optimum():
    """For two normals of equal width the optimal logit is a straight line: log p - log q = 2 - 2x."""
    torch.manual_seed(0)
    line = nn.Linear(1, 1)
    optimizer = torch.optim.LBFGS(line.parameters(), max_iter=50)
    real, fake = torch.randn(100_000, 1), torch.randn(100_000, 1) + 2

    def closure():
        optimizer.zero_grad()
        loss = gan.discriminator_loss(line(real).squeeze(1), line(fake).squeeze(1))
        loss.backward()
        return loss

    optimizer.step(closure)
    assert line.weight.item() == pytest.approx(-2, abs=0.05)
    assert line.bias.item() == pytest.approx(2, abs=0.05)


@pytest.mark.equation("gan-js")
@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0, 20.0])
def test_value_at_the_optimum_is_jensen_shannon_up_to_a_constant(shift):
    grid = torch.linspace(-12, 14 + shift, 40_001, dtype=torch.double)
    p, q = (Normal(m, 1.0).log_prob(grid).exp().clamp(min=1e-300) for m in (0.0, shift))
    cell = (grid[1] - grid[0]).item()
    d, not_d = gan.optimal_discriminator(p, q), gan.optimal_discriminator(q, p)  # 1 - d would round to 0
    best = cell * (torch.xlogy(p, d) + torch.xlogy(q, not_d)).sum()
    assert best.item() == pytest.approx(2 * jensen_shannon(p, q, cell=cell).item() - math.log(4), abs=1e-9)


@given(st.integers(0, 10_000))
def test_jensen_shannon_agrees_with_scipy(seed):
    p, q = torch.rand(2, 9, generator=torch.Generator().manual_seed(seed), dtype=torch.double).softmax(dim=1)
    assert jensen_shannon(p, q).item() == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-12)


def test_jensen_shannon_of_strangers_is_log_two_and_of_twins_zero():
    p, q = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert jensen_shannon(p, q).item() == pytest.approx(math.log(2))
    assert jensen_shannon(p, p).item() == 0


@pytest.mark.equation("gan-saturating", "gan-nonsaturating")
def test_generator_losses_are_logarithms_of_the_discriminators_answer():
    fake = torch.randn(40, dtype=torch.double)
    d = 1 / (1 + (-fake).exp())
    assert gan.saturating_loss(fake).item() == pytest.approx((1 - d).log().mean().item(), rel=1e-12)
    assert gan.non_saturating_loss(fake).item() == pytest.approx(-d.log().mean().item(), rel=1e-12)


@pytest.mark.equation("gan-slopes")
def test_slopes_of_both_losses_in_the_logit():
    logit = torch.linspace(-12, 12, 97, dtype=torch.double, requires_grad=True)
    d = logit.detach().sigmoid()
    for loss, slope in ((gan.saturating_loss, -d), (gan.non_saturating_loss, d - 1)):
        (gradient,) = torch.autograd.grad(loss(logit) * len(logit), logit)
        torch.testing.assert_close(gradient, slope)


@pytest.mark.equation("gan-chain")
def test_the_generators_gradient_passes_through_the_discriminator():
    """On a linear game every factor of the chain is known: slope · D's weight · the noise."""
    g, d = nn.Linear(1, 1).double(), nn.Linear(1, 1).double()
    z = torch.randn(6, 1, dtype=torch.double)
    logits = d(g(z)).squeeze(1)
    (gradient,) = torch.autograd.grad(gan.non_saturating_loss(logits), g.weight)
    slope = logits.detach().sigmoid() - 1
    expected = (slope * d.weight.item() * z.squeeze(1)).mean()
    assert gradient.item() == pytest.approx(expected.item(), rel=1e-10)


@pytest.mark.equation("gan-smoothed-loss")
def test_smoothing_is_cross_entropy_with_a_softer_label():
    real, fake = torch.randn(30, dtype=torch.double), torch.randn(30, dtype=torch.double)
    bce = nn.BCEWithLogitsLoss()
    expected = bce(real, torch.full_like(real, 0.9)) + bce(fake, torch.zeros_like(fake))
    assert gan.discriminator_loss(real, fake, smoothing=0.1).item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.equation("gan-smoothed-dstar")
def test_smoothing_moves_the_optimum():
    """Brute force on the smoothed loss itself, each value of d standing for one logit."""
    p, q, s = 0.3, 0.2, 0.1
    logits = torch.linspace(-4, 4, 80_001, dtype=torch.double)
    d = logits.sigmoid()
    loss = -p * ((1 - s) * d.log() + s * (1 - d).log()) - q * (1 - d).log()
    best = d[loss.argmin()].item()
    formula = gan.optimal_discriminator(torch.tensor([p]), torch.tensor([q]), smoothing=s).item()
    assert formula == pytest.approx(best, abs=1e-4)


@pytest.mark.equation("gan-penalty")
def test_penalty_of_a_straight_line_and_of_a_bowl():
    """A logit w·x + c has slope w everywhere; |x|²/2 has slope x."""
    x = torch.randn(64, 2, 3, dtype=torch.double)
    w = torch.randn(2, 3, dtype=torch.double)
    line = gan.r1_penalty(lambda x: (w * x).sum((1, 2)) + 7, x)
    bowl = gan.r1_penalty(lambda x: x.square().sum((1, 2)) / 2, x)
    assert line.item() == pytest.approx(w.square().sum().item() / 2)
    assert bowl.item() == pytest.approx(x.square().sum((1, 2)).mean().item() / 2)


def test_penalty_teaches_the_discriminator():
    """Its own gradient must reach the weights, so it needs a second backward pass."""
    d = gan.mlp_discriminator(shape=(2,), hidden=8).double()
    x = torch.randn(5, 2, dtype=torch.double)
    names, weights = zip(*d.named_parameters(), strict=True)

    def penalty(*values):
        bound = dict(zip(names, values, strict=True))
        return gan.r1_penalty(lambda x: torch.func.functional_call(d, bound, x), x)

    assert torch.autograd.gradcheck(penalty, weights)


def test_too_much_smoothing_is_refused():
    with pytest.raises(ValueError, match=r"smoothing=0\.5"):
        gan.discriminator_loss(torch.zeros(2), torch.zeros(2), smoothing=0.5)


def plane_gan():
    torch.manual_seed(0)
    return gan.GAN(gan.mlp_generator(latent_dim=4, shape=(2,)), gan.mlp_discriminator(shape=(2,)), latent_dim=4)


def test_samples_have_the_shape_of_the_data_and_depend_on_the_seed_only():
    model = plane_gan()
    torch.manual_seed(3)
    first = model.sample(7)
    torch.manual_seed(3)
    assert first.shape == (7, 2)
    assert torch.equal(first, model.sample(7))


def test_noise_is_standard_normal():
    """Catches uniform noise, which a short game does not mind: its share within one standard deviation differs."""
    torch.manual_seed(0)
    z = plane_gan().noise(100_000)
    assert z.shape == (100_000, 4)
    assert z.mean().item() == pytest.approx(0, abs=0.01)
    assert z.std().item() == pytest.approx(1, abs=0.01)
    assert (z.abs() < 1).float().mean().item() == pytest.approx(0.6827, abs=0.005)
    assert plane_gan().double().noise(2).dtype == torch.double


def test_a_look_rests_and_an_update_trains():
    """Batch norm: a look neither uses nor changes the statistics of its own batch; the update after it does both."""
    torch.manual_seed(0)
    model = dcgan(latent_dim=4, base_channels=4)
    norms = [m for m in model.generator.modules() if isinstance(m, nn.BatchNorm2d)]
    norms[0].eval()  # the caller's own choice
    z = model.noise(8)
    kept = [m.running_mean.clone() for m in norms]
    torch.testing.assert_close(model.decode(z)[:3], model.decode(z[:3]))
    assert [m.training for m in norms] == [False, True, True]
    assert all(torch.equal(m.running_mean, mean) for m, mean in zip(norms, kept, strict=True))
    model.generate(8)
    moved = [not torch.equal(m.running_mean, mean) for m, mean in zip(norms, kept, strict=True)]
    assert moved == [False, True, True]
