"""Six failures on paper: the closed forms against optimisation, simulation and other libraries."""

import math

import pytest
import torch
from scipy.stats import binomtest

from aigc_course.core import data
from aigc_course.gan import gan
from aigc_course.metrics.modes import ring_modes
from aigc_course.museum import detectors, toys
from aigc_course.vae.vae import bernoulli_log_likelihood, fully_connected, kl_to_standard_normal


@pytest.mark.equation("failure_museum-linear-loss", "failure_museum-best-code", "failure_museum-threshold")
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.5, 4.0])
def test_the_linear_decoder_dies_at_its_threshold(beta):
    """Catches noise for its square, a lost β, and a weight that is never zero: descent must find the same weight."""
    variance, noise = 2.0, 0.9
    w, a, log_s = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.6, 0.4, -0.1))
    optimizer = torch.optim.LBFGS([w, a, log_s], max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-15)

    def loss():
        optimizer.zero_grad()
        value = toys.linear_loss(w, a, log_s.exp(), variance=variance, noise=noise, beta=beta)
        value.backward()
        return value

    optimizer.step(loss)
    best = toys.decoder_weight(variance, noise=noise, beta=beta)
    assert abs(w.item()) == pytest.approx(best, abs=2e-3)
    assert (best == 0) == (variance < beta * noise**2)
    tau = beta * noise**2
    assert log_s.exp().item() ** 2 == pytest.approx(tau / (tau + best**2), abs=1e-3)
    assert a.item() == pytest.approx(best / (best**2 + tau), abs=2e-3)


def test_the_linear_loss_is_an_average_over_draws():
    """Catches a cross term or a wrong KL: the loss must be the mean of the squared error and of the library's KL."""
    torch.manual_seed(0)
    w, a, s, n = torch.tensor(0.7), torch.tensor(0.5), torch.tensor(0.6), 200_000
    x = 1.3 * torch.randn(n)
    z = a * x + s * torch.randn(n)
    from aigc_course.vae.vae import Gaussian

    kl = kl_to_standard_normal(Gaussian((a * x).unsqueeze(1), (2 * s.log()).expand(n, 1)))
    drawn = (x - w * z).square().mean() / (2 * 0.8**2) + 2 * kl.mean()
    exact = toys.linear_loss(w, a, s, variance=1.69, noise=0.8, beta=2.0)
    assert exact.item() == pytest.approx(drawn.item(), rel=0.01)


@pytest.mark.equation("failure_museum-mean")
def test_averaged_pixels_make_the_code_d_times_as_dear():
    """Catches β = 1/d or a factor on the wrong term: both losses must have proportional gradients."""
    torch.manual_seed(0)
    model, x = fully_connected((1, 4, 4), latent_dim=2, hidden=8), torch.rand(8, 1, 4, 4)
    q = model.encode(x)
    logits = model.decode(q.sample())
    averaged = (-bernoulli_log_likelihood(x, logits) / 16 + kl_to_standard_normal(q)).mean()
    dear = (16 * kl_to_standard_normal(q) - bernoulli_log_likelihood(x, logits)).mean() / 16
    weights = list(model.parameters())
    for one, other in zip(
        torch.autograd.grad(averaged, weights, retain_graph=True), torch.autograd.grad(dear, weights), strict=True
    ):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


@pytest.mark.equation("failure_museum-unlimited", "failure_museum-limited")
def test_a_linear_critic_with_and_without_a_limit():
    """Catches a factor 2 in the resting weight: the critic is trained with the game's own penalty."""
    gap, rate = 3.0, 0.05
    real, fake = torch.randn(64, 1) + gap, torch.randn(64, 1)
    gap = (real.mean() - fake.mean()).item()
    for penalty, updates in ((0.0, 40), (2.0, 400)):
        w = torch.zeros(1, requires_grad=True)
        for _ in range(updates):
            loss = w * (fake.mean() - real.mean())
            loss = loss.sum() + penalty * gan.r1_penalty(lambda x, w=w: (x * w).squeeze(1), real)
            (slope,) = torch.autograd.grad(loss, w)
            w = (w - rate * slope).detach().requires_grad_()
        expected = (
            toys.penalised_critic_weight(gap, penalty=penalty)
            if penalty
            else toys.unpenalised_critic_weight(gap, rate=rate, updates=updates)
        )
        assert w.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.equation("failure_museum-memory")
