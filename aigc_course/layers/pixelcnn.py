"""PixelCNN: an autoregressive prior over grids of discrete codes, by masked convolutions.

The chain rule writes the probability of a grid as a product over its cells in raster order (row by row); a masked
convolution reads only cells that come earlier (van den Oord, Kalchbrenner & Kavukcuoglu, 2016, *Pixel Recurrent Neural
Networks*, arXiv:1601.06759). Fitted to the codes of a trained autoencoder it is the second stage of the VQ-VAE
(arXiv:1711.00937).

Symbols
    b, m    examples in a batch, entries of the codebook
    gh, gw  height and width of the grid
    codes   an integer from 0 to m - 1 for each cell

Conventions: log-probabilities are exact, in nats per grid, summed over its cells.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.precision import full_precision


def causal_mask(kernel_size: int, *, centre: bool) -> Float[Tensor, "k k"]:
    """Mask of a kernel: 1 where a position comes before the centre in raster order, else 0.

    Args:
        kernel_size: Side of the kernel, odd.
        centre: Whether the centre is 1 too (mask B of the paper) or 0 (mask A).
    """
    earlier = torch.arange(kernel_size**2) < kernel_size**2 // 2 + int(centre)
    return earlier.float().view(kernel_size, kernel_size)


class MaskedConv2d(nn.Conv2d):
    """A causal convolution: the output at a cell depends on earlier cells in raster order only.

    With ``centre`` (mask B) it depends on the cell itself, too. Every layer but the first may use it, because the
    first has already removed the cell from its own features.
    """

    def __init__(self, inputs: int, outputs: int, kernel_size: int, *, centre: bool) -> None:
        super().__init__(inputs, outputs, kernel_size, padding=kernel_size // 2)
        self.mask: Tensor
        self.register_buffer("mask", causal_mask(kernel_size, centre=centre), persistent=False)

    def forward(self, input: Float[Tensor, "b i gh gw"]) -> Float[Tensor, "b o gh gw"]:
        """Convolution with the masked weights, padded with zeros to the same size."""
        return F.conv2d(input, self.weight * self.mask, self.bias, padding=self.padding)


class Residual(nn.Module):
    """A residual block: masked 3×3 convolution, then 1×1 convolution, each after SiLU, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.SiLU(), MaskedConv2d(channels, channels, 3, centre=True), nn.SiLU(), nn.Conv2d(channels, channels, 1)
        )

    def forward(self, h: Float[Tensor, "b c gh gw"]) -> Float[Tensor, "b c gh gw"]:
        """Return h + layers(h); causal, as all its layers are."""
        return h + self.layers(h)


