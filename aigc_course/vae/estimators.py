"""Two estimators of the gradient of an expectation, and what a baseline does for the noisier one.

The quantity is E[f(z)] for z from a diagonal Gaussian q; wanted are its derivatives with respect to q's mean and
log-variance. Kingma & Welling (2013), arXiv:1312.6114 (reparameterised); Williams (1992), *Simple Statistical
Gradient-Following Algorithms* (score function and baseline). Every estimator returns one estimate per sample, so that
their mean is the gradient and their variance can be measured. Units are those of f.

Symbols
    s, k    samples, latent dimensions
    c       distance from the mean of q to the minimum of the quadratic test function f(z) = Σ (z_j − a_j)²
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import Gaussian

Function = Callable[[Tensor], Tensor]  # from latents (s, k) to values (s,)


class Gradients(NamedTuple):
    """One estimate per sample of the derivatives of E[f(z)] with respect to q's mean and log-variance."""

    mean: Float[Tensor, "s k"]
    logvar: Float[Tensor, "s k"]


def reparameterised(f: Function, q: Gaussian, *, num_samples: int) -> Gradients:
    """Pathwise gradient: derivatives of f(μ + σ ε), which are f′(z) and f′(z) · ½ σ ε.

    Args:
        f: A differentiable function of each latent.
        q: One Gaussian, means and log-variances of shape (k,) or (1, k).
        num_samples: Number of estimates.
    """
    noise = torch.randn_like(q.mean.expand(num_samples, -1))
    step = (0.5 * q.logvar).exp() * noise
    z = (q.mean + step).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(z).sum(), z)
    return Gradients(gradient, 0.5 * gradient * step)


def leave_one_out(values: Float[Tensor, " s"]) -> Float[Tensor, " s"]:
    """Baseline of each sample: the mean of the other samples' values.

    It is independent of the sample itself, so that the estimator stays unbiased.

    Raises:
        ValueError: There is one value only.
    """
    if len(values) < 2:
        raise ValueError(f"{len(values)} sample; a baseline from the others needs at least 2")
    return (values.sum() - values) / (len(values) - 1)


def score_function(
    f: Function,
    q: Gaussian,
    *,
    num_samples: int,
    baseline: Callable[[Float[Tensor, " s"]], Float[Tensor, " s"]] | None = None,
) -> Gradients:
    """Score-function gradient (REINFORCE): (f(z) − baseline) times the derivatives of log q(z).

    Args:
        f: Any function of each latent; it is not differentiated.
        q: One Gaussian, means and log-variances of shape (k,) or (1, k).
        num_samples: Number of estimates.
        baseline: From the values of f at all samples to a number to subtract from each; nothing is subtracted if None.
    """
    noise = torch.randn_like(q.mean.expand(num_samples, -1))
    deviation = (0.5 * q.logvar).exp()
    values = f(q.mean + deviation * noise)
    surplus = (values if baseline is None else values - baseline(values)).unsqueeze(-1)
    return Gradients(surplus * noise / deviation, surplus * 0.5 * (noise.square() - 1))


def variance_reparameterised(std: float) -> float:
    """Variance of one pathwise estimate of the derivative with respect to one μ_j, for the quadratic f."""
    return 4 * std**2


def best_baseline(c: float, std: float, *, latent_dim: int) -> float:
    """The constant baseline of least variance for the score-function derivative by one μ_j, for the quadratic f."""
    return latent_dim * (c**2 + std**2) + 2 * std**2


def variance_score(c: float, std: float, *, latent_dim: int, baseline: float = 0.0) -> float:
    """Variance of one score-function estimate of the derivative with respect to one μ_j, for the quadratic f."""
    least = latent_dim * (4 * c**2 + 2 * std**2) + 4 * (c**2 + std**2)
    return least + (baseline - best_baseline(c, std, latent_dim=latent_dim)) ** 2 / std**2
