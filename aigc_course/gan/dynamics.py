r"""The dynamics of two-player games with one parameter each: vector fields, update rules and their local convergence.

Mescheder et al. (2018), *Which Training Methods for GANs do actually Converge?*, arXiv:1801.04406 (the Dirac-GAN, its
eigenvalues, the penalty R1). Mescheder et al. (2017), *The Numerics of GANs*, arXiv:1705.10461 (fields and Jacobians).
Gidel et al. (2019), *Negative Momentum for Improved Game Dynamics*, arXiv:1807.04740 (momentum in games).

Symbols: every real example is 0; the generator's only example is ``theta``; the discriminator's logit at ``x`` is
``phi x``. A *state* is the pair (theta, phi); the *vector field* of a game is minus the gradient of each player's loss
by its own parameter; a *rule* makes an update from a field and the step size ``step``. The equilibrium is (0, 0).

Conventions: the paper calls a high logit "fake" and writes psi for phi; ours, as in ``gan``, means "real". The
discriminator moves first in an alternating update, as in ``GANTrainer.step``.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.gan import gan

Players = Float[Tensor, "*b 2"]
Field = Callable[[Tensor], Tensor]
Rule = Callable[[Field, Tensor, float], Tensor]


def dirac_value(state: Float[Tensor, "2"]) -> Float[Tensor, ""]:
    """Value of the Dirac-GAN at (theta, phi) in nats, log ½ + log(1 - sigmoid(phi theta)): the real logit is 0."""
    theta, phi = state
    return gan.value(torch.zeros_like(phi)[None], (phi * theta)[None])


def dirac_field(state: Players, *, penalty: float = 0.0, saturating: bool = True) -> Players:
    """Vector field of the Dirac-GAN: minus the gradient of each player's loss by its own parameter.

    Args:
        state: (theta, phi), with any leading axes.
        penalty: Weight of R1, which here is ½ phi².
        saturating: Whether the generator minimises the saturating loss, and not the non-saturating one.
    """
    theta, phi = state.unbind(dim=-1)
    d = (phi * theta).sigmoid()
    weight = d if saturating else 1 - d
    return torch.stack([weight * phi, -d * theta - penalty * phi], dim=-1)


def bilinear_field(state: Players, *, penalty: float = 0.0) -> Players:
    """Vector field of the bilinear game, whose value is -phi theta: the Wasserstein GAN of the same two players.

    ``penalty`` is the weight of R1.
    """
    theta, phi = state.unbind(dim=-1)
    return torch.stack([phi, -theta - penalty * phi], dim=-1)


def simultaneous(field: Field, state: Players, step: float) -> Players:
    """Simultaneous gradient descent: one step of size ``step`` for both players from the same state."""
    return state + step * field(state)


def alternating(field: Field, state: Players, step: float) -> Players:
    """Alternating gradient descent: a step of the discriminator, then one of the generator from the new state."""
    phi_axis = torch.tensor([0.0, 1.0], dtype=state.dtype)
    moved = state + step * phi_axis * field(state)
    return moved + step * (1 - phi_axis) * field(moved)


def momentum(beta: float) -> Rule:
    """Alternating rule with momentum: each player follows an EMA of its negative gradients, as in Adam.

    Its state has four numbers: both players, then both averages. With ``beta`` 0 it is ``alternating``; Gidel et al.
    recommend a negative ``beta``.

    Args:
        beta: Decay rate of the average.

    Raises:
        ValueError: ``beta`` is not between -1 and 1.
    """
    if not -1 < beta < 1:
        raise ValueError(f"beta={beta}; the share of the old average lies between -1 and 1")

    def rule(field: Field, state: Tensor, step: float) -> Tensor:
        players, average = state[:2], state[2:]
        for mover in torch.eye(2, dtype=state.dtype).flip(0):  # the discriminator first
            average = average + mover * (1 - beta) * (field(players) - average)
            players = players + step * mover * average
        return torch.cat([players, average])

    return rule


def trajectory(rule: Rule, field: Field, start: Float[Tensor, " k"], *, step: float, n: int) -> Float[Tensor, "m k"]:
    """States of a game, (n + 1, k): the start, and the state after each of ``n`` updates of size ``step``."""
    states = [start]
    for _ in range(n):
        states.append(rule(field, states[-1], step))
    return torch.stack(states)


def jacobian(field: Field, state: Float[Tensor, "2"]) -> Float[Tensor, "2 2"]:
    """Jacobian of a vector field at a state; its eigenvalues at the equilibrium decide on local convergence.

    Real parts below 0 let the continuous dynamics converge (Mescheder et al., 2017).
    """
    return torch.func.jacrev(field)(state)


def update_matrix(rule: Rule, field: Field, state: Float[Tensor, " k"], *, step: float) -> Float[Tensor, "k k"]:
    """Jacobian of one update at ``state``: the matrix that a small deviation from it is multiplied by."""
    return torch.func.jacrev(lambda s: rule(field, s, step))(state)


def spectral_radius(matrix: Float[Tensor, "k k"]) -> float:
    """Spectral radius, the largest modulus of an eigenvalue: the factor per update of small deviations in the long run.

    Of an ``update_matrix`` at the equilibrium, below 1 means local convergence.
    """
    return torch.linalg.eigvals(matrix).abs().max().item()


def rotation_period(matrix: Float[Tensor, "2 2"]) -> float:
    """Updates of one rotation round the equilibrium: 2π / angle of the eigenvalues, infinite if these are real."""
    angle = torch.linalg.eigvals(matrix).angle().abs().max().item()
    return 2 * math.pi / angle if 0 < angle < math.pi else math.inf
