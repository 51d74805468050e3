"""What a discriminator says about two distributions, against quadrature, scipy and known densities."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.spatial.distance import jensenshannon
from scipy.stats import norm
from torch.distributions import Bernoulli, Normal, kl_divergence

from aigc_course.foundations.information import jensen_shannon, kl
from aigc_course.gan import divergence, gan

SEEDS = st.integers(0, 10_000)
GRID = torch.linspace(-12, 13, 20_001, dtype=torch.float64)
CELL = 25 / 20_000


def two_lists(seed, n=7):
    raw = torch.rand(2, n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 1e-3
    return tuple(row / row.sum() for row in raw)


def two_normals(mean=1.0, std=1.5):
    return Normal(0.0, 1.0).log_prob(GRID).exp(), Normal(mean, std).log_prob(GRID).exp()


def value(d, p, q):
    return (torch.xlogy(p, d) + torch.xlogy(q, 1 - d)).sum()


@pytest.mark.equation("gan_theory-pointwise", "gan_theory-dstar")
@given(st.floats(0.01, 5), st.floats(0.01, 5))
@settings(max_examples=40, deadline=None)
def test_slope_and_curvature_at_one_point(a, b):
    """Catches a wrong sign in either derivative, a root that is no maximum, p/q for p/(p + q)."""

    def h(d):
        return a * d.log() + b * (1 - d).log()

    d = torch.tensor(0.37, dtype=torch.float64)
    slope = torch.func.grad(h)(d).item()
    assert slope == pytest.approx(a / 0.37 - b / 0.63)
    assert torch.func.grad(torch.func.grad(h))(d).item() == pytest.approx(-a / 0.37**2 - b / 0.63**2)
    best = gan.optimal_discriminator(*torch.tensor([[a], [b]], dtype=torch.float64))[0]
    assert torch.func.grad(h)(best).item() == pytest.approx(0, abs=1e-6)
    for other in (0.9 * best, best + 0.1 * (1 - best)):
        assert h(other) < h(best)


@pytest.mark.equation("gan_theory-value", "gan_theory-js")
@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_value_of_the_best_judge_is_scipys_divergence(seed):
    """Catches a lost log 4, one divergence for two, scipy's distance taken for its square."""
    p, q = two_lists(seed)
    best = gan.optimal_discriminator(p, q)
    assert value(best, p, q).item() == pytest.approx(2 * jensenshannon(p, q) ** 2 - math.log(4), abs=1e-12)
    # many draws of each outcome, in the exact shares, give the same value through the library's logits
    counts_p, counts_q = (200_000 * p).round().long(), (200_000 * q).round().long()
    logits = best.log() - (1 - best).log()
    real, fake = logits.repeat_interleave(counts_p), logits.repeat_interleave(counts_q)
    assert gan.value(real, fake).item() == pytest.approx(value(best, p, q).item(), abs=1e-3)


@pytest.mark.equation("gan_theory-saddle", "gan_theory-unique")
@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_game_has_one_saddle_point(seed):
    """Catches a goal that some judge or generator could leave with profit, and a second goal."""
    p, q = two_lists(seed)
    d = torch.rand(7, generator=torch.Generator().manual_seed(seed + 1), dtype=torch.float64)
    half = torch.full_like(p, 0.5)
    assert value(half, p, q).item() == pytest.approx(-math.log(4))  # whatever the generator does
    assert value(d, p, p) < -math.log(4)  # whatever else the judge says
    assert value(gan.optimal_discriminator(p, q), p, q) > -math.log(4)  # whatever else the generator draws
    assert torch.equal(gan.optimal_discriminator(p, p), half)


