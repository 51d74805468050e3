"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import itertools
import math

import pytest
import torch
from sklearn.metrics import mutual_info_score
from torch.distributions import Normal

from aigc_course.core import data
from aigc_course.vae import disentanglement as d
from aigc_course.vae import vae
from aigc_course.vae.vae import Gaussian


def uniform_factors(n: int, f: int = 3) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(n, f)


def turned(factors: torch.Tensor, angle: float) -> torch.Tensor:
    """Normal factors, the first two turned by an angle."""
    cos, sin = math.cos(angle), math.sin(angle)
    return factors @ torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


# The objective -----------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae_variants-beta")
def test_beta_multiplies_the_price_of_the_code_alone():
    """Catches a β on the pixels or on both terms: with the same noise, the loss is −bound + (β − 1) · KL."""
    torch.manual_seed(0)
    x, model = torch.rand(4, 1, 16, 16), d.squares_vae(latent_dim=2, hidden=8, beta=4.0)
    torch.manual_seed(1)
    bound = model.elbo(x)
    torch.manual_seed(1)
    torch.testing.assert_close(model.loss(x), (3 * vae.kl_to_standard_normal(model.encode(x)) - bound).mean())


@pytest.mark.equation("vae_variants-split")
def test_the_price_of_the_code_is_information_and_a_misfit():
    """Catches a wrong KL: both parts of its mean over three images are integrated on a grid, the KL is closed form."""
    q = Gaussian(torch.tensor([[-1.0], [0.2], [2.0]]), torch.tensor([[-1.0], [0.3], [-2.0]]))
    z = torch.linspace(-12, 12, 24001)
    cell = (z[1] - z[0]).item()
    log_each = Normal(q.mean, (0.5 * q.logvar).exp()).log_prob(z)
    log_mixture = torch.logsumexp(log_each, dim=0) - math.log(3)
    information = (log_each.exp() * (log_each - log_mixture)).sum(dim=1).mean() * cell
    misfit = (log_mixture.exp() * (log_mixture - Normal(0.0, 1.0).log_prob(z))).sum() * cell
    assert information > 0.1
    assert misfit > 0.1
    torch.testing.assert_close(vae.kl_to_standard_normal(q).mean(), information + misfit, atol=1e-3, rtol=0)


def test_networks_for_squares():
    """Catches a posterior or a picture of the wrong size, and a β that is forgotten."""
    torch.manual_seed(0)
    model, x = d.squares_vae(latent_dim=3, hidden=8, beta=4.0), torch.rand(2, 1, 16, 16)
    assert model.beta == 4
    assert model.encode(x).mean.shape == (2, 3)
    assert model.reconstruct(x).shape == x.shape


