"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy as scipy_entropy
from scipy.stats import norm
from torch.distributions import Categorical, LogNormal, Normal, kl_divergence

from aigc_course.foundations import information, pitfalls
from aigc_course.foundations.information import cross_entropy, entropy, jensen_shannon, kl, normal_density, normal_kl

SEEDS = st.integers(0, 10_000)
GRID = torch.linspace(-30, 30, 60_001, dtype=torch.float64)
CELL = 0.001


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def two_lists(seed: int, n: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    raw = torch.rand(2, n, generator=generator(seed), dtype=torch.float64) + 1e-3
    return tuple(row / row.sum() for row in raw)


def test_a_bit_is_the_nats_of_a_fair_coin():
    assert information.nats_to_bits(math.log(2)) == pytest.approx(1)
    assert information.nats_to_bits(math.log(8)) == pytest.approx(3)


def scalars(*values: float) -> list[torch.Tensor]:
    return [torch.tensor(v, dtype=torch.float64) for v in values]


# Discrete ----------------------------------------------------------------------------------------------------------


@pytest.mark.equation("probability-entropy", "probability-cross", "probability-kl")
@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_entropy_and_divergence_are_those_of_scipy_and_torch(seed):
    """Catches a flipped sign, swapped arguments, another base of the logarithm, a mean in place of the sum."""
    p, q = two_lists(seed)
    assert entropy(p).item() == pytest.approx(Categorical(p).entropy().item(), abs=1e-12)
    assert entropy(p).item() == pytest.approx(scipy_entropy(p), abs=1e-12)
    assert kl(p, q).item() == pytest.approx(kl_divergence(Categorical(p), Categorical(q)).item(), abs=1e-12)
    assert kl(p, q).item() == pytest.approx(scipy_entropy(p, q), abs=1e-12)
    assert cross_entropy(p, q).item() - entropy(p).item() == pytest.approx(kl(p, q).item(), abs=1e-12)


def test_known_values():
    """Catches bits for nats: the weather station's entropy is 1.75 bits, the uniform code's price 2 bits."""
    p, q = torch.tensor([0.5, 0.25, 0.125, 0.125]), torch.full((4,), 0.25)
    assert entropy(p).item() == pytest.approx(1.75 * math.log(2))
    assert cross_entropy(p, q).item() == pytest.approx(2 * math.log(2))
    assert kl(p, q).item() == pytest.approx(0.25 * math.log(2))


def test_probability_zero():
    """Catches 0 log 0 turning into nan, and a finite price for something that was ruled out and happens."""
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.5, 0.0, 0.5])
    assert entropy(p).item() == pytest.approx(math.log(2))
    assert kl(p, p).item() == 0
    assert kl(p, q).item() == cross_entropy(p, q).item() == math.inf
    assert kl(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 0.5])).item() == pytest.approx(math.log(2))


def test_gradients_are_numbers_where_nothing_happens():
    """Catches 0 · ∞ in the backward pass: an outcome that both rule out must not spoil the others."""
    p = torch.tensor([0.0, 0.0, 0.4, 0.6], dtype=torch.float64, requires_grad=True)
    q = torch.tensor([0.0, 0.2, 0.5, 0.3], dtype=torch.float64, requires_grad=True)
    kl(p, q).backward()
    assert p.grad is not None
    assert q.grad is not None
    assert p.grad.isfinite().all()
    torch.testing.assert_close(q.grad, torch.tensor([0.0, 0.0, -0.8, -2.0], dtype=torch.float64))


@pytest.mark.equation("probability-gibbs")
@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_no_belief_beats_the_truth(seed):
    """Catches a divergence of the wrong sign, or one that is zero away from the truth."""
    p, q = two_lists(seed)
    assert kl(p, q).item() > 0
    assert kl(p, p).item() == pytest.approx(0, abs=1e-14)
    small = p * (1 + 1e-3 * torch.tensor([1.0, -1, 1, -1, 1, -1]))
    assert kl(p, small / small.sum()).item() > 1e-9


@pytest.mark.equation("probability-jensen")
@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_logarithm_of_a_mean_is_above_the_mean_of_logarithms(seed):
    """Catches the inequality turned over, and the tangent of its proof drawn on the wrong side."""
    weight, t = two_lists(seed)
    t = 10 * t
    mean = (weight * t).sum()
    assert (weight * t.log()).sum() < mean.log()
    assert (t.log() <= mean.log() + (t - mean) / mean + 1e-15).all()
    lognormal = LogNormal(*scalars(0.3, 1.0))
    assert lognormal.mean.log().item() - 0.3 == pytest.approx(0.5)  # the gap that the chapter measures


