"""Entropy, KL and Jensen–Shannon divergence and log-likelihoods, in nats: discrete, on a grid, and for Gaussians.

Shannon (1948), *A Mathematical Theory of Communication* (entropy); Kullback & Leibler (1951), *On Information and
Sufficiency* (their divergence).

Symbols
    p, q     probabilities that add up to 1, or densities on a grid whose cells have size ``cell``
    n        possible outcomes, or cells of the grid
    b, d, k  examples in a batch, dimensions of one example, classes

Conventions: logarithms are natural; 0 log 0 = 0, and where p > 0 = q cross-entropy and divergence are infinite.
Gaussians are given by mean and standard deviation, as in ``torch.distributions``. That probabilities add up to 1 is not
checked.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def nats_to_bits(nats: float) -> float:
    """The same amount of information in bits: nats / log 2."""
    return nats / math.log(2)


def entropy(p: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """Entropy H(p) = -E_p log p in nats; differential entropy on a grid, which can be negative."""
    return cross_entropy(p, p, cell=cell)


def cross_entropy(p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """Cross-entropy H(p, q) = -E_p log q in nats; at least the entropy of ``p``."""
    return -cell * torch.xlogy(p, q).sum()


def kl(p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """Kullback–Leibler divergence KL(p ‖ q) = E_p log(p/q) in nats (Kullback & Leibler, 1951)."""
    support = p > 0  # elsewhere log 1 in place of log 0: a `where` after the logarithm would have NaN for a gradient
    log_ratio = torch.where(support, p, 1).log() - torch.where(support, q, 1).log()
    return cell * (p * log_ratio).sum()


def jensen_shannon(p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """Jensen–Shannon divergence ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q) / 2, in nats; from 0 to log 2."""
    middle = (p + q) / 2
    return (kl(p, middle, cell=cell) + kl(q, middle, cell=cell)) / 2


def normal_density(x: Float[Tensor, " n"], mean: float, std: float) -> Float[Tensor, " n"]:
    """Density of the Gaussian N(mean, std²) at ``x``."""
    return (-0.5 * ((x - mean) / std).square()).exp() / (std * math.sqrt(2 * math.pi))


def normal_kl(
    mean_p: Float[Tensor, "*b"],
    std_p: Float[Tensor, "*b"],
    mean_q: Float[Tensor, "*b"],
    std_q: Float[Tensor, "*b"],
) -> Float[Tensor, "*b"]:
    """KL(p ‖ q) of two one-dimensional Gaussians in nats, in closed form, elementwise."""
    log_ratio = 2 * (std_p / std_q).log()  # of the variances
    shift = (mean_p - mean_q) / std_q
    return 0.5 * (torch.expm1(log_ratio) - log_ratio + shift.square())  # in this form never negative


def normal_nll(
    x: Float[Tensor, "b d"], mean: Float[Tensor, "b d"], *, variance: float | Float[Tensor, ""]
) -> Float[Tensor, " b"]:
    """Negative log-likelihood of N(mean, variance · I) in nats, summed over the ``d`` dimensions."""
    v = torch.as_tensor(variance, dtype=x.dtype, device=x.device)
    return 0.5 * ((x - mean).square() / v + (2 * math.pi * v).log()).sum(dim=1)


def categorical_nll(logits: Float[Tensor, "b k"], y: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
    """Negative log-likelihood in nats of class ``y`` under softmax(logits): the cross-entropy loss of each example."""
    return -F.log_softmax(logits, dim=1).gather(1, y.unsqueeze(1)).squeeze(1)