@pytest.mark.equation("gan_theory-gap", "gan_theory-bound")
@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_every_judge_falls_short_by_a_divergence_of_coins(seed):
    """Catches a lost half of the coin's divergence, D and D* swapped, the middle in place of the sum."""
    p, q = two_lists(seed)
    logit = 2 * torch.randn(7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    best, d = gan.optimal_discriminator(p, q), logit.sigmoid()
    gap = divergence.value_gap(logit, p, q, cell=1.0).item()
    assert gap == pytest.approx((value(best, p, q) - value(d, p, q)).item(), abs=1e-12)
    coins = kl_divergence(Bernoulli(best), Bernoulli(d))
    assert gap == pytest.approx(((p + q) * coins).sum().item(), abs=1e-12)
    bound = (value(d, p, q).item() + math.log(4)) / 2
    assert bound == pytest.approx(jensen_shannon(p, q).item() - gap / 2, abs=1e-12)
    assert bound < jensen_shannon(p, q)


def test_the_best_judge_falls_short_by_nothing():
    """Catches rounding of 1 - D* where one density is tiny."""
    p, q = two_normals()
    best = Normal(0.0, 1.0).log_prob(GRID) - Normal(1.0, 1.5).log_prob(GRID)
    assert divergence.value_gap(best, p, q, cell=CELL).item() == pytest.approx(0, abs=1e-12)


def integrand(x):
    p, q = norm.pdf(x), norm.pdf(x, 1, 1.5)
    return (p * math.log(2 * p / (p + q)) + q * math.log(2 * q / (p + q))) / 2


@pytest.mark.equation("gan_theory-bound")
def test_estimate_with_the_best_judge_agrees_with_quadrature():
    """Catches a lost ½, a lost log 4, swapped arguments, an error bar unlike the spread."""
    truth = quad(integrand, -12, 13)[0]
    p, q = two_normals()
    assert jensen_shannon(p, q, cell=CELL).item() == pytest.approx(truth, abs=1e-6)
    g = torch.Generator().manual_seed(0)
    x = torch.randn(2, 200, 1000, generator=g, dtype=torch.float64)
    real, fake = x[0], 1 + 1.5 * x[1]
    one, other = Normal(0.0, 1.0), Normal(1.0, 1.5)
    logits = [one.log_prob(v) - other.log_prob(v) for v in (real, fake)]
    found = [divergence.js_bound(r, f) for r, f in zip(*logits, strict=True)]
    means = torch.stack([e.mean for e in found])
    spread = means.std().item()
    assert means.mean().item() == pytest.approx(truth, abs=4 * spread / math.sqrt(200))
    assert torch.stack([e.standard_error for e in found]).mean().item() == pytest.approx(spread, rel=0.2)


@pytest.mark.equation("gan_theory-middle")
@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_non_saturating_divergence_is_a_difference_of_two(seed):
    """Catches a lost factor 2, q in place of p as second argument, the plus sign."""
    p, q = two_lists(seed)
    found = divergence.non_saturating_divergence(p, q).item()
    assert found == pytest.approx((kl(q, p) - 2 * jensen_shannon(p, q)).item(), abs=1e-12)
    assert found > 0
    assert divergence.non_saturating_divergence(p, p).item() == pytest.approx(0, abs=1e-14)


@pytest.mark.equation("gan_theory-logit")
@given(st.floats(0.01, 5), st.floats(0.01, 5))
@settings(max_examples=20, deadline=None)
def test_the_best_logit_is_the_log_ratio(a, b):
    """Catches a ratio turned over, D in place of the ratio."""
    p, q = torch.tensor([a], dtype=torch.float64), torch.tensor([b], dtype=torch.float64)
    logit = torch.logit(gan.optimal_discriminator(p, q))
    assert logit.item() == pytest.approx(math.log(a / b), abs=1e-9)
    assert logit.exp().item() == pytest.approx(a / b)


@pytest.mark.equation("gan_theory-weights")
def test_weighted_generated_draws_stand_for_real_ones():
    """Catches weights upside down, weights that do not add up, a mean without them."""
    x = 1 + 1.5 * torch.randn(400_000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    logit = Normal(0.0, 1.0).log_prob(x) - Normal(1.0, 1.5).log_prob(x)
    w = divergence.importance_weights(logit)
    assert w.sum().item() == pytest.approx(1)
    assert (w * x).sum().item() == pytest.approx(0, abs=0.02)
    assert (w * x.square()).sum().item() == pytest.approx(1, abs=0.02)
    torch.testing.assert_close(w, logit.exp() / logit.exp().sum())


def test_effective_draws_at_both_ends():
    """Catches the fraction turned over and a lost square."""
    assert divergence.effective_sample_size(torch.full((8,), 0.3)) == pytest.approx(8)
    assert divergence.effective_sample_size(torch.tensor([0.0, 5.0, 0.0])) == pytest.approx(1)
    assert divergence.effective_sample_size(torch.tensor([0.5, 0.5, 0.0])) == pytest.approx(2)


def test_calibration_counts_by_hand():
    """Catches labels swapped, a bin at the end that is lost."""
    real, fake = torch.tensor([2.0, 2.1, -2.0, 50.0]), torch.tensor([2.0, -2.0, -2.1, -2.2])
    rows = divergence.calibration_curve(real, fake, bins=2)
    assert [(round(share, 6), number) for _, share, number in rows] == [(0.25, 4), (0.75, 4)]
    assert rows[0][0] == pytest.approx(torch.tensor([-2.0, -2.0, -2.1, -2.2]).sigmoid().mean().item())


def test_a_trained_judge_approaches_the_best_one_and_repeats():
    """Catches swapped labels, a judge that does not learn, noise that depends on anything but the seed."""
    g = torch.Generator().manual_seed(0)
    real, fake = torch.randn(4000, 1, generator=g), 1 + 1.5 * torch.randn(4000, 1, generator=g)
    torch.manual_seed(5)
    gaps, state = [], torch.get_rng_state()
    p, q = two_normals()

    def watch(discriminator, k):
        if k in (1, 200):
            with torch.no_grad():
                logit = discriminator(GRID.float().unsqueeze(1)).double()
            gaps.append(divergence.value_gap(logit, p, q, cell=CELL).item())

    discriminator = divergence.train_discriminator(real, fake, hidden=16, steps=200, on_step=watch)
    assert torch.equal(state, torch.get_rng_state())
    assert gaps[0] > 0.05
    assert gaps[1] < 0.01
    assert all(not w.requires_grad for w in discriminator.parameters())
    again = divergence.train_discriminator(real, fake, hidden=16, steps=200)
    assert torch.equal(discriminator(real), again(real))


def test_another_seed_is_another_judge(monkeypatch):
    """Catches error bars over seeds that share their first weights or their batches."""
    x, seeds = torch.randn(20, 1), []
    first = [divergence.train_discriminator(x, x + 1, steps=0, seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(first[0](x), first[1](x))
    assert not torch.equal(first[0](x), first[2](x))
    monkeypatch.setattr(divergence, "fit", lambda *given, seed, **more: seeds.append(seed))
    divergence.train_discriminator(x, x + 1, seed=3)
    assert seeds == [3]


def test_a_place_without_either_density_costs_nothing():
    """Far out both densities underflow to 0, where D* is 0/0."""
    p, q = torch.tensor([0.5, 0.0, 0.3]), torch.tensor([0.2, 0.0, 0.0])
    logit = torch.tensor([0.3, 5.0, -0.1])
    seen = torch.tensor([0, 2])
    broadcast_style = divergence.value_gap(logit, p, q, cell=0.1)
    torch.testing.assert_close(broadcast_style, divergence.value_gap(logit[seen], p[seen], q[seen], cell=0.1))
    assert broadcast_style > 0


def test_an_overfitted_judge_finds_a_difference_where_there_is_none():
    """The bound holds for new examples only: on its own few points a judge sees two equal distributions apart."""
    g = torch.Generator().manual_seed(0)
    points = torch.randn(4, 40, 4, generator=g)
    discriminator = divergence.train_discriminator(points[0], points[1], hidden=64, steps=300)
    seen, fresh = (divergence.js_bound(discriminator(points[i]), discriminator(points[i + 1])) for i in (0, 2))
    assert seen.mean > 0.3
    assert fresh.mean < 0
