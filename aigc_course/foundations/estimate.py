"""Monte Carlo estimates with standard errors, estimators of the KL divergence, and the change of variables.

Three unbiased estimators of KL(p ‖ q): the mean of log p/q over samples of p; the same with a control variate that
makes every summand non-negative; and importance sampling from q.

Symbols: ``n`` independent samples; ``log_p`` and ``log_q`` the log densities of both distributions at them, in nats.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Estimate(NamedTuple):
    """A sample mean and its standard error.

    Attributes:
        mean: Estimate of the expectation, in the unit of what was averaged.
        standard_error: Standard deviation of ``mean``, in the same unit.
    """

    mean: Float[Tensor, "*s"]
    standard_error: Float[Tensor, "*s"]

    def interval(self, width: float = 1.96) -> tuple[Float[Tensor, "*s"], Float[Tensor, "*s"]]:
        """Confidence interval, mean ± ``width`` standard errors; 1.96 gives 95 % coverage for large ``n``."""
        return self.mean - width * self.standard_error, self.mean + width * self.standard_error


def monte_carlo(values: Float[Tensor, "n *s"]) -> Estimate:
    """Monte Carlo estimate of an expectation: the mean of ``n`` samples and its standard error, std / √n.

    Raises:
        ValueError: Fewer than two samples.
    """
    if len(values) < 2:
        raise ValueError(f"{len(values)} samples; a standard error needs at least 2")
    return Estimate(values.mean(dim=0), values.std(dim=0) / len(values) ** 0.5)


def kl_summands(log_p: Float[Tensor, " n"], log_q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Summands log p - log q at samples from ``p``, in nats; their mean estimates KL(p ‖ q) without bias.

    Single summands may be negative, and so may the estimate.
    """
    return log_p - log_q


def kl_summands_nonnegative(log_p: Float[Tensor, " n"], log_q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Summands q/p - 1 - log q/p at samples from ``p``, in nats; their mean estimates KL(p ‖ q) without bias.

    q/p - 1 is a control variate: its expectation under ``p`` is 0. No summand is negative, as r - 1 ≥ log r.
    """
    log_ratio = log_q - log_p  # expm1 keeps the digits that exp(r) - 1 loses where p and q are close
    return torch.expm1(log_ratio) - log_ratio


def kl_summands_weighted(log_p: Float[Tensor, " n"], log_q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Summands (p/q) log p/q at samples from ``q``, in nats: importance sampling of KL(p ‖ q)."""
    log_weight = log_p - log_q
    return torch.where(log_weight == -torch.inf, 0, log_weight.exp() * log_weight)  # 0 log 0 = 0


def transformed_log_prob(
    base_log_prob: Callable[[Tensor], Tensor], inverse: Callable[[Tensor], Tensor], y: Float[Tensor, "n d"]
) -> Float[Tensor, " n"]:
    """Log density of y = f(x) by the change of variables: log p(x) + log |det dx/dy| at x = f⁻¹(y), in nats.

    Args:
        base_log_prob: Log density of x, from points (n, d) to (n,).
        inverse: f⁻¹, from one point (d,) to one point (d,); differentiable.
        y: Where the density is evaluated.
    """
    jacobian = torch.func.vmap(torch.func.jacrev(inverse))(y)
    return base_log_prob(torch.func.vmap(inverse)(y)) + torch.linalg.slogdet(jacobian).logabsdet