# Information -------------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae_variants-mutual-information")
def test_information_is_that_of_scikit_learn():
    """Catches a wrong margin, a lost logarithm, bits for nats, rows and columns mixed up."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randint(m, (500,), generator=generator) for m in (4, 7))
    for first, second in itertools.product((a, b, a // 2), repeat=2):
        expected = mutual_info_score(first.numpy(), second.numpy())
        assert d.mutual_information(first, second).item() == pytest.approx(expected, abs=1e-6)


def test_a_number_tells_its_entropy_about_itself():
    """Catches a normaliser that is not the entropy."""
    a = torch.arange(12) % 3
    assert d.mutual_information(a, a).item() == pytest.approx(math.log(3), abs=1e-6)
    assert d.mutual_information(a, a // 5).item() == pytest.approx(0, abs=1e-6)


def test_bins_hold_equally_many():
    """Catches bins of equal width, which an outlier would leave empty; and bins of the whole array, not of a column."""
    values = torch.stack([torch.randn(100, generator=torch.Generator().manual_seed(0)).exp(), torch.arange(100.0)], 1)
    cut = d.equal_bins(values, bins=5)
    assert cut[:, 1].tolist() == [i // 20 for i in range(100)]
    assert cut[:, 0].bincount().tolist() == [20] * 5
    assert torch.equal(cut, d.equal_bins(values.pow(3) + 7, bins=5))


@pytest.mark.equation("vae_variants-mutual-information")
def test_equal_values_share_a_bin_and_a_constant_tells_nothing():
    """Catches ranks that tell equal values apart: a constant unit then says when a sorted factor was drawn (0.76)."""
    constant, factor = torch.full((1000, 1), 0.3), torch.linspace(0, 1, 1000).unsqueeze(1)
    assert d.equal_bins(constant, bins=20).unique().numel() == 1
    assert d.mutual_information_table(constant, factor).item() == 0
    steps = torch.arange(1000).div(250, rounding_mode="floor").unsqueeze(1).float()  # four values, 250 of each
    shuffled = steps[torch.randperm(1000, generator=torch.Generator().manual_seed(0))]
    for values in (steps, shuffled):
        found = d.equal_bins(values, bins=10)
        assert all(found[values == value].unique().numel() == 1 for value in range(4))
        assert d.mutual_information_table(values, values, bins=10).item() == pytest.approx(1)
    with pytest.raises(ValueError, match="factor 1 is the same for all 1000 examples"):
        d.mutual_information_table(factor, torch.cat([factor, constant], dim=1))


@pytest.mark.equation("vae_variants-toy-information")
def test_information_of_normal_numbers():
    """Catches a standard deviation for a variance, a lost ½: integrated on a grid, and a perfect channel is endless."""
    share, noise = 0.7, 0.5
    z = torch.linspace(-9, 9, 721)
    v = Normal(0.0, 1.0)
    first = v.log_prob(z)[:, None]
    given = Normal(math.sqrt(share) * z[:, None], math.sqrt(1 + noise**2 - share)).log_prob(z[None, :])
    marginal = Normal(0.0, math.sqrt(1 + noise**2)).log_prob(z[None, :])
    integral = ((first + given).exp() * (given - marginal)).sum() * (z[1] - z[0]) ** 2
    closed = d.gaussian_information(torch.tensor(share), noise=noise)
    torch.testing.assert_close(closed, integral, atol=1e-4, rtol=0)
    assert d.gaussian_information(torch.tensor(1.0), noise=0.0).item() == math.inf


@pytest.mark.equation("vae_variants-toy-gap")
def test_the_gap_of_a_turned_code_is_counted_and_computed():
    """Catches sine and cosine exchanged, and noise left out: counted in bins of 200,000 draws."""
    torch.manual_seed(0)
    factors = torch.randn(200_000, 3)
    for angle in (0.0, 0.4, math.pi / 4):
        means = turned(factors, angle) + 0.5 * torch.randn(200_000, 3)
        table = d.mutual_information_table(means, factors, bins=40, factor_bins=40) * math.log(40)
        exact = d.rotated_gap(torch.tensor(angle), noise=0.5)
        assert d.mutual_information_gap(table)[0].item() == pytest.approx(exact.item(), abs=0.03)
    closed = 0.5 * math.log((math.cos(0.4) ** 2 + 0.25) / (math.sin(0.4) ** 2 + 0.25))
    assert d.rotated_gap(torch.tensor(0.4), noise=0.5).item() == pytest.approx(closed, abs=1e-6)


# The gap -----------------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae_variants-mig")
def test_gap_of_a_perfect_a_turned_and_an_empty_code():
    """Catches a gap over factors in place of units, the best alone, and a lost normaliser."""
    factors = uniform_factors(20_000)
    perfect = torch.stack([-factors[:, 2], factors[:, 0].exp(), factors[:, 1], torch.randn(20_000)], dim=1)
    assert d.mutual_information_gap(d.mutual_information_table(perfect, factors)).min() > 0.95
    mixed = torch.stack([factors[:, 0] + factors[:, 1], factors[:, 0] - factors[:, 1], factors[:, 2]], dim=1)
    gaps = d.mutual_information_gap(d.mutual_information_table(mixed, factors))
    assert gaps[:2].abs().max() < 0.02
    assert gaps[2] > 0.95
    assert d.mutual_information_gap(d.mutual_information_table(torch.randn(20_000, 4), factors)).max() < 0.01
    twice = perfect[:, [0, 0, 1, 2]]
    assert d.mutual_information_gap(d.mutual_information_table(twice, factors))[2].item() == pytest.approx(0, abs=1e-6)


def test_table_has_a_row_for_each_unit_and_a_column_for_each_factor():
    """Catches a table turned over, and columns divided by the entropy of another factor."""
    factors = uniform_factors(1000, 2)
    table = d.mutual_information_table(torch.cat([factors, torch.randn(1000, 2)], dim=1), factors, bins=10)
    assert table.shape == (4, 2)
    torch.testing.assert_close(table[:2].diagonal(), torch.ones(2))


def test_the_code_and_the_factors_have_bins_of_their_own():
    """Catches one number of bins for both: five bins of a number tell log 5 of the log 10 in a factor's ten."""
    factors = uniform_factors(1000, 2)
    share = d.mutual_information_table(factors, factors, bins=5, factor_bins=10).diagonal()
    torch.testing.assert_close(share, torch.full((2,), math.log(5) / math.log(10)))