@pytest.mark.equation("probability-js", "probability-js-bound")
@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_jensen_shannon_is_that_of_scipy_symmetric_and_bounded(seed):
    """Catches a lost half, a middle that is none, a missing root against scipy's distance."""
    p, q = two_lists(seed)
    assert jensen_shannon(p, q).item() == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-12)
    assert jensen_shannon(p, q).item() == pytest.approx(jensen_shannon(q, p).item(), abs=1e-15)
    assert 0 < jensen_shannon(p, q).item() < math.log(2)
    apart = torch.cat([p, 0 * p]), torch.cat([0 * q, q])
    assert jensen_shannon(*apart).item() == pytest.approx(math.log(2))


# Normals -----------------------------------------------------------------------------------------------------------


@pytest.mark.equation("probability-normal-kl")
@given(st.floats(-3, 3), st.floats(0.3, 3), st.floats(-3, 3), st.floats(0.3, 3))
@settings(max_examples=30, deadline=None)
def test_divergence_of_two_normals_is_its_integral_and_that_of_torch(mp, sp, mq, sq):
    """Catches variance for standard deviation, swapped arguments, a lost ½."""
    value = normal_kl(*scalars(mp, sp, mq, sq)).item()
    assert value == pytest.approx(kl_divergence(Normal(*scalars(mp, sp)), Normal(*scalars(mq, sq))).item(), abs=1e-10)
    if sp < 2 * sq:  # elsewhere q is too small on the grid for its logarithm
        p, q = normal_density(GRID, mp, sp), normal_density(GRID, mq, sq)
        seen = p > 1e-30
        assert kl(p[seen], q[seen], cell=CELL).item() == pytest.approx(value, abs=1e-5)


def test_divergence_of_very_different_normals_stays_a_number():
    """Catches a square under the logarithm that float32 rounds to zero."""
    narrow = [torch.tensor(v) for v in (0.0, 1e-25, 0.0, 1.0)]
    assert normal_kl(*narrow).item() == pytest.approx(25 * math.log(10) - 0.5)


def test_density_and_entropy_on_a_grid():
    """Catches a lost cell, a normaliser with the variance in place of the standard deviation."""
    p = normal_density(GRID, 0.4, 1.7)
    torch.testing.assert_close(p, Normal(*scalars(0.4, 1.7)).log_prob(GRID).exp())
    assert entropy(p, cell=CELL).item() == pytest.approx(0.5 * math.log(2 * math.pi * math.e * 1.7**2), abs=1e-8)
    assert jensen_shannon(p, p.flip(0), cell=CELL).item() < math.log(2)


@pytest.mark.equation("probability-likelihood", "probability-mse")
def test_squared_error_is_a_likelihood():
    """Catches a mean over the numbers, a lost ½ or log 2π, a standard deviation for the variance."""
    x, f = torch.randn(2, 5, 3, generator=generator(0), dtype=torch.float64)
    nats = information.normal_nll(x, f, variance=0.49)
    log_density = Normal(f, 0.7).log_prob(x)
    torch.testing.assert_close(nats, -log_density.sum(dim=1))
    assert nats.sum().item() == pytest.approx(-math.log(log_density.exp().prod().item()))  # all of them at once
    by_hand = ((x - f) ** 2).sum(1) / (2 * 0.49) + 1.5 * math.log(2 * math.pi * 0.49)
    torch.testing.assert_close(nats, by_hand, rtol=1e-14, atol=1e-14)  # a variance rounded to float32 would show


@pytest.mark.equation("probability-best-variance")
def test_the_best_variance_is_the_mean_squared_error():
    """Catches a variance that is not the minimum, and a wrong price at it."""
    x, f = torch.randn(2, 50, 4, generator=generator(1), dtype=torch.float64)
    mse = (x - f).square().mean().item()
    best = information.normal_nll(x, f, variance=mse).mean().item()
    assert best == pytest.approx(2 * (math.log(2 * math.pi * mse) + 1))
    for factor in (0.5, 0.9, 1.1, 2.0):
        assert information.normal_nll(x, f, variance=factor * mse).mean().item() > best


