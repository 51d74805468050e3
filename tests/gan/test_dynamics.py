"""Games of two numbers, against autograd, closed forms and known curves."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_course.gan import dynamics, gan, pitfalls

ORIGIN = torch.zeros(2, dtype=torch.float64)
PLACES = st.tuples(st.floats(-2, 2), st.floats(-2, 2))


def state(place):
    return torch.tensor(place, dtype=torch.float64)


def damped(penalty):
    return lambda s: dynamics.dirac_field(s, penalty=penalty)


@pytest.mark.equation("gan_theory-dirac", "gan_theory-field")
@given(PLACES)
@settings(max_examples=30, deadline=None)
def test_the_field_is_each_players_own_descent(place):
    """Catches a sign for either player, D for 1 - D, a penalty of the wrong size: autograd on the library's losses."""
    theta, phi = place
    s = state(place)
    expected = -math.log(2) - math.log1p(math.exp(phi * theta))
    assert dynamics.dirac_value(s).item() == pytest.approx(expected)
    up = torch.func.grad(dynamics.dirac_value)(s)
    torch.testing.assert_close(dynamics.dirac_field(s), torch.stack([-up[0], up[1]]))

    def non_saturating(v):
        return gan.non_saturating_loss((v[0] * v[1])[None])

    own = dynamics.dirac_field(s, saturating=False)
    torch.testing.assert_close(own, torch.stack([-torch.func.grad(non_saturating)(s)[0], up[1]]))
    weight = torch.tensor(phi, dtype=torch.float64)
    r1 = gan.r1_penalty(lambda x: weight * x.squeeze(1), torch.zeros(3, 1, dtype=torch.float64)).item()
    assert r1 == pytest.approx(phi**2 / 2)
    torch.testing.assert_close(dynamics.dirac_field(s, penalty=0.7)[1], up[1] - 0.7 * phi)


@given(PLACES)
@settings(max_examples=20, deadline=None)
def test_the_bilinear_game_is_twice_the_dirac_game_near_the_goal(place):
    """Catches a sign: both Jacobians agree up to the factor D = ½ at the goal."""
    small = 1e-4 * state(place)
    torch.testing.assert_close(dynamics.dirac_field(small), dynamics.bilinear_field(small) / 2, atol=1e-11, rtol=1e-6)
    far = dynamics.bilinear_field(state(place), penalty=0.3)
    torch.testing.assert_close(far, state((place[1], -place[0] - 0.3 * place[1])))


@pytest.mark.equation("gan_theory-circle")
@given(PLACES)
@settings(max_examples=30, deadline=None)
def test_the_game_moves_on_circles_and_the_sum_on_hyperbolas(place):
    """Catches a field that is not at right angles to the radius; the sum's is at right angles to (theta, -phi)."""
    s = state(place)
    assert (s * dynamics.dirac_field(s)).sum().item() == pytest.approx(0, abs=1e-12)
    assert (s * dynamics.bilinear_field(s)).sum().item() == pytest.approx(0, abs=1e-12)
    mirrored = s * torch.tensor([1.0, -1.0], dtype=torch.float64)
    assert (mirrored * pitfalls.summed_field(s)).sum().item() == pytest.approx(0, abs=1e-12)


@pytest.mark.equation("gan_theory-shrink")
@given(PLACES)
@settings(max_examples=30, deadline=None)
def test_the_non_saturating_game_spirals_inwards_slowly(place):
    """Catches tanh(u) for tanh(u/2), a flipped sign."""
    s = state(place)
    u = place[0] * place[1]
    radial = (s * dynamics.dirac_field(s, saturating=False)).sum().item()
    assert radial == pytest.approx(-u * math.tanh(u / 2), abs=1e-12)
    assert radial <= 0


@pytest.mark.equation("gan_theory-limit")
@pytest.mark.parametrize("step", [0.05, 0.2])
def test_simultaneous_steps_hold_the_non_saturating_game_on_a_ring(step):
    """Catches a radius of √step: from inside and from outside, the players end near √(2 step)."""

    def field(s):
        return dynamics.dirac_field(s, saturating=False)

    for first in (0.1, 0.9):
        path = dynamics.trajectory(dynamics.simultaneous, field, state((first, 0.0)), step=step, n=int(400 / step))
        radius = path[-int(30 / step) :].norm(dim=1).mean().item()
        assert radius == pytest.approx(math.sqrt(2 * step), rel=0.05)


@pytest.mark.equation("gan_theory-jacobian")
def test_eigenvalues_of_the_game_are_imaginary():
    """Catches a real part: no first-order force leads back to the goal, whichever loss the generator takes."""
    for field in (dynamics.dirac_field, lambda s: dynamics.dirac_field(s, saturating=False)):
        matrix = dynamics.jacobian(field, ORIGIN)
        torch.testing.assert_close(matrix, torch.tensor([[0.0, 0.5], [-0.5, 0.0]], dtype=torch.float64))
        eigenvalues = torch.linalg.eigvals(matrix)
        torch.testing.assert_close(eigenvalues.real, torch.zeros(2, dtype=torch.float64))
        assert sorted(eigenvalues.imag.tolist()) == pytest.approx([-0.5, 0.5])


