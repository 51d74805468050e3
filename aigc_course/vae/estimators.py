"""Two ways to differentiate an average over draws, and what a baseline does for the noisier one.

The quantity is E[f(z)] for z from a diagonal normal q; wanted are its derivatives with respect to q's mean and
log-variance. Kingma & Welling (2013), arXiv:1312.6114 (reparameterised); Williams (1992), *Simple Statistical
Gradient-Following Algorithms* (score function and baseline). Every function returns one estimate per draw, so that
their mean is the gradient and their variance can be measured. Units are those of f.

Symbols
    s, k    draws, numbers in a code
    c       distance from the mean of q to the minimum of the quadratic test function f(z) = Σ (z_j − a_j)²
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import Gaussian

Function = Callable[[Tensor], Tensor]  # codes (s, k) to values (s,)


class Gradients(NamedTuple):
    """One estimate per draw of the derivatives with respect to q's mean and log-variance."""

    mean: Float[Tensor, "s k"]
    logvar: Float[Tensor, "s k"]


def reparameterised(f: Function, q: Gaussian, *, num_samples: int) -> Gradients:
    """Derivatives of f(μ + σ ε) through the draw: f′(z) and f′(z) · ½ σ ε."""
    noise = torch.randn_like(q.mean.expand(num_samples, -1))
    step = (0.5 * q.logvar).exp() * noise
    z = (q.mean + step).detach().requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    return Gradients(slope, 0.5 * slope * step)


def leave_one_out(values: Float[Tensor, " s"]) -> Float[Tensor, " s"]:
    """For every draw the mean of the other draws' values: independent of the draw itself, so nothing gets biased."""
    if len(values) < 2:
        raise ValueError(f"{len(values)} draw; a baseline from the others needs at least 2")
    return (values.sum() - values) / (len(values) - 1)


def score_function(
    f: Function,
    q: Gaussian,
    *,
    num_samples: int,
    baseline: Callable[[Float[Tensor, " s"]], Float[Tensor, " s"]] | None = None,
) -> Gradients:
    """(f(z) − baseline) times the derivatives of log q(z); f itself is never differentiated."""
    noise = torch.randn_like(q.mean.expand(num_samples, -1))
    deviation = (0.5 * q.logvar).exp()
    values = f(q.mean + deviation * noise)
    surplus = (values if baseline is None else values - baseline(values)).unsqueeze(-1)
    return Gradients(surplus * noise / deviation, surplus * 0.5 * (noise.square() - 1))


def variance_reparameterised(std: float) -> float:
    """Variance, over draws, of the reparameterised derivative with respect to one μ_j, for the quadratic f."""
    return 4 * std**2


def best_baseline(c: float, std: float, *, latent_dim: int) -> float:
    """The constant that makes the score-function derivative with respect to μ_j least noisy, for the quadratic f."""
    return latent_dim * (c**2 + std**2) + 2 * std**2


def variance_score(c: float, std: float, *, latent_dim: int, baseline: float = 0.0) -> float:
    """Variance, over draws, of the score-function derivative with respect to one μ_j, for the quadratic f."""
    least = latent_dim * (4 * c**2 + 2 * std**2) + 4 * (c**2 + std**2)
    return least + (baseline - best_baseline(c, std, latent_dim=latent_dim)) ** 2 / std**2
