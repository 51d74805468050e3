r"""Random changes in front of the discriminator, for real and generated images alike.

Zhao et al. (2020), *Differentiable Augmentation for Data-Efficient GAN Training*, arXiv:2006.10738.
Karras et al. (2020), *Training Generative Adversarial Networks with Limited Data*, arXiv:2006.06676.

Symbols: ``max_shift`` pixels of the largest shift; ``cutout_size`` pixels of the side of a square that is painted over.

Conventions: the change is drawn anew for each image. It only moves or deletes pixels, so that the gradient of what the
judge thinks travels back through it to the generator.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn


def random_shift(x: Float[Tensor, "b c h w"], *, max_shift: int) -> Float[Tensor, "b c h w"]:
    """Each image moved by up to ``max_shift`` whole pixels in both directions; zeros come in from outside."""
    b, c, h, w = x.shape
    down, right = torch.randint(2 * max_shift + 1, (2, b, 1, 1, 1), device=x.device)
    rows = down + torch.arange(h, device=x.device).view(-1, 1)
    columns = right + torch.arange(w, device=x.device)
    image, channel = torch.arange(b, device=x.device).view(-1, 1, 1, 1), torch.arange(c, device=x.device).view(-1, 1, 1)
    return F.pad(x, (max_shift,) * 4)[image, channel, rows, columns]


def cutout_mask(x: Float[Tensor, "b c h w"], *, cutout_size: int) -> Bool[Tensor, "b 1 h w"]:
    """A mask of one square of ``cutout_size`` × ``cutout_size`` pixels in each image, wholly inside."""
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
    """A discriminator that sees every image shifted and with a hole; as it is in evaluation mode."""

    def __init__(self, discriminator: nn.Module, *, max_shift: int = 1, cutout_size: int = 3) -> None:
        super().__init__()
        self.discriminator, self.max_shift, self.cutout_size = discriminator, max_shift, cutout_size

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, " b"]:
        """Logits of "real"."""
        if self.training:
            x = random_shift(x, max_shift=self.max_shift)
            x = x.masked_fill(cutout_mask(x, cutout_size=self.cutout_size), 0)
        return self.discriminator(x)