@pytest.mark.equation("gan_theory-simultaneous", "gan_theory-alternating")
@given(st.floats(0.01, 1.9))
@settings(max_examples=30, deadline=None)
def test_simultaneous_updates_spiral_out_and_alternating_ones_turn(step):
    """Catches the generator answering to an old judge, the wrong player first, a growth of the wrong size."""
    at_once = dynamics.update_matrix(dynamics.simultaneous, dynamics.dirac_field, ORIGIN, step=step)
    in_turn = dynamics.update_matrix(dynamics.alternating, dynamics.dirac_field, ORIGIN, step=step)
    assert dynamics.spectral_radius(at_once) == pytest.approx(math.sqrt(1 + step**2 / 4))
    c = step / 2
    expected = torch.tensor([[1 - c**2, c], [-c, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(in_turn, expected)
    assert torch.linalg.det(in_turn).item() == pytest.approx(1)
    assert dynamics.spectral_radius(in_turn) == pytest.approx(1)
    assert dynamics.rotation_period(in_turn) == pytest.approx(2 * math.pi / math.acos(1 - c**2 / 2))


def test_small_steps_follow_the_predicted_growth():
    """The matrix is a promise about paths: 300 updates from a small error end where it says."""
    start = state((1e-4, 0.0))
    path = dynamics.trajectory(dynamics.simultaneous, dynamics.dirac_field, start, step=0.3, n=300)
    assert path.shape == (301, 2)
    assert path[-1].norm().item() == pytest.approx(1e-4 * (1 + 0.09 / 4) ** 150, rel=1e-3)


@pytest.mark.equation("gan_theory-r1")
@given(st.floats(0.05, 3))
@settings(max_examples=30, deadline=None)
def test_the_penalty_pulls_the_eigenvalues_to_the_left(penalty):
    """Catches a lost ½, the penalty on the generator's side: both roots of λ² + γλ + ¼."""
    found = torch.linalg.eigvals(dynamics.jacobian(damped(penalty), ORIGIN))
    root = torch.sqrt(torch.tensor(complex(penalty**2 / 4 - 1 / 4)))
    expected = [-penalty / 2 + root, -penalty / 2 - root]
    assert sorted(v.real for v in found.tolist()) == pytest.approx(sorted(v.real.item() for v in expected), abs=1e-5)
    assert found.real.max() < 0
    step = 0.1
    once = dynamics.spectral_radius(dynamics.update_matrix(dynamics.simultaneous, damped(penalty), ORIGIN, step=step))
    if penalty < 1:
        assert once == pytest.approx(math.sqrt(1 - step * penalty + step**2 / 4), abs=1e-6)
    assert (once < 1) == (penalty > step / 4)


def test_the_penalty_leads_to_the_goal():
    path = dynamics.trajectory(dynamics.alternating, damped(0.5), state((1.5, 0.0)), step=0.2, n=300)
    assert path[-1].norm() < 1e-6


@pytest.mark.equation("gan_theory-momentum")
def test_momentum_turns_circles_into_spirals():
    """Catches averages mixed up between the players, a lost 1 - beta, the wrong order of moves."""
    zeros = torch.zeros(4, dtype=torch.float64)
    without = dynamics.momentum(0.0)
    start = torch.tensor([0.7, -0.3, 0.0, 0.0], dtype=torch.float64)
    torch.testing.assert_close(
        without(dynamics.dirac_field, start, 0.3)[:2], dynamics.alternating(dynamics.dirac_field, start[:2], 0.3)
    )
    growth = {
        beta: dynamics.spectral_radius(
            dynamics.update_matrix(dynamics.momentum(beta), dynamics.dirac_field, zeros, step=0.01)
        )
        for beta in (-0.3, 0.0, 0.5, 0.9)
    }
    assert growth[-0.3] < 1
    assert growth[0.0] == pytest.approx(1)
    assert 1 < growth[0.5] < growth[0.9]
    for beta in (-0.3, 0.5, 0.9):  # the average of past moves lags by beta / (1 - beta) updates
        lag = beta / (1 - beta)
        assert growth[beta] - 1 == pytest.approx(lag * 0.01**2 / 4, rel=0.05)


def test_momentum_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"beta=1\.0"):
        dynamics.momentum(1.0)


def test_updates_per_turn_of_real_eigenvalues_is_infinite():
    assert dynamics.rotation_period(torch.diag(torch.tensor([0.5, 0.9]))) == math.inf
    assert dynamics.rotation_period(torch.tensor([[0.0, -1.0], [1.0, 0.0]])) == pytest.approx(4)


@pytest.mark.folklore("F02")
def test_f02_the_sum_stops_away_from_the_data():
    """Folklore F02: descending both losses at once ends at √(theta² - phi²), the game at 0."""
    start = state((1.0, 0.5))
    summed = dynamics.trajectory(dynamics.simultaneous, pitfalls.summed_field, start, step=0.1, n=800)
    assert summed[-1, 0].item() == pytest.approx(math.sqrt(0.75), abs=0.02)
    assert abs(summed[-1, 1].item()) < 1e-3
    right = dynamics.trajectory(dynamics.alternating, damped(0.5), start, step=0.1, n=800)
    assert abs(right[-1, 0].item()) < 1e-3


@given(PLACES)
@settings(max_examples=20, deadline=None)
def test_the_summed_field_is_the_gradient_of_the_sum(place):
    """Catches a wrong version that is wrong in another way: autograd on L_D + L_G."""

    def total(s):
        real, fake = torch.zeros(1, dtype=torch.float64), (s[0] * s[1])[None]
        return gan.discriminator_loss(real, fake) + gan.non_saturating_loss(fake)

    torch.testing.assert_close(pitfalls.summed_field(state(place)), -torch.func.grad(total)(state(place)))
