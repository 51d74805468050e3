"""KL and χ² divergence of Gaussians in closed form: the terms of the ELBO, and the variance of importance weights.

Symbols: Gaussians p and q over k numbers, each given by its mean and covariance, or by a diagonal ``Gaussian``. The KL
divergence is in nats; the χ² divergence is the variance of the weight p/q under q, a number without unit.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import Gaussian


def kl(
    mean_p: Float[Tensor, "*#b k"],
    covariance_p: Float[Tensor, "*#b k k"],
    mean_q: Float[Tensor, "*#b k"],
    covariance_q: Float[Tensor, "*#b k k"],
) -> Float[Tensor, "..."]:
    """KL(p ‖ q) in nats of Gaussians with any positive definite covariances; batches broadcast. Never negative."""
    factor = torch.linalg.cholesky(covariance_q)
    half = torch.linalg.solve_triangular(factor, covariance_p, upper=False)
    # Seen with q as the standard normal, p has variances 1 + excess along its axes; each costs (excess − log(1 +
    # excess)) / 2, which is never negative. The trace minus d minus a logarithm would cancel where p is close to q.
    excess = torch.linalg.eigvalsh(torch.linalg.solve_triangular(factor, half.mT, upper=False)) - 1
    shift = torch.linalg.solve_triangular(factor, (mean_q - mean_p).unsqueeze(-1), upper=False)
    return 0.5 * ((excess - torch.log1p(excess)).sum(dim=-1) + shift.square().sum(dim=(-2, -1)))


def chi_square(p: Gaussian, q: Gaussian) -> Float[Tensor, " b"]:
    """χ²(p ‖ q) = E_q[(p/q)²] − 1 of diagonal Gaussians; infinite where a variance of q is at most half of p's."""
    variance_p, variance_q = p.logvar.exp(), q.logvar.exp()
    room = 2 * variance_q - variance_p
    exponent = (p.mean - q.mean).square() / room
    log_ratio = q.logvar - 0.5 * (p.logvar + room.log()) + exponent
    finite = (room > 0).all(dim=-1)
    return torch.where(finite, torch.expm1(log_ratio.sum(dim=-1)), torch.inf)