class PixelCNN(nn.Module):
    """Autoregressive model p(codes) = ∏ p(code | codes of earlier cells) of a grid of discrete codes.

    Args:
        codebook_size: Number m of different codes.
        grid: Height and width (gh, gw) of the grid.
        channels: Of the hidden layers.
        blocks: Number of residual blocks.
        embedding_dim: Numbers in the embedding of a code.
    """

    def __init__(
        self, *, codebook_size: int, grid: tuple[int, int], channels: int = 64, blocks: int = 2, embedding_dim: int = 16
    ) -> None:
        super().__init__()
        self.grid = grid
        self.embedding = nn.Embedding(codebook_size, embedding_dim)
        self.position_bias = nn.Parameter(torch.zeros(channels, *grid))
        kernel_size = 2 * max(grid) - 1  # the first kernel covers the whole grid: no blind spot at small grids
        self.first = MaskedConv2d(embedding_dim, channels, kernel_size, centre=False)
        self.rest = nn.Sequential(
            *(Residual(channels) for _ in range(blocks)), nn.SiLU(), nn.Conv2d(channels, codebook_size, 1)
        )

    def forward(self, codes: Int[Tensor, "b gh gw"]) -> Float[Tensor, "b m gh gw"]:
        """Logits of each cell's code, given the codes of earlier cells.

        The lowest rows of the grid may be left out, which saves time when sampling.
        """
        return self.rest(self.first(self.embedding(codes).movedim(-1, 1)) + self.position_bias[:, : codes.shape[1]])

    def log_prob(self, codes: Int[Tensor, "b gh gw"]) -> Float[Tensor, " b"]:
        """Exact log-probability of each grid in nats, all factors of the chain rule in one pass."""
        return -F.cross_entropy(full_precision(self(codes)), codes, reduction="none").flatten(1).sum(dim=1)

    def loss(self, codes: Int[Tensor, "b gh gw"]) -> Float[Tensor, ""]:
        """Mean negative log-likelihood in nats per grid."""
        return -self.log_prob(codes).mean()

    @torch.no_grad()
    def sample(self, n: int) -> Int[Tensor, "n gh gw"]:
        """Sample ``n`` grids cell by cell in raster order, with one forward pass for each cell."""
        codes = torch.zeros(n, *self.grid, dtype=torch.long, device=self.position_bias.device)
        for row in range(self.grid[0]):
            for column in range(self.grid[1]):
                logits = self(codes[:, : row + 1])[:, :, row, column]
                codes[:, row, column] = torch.multinomial(logits.softmax(dim=1), 1).squeeze(1)
        return codes


class BitModel:
    """A PixelCNN as a model of binary symbols for ``foundations.coding``: each code as bits, most significant first.

    Encoder and decoder must use the same device: the arithmetic coder needs equal probabilities to the last bit.
    """

    def __init__(self, prior: PixelCNN) -> None:
        self.prior, self.cells = prior, math.prod(prior.grid)
        self.depth = (prior.embedding.num_embeddings - 1).bit_length()
        self.cached: tuple[tuple[int, ...], Tensor] | None = None  # the bits of one cell need the same probabilities

    def bits(self, codes: Int[Tensor, "gh gw"]) -> list[int]:
        """The codes of one grid as bits, cells in raster order."""
        return [(code >> place) & 1 for code in codes.flatten().tolist() for place in reversed(range(self.depth))]

    def codes(self, bits: Sequence[int]) -> Int[Tensor, "gh gw"]:
        """The grid of codes that ``bits`` turned into these bits."""
        return torch.tensor(self._numbers(bits), device=self.prior.position_bias.device).view(self.prior.grid)

    def __call__(self, bits: Sequence[int]) -> float:
        """Probability that the next bit is 1, given all bits before it.

        It is the probability of the codes that agree with the bits so far and have a 1 next, over that of all codes
        that agree with the bits so far.
        """
        done, begun = divmod(len(bits), self.depth)
        probabilities = self._probabilities(tuple(self._numbers(bits[: done * self.depth])))
        width = 2 ** (self.depth - begun)  # codes that agree with the bits so far are neighbours
        low = sum(bit << (self.depth - 1 - i) for i, bit in enumerate(bits[done * self.depth :]))
        possible = probabilities[low : low + width]
        return (possible[width // 2 :].sum() / possible.sum()).item()

    def _numbers(self, bits: Sequence[int]) -> list[int]:
        words = [bits[i : i + self.depth] for i in range(0, len(bits), self.depth)]
        return [int("".join(map(str, word)), 2) for word in words]

    @torch.no_grad()
    def _probabilities(self, codes: tuple[int, ...]) -> Float[Tensor, " m"]:
        """Probabilities of the next cell's code in float64, given the codes so far; later cells are 0 and not read."""
        if self.cached is None or self.cached[0] != codes:
            cells = torch.tensor([*codes, *[0] * (self.cells - len(codes))], device=self.prior.position_bias.device)
            logits = self.prior(cells.view(1, *self.prior.grid))[0].flatten(1)[:, len(codes)]
            self.cached = codes, logits.double().softmax(dim=0)
        return self.cached[1]
