"""Image restoration with a trained VAE as the prior of images, for damage whose statistics are known.

The damage flips each pixel of a black-or-white scan with a known probability. Restoring is to find the latent of the
largest posterior density given the damaged scan (maximum a posteriori), and to decode it. No network is trained again.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from aigc_course.core.precision import full_precision
from aigc_course.vae.vae import VAE, log_prior


def damage(x: Float[Tensor, "b *shape"], *, flip: float) -> Float[Tensor, "b *shape"]:
    """``x`` rounded to black (0) or white (1), then each pixel flipped with probability ``flip``."""
    return (x.round() - (torch.rand_like(x) < flip).to(x.dtype)).abs()


def damaged_log_likelihood(
    y: Float[Tensor, "b *shape"], logits: Float[Tensor, "b *shape"], *, flip: float
) -> Float[Tensor, " b"]:
    """Log p(y|z) in nats of each damaged scan ``y``, summed over pixels; the undamaged pixels are marginalised.

    Raises:
        ValueError: ``flip`` is not between 0 and 1.
    """
    white, black = _channel(logits, flip)
    return (y * white + (1 - y) * black).flatten(1).sum(dim=1)


def restore(
    model: VAE, y: Float[Tensor, "b *shape"], *, flip: float, num_samples: int = 4000, steps: int = 40
) -> tuple[Float[Tensor, "b *shape"], Float[Tensor, " b"]]:
    """Maximum a posteriori restoration of damaged scans ``y``.

    For each scan the best of ``num_samples`` latents from the prior is the start of ``steps`` updates of Adam on −log
    p(y, z). The start matters: the density may have many local maxima.

    Returns:
        Restored images, as means of p(x|z) in [0, 1]; and log p(y, z) in nats at the latents that were found.

    Raises:
        ValueError: ``flip`` is not between 0 and 1.
    """
    z = _best_sample(model, y, flip, num_samples).requires_grad_()
    optimizer = torch.optim.Adam([z], lr=0.1)
    for _ in range(steps):
        (z.grad,) = torch.autograd.grad(-_log_joint(model, y, z, flip).sum(), z)
        optimizer.step()
    with torch.no_grad():
        return model.decode(z).sigmoid(), _log_joint(model, y, z, flip)


@torch.no_grad()
def _best_sample(model: VAE, y: Float[Tensor, "b *shape"], flip: float, num_samples: int) -> Float[Tensor, "b k"]:
    """For each scan the latent of the largest log p(y, z), of ``num_samples``; all pairs by one matrix product."""
    z = torch.randn(num_samples, model.latent_dim, device=y.device, dtype=y.dtype)
    white, black = (part.flatten(1) for part in _channel(model.decode(z), flip))
    log_joint = y.flatten(1) @ (white - black).T + black.sum(dim=1) + log_prior(z)
    return z[log_joint.argmax(dim=1)]


def _log_joint(model: VAE, y: Float[Tensor, "b *shape"], z: Float[Tensor, "b k"], flip: float) -> Float[Tensor, " b"]:
    return damaged_log_likelihood(y, model.decode(z), flip=flip) + log_prior(z)


def _channel(logits: Tensor, flip: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities that a pixel is seen white and seen black."""
    if not 0 < flip < 1:
        raise ValueError(f"flip={flip}; it is the probability that a pixel is turned over, between 0 and 1")
    logits = full_precision(logits)
    white, black = F.logsigmoid(logits), F.logsigmoid(-logits)
    keep, swap = math.log1p(-flip), math.log(flip)
    return torch.logaddexp(white + keep, black + swap), torch.logaddexp(white + swap, black + keep)
