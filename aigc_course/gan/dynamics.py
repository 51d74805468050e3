r"""Games of two numbers, small enough that every step can be followed: where the players go, and how fast.

Mescheder et al. (2018), *Which Training Methods for GANs do actually Converge?*, arXiv:1801.04406 (the Dirac game, its
eigenvalues, the penalty R1). Mescheder et al. (2017), *The Numerics of GANs*, arXiv:1705.10461 (fields and Jacobians).
Gidel et al. (2019), *Negative Momentum for Improved Game Dynamics*, arXiv:1807.04740 (what momentum does to a game).

Symbols: every real example is 0; the generator makes the one number ``theta``; the discriminator's logit at ``x`` is
``phi x``. A *state* is the pair (theta, phi); a *field* says where both players want to go from a state; a *rule*
turns a field into an update of size ``step``.

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
    """Value of the Dirac game in nats: the real example has logit 0, the generated one phi theta."""
    theta, phi = state
    return gan.value(torch.zeros_like(phi)[None], (phi * theta)[None])


def dirac_field(state: Players, *, penalty: float = 0.0, saturating: bool = True) -> Players:
    """Both players' descent in the Dirac game; ``penalty`` is the weight of R1, which here is ½ phi²."""
    theta, phi = state.unbind(dim=-1)
    d = (phi * theta).sigmoid()
    eagerness = d if saturating else 1 - d
    return torch.stack([eagerness * phi, -d * theta - penalty * phi], dim=-1)


def bilinear_field(state: Players, *, penalty: float = 0.0) -> Players:
    """The same game when the value is the plain difference of the logits, -phi theta."""
    theta, phi = state.unbind(dim=-1)
    return torch.stack([phi, -theta - penalty * phi], dim=-1)


def simultaneous(field: Field, state: Players, step: float) -> Players:
    """Both players answer to where the other *was*."""
    return state + step * field(state)


def alternating(field: Field, state: Players, step: float) -> Players:
    """The discriminator moves; the generator answers to where it *is* now."""
    of_d = torch.tensor([0.0, 1.0], dtype=state.dtype)
    moved = state + step * of_d * field(state)
    return moved + step * (1 - of_d) * field(moved)


def momentum(beta: float) -> Rule:
    """An alternating rule whose players follow an average of their past moves, as Adam's first moment does.

    Its state has four numbers: both players, then both averages. With ``beta`` 0 it is ``alternating``.
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


def play(rule: Rule, field: Field, start: Float[Tensor, " k"], *, step: float, n: int) -> Float[Tensor, "m k"]:
    """The start and the states after each of ``n`` updates."""
    states = [start]
    for _ in range(n):
        states.append(rule(field, states[-1], step))
    return torch.stack(states)


def jacobian(field: Field, state: Float[Tensor, "2"]) -> Float[Tensor, "2 2"]:
    """Derivative of the field by the state; its eigenvalues at the goal decide what small errors do."""
    return torch.func.jacrev(field)(state)


def update_matrix(rule: Rule, field: Field, state: Float[Tensor, " k"], *, step: float) -> Float[Tensor, "k k"]:
    """Derivative of one update: what it does to a small distance from ``state``."""
    return torch.func.jacrev(lambda s: rule(field, s, step))(state)


def spectral_radius(matrix: Float[Tensor, "k k"]) -> float:
    """Factor by which small errors grow per update in the long run: the largest modulus of an eigenvalue."""
    return torch.linalg.eigvals(matrix).abs().max().item()


def updates_per_turn(matrix: Float[Tensor, "2 2"]) -> float:
    """Updates until the players have gone round the goal once; infinite when the eigenvalues are real."""
    angle = torch.linalg.eigvals(matrix).angle().abs().max().item()
    return 2 * math.pi / angle if 0 < angle < math.pi else math.inf
