"""The game's mathematics, against closed forms, quadrature, autograd and known distributions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from torch import nn
from torch.distributions import Normal

from aigc_course.core import data
from aigc_course.core.train import Algorithm, fit
from aigc_course.foundations.information import jensen_shannon
from aigc_course.gan import gan

GRID = torch.linspace(-12, 14, 26_001, dtype=torch.double)
CELL = (GRID[1] - GRID[0]).item()


def ring_game(**options):
    torch.manual_seed(0)
    generator = gan.mlp_generator(latent_dim=4, shape=(2,), hidden=64)
    return gan.GAN(
        generator, gan.mlp_discriminator(shape=(2,), hidden=64), latent_dim=4, lr_g=1e-3, lr_d=1e-3, **options
    )


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


def test_penalty_is_taken_in_full_on_average():
    """Every eighth update, eight times: over eight updates the weight is that of eight updates."""
    g, plain = ring_game(penalty=0.5), ring_game()
    x = torch.randn(32, 2)
    fake = g.generator(g.noise(32)).detach()
    expected = gan.PENALTY_EVERY * 0.5 * gan.r1_penalty(g.discriminator, x).item()
    difference = g.discriminator_step(x, fake)["loss D"] - plain.discriminator_step(x, fake)["loss D"]
    assert difference == pytest.approx(expected, rel=1e-5)
    g, plain = ring_game(penalty=0.5), ring_game()
    g.updates = 1
    assert g.discriminator_step(x, fake)["loss D"] == plain.discriminator_step(x, fake)["loss D"]


def test_too_much_smoothing_is_refused():
    with pytest.raises(ValueError, match=r"smoothing=0\.5"):
        gan.discriminator_loss(torch.zeros(2), torch.zeros(2), smoothing=0.5)


@pytest.mark.equation("gan-average")
def test_average_is_a_weighted_sum_of_all_past_weights():
    g = ring_game(ema_decay=0.9)
    assert g.ema is not None
    past = [g.generator[0].weight.detach().clone()]
    for _ in range(5):
        with torch.no_grad():
            g.generator[0].weight.add_(torch.randn_like(g.generator[0].weight))
        g.update_ema()
        past.append(g.generator[0].weight.detach().clone())
    expected = 0.9**5 * past[0] + sum(0.1 * 0.9 ** (5 - i) * past[i] for i in range(1, 6))
    torch.testing.assert_close(g.ema[0].weight, expected)


def test_average_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"ema_decay=1\.0"):
        ring_game(ema_decay=1.0)


def test_each_player_moves_only_itself():
    """D's step on a detached batch leaves no gradient in G; G's step leaves none in D, and D's weights alone."""
    g = ring_game()
    x = torch.randn(32, 2)
    fake = g.generator(g.noise(32))
    g.discriminator_step(x, fake.detach())
    assert all(p.grad is None for p in g.generator.parameters())
    players = list(g.discriminator.parameters())
    weights, gradients = [p.detach().clone() for p in players], [p.grad.clone() for p in players]
    g.generator_step(fake)
    for p, weight, gradient in zip(players, weights, gradients, strict=True):
        assert torch.equal(p, weight)
        assert torch.equal(p.grad, gradient)
    assert all(p.requires_grad for p in g.discriminator.parameters())


def test_the_steps_move_the_logits_the_right_way():
    """After a step of D on a fixed batch it tells the two apart better; after one of G on it, worse."""
    g = ring_game()
    x, z = torch.randn(256, 2) + 3, g.noise(256)
    before = gan.value(g.discriminator(x), g.discriminator(g.generator(z)))
    for _ in range(20):
        g.discriminator_step(x, g.generator(z).detach())
    taught = gan.value(g.discriminator(x), g.discriminator(g.generator(z)))
    for _ in range(20):
        g.generator_step(g.generator(z))
    fooled = gan.value(g.discriminator(x), g.discriminator(g.generator(z)))
    assert before < taught
    assert fooled < taught


def test_metrics_are_what_they_say():
    g = ring_game()
    x = torch.randn(64, 2)
    fake = g.generator(g.noise(64)).detach()
    real_logits, fake_logits = g.discriminator(x), g.discriminator(fake)
    metrics = g.discriminator_step(x, fake)
    assert metrics["D(x)"] == pytest.approx(real_logits.sigmoid().mean().item())
    assert metrics["D(G(z))"] == pytest.approx(fake_logits.sigmoid().mean().item())
    right = [*(real_logits > 0), *(fake_logits < 0)]
    assert metrics["accuracy D"] == pytest.approx(sum(right) / 128)


def test_samples_have_the_shape_of_the_data_and_depend_on_the_seed_only():
    g = ring_game(ema_decay=0.9)
    torch.manual_seed(3)
    first = g.sample(7)
    torch.manual_seed(3)
    assert first.shape == (7, 2)
    assert torch.equal(first, g.sample(7))


@pytest.mark.parametrize("options", [{}, {"ema_decay": 0.9, "penalty": 0.1}], ids=["plain", "average and penalty"])
def test_resuming_equals_never_stopping(options, tmp_path):
    """Five updates end between two penalties: a count that starts again would give another history."""
    x = data.load("ring", n=200).x
    whole = ring_game(**options)
    assert isinstance(whole, Algorithm)
    history = fit(whole, x, steps=12)
    fit(ring_game(**options), x, steps=5, checkpoint=tmp_path / "c.pt")
    resumed = ring_game(**options)
    assert fit(resumed, x, steps=12, checkpoint=tmp_path / "c.pt") == history
    for p, q in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(p, q)
    torch.manual_seed(0)
    first = whole.sample(5)
    torch.manual_seed(0)
    assert torch.equal(first, resumed.sample(5))


def test_the_game_finds_a_known_normal():
    """A linear generator can be exactly right: the game must bring its mean and spread to those of the data."""
    torch.manual_seed(0)
    discriminator = gan.mlp_discriminator(shape=(1,), hidden=16)
    g = gan.GAN(nn.Linear(1, 1), discriminator, latent_dim=1, lr_g=1e-2, lr_d=2e-2, ema_decay=0.98)
    fit(g, 1 + 0.5 * torch.randn(4000, 1), steps=600, batch_size=128)
    x = g.sample(4000)
    assert x.mean().item() == pytest.approx(1, abs=0.1)
    assert x.std().item() == pytest.approx(0.5, abs=0.1)
