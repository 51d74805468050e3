r"""Differentiable augmentation: random shifts and cutout in front of the discriminator, of real and generated images.

Zhao et al. (2020), *Differentiable Augmentation for Data-Efficient GAN Training*, arXiv:2006.10738.
Karras et al. (2020), *Training Generative Adversarial Networks with Limited Data*, arXiv:2006.06676.

Symbols: ``max_shift`` largest shift in pixels; ``cutout_size`` side in pixels of the square that is set to 0.

Conventions: each image gets its own random shift and square. Both only move or delete pixels, so that the gradient of
the logits passes through them to the generator.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn


def random_shift(x: Float[Tensor, "b c h w"], *, max_shift: int) -> Float[Tensor, "b c h w"]:
    """Each image shifted by whole pixels, uniform in [-max_shift, max_shift] for each axis; zeros come in from outside.

    The gradient passes to the pixels that stay inside.
    """
    b, c, h, w = x.shape
    down, right = torch.randint(2 * max_shift + 1, (2, b, 1, 1, 1), device=x.device)
    rows = down + torch.arange(h, device=x.device).view(-1, 1)
    columns = right + torch.arange(w, device=x.device)
    image, channel = torch.arange(b, device=x.device).view(-1, 1, 1, 1), torch.arange(c, device=x.device).view(-1, 1, 1)
    return F.pad(x, (max_shift,) * 4)[image, channel, rows, columns]


def cutout_mask(x: Float[Tensor, "b c h w"], *, cutout_size: int) -> Bool[Tensor, "b 1 h w"]:
    """Mask, true in one random square of ``cutout_size`` × ``cutout_size`` pixels in each image, wholly inside.

    Raises:
        ValueError: The square does not fit into an image.
    """
    b, _, h, w = x.shape
    if not 0 <= cutout_size <= min(h, w):
        raise ValueError(
            f"cutout_size={cutout_size}; a square inside images of {h}×{w} has a side from 0 to {min(h, w)}"
        )
    top = torch.randint(h - cutout_size + 1, (b, 1, 1, 1), device=x.device)
    left = torch.randint(w - cutout_size + 1, (b, 1, 1, 1), device=x.device)
    rows, columns = torch.arange(h, device=x.device).view(-1, 1), torch.arange(w, device=x.device)
    return (rows >= top) & (rows < top + cutout_size) & (columns >= left) & (columns < left + cutout_size)


class AugmentedDiscriminator(nn.Module):
    """A discriminator with ``random_shift`` and cutout in front; in evaluation mode images are not changed.

    Args:
        discriminator: From images (b, c, h, w) to logits (b,).
        max_shift: Largest shift, in pixels.
        cutout_size: Side of the square that is set to 0, in pixels.
    """

    def __init__(self, discriminator: nn.Module, *, max_shift: int = 1, cutout_size: int = 3) -> None:
        super().__init__()
        self.discriminator, self.max_shift, self.cutout_size = discriminator, max_shift, cutout_size

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, " b"]:
        """Logits of "real" for each image, augmented in training mode."""
        if self.training:
            x = random_shift(x, max_shift=self.max_shift)
            x = x.masked_fill(cutout_mask(x, cutout_size=self.cutout_size), 0)
        return self.discriminator(x)