def test_one_unit_has_no_second_best():
    with pytest.raises(ValueError, match="at least 2"):
        d.mutual_information_gap(torch.ones(1, 3))


# Votes -------------------------------------------------------------------------------------------------------------


def votes_of(code, factors) -> float:
    torch.manual_seed(1)
    groups, fixed = d.fixed_factor_groups(factors, votes=400, group=32)
    means = code(groups.flatten(0, 1)).unflatten(0, groups.shape[:2])
    return d.factorvae_score(d.least_varying_latent(means), fixed)


def test_groups_hold_one_factor_and_vary_the_others():
    """Catches a group in which everything or nothing is fixed, and a wrong name for the fixed factor."""
    torch.manual_seed(0)
    groups, fixed = d.fixed_factor_groups(uniform_factors(500), votes=40, group=8)
    assert groups.shape == (40, 8, 3)
    still = groups.var(dim=1) == 0
    assert torch.equal(still, torch.nn.functional.one_hot(fixed, 3).bool())
    assert fixed.unique().tolist() == [0, 1, 2]
    held = groups[:, 0].gather(1, fixed.unsqueeze(1))
    assert len(held.unique()) > 30  # another value for each group


def test_a_number_is_measured_against_all_examples():
    """Catches the variance of the groups' means in its place: the loud second group must count as well."""
    first = torch.tensor([[[-0.5], [0.5]], [[-3.0], [5.0]]])
    second = torch.tensor([[[-0.5], [0.5]], [[2.5], [3.5]]])
    assert d.least_varying_latent(torch.cat([first, second], dim=2)).tolist() == [0, 1]


def test_a_number_that_never_varies_gets_no_vote():
    """Catches 0 / 0, which is no number and would win every vote."""
    torch.manual_seed(0)
    for constant in (0.0, 0.1, 0.7):  # the computed variance of the last two is above 0
        means = torch.cat([torch.randn(60, 32, 2), torch.full((60, 32, 1), constant)], dim=2)
        assert d.least_varying_latent(means).max() < 2


@pytest.mark.equation("vae_variants-votes")
def test_votes_name_the_factor_of_a_perfect_code():
    """Catches the loudest unit in place of the quietest, and variances that are not made comparable."""
    factors = uniform_factors(2000)
    scale = torch.tensor([0.01, 1.0, 100.0])
    assert votes_of(lambda v: v.flip(1) * scale, factors) == 1
    assert votes_of(lambda v: (v + 0.1 * torch.randn_like(v)) * scale, factors) > 0.95
    assert votes_of(torch.randn_like, factors) < 0.5
    mixed = votes_of(lambda v: v @ torch.tensor([[1.0, 1.0, 1.0], [1.0, -2.0, 1.0], [1.0, 1.0, -2.0]]), factors)
    assert mixed < 0.9


def test_votes_are_counted_on_the_later_half():
    """Catches a score of the votes that made the majority: random units would look better than chance."""
    quietest, fixed = torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([2, 0, 1, 2, 0, 0])
    assert d.factorvae_score(quietest, fixed) == pytest.approx(2 / 3)


# The pictures ------------------------------------------------------------------------------------------------------


def test_squares_are_where_their_factors_say():
    """Catches right and down exchanged, and a size that is not one."""
    factors = torch.tensor([[0.25, 0.4, 0.0], [0.25, 0.0, 0.4], [0.5, 0.0, 0.0]])
    x = d.upright_squares(factors)
    assert x.shape == (3, 1, 16, 16)
    axis = (torch.arange(16) + 0.5) / 8 - 1
    mass = x.sum(dim=(1, 2, 3))
    right, down = (x.sum(dim=(1, 2)) * axis).sum(dim=1) / mass, (x.sum(dim=(1, 3)) * axis).sum(dim=1) / mass
    torch.testing.assert_close(torch.stack([right, down], 1), factors[:, 1:], atol=0.01, rtol=0)
    assert (mass[2] / mass[0]).item() == pytest.approx(4, rel=0.05)
    assert data.DATASETS["sprites"].factors == ("shape", "scale", "angle", "right", "down")
