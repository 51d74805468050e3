"""Entropy, divergences and log-likelihoods, in nats, for lists of probabilities, for grids, and for normals.

Shannon (1948), *A Mathematical Theory of Communication* (entropy); Kullback & Leibler (1951), *On Information and
Sufficiency* (their divergence).

Symbols
    p, q    probabilities that add up to 1, or densities on a grid whose cells have size ``cell``
    n       possible outcomes, or cells of the grid
    b, d, k examples, numbers in one example, classes

Conventions: logarithms are natural; 0 log 0 counts as 0, and a probability of zero for something that happens
costs infinitely many nats. Normals are given by mean and standard deviation, as in ``torch.distributions``.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def entropy(p: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """The average surprise -E log p of a draw from ``p``, in nats; of a density it can be negative."""
    return cross_entropy(p, p, cell=cell)


def cross_entropy(p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """The average surprise -E log q, in nats, of one who expects ``q`` where draws come from ``p``."""
    return -cell * torch.xlogy(p, q).sum()


def kl(p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """Kullback–Leibler divergence KL(p ‖ q) in nats, E log(p/q) over draws from ``p``."""
    happens = p > 0  # elsewhere 1 stands in for both, before the logarithm: so the gradient is a number, too
    log_ratio = torch.where(happens, p, 1).log() - torch.where(happens, q, 1).log()
    return cell * (p * log_ratio).sum()


def jensen_shannon(p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """Jensen–Shannon divergence in nats: the mean KL divergence of both from their middle; at most log 2."""
    middle = (p + q) / 2
    return (kl(p, middle, cell=cell) + kl(q, middle, cell=cell)) / 2


def normal_density(x: Float[Tensor, " n"], mean: float, std: float) -> Float[Tensor, " n"]:
    """Density of a normal distribution, per unit of ``x``."""
    return (-0.5 * ((x - mean) / std).square()).exp() / (std * math.sqrt(2 * math.pi))


def normal_kl(
    mean_p: Float[Tensor, "*b"],
    std_p: Float[Tensor, "*b"],
    mean_q: Float[Tensor, "*b"],
    std_q: Float[Tensor, "*b"],
) -> Float[Tensor, "*b"]:
    """KL(p ‖ q) in nats of two normals, in closed form, elementwise."""
    log_ratio = 2 * (std_p / std_q).log()  # of the variances
    shift = (mean_p - mean_q) / std_q
    return 0.5 * (torch.expm1(log_ratio) - log_ratio + shift.square())  # in this form never negative


def normal_nll(
    x: Float[Tensor, "b d"], mean: Float[Tensor, "b d"], *, variance: float | Float[Tensor, ""]
) -> Float[Tensor, " b"]:
    """Negative log-likelihood in nats, summed over the ``d`` numbers, each normal with the same fixed variance."""
    v = torch.as_tensor(variance, dtype=x.dtype, device=x.device)
    return 0.5 * ((x - mean).square() / v + (2 * math.pi * v).log()).sum(dim=1)


def categorical_nll(logits: Float[Tensor, "b k"], y: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
    """Negative log-likelihood in nats of class ``y`` where probabilities are the softmax of ``logits``."""
    return -F.log_softmax(logits, dim=1).gather(1, y.unsqueeze(1)).squeeze(1)
