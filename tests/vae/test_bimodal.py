import math

import pytest
import torch
from scipy.integrate import quad
from torch.distributions import Normal

from aigc_course.vae.bimodal import GRID, SquaredLatent
from aigc_course.vae.vae import Gaussian

MODEL = SquaredLatent(noise=0.4)


def log_joint(x: float, z: torch.Tensor) -> torch.Tensor:
    return Normal(z.square(), 0.4).log_prob(torch.tensor(x)) + Normal(0.0, 1.0).log_prob(z)


@pytest.mark.equation("vae_theory-toy")
@pytest.mark.parametrize("x", [-0.3, 1.0, 2.25])
def test_evidence_is_the_integral_over_codes(x):
    """Catches z in place of z², a lost prior, a grid that is too coarse: scipy's quadrature."""
    integral, _ = quad(lambda z: math.exp(log_joint(x, torch.tensor(z)).item()), -8, 8, points=[-1.5, 0, 1.5])
    assert MODEL.evidence(x) == pytest.approx(math.log(integral), abs=1e-5)
    assert (MODEL.posterior(x).sum() * (GRID[1] - GRID[0])).item() == pytest.approx(1, abs=1e-9)
    torch.testing.assert_close(MODEL.posterior(x), MODEL.posterior(x).flip(0))


@pytest.mark.equation("vae_theory-toy")
def test_samples_have_the_evidence_as_density():
    """Catches a sampler of another model: the share of draws below a point is the integral of the evidence."""
    torch.manual_seed(0)
    x = MODEL.sample(200_000)
    below, _ = quad(lambda value: math.exp(MODEL.evidence(value)), -3, 0.5)
    assert (x < 0.5).float().mean().item() == pytest.approx(below, abs=5e-3)


@pytest.mark.equation("vae_theory-toy-elbo")
@pytest.mark.parametrize(("mean", "std"), [(1.4, 0.15), (0.0, 1.2), (-1.5, 0.5)])
def test_bound_is_its_integral_and_lies_below(mean, std):
    """Catches a wrong fourth moment of a normal: E_q[log p(x, z) − log q(z)] on the grid."""
    q = Gaussian(torch.tensor([[mean]]), torch.tensor([[2 * math.log(std)]]))
    own = Normal(mean, std).log_prob(GRID)
    integral = (own.exp() * (log_joint(2.25, GRID) - own)).sum().item() * (GRID[1] - GRID[0]).item()
    assert MODEL.elbo(2.25, q).item() == pytest.approx(integral, rel=1e-4, abs=1e-4)
    assert MODEL.elbo(2.25, q).item() < MODEL.evidence(2.25)


def test_the_best_bell_misses_one_bit():
    """Two equal humps and one bell: the price is log 2 as soon as the humps are far apart."""
    model = SquaredLatent(noise=0.2)
    means = torch.linspace(1.2, 1.8, 61).unsqueeze(1)
    best = max(model.elbo(2.25, Gaussian(means, torch.full_like(means, 2 * math.log(s)))).max() for s in (0.06, 0.065))
    assert model.evidence(2.25) - best.item() == pytest.approx(math.log(2), abs=0.02)
