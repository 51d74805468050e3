r"""Cases whose answer is known: what the detectors must say of them, and six failures small enough for paper.

Lucas et al. (2019), *Don't Blame the ELBO!*, arXiv:1911.02469 (collapse in the linear case). Mescheder et al. (2018),
arXiv:1801.04406 (the penalty of a critic). Clopper & Pearson (1934), *The Use of Confidence or Fiducial Limits
Illustrated in the Case of the Binomial*, doi:10.1093/biomet/26.4.404 (what ten trials show).

Symbols: ``w`` the one weight of a linear decoder or critic; ``beta`` the weight of the KL term; ``noise`` the standard
deviation of the decoder; ``gap`` the difference of the means of real and generated examples.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def modes_kept(x: Float[Tensor, "n 2"], *, m: int, of: int = 8) -> Float[Tensor, "k 2"]:
    """The examples of the first ``m`` of the ring's modes, which lie at equal angles: a generator that forgot some."""
    angle = torch.atan2(x[:, 1], x[:, 0])
    mode = (angle / (2 * math.pi / of)).round().long() % of
    return x[mode < m]


def partly_copied(fresh: Float[Tensor, "n *s"], train: Float[Tensor, "m *s"], *, share: float) -> Float[Tensor, "n *s"]:
    """A set of samples of which a share are copies of training examples and the rest are fresh."""
    copies = round(share * len(fresh))
    if copies > len(train):
        raise ValueError(f"{copies} copies of {len(train)} training examples; lower share={share} or give more of them")
    return torch.cat([train[:copies], fresh[copies:]])


def copying_auc_of_copies(share: float) -> float:
    """What ``copying_auc`` says of samples of which a share are copies: c + (1 - c) / 2."""
    return share + (1 - share) / 2


def auc_of_shift(shift: float) -> float:
    """What ``overfitting_auc`` says of normal logits ``shift`` standard deviations apart: Phi(shift / sqrt 2)."""
    return 0.5 * (1 + math.erf(shift / 2))


def growth_factor_of(factor: float, *, n: int) -> float:
    """What ``growth_factor`` says of a quantity multiplied by ``factor`` at each of ``n`` updates."""
    return factor ** (n - n // 10)


def decoder_weight(variance: float, *, noise: float, beta: float = 1.0) -> float:
    """The best weight of the linear decoder of one number of this variance: sqrt(variance - beta noise²), or 0."""
    return math.sqrt(max(0.0, variance - beta * noise**2))


def linear_loss(
    w: Float[Tensor, ""], a: Float[Tensor, ""], s: Float[Tensor, ""], *, variance: float, noise: float, beta: float
) -> Float[Tensor, ""]:
    """Mean loss in nats, constants aside, of x ≈ w z with q(z|x) = N(a x, s²) and x of this variance."""
    misfit = (1 - w * a).square() * variance + (w * s).square()
    kl = 0.5 * (a.square() * variance + s.square() - 1 - s.square().log())
    return misfit / (2 * noise**2) + beta * kl


def unlimited_critic(gap: float, *, rate: float, updates: int) -> float:
    """The weight of the critic w x after descending on -w gap from 0: it grows by rate · gap for ever."""
    return rate * gap * updates


def limited_critic(gap: float, *, penalty: float) -> float:
    """The weight at which the critic w x rests when it also pays ½ penalty w²: gap / penalty."""
    return gap / penalty


def surely_above(successes: int, n: int, *, risk: float = 0.05) -> float:
    """The chance that ``successes`` of ``n`` trials leave in doubt with at most ``risk`` (Clopper & Pearson).

    The smallest p under which so many successes, or more, have a probability above ``risk``; found by bisection.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} trials; give a number from 0 to {n}")
    low, high = 0.0, 1.0
    for _ in range(60):
        p = (low + high) / 2
        tail = sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(successes, n + 1))
        low, high = (p, high) if tail <= risk else (low, p)
    return low
