import itertools
import math

import pytest
import torch
from scipy.stats import binom

from aigc_course.vae import bounds
from aigc_course.vae.bounds import expected_gap, grouped_bounds, log_weights
from aigc_course.vae.gaussian_divergences import chi_square
from aigc_course.vae.ppca import PPCA
from aigc_course.vae.vae import Gaussian, iwae_bound

VALUES, CHANCES = torch.tensor([0.2, 1.0, 3.0], dtype=torch.float64), torch.tensor([0.5, 0.3, 0.2]).double()


def bound_of(s: int) -> float:
    """The exact bound of s draws when the weight takes three values: every outcome is listed."""
    total = 0.0
    for outcome in itertools.product(range(3), repeat=s):
        at = torch.tensor(outcome)
        total += (CHANCES[at].prod() * iwae_bound(VALUES[at].log().unsqueeze(1)).squeeze()).item()
    return total


@pytest.mark.equation("vae_theory-importance", "vae_theory-monotone")
def test_more_draws_never_lower_the_bound():
    """Catches a mean of logarithms, a lost log s: with these the sequence stands still or passes the evidence."""
    values = [bound_of(s) for s in range(1, 8)]
    evidence = (CHANCES * VALUES).sum().log().item()
    assert values[0] == pytest.approx((CHANCES * VALUES.log()).sum().item(), abs=1e-12)
    assert all(a < b - 1e-4 for a, b in itertools.pairwise(values))
    assert values[-1] < evidence


@pytest.mark.equation("vae_theory-gap")
def test_the_gap_of_many_draws_is_half_the_variance_of_the_weight():
    """Catches a lost ½ or a root: two values, so that S draws are a binomial count and the expectation is a sum."""
    low, high, chance = 0.5, 2.0, 0.3
    mean = (1 - chance) * low + chance * high
    variance = (1 - chance) * (low - mean) ** 2 + chance * (high - mean) ** 2
    for s in (200, 800):
        counts = range(s + 1)
        exact = sum(binom.pmf(n, s, chance) * math.log((n * high + (s - n) * low) / s) for n in counts)
        predicted = expected_gap(torch.tensor(variance / mean**2), s=s).item()
        assert predicted == pytest.approx(math.log(mean) - exact, rel=2 / s**0.5)


def model() -> PPCA:
    weight = torch.tensor([[1.0, 0.0], [0.0, 0.5], [0.0, 0.0]])
    return PPCA(weight, torch.tensor([0.1, 0.2, 0.3]), torch.tensor(0.3))


def test_weights_of_the_exact_posterior_do_not_vary():
    """Catches a lost prior or posterior in the weight."""
    p, x = model(), torch.tensor([[0.9, -0.3, 0.4]])
    torch.manual_seed(0)
    weights = log_weights(lambda x, z: p.log_likelihood(x, z) + prior(z), x, p.mean_field(x), num_samples=50)
    torch.testing.assert_close(weights, p.evidence(x).expand(50), atol=1e-5, rtol=0)


def prior(z: torch.Tensor) -> torch.Tensor:
    return torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(dim=1)


@pytest.mark.equation("vae_theory-chi-square", "vae_theory-gap")
def test_gap_on_a_model_with_known_evidence_is_the_predicted_one():
    """Catches a χ² in the wrong order: draws, the exact evidence, and the closed form must agree."""
    p, x, s = model(), torch.tensor([[0.9, -0.3, 0.4]]), 50
    exact = p.mean_field(x)
    q = Gaussian(exact.mean + 0.2, exact.logvar + 0.6)
    torch.manual_seed(0)
    weights = log_weights(lambda x, z: p.log_likelihood(x, z) + prior(z), x, q, num_samples=400_000)
    found = p.evidence(x) - grouped_bounds(weights, s=s)
    error = found.std().item() / len(found) ** 0.5
    assert found.mean().item() == pytest.approx(expected_gap(chi_square(exact, q), s=s).item(), abs=4 * error + 5e-4)


def test_groups_are_the_bound_of_their_own_draws():
    """Catches groups cut across the wrong axis."""
    weights = torch.randn(7, generator=torch.Generator().manual_seed(0))
    found = grouped_bounds(weights, s=3)
    expected = torch.stack([weights[:3].exp().mean().log(), weights[3:6].exp().mean().log()])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(grouped_bounds(weights, s=1), weights)


def test_mistakes_are_named():
    for s in (0, 8):
        with pytest.raises(ValueError, match=f"s={s}"):
            grouped_bounds(torch.zeros(7), s=s)
    one, two = (Gaussian(torch.zeros(n, 1), torch.zeros(n, 1)) for n in (1, 2))
    for observations, q in ((2, two), (2, one), (1, two)):
        with pytest.raises(ValueError, match=f"{observations} observations, {len(q.mean)} posteriors"):
            bounds.log_weights(lambda x, z: z.sum(1), torch.zeros(observations, 1), q, num_samples=3)
