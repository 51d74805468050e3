r"""Toy problems with closed-form answers: expected values of the detectors, and six failures solved by hand.

Lucas et al. (2019), *Don't Blame the ELBO!*, arXiv:1911.02469 (collapse in the linear case). Mescheder et al. (2018),
arXiv:1801.04406 (a gradient penalty of the critic). Clopper & Pearson (1934), *The Use of Confidence or Fiducial Limits
Illustrated in the Case of the Binomial*, doi:10.1093/biomet/26.4.404 (the confidence limits of a probability).

Symbols
    w       the one weight of a linear decoder, x ≈ w z, or critic, f(x) = w x
    a, s    mean and standard deviation of the linear encoder, q(z|x) = N(a x, s²)
    beta    weight of the KL term
    noise   standard deviation of the decoder
    gap     difference of the means of real and generated examples
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def keep_modes(x: Float[Tensor, "n 2"], *, m: int, of: int = 8) -> Float[Tensor, "k 2"]:
    """The points of the first ``m`` of the ring's ``of`` modes: samples of a generator with mode collapse."""
    angle = torch.atan2(x[:, 1], x[:, 0])
    mode = (angle / (2 * math.pi / of)).round().long() % of
    return x[mode < m]


def partly_copied(fresh: Float[Tensor, "n *s"], train: Float[Tensor, "m *s"], *, share: float) -> Float[Tensor, "n *s"]:
    """Samples of which a fraction ``share`` are copies of training examples: a generator that memorises.

    Raises:
        ValueError: More copies than there are training examples.
    """
    copies = round(share * len(fresh))
    if copies > len(train):
        raise ValueError(f"{copies} copies of {len(train)} training examples; lower share={share} or give more of them")
    return torch.cat([train[:copies], fresh[copies:]])


def expected_copying_auc(share: float) -> float:
    """Expected ``copying_auc`` when a fraction c of the samples are copies: c + (1 - c) / 2."""
    return share + (1 - share) / 2


def binormal_auc(shift: float) -> float:
    """AUC of two Gaussians of equal variance whose means are ``shift`` standard deviations apart: Φ(shift / √2)."""
    return 0.5 * (1 + math.erf(shift / 2))


def expected_growth(factor: float, *, n: int) -> float:
    """Expected ``growth_factor`` of a quantity that is multiplied by ``factor`` at each of ``n`` updates."""
    return factor ** (n - n // 10)


def decoder_weight(variance: float, *, noise: float, beta: float = 1.0) -> float:
    """Optimal weight of a linear decoder of one number: √(variance - beta noise²), 0 where that is negative.

    At 0 the posterior has collapsed: the decoder ignores the latent (Lucas et al., 2019).
    """
    return math.sqrt(max(0.0, variance - beta * noise**2))


def linear_loss(
    w: Float[Tensor, ""], a: Float[Tensor, ""], s: Float[Tensor, ""], *, variance: float, noise: float, beta: float
) -> Float[Tensor, ""]:
    """Expected β-VAE loss of the linear model in nats, up to a constant, for x with mean 0 and this variance."""
    misfit = (1 - w * a).square() * variance + (w * s).square()
    kl = 0.5 * (a.square() * variance + s.square() - 1 - s.square().log())
    return misfit / (2 * noise**2) + beta * kl


def unpenalised_critic_weight(gap: float, *, rate: float, updates: int) -> float:
    """Weight of the critic w x after gradient descent on -w gap from 0, ``rate`` · gap · ``updates``: unbounded."""
    return rate * gap * updates


def penalised_critic_weight(gap: float, *, penalty: float) -> float:
    """Weight that minimises -w gap + ½ penalty w², a critic with a gradient penalty: gap / penalty."""
    return gap / penalty


def clopper_pearson_lower(successes: int, n: int, *, alpha: float = 0.05) -> float:
    """Exact lower confidence limit of a probability after ``successes`` in ``n`` trials (Clopper & Pearson, 1934).

    The p at which so many successes, or more, have probability ``alpha``, found by bisection; 0 without a success. The
    true probability is above it with confidence 1 - alpha (one-sided).

    Raises:
        ValueError: ``successes`` is not from 0 to ``n``.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} trials; give a number from 0 to {n}")
    low, high = 0.0, 1.0
    for _ in range(60):
        p = (low + high) / 2
        tail = sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(successes, n + 1))
        low, high = (p, high) if tail <= alpha else (low, p)
    return low
