r"""Random changes in front of the discriminator, for real and generated images alike.

Zhao et al. (2020), *Differentiable Augmentation for Data-Efficient GAN Training*, arXiv:2006.10738.
Karras et al. (2020), *Training Generative Adversarial Networks with Limited Data*, arXiv:2006.06676.

Symbols: ``far`` pixels of the largest shift; ``hole`` pixels of the side of a square that is painted over.

Conventions: the change is drawn anew for each image. It only moves or deletes pixels, so that the gradient of what the
judge thinks travels back through it to the generator.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn


def shifted(x: Float[Tensor, "b c h w"], *, far: int) -> Float[Tensor, "b c h w"]:
    """Each image moved by up to ``far`` whole pixels in both directions; zeros come in from outside."""
    b, c, h, w = x.shape
    down, right = torch.randint(2 * far + 1, (2, b, 1, 1, 1), device=x.device)
    rows = down + torch.arange(h, device=x.device).view(-1, 1)
    columns = right + torch.arange(w, device=x.device)
    image, channel = torch.arange(b, device=x.device).view(-1, 1, 1, 1), torch.arange(c, device=x.device).view(-1, 1, 1)
    return F.pad(x, (far,) * 4)[image, channel, rows, columns]


def square(x: Float[Tensor, "b c h w"], *, hole: int) -> Bool[Tensor, "b 1 h w"]:
    """A mask of one square of ``hole`` × ``hole`` pixels in each image, wholly inside."""
    b, _, h, w = x.shape
    if not 0 <= hole <= min(h, w):
        raise ValueError(f"hole={hole}; a square inside images of {h}×{w} has a side from 0 to {min(h, w)}")
    top = torch.randint(h - hole + 1, (b, 1, 1, 1), device=x.device)
    left = torch.randint(w - hole + 1, (b, 1, 1, 1), device=x.device)
    rows, columns = torch.arange(h, device=x.device).view(-1, 1), torch.arange(w, device=x.device)
    return (rows >= top) & (rows < top + hole) & (columns >= left) & (columns < left + hole)


class Augmented(nn.Module):
    """A discriminator that sees every image shifted and with a hole; as it is in evaluation mode."""

    def __init__(self, discriminator: nn.Module, *, far: int = 1, hole: int = 3) -> None:
        super().__init__()
        self.discriminator, self.far, self.hole = discriminator, far, hole

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, " b"]:
        """Logits of "real"."""
        if self.training:
            x = shifted(x, far=self.far)
            x = x.masked_fill(square(x, hole=self.hole), 0)
        return self.discriminator(x)
