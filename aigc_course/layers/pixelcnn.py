"""A prior over grids of codes, one cell after the other, and the generator it makes of a quantised autoencoder.

The chain rule writes the probability of a grid as a product over its cells in reading order; a masked convolution sees
only cells that come earlier (van den Oord, Kalchbrenner & Kavukcuoglu, 2016, *Pixel Recurrent Neural Networks*,
arXiv:1601.06759). Fitting it after the autoencoder is the second stage of VQ (arXiv:1711.00937).

Symbols
    b, m    examples in a batch, entries of the codebook
    gh, gw  height and width of the grid
    codes   a whole number below m for each cell

Conventions: log-probabilities are exact, in nats per grid, summed over its cells.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.precision import full_precision


def causal_mask(side: int, *, centre: bool) -> Float[Tensor, "side side"]:
    """1 for places of a kernel that come before its middle in reading order (``centre``: the middle as well)."""
    earlier = torch.arange(side * side) < side * side // 2 + int(centre)
    return earlier.float().view(side, side)


class MaskedConv2d(nn.Conv2d):
    """A convolution that never reads a later cell; with ``centre`` it may read the cell itself."""

    def __init__(self, inputs: int, outputs: int, side: int, *, centre: bool) -> None:
        super().__init__(inputs, outputs, side, padding=side // 2)
        self.mask: Tensor
        self.register_buffer("mask", causal_mask(side, centre=centre), persistent=False)

    def forward(self, input: Float[Tensor, "b i gh gw"]) -> Float[Tensor, "b o gh gw"]:
        """As ``Conv2d``, the forbidden weights multiplied by zero."""
        return F.conv2d(input, self.weight * self.mask, self.bias, padding=self.padding)


class Residual(nn.Module):
    """A masked convolution beside the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.SiLU(), MaskedConv2d(channels, channels, 3, centre=True), nn.SiLU(), nn.Conv2d(channels, channels, 1)
        )

    def forward(self, h: Float[Tensor, "b c gh gw"]) -> Float[Tensor, "b c gh gw"]:
        """Cell by cell, what the cell and earlier ones say is added."""
        return h + self.layers(h)


class PixelCNN(nn.Module):
    """Probabilities of every cell's code, given the codes of all cells before it."""

    def __init__(
        self, *, codebook_size: int, grid: tuple[int, int], channels: int = 64, blocks: int = 2, embedding_dim: int = 16
    ) -> None:
        super().__init__()
        self.grid = grid
        self.embedding = nn.Embedding(codebook_size, embedding_dim)
        self.place = nn.Parameter(torch.zeros(channels, *grid))
        reach = 2 * max(grid) - 1  # the first kernel covers the whole grid, so that no earlier cell is out of sight
        self.first = MaskedConv2d(embedding_dim, channels, reach, centre=False)
        self.rest = nn.Sequential(
            *(Residual(channels) for _ in range(blocks)), nn.SiLU(), nn.Conv2d(channels, codebook_size, 1)
        )

    def forward(self, codes: Int[Tensor, "b gh gw"]) -> Float[Tensor, "b m gh gw"]:
        """Logits of each cell's code; those of a cell depend on earlier cells only. The lowest rows may lack."""
        return self.rest(self.first(self.embedding(codes).movedim(-1, 1)) + self.place[:, : codes.shape[1]])

    def log_prob(self, codes: Int[Tensor, "b gh gw"]) -> Float[Tensor, " b"]:
        """Exact log-probability of each grid in nats: the chain rule, all factors at once."""
        return -F.cross_entropy(full_precision(self(codes)), codes, reduction="none").flatten(1).sum(dim=1)

    def loss(self, codes: Int[Tensor, "b gh gw"]) -> Float[Tensor, ""]:
        """Mean nats per grid."""
        return -self.log_prob(codes).mean()

    @torch.no_grad()
    def sample(self, n: int) -> Int[Tensor, "n gh gw"]:
        """Draw cell after cell in reading order; rows below have no say, and are left out."""
        codes = torch.zeros(n, *self.grid, dtype=torch.long, device=self.place.device)
        for row in range(self.grid[0]):
            for column in range(self.grid[1]):
                logits = self(codes[:, : row + 1])[:, :, row, column]
                codes[:, row, column] = torch.multinomial(logits.softmax(dim=1), 1).squeeze(1)
        return codes


class BitModel:
    """The prior as a model of bits, for ``foundations.coding``: every code is sent as bits, the highest first."""

    def __init__(self, prior: PixelCNN) -> None:
        self.prior, self.cells = prior, math.prod(prior.grid)
        self.depth = (prior.embedding.num_embeddings - 1).bit_length()
        self.known: tuple[tuple[int, ...], Tensor] | None = None  # the last cell's probabilities are asked for again

    def bits(self, codes: Int[Tensor, "gh gw"]) -> list[int]:
        """The codes of one grid as bits."""
        return [(code >> place) & 1 for code in codes.flatten().tolist() for place in reversed(range(self.depth))]

    def codes(self, bits: Sequence[int]) -> Int[Tensor, "gh gw"]:
        """Inverse of ``bits``."""
        return torch.tensor(self._numbers(bits), device=self.prior.place.device).view(self.prior.grid)

    def __call__(self, bits: Sequence[int]) -> float:
        """Chance that the next bit is 1: the mass of the codes that begin so, among those still possible."""
        done, begun = divmod(len(bits), self.depth)
        chances = self._chances(tuple(self._numbers(bits[: done * self.depth])))
        width = 2 ** (self.depth - begun)  # codes that are still possible stand side by side
        low = sum(bit << (self.depth - 1 - i) for i, bit in enumerate(bits[done * self.depth :]))
        possible = chances[low : low + width]
        return (possible[width // 2 :].sum() / possible.sum()).item()

    def _numbers(self, bits: Sequence[int]) -> list[int]:
        words = [bits[i : i + self.depth] for i in range(0, len(bits), self.depth)]
        return [int("".join(map(str, word)), 2) for word in words]

    @torch.no_grad()
    def _chances(self, codes: tuple[int, ...]) -> Float[Tensor, " m"]:
        """Probabilities of the next cell's code after ``codes``; later cells are filled with anything."""
        if self.known is None or self.known[0] != codes:
            cells = torch.tensor([*codes, *[0] * (self.cells - len(codes))], device=self.prior.place.device)
            logits = self.prior(cells.view(1, *self.prior.grid))[0].flatten(1)[:, len(codes)]
            self.known = codes, logits.double().softmax(dim=0)
        return self.known[1]
