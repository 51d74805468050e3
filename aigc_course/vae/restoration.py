"""Undo damage to an image whose statistics are known, with a trained VAE as the knowledge of what images look like.

The damage flips each pixel of a black-or-white scan with a known probability. Restoring means looking for the code
that explains the damaged scan best (maximum a posteriori) and decoding it. Nothing is trained again.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.gaussian import VAE, log_prior


def damage(x: Float[Tensor, "b *shape"], *, flip: float) -> Float[Tensor, "b *shape"]:
    """Round to black or white, then flip every pixel with probability ``flip``."""
    return (x.round() - (torch.rand_like(x) < flip).to(x.dtype)).abs()


def damaged_log_likelihood(
    y: Float[Tensor, "b *shape"], logits: Float[Tensor, "b *shape"], *, flip: float
) -> Float[Tensor, " b"]:
    """Log p(y|z) in nats of a damaged scan ``y``, the tossed and the flipped pixels summed out."""
    white, black = F.logsigmoid(logits), F.logsigmoid(-logits)
    keep, swap = math.log1p(-flip), math.log(flip)
    seen_white = torch.logaddexp(white + keep, black + swap)
    seen_black = torch.logaddexp(white + swap, black + keep)
    return (y * seen_white + (1 - y) * seen_black).flatten(1).sum(dim=1)


def restore(
    model: VAE, y: Float[Tensor, "b *shape"], *, flip: float, steps: int = 60, lr: float = 0.1
) -> tuple[Float[Tensor, "b *shape"], Float[Tensor, " b"]]:
    """Restored images, and log p(y, z) in nats at the code that was found: low where the scan is unlike anything known.

    The search starts at the encoder's guess and follows Adam for ``steps`` updates.
    """
    z = model.encode(y).mean.detach().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(-_log_joint(model, y, z, flip).sum(), z)
        z.grad = gradient
        optimizer.step()
    with torch.no_grad():
        return model.decode(z).sigmoid(), _log_joint(model, y, z, flip)


def _log_joint(model: VAE, y: Float[Tensor, "b *shape"], z: Float[Tensor, "b k"], flip: float) -> Float[Tensor, " b"]:
    return damaged_log_likelihood(y, model.decode(z), flip=flip) + log_prior(z)