def test_no_distribution_explains_a_training_set_better_than_copying_it():
    """Catches log N without its sign: random distributions over 50 outcomes never beat the empirical one."""
    n, best = 20, -math.log(20)
    for sharpness in (0.1, 1.0, 10.0):
        p = (sharpness * torch.randn(50)).softmax(dim=0)
        assert p[:n].log().mean().item() <= best + 1e-6
    copied = torch.cat([torch.full((n,), 1 / n), torch.zeros(30)])
    assert copied[:n].log().mean().item() == pytest.approx(best, abs=1e-6)


@pytest.mark.equation("failure_museum-late")
def test_against_a_judge_that_stands_still_one_place_is_best():
    """Catches a bound on the wrong side: free points that descend on the loss all meet where D is largest."""
    torch.manual_seed(0)
    points = torch.randn(64, 2).requires_grad_()

    def logit(x):
        return 1.5 - 0.5 * (x - torch.tensor([1.0, -1.0])).square().sum(dim=1)

    best = -math.log(1 / (1 + math.exp(-1.5)))
    assert gan.non_saturating_loss(logit(points)).item() > best + 0.5
    optimizer = torch.optim.Adam([points], lr=0.1)
    for _ in range(600):
        optimizer.zero_grad()
        gan.non_saturating_loss(logit(points)).backward()
        optimizer.step()
    assert gan.non_saturating_loss(logit(points)).item() == pytest.approx(best, abs=1e-4)
    assert points.std(dim=0).max() < 0.01


@pytest.mark.equation("failure_museum-by-heart")
def test_the_best_judge_of_a_training_set_knows_it_by_heart():
    """Catches a value that can be positive; the judge by heart reaches 0 whatever is generated, and favours its set."""
    train, held = data.load("ring", n=200).x, data.load("ring", split="test", n=100).x

    def by_heart(x):
        return torch.where((x.unsqueeze(1) == train).all(dim=2).any(dim=1), 40.0, -40.0)

    for fake in (held, torch.randn(100, 2)):
        assert gan.value(by_heart(train), by_heart(fake)).item() == pytest.approx(0, abs=1e-6)
        assert gan.value(torch.randn(200), torch.randn(100)).item() < 0
    assert detectors.overfitting_auc(by_heart(train), by_heart(held)) == 1


@pytest.mark.equation("failure_museum-ten")
@pytest.mark.parametrize(("successes", "n"), [(10, 10), (9, 10), (5, 10), (0, 10), (29, 30)])
def test_what_ten_trials_show_is_what_scipy_says(successes, n):
    """Catches a two-sided bound, and a tail that leaves the observed count out."""
    reference = binomtest(successes, n, alternative="greater").proportion_ci(confidence_level=0.95, method="exact").low
    assert toys.clopper_pearson_lower(successes, n) == pytest.approx(float(reference), abs=1e-9)


def test_ten_of_ten_in_closed_form():
    assert toys.clopper_pearson_lower(10, 10) == pytest.approx(0.05**0.1, abs=1e-9)
    with pytest.raises(ValueError, match="11 successes"):
        toys.clopper_pearson_lower(11, 10)


@pytest.mark.parametrize("m", [1, 3, 8])
def test_the_forgetful_generator_has_the_modes_it_should(m):
    assert ring_modes(toys.keep_modes(data.load("ring").x, m=m))[0] == m


def test_copies_need_originals():
    with pytest.raises(ValueError, match="9 copies of 3"):
        toys.partly_copied(torch.zeros(10, 2), torch.zeros(3, 2), share=0.9)
