"""What the generator feels, against derivatives of divergences, autograd and closed forms."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from torch.distributions import Normal

from aigc_course.foundations.estimate import monte_carlo
from aigc_course.foundations.information import jensen_shannon, kl, normal_density
from aigc_course.gan import divergence, gan, generator_gradients

GRID = torch.linspace(-20, 20, 8001, dtype=torch.float64)
CELL = 40 / 8000
Z = torch.linspace(-9, 9, 3601, dtype=torch.float64)
WEIGHT = normal_density(Z, 0.0, 1.0) * 18 / 3600


@given(st.floats(-5, 5), st.floats(-5, 5))
@settings(max_examples=30, deadline=None)
def test_best_logit_is_a_difference_of_log_densities(theta, x):
    """Catches a flipped sign, a lost ½."""
    expected = Normal(0.0, 1.0).log_prob(torch.tensor(x)) - Normal(theta, 1.0).log_prob(torch.tensor(x))
    assert generator_gradients.optimal_logit(torch.tensor(x), theta).item() == pytest.approx(expected.item(), abs=1e-4)


@pytest.mark.parametrize("theta", [0.3, 1.0, 3.0])
@pytest.mark.equation("gan_theory-slopes")
def test_slopes_of_both_losses_are_those_that_autograd_measures(theta):
    """Catches D for 1 - D, a lost theta, a gradient that also moves the judge."""
    z = torch.randn(400_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for loss, exact in zip(
        (gan.saturating_loss, gan.non_saturating_loss),
        generator_gradients.exact_generator_gradients(theta),
        strict=True,
    ):
        found = monte_carlo(
            generator_gradients.sample_gradients(lambda x: generator_gradients.optimal_logit(x, theta), theta + z, loss)
        )
        assert found.mean.item() == pytest.approx(exact, abs=4 * found.standard_error.item())


def test_pull_is_a_vector_for_each_example():
    """Catches a mean over the batch left in, a sum over the coordinates."""
    w, x = torch.tensor([2.0, -1.0]), torch.randn(5, 2)
    d = (x @ w).sigmoid()
    torch.testing.assert_close(
        generator_gradients.sample_gradients(lambda v: v @ w, x, gan.saturating_loss), -d[:, None] * w
    )


def scaled(s):
    """Real N(0, 1), generated N(0, s²): a generator of another kind, G(z) = s z."""
    return normal_density(GRID, 0.0, 1.0), normal_density(GRID, 0.0, s)


def slope_by_scale(s, loss):
    """E [dloss/dx · z], the chain rule for G(z) = s z against D* held still, by quadrature."""
    x = (s * Z).requires_grad_()
    logit = Normal(0.0, 1.0).log_prob(x) - Normal(0.0, s).log_prob(x)
    (gradient,) = torch.autograd.grad(loss(logit) * len(Z), x)
    return (WEIGHT * gradient * Z).sum().item()


@pytest.mark.equation("gan_theory-envelope")
def test_the_saturating_generator_descends_on_the_divergence():
    """Catches a lost factor 2, and any judge but the best: central differences of 2 JSD, for shift and for scale."""
    h = 1e-4
    for theta in (0.5, 2.0, 4.0):
        numeric = (generator_gradients.shifted_js(theta + h) - generator_gradients.shifted_js(theta - h)) / h
        assert generator_gradients.exact_generator_gradients(theta)[0] == pytest.approx(numeric, abs=1e-6)
    for s in (0.6, 1.7):
        up, down = (jensen_shannon(*scaled(s + e), cell=CELL).item() for e in (h, -h))
        assert slope_by_scale(s, gan.saturating_loss) == pytest.approx((up - down) / h, abs=1e-6)


@pytest.mark.equation("gan_theory-nonsaturating")
def test_the_non_saturating_generator_descends_on_another_divergence():
    """Catches the plus sign, a single JSD, KL(p ‖ q): central differences of KL(q ‖ p) - 2 JSD, and of 2 KL(m ‖ p)."""
    h = 1e-4

    def story(s):
        p, q = scaled(s)
        seen = q > 1e-280
        return (kl(q[seen], p[seen], cell=CELL) - 2 * jensen_shannon(p, q, cell=CELL)).item()

    for s in (0.6, 1.4):
        numeric = (story(s + h) - story(s - h)) / (2 * h)
        other = [divergence.non_saturating_divergence(*scaled(s + e), cell=CELL).item() for e in (h, -h)]
        assert slope_by_scale(s, gan.non_saturating_loss) == pytest.approx(numeric, abs=1e-6)
        assert numeric == pytest.approx((other[0] - other[1]) / (2 * h), abs=1e-6)
    for theta in (0.5, 3.0):  # KL of two normals is theta²/2, with slope theta
        js = (generator_gradients.shifted_js(theta + h) - generator_gradients.shifted_js(theta - h)) / (2 * h)
        assert generator_gradients.exact_generator_gradients(theta)[1] == pytest.approx(theta - 2 * js, abs=1e-6)


@pytest.mark.equation("gan_theory-vanishing")
def test_the_saturating_slope_is_below_its_bound_and_falls_like_it():
    """Catches exp(-theta²/4), a lost ½, a bound that is none."""
    for theta in (0.1, 1.0, 2.0, 4.0, 8.0, 12.0):
        exact, bound = (
            generator_gradients.exact_generator_gradients(theta)[0],
            generator_gradients.vanishing_bound(theta),
        )
        overlap = math.sqrt(1 / (2 * math.pi)) * torch.exp(-(GRID.square() + (GRID - theta).square()) / 4)
        assert bound == pytest.approx(theta / 2 * CELL * overlap.sum().item(), rel=1e-9)
        assert 0 < exact < bound
    assert generator_gradients.exact_generator_gradients(12.0)[0] > 0.1 * generator_gradients.vanishing_bound(12.0)
    assert generator_gradients.vanishing_bound(-3.0) == generator_gradients.vanishing_bound(3.0)


def test_shifted_divergence_at_known_places():
    """Catches a grid that misses a bell, a standard deviation left out."""
    assert generator_gradients.shifted_js(0.0) == pytest.approx(0, abs=1e-12)
    assert generator_gradients.shifted_js(30.0) == pytest.approx(math.log(2), abs=1e-9)
    assert generator_gradients.shifted_js(0.3, std=0.1) == pytest.approx(generator_gradients.shifted_js(3.0), abs=1e-9)
    x = torch.linspace(-15, 18, 30_001, dtype=torch.float64).numpy()
    p, q = norm.pdf(x), norm.pdf(x, 3)
    m = (p + q) / 2
    direct = ((p * (norm.logpdf(x) - torch.from_numpy(m).log().numpy())).sum()) * 33 / 30_000  # both halves are equal
    assert generator_gradients.shifted_js(3.0) == pytest.approx(direct, abs=1e-9)
