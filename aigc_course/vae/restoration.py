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
    white, black = _channel(logits, flip)
    return (y * white + (1 - y) * black).flatten(1).sum(dim=1)


def restore(
    model: VAE, y: Float[Tensor, "b *shape"], *, flip: float, draws: int = 4000, starts: int = 3, steps: int = 40
) -> tuple[Float[Tensor, "b *shape"], Float[Tensor, " b"]]:
    """Restored images, and log p(y, z) in nats at the code that was found: low where the scan is unlike anything known.

    Every scan is compared with ``draws`` pictures from the prior; from the ``starts`` that explain it best, Adam
    climbs for ``steps`` updates, and the highest point wins.
    """
    z = _best_draws(model, y, flip, draws, starts).flatten(0, 1).requires_grad_()
    copies = y.repeat_interleave(starts, dim=0)
    optimizer = torch.optim.Adam([z], lr=0.1)
    for _ in range(steps):
        (z.grad,) = torch.autograd.grad(-_log_joint(model, copies, z, flip).sum(), z)
        optimizer.step()
    with torch.no_grad():
        height, which = _log_joint(model, copies, z, flip).view(-1, starts).max(dim=1)
        z = z.view(len(y), starts, -1)[torch.arange(len(y)), which]
        return model.decode(z).sigmoid(), height


@torch.no_grad()
def _best_draws(
    model: VAE, y: Float[Tensor, "b *shape"], flip: float, draws: int, starts: int
) -> Float[Tensor, "b starts k"]:
    """Codes from the prior whose pictures explain each scan best; all pairs at once, as one matrix product."""
    z = torch.randn(draws, model.k, device=y.device)
    white, black = (part.flatten(1) for part in _channel(model.decode(z), flip))
    heights = y.flatten(1) @ (white - black).T + black.sum(dim=1) + log_prior(z)
    return z[heights.topk(starts, dim=1).indices]


def _log_joint(model: VAE, y: Float[Tensor, "b *shape"], z: Float[Tensor, "b k"], flip: float) -> Float[Tensor, " b"]:
    return damaged_log_likelihood(y, model.decode(z), flip=flip) + log_prior(z)


def _channel(logits: Tensor, flip: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities that a pixel is seen white and seen black."""
    white, black = F.logsigmoid(logits), F.logsigmoid(-logits)
    keep, swap = math.log1p(-flip), math.log(flip)
    return torch.logaddexp(white + keep, black + swap), torch.logaddexp(white + swap, black + keep)
