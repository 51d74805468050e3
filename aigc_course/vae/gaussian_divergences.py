"""Two distances between normal distributions, in closed form: what the bound pays, and what importance weights pay.

Symbols: normals p and q over k numbers, each given by its mean and covariance, or by a diagonal ``Gaussian``. The KL
divergence is in nats; the χ² divergence is the variance of the weight p/q over draws from q, a number without unit.
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
    """KL(p ‖ q) in nats of two normals with any covariances."""
    factor = torch.linalg.cholesky(covariance_q)
    spread = torch.cholesky_solve(covariance_p, factor).diagonal(dim1=-2, dim2=-1).sum(dim=-1)
    shift = (mean_q - mean_p).unsqueeze(-1)
    distance = (shift * torch.cholesky_solve(shift, factor)).sum(dim=(-2, -1))
    log_volume = torch.logdet(covariance_q) - torch.logdet(covariance_p)
    return 0.5 * (spread + distance - mean_p.shape[-1] + log_volume)


def chi_square(p: Gaussian, q: Gaussian) -> Float[Tensor, " b"]:
    """χ²(p ‖ q) = E_q[(p/q)²] − 1 of two diagonal normals; infinite where a variance of q is at most half of p's."""
    variance_p, variance_q = p.logvar.exp(), q.logvar.exp()
    room = 2 * variance_q - variance_p
    exponent = (p.mean - q.mean).square() / room
    log_ratio = q.logvar - 0.5 * (p.logvar + room.log()) + exponent
    finite = (room > 0).all(dim=-1)
    return torch.where(finite, torch.expm1(log_ratio.sum(dim=-1)), torch.inf)