@pytest.mark.equation("probability-categorical")
def test_cross_entropy_loss_is_a_likelihood():
    """Catches a lost minus, a softmax over the batch, the wrong class picked."""
    logits = torch.randn(6, 4, generator=generator(2), dtype=torch.float64)
    y = torch.tensor([0, 3, 1, 2, 2, 0])
    nats = information.categorical_nll(logits, y)
    torch.testing.assert_close(nats, -Categorical(logits=logits).log_prob(y))
    torch.testing.assert_close(nats, logits.logsumexp(1) - logits[torch.arange(6), y])


@pytest.mark.equation("probability-mle")
def test_maximum_likelihood_of_a_normal():
    """Catches n - 1 for n, a median for the mean: nothing in a neighbourhood is more likely; scipy finds the same."""
    x = 2 + 3 * torch.randn(40, generator=generator(3), dtype=torch.float64)
    mean, variance = x.mean().item(), x.var(correction=0).item()
    assert norm.fit(x.numpy()) == pytest.approx((mean, variance**0.5))

    def cost(m, v):
        return information.normal_nll(x[None], torch.full_like(x[None], m), variance=v).item()

    for m, v in ((0.01, 1.0), (-0.01, 1.0), (0.0, 1.01), (0.0, 0.99), (0.0, 40 / 39)):
        assert cost(mean + m, v * variance) > cost(mean, variance)


@pytest.mark.equation("probability-fit")
def test_likelihood_is_minus_a_cross_entropy():
    """Catches the other order of the divergence: for counted data the average log-likelihood is exact."""
    data = torch.tensor([0, 0, 0, 1, 2, 2])
    q = two_lists(4, 3)[0]
    counted = torch.bincount(data).double() / len(data)
    average = q.log()[data].mean().item()
    assert average == pytest.approx(-cross_entropy(counted, q).item())
    assert average == pytest.approx(-entropy(counted).item() - kl(counted, q).item())


# Folklore ----------------------------------------------------------------------------------------------------------


def descend(loss, truth):
    scores = torch.tensor([0.1, 0.0, -0.1, 0.0], dtype=torch.float64, requires_grad=True)
    rule = torch.optim.SGD([scores], lr=0.5)
    for _ in range(300):
        rule.zero_grad()
        loss(truth, scores.softmax(dim=0)).backward()
        rule.step()
    return kl(scores.detach().softmax(dim=0), truth).item()


@pytest.mark.folklore("F08")
def test_f08_the_circulated_loss_drives_distributions_apart():
    """Folklore F08: the printed sign ends with all belief on one outcome, the right one at the truth."""
    truth = torch.full((4,), 0.25, dtype=torch.float64)
    p, q = two_lists(0)
    assert pitfalls.reversed_sign_kl(p, q).item() == pytest.approx(-(q * (q / p).log()).sum().item())
    assert descend(pitfalls.reversed_sign_kl, truth) > 0.9 * math.log(4)
    assert descend(lambda p, q: kl(q, p), truth) < 1e-9


@pytest.mark.folklore("F16")
def test_f16_the_scale_of_the_squared_error_decides_what_is_learned():
    """Folklore F16: one number serves pixels and a class; averages added as they come give the pixels away."""
    torch.manual_seed(0)
    y = torch.randint(0, 2, (400,))
    pixels = 0.1 * torch.randn(400, 1).expand(400, 32) + 0.01 * torch.randn(400, 32)

    def slope(weight):
        """Gradient of the pixels' part over that of the class's part, for one shared number."""
        f, a = torch.zeros(400, 32, requires_grad=True), torch.zeros(400, 2, requires_grad=True)
        (weight(f) + information.categorical_nll(a, y).mean()).backward()
        assert f.grad is not None
        assert a.grad is not None
        return (f.grad.norm() / a.grad.norm()).item()

    variance = pixels.square().mean().item()
    added = slope(lambda f: torch.nn.functional.mse_loss(f, pixels))
    nats = slope(lambda f: information.normal_nll(pixels, f, variance=variance).mean())
    assert nats / added == pytest.approx(32 / (2 * variance), rel=1e-3)
    assert nats / added > 1000


def test_kl_of_close_normals_is_never_negative():
    """Catches r² − 1 − 2 log r, which is as often below 0 as above where both deviations are nearly equal."""
    std = 1 + torch.logspace(-7, -2, 2001)
    std = torch.cat([std, 2 - std])
    zero, one = torch.zeros_like(std), torch.ones_like(std)
    found = normal_kl(zero, std, zero, one)
    assert found.min() >= 0
    log_ratio = std.double().log()
    torch.testing.assert_close(found.double(), log_ratio.square() + 2 * log_ratio**3 / 3, rtol=1e-2, atol=1e-12)
