"""Averages over draws with their error bars, and densities of transformed draws.

The estimators of a divergence from draws: the plain mean of log p/q, and the same with a term of mean zero that makes
every summand non-negative. Densities follow the rule for a change of variables.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Estimate(NamedTuple):
    """A mean over independent draws and its standard error, both in the unit of what was averaged."""

    mean: Float[Tensor, "*s"]
    error: Float[Tensor, "*s"]

    def interval(self, width: float = 1.96) -> tuple[Float[Tensor, "*s"], Float[Tensor, "*s"]]:
        """``width`` standard errors to either side; 1.96 makes an interval that holds the truth in 95 % of cases."""
        return self.mean - width * self.error, self.mean + width * self.error


def monte_carlo(values: Float[Tensor, "n *s"]) -> Estimate:
    """Mean over the first dimension, with its standard error: the draws' standard deviation over √n."""
    if len(values) < 2:
        raise ValueError(f"{len(values)} draw; an error bar needs at least 2")
    return Estimate(values.mean(dim=0), values.std(dim=0) / len(values) ** 0.5)


def kl_summands(log_p: Float[Tensor, " n"], log_q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Log p - log q at draws from ``p``; their mean estimates KL(p ‖ q) without bias, single ones may be negative."""
    return log_p - log_q


def kl_summands_nonnegative(log_p: Float[Tensor, " n"], log_q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """The same plus q/p - 1, whose mean over draws from ``p`` is zero: unbiased, and no summand is below zero."""
    log_ratio = log_q - log_p
    return torch.expm1(log_ratio) - log_ratio


def kl_summands_weighted(log_p: Float[Tensor, " n"], log_q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Importance sampling: summands for KL(p ‖ q) from draws of ``q``, each weighted by p/q."""
    log_weight = log_p - log_q
    return torch.where(log_weight == -torch.inf, 0, log_weight.exp() * log_weight)  # a weight of 0 counts nothing


def transformed_log_prob(
    base_log_prob: Callable[[Tensor], Tensor], inverse: Callable[[Tensor], Tensor], y: Float[Tensor, "n d"]
) -> Float[Tensor, " n"]:
    """Log density at ``y`` of a draw x that a map has carried to y: log p(x) + log |det dx/dy|, x = inverse(y).

    Args:
        base_log_prob: From points (n, d) to their log densities (n,).
        inverse: From one point y (d,) back to x (d,); differentiable.
        y: Points of the new space.
    """
    jacobian = torch.func.vmap(torch.func.jacrev(inverse))(y)
    return base_log_prob(torch.func.vmap(inverse)(y)) + torch.linalg.slogdet(jacobian).logabsdet
