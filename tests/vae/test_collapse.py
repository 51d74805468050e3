"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from aigc_course.vae.collapse import aggregate_log_prob, collapsed, label_information, split_rate
from aigc_course.vae.vae import Gaussian, kl_to_standard_normal


def two_piles(a: float, s: float, n: int = 50) -> Gaussian:
    means = torch.cat([torch.full((n, 1), a), torch.full((n, 1), -a)])
    return Gaussian(means, torch.full((2 * n, 1), 2 * math.log(s)))


def test_the_detector():
    """Catches a detector with one condition only, with units turned over, or with a sum over the examples."""
    torch.manual_seed(0)
    prior = Gaussian(0.01 * torch.randn(200, 4), 0.01 * torch.randn(200, 4))
    assert collapsed(prior)
    assert not collapsed(Gaussian(torch.randn(200, 4), torch.full((200, 4), -3.0)))
    # cheap, but one unit follows the data: a weak code is a code
    assert not collapsed(Gaussian(torch.cat([0.2 * torch.randn(200, 1), prior.mean[:, 1:]], 1), prior.logvar))
    # no unit follows the data, but somebody pays: a code that is far from the prior for everybody
    assert not collapsed(Gaussian(torch.ones(200, 4), torch.zeros(200, 4)))
    assert collapsed(Gaussian(torch.full((200, 4), 0.5), torch.zeros(200, 4)), nats=1.0)


def test_one_example_cannot_vary():
    with pytest.raises(ValueError, match="1 posterior"):
        collapsed(Gaussian(torch.zeros(1, 2), torch.zeros(1, 2)))


def test_aggregate_is_torchs_mixture():
    """Catches a sum in place of the mean, a mean of logarithms, a variance for a standard deviation."""
    q = Gaussian(torch.randn(7, 1), torch.randn(7, 1))
    mixture = MixtureSameFamily(
        Categorical(torch.ones(7)), Normal(q.mean.squeeze(1), (0.5 * q.logvar).exp().squeeze(1))
    )
    z = torch.randn(11, 1)
    torch.testing.assert_close(aggregate_log_prob(z, q), mixture.log_prob(z.squeeze(1)))


@pytest.mark.equation("vae_text-rate")
def test_the_rate_is_information_plus_mismatch():
    """Catches a part of the wrong sign: both against integrals on a grid, for two kinds of examples."""
    q, grid = two_piles(0.9, 0.4), torch.linspace(-6, 6, 4001)
    left, right = Normal(0.9, 0.4).log_prob(grid), Normal(-0.9, 0.4).log_prob(grid)
    every, cell = torch.logaddexp(left, right) - math.log(2), 12 / 4000
    information = (left.exp() * (left - every)).sum().item() * cell
    mismatch = (every.exp() * (every - Normal(0.0, 1.0).log_prob(grid))).sum().item() * cell
    assert information + mismatch == pytest.approx(kl_to_standard_normal(q).mean().item(), abs=1e-4)
    torch.manual_seed(0)
    rate = split_rate(q, num_samples=200)
    assert rate.information == pytest.approx(information, abs=0.02)
    assert rate.mismatch == pytest.approx(mismatch, abs=0.02)


@pytest.mark.equation("vae_text-rate")
def test_information_has_its_limits():
    """Catches an estimate above log n, and information in a code that says nothing."""
    torch.manual_seed(0)
    apart = Gaussian(100 * torch.arange(8.0).unsqueeze(1), torch.zeros(8, 1))
    assert split_rate(apart).information == pytest.approx(math.log(8), abs=1e-4)
    same = Gaussian(torch.ones(8, 1), torch.zeros(8, 1))
    assert split_rate(same).information == pytest.approx(0, abs=1e-5)
    assert split_rate(same).mismatch == pytest.approx(0.5, abs=1e-5)


def test_information_on_a_label():
    """Catches labels of unequal shares that are weighed equally, and details that count as information on the label."""
    torch.manual_seed(0)
    labels = torch.tensor([0] * 30 + [1] * 10)
    told = Gaussian(torch.where(labels == 0, -50.0, 50.0).unsqueeze(1) + torch.randn(40, 1), torch.zeros(40, 1))
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert label_information(told, labels) == pytest.approx(entropy, abs=1e-4)
    details = Gaussian(torch.arange(40.0).roll(7).unsqueeze(1)[torch.randperm(40)], torch.full((40, 1), -6.0))
    assert label_information(details, labels) < split_rate(details).information - 1
    assert label_information(Gaussian(torch.zeros(40, 1), torch.zeros(40, 1)), labels) == pytest.approx(0, abs=1e-5)
