"""A VAE as a lossy compressor: its rate and distortion, and a transform coder to compare it with.

Alemi et al. (2018), *Fixing a Broken ELBO*, arXiv:1711.00464, read a VAE's two terms as rate and distortion. The
compressor keeps the rounded posterior means of an image; the classical transform coder rounds principal components.

Symbols: ``n`` images; ``k`` latent dimensions; ``step`` the width of the cells that numbers are rounded to. Rates are
in nats or, for whole numbers that are sent, in bits per image: their ideal length, which an arithmetic coder reaches
up to about two bits in all.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import VAE, bernoulli_log_likelihood, kl_to_standard_normal


@torch.no_grad()
def rate_distortion(model: VAE, x: Float[Tensor, "n *shape"]) -> tuple[float, float]:
    """Mean rate KL(q(z|x) ‖ p(z)) and mean distortion −E log p(x|z), in nats per image; their sum is −ELBO.

    The expectation is estimated from one sample of each posterior.
    """
    q = model.encode(x)
    distortion = -bernoulli_log_likelihood(x, model.decode(q.sample())).mean()
    return kl_to_standard_normal(q).mean().item(), distortion.item()


def cell_bits(
    cells: Float[Tensor, "n k"], *, step: float, std: float | Float[Tensor, " k"] = 1.0
) -> Float[Tensor, " n"]:
    """Ideal code length in bits of each row of whole numbers, if cell · step is a rounded sample of N(0, std²).

    The length is −log2 of the probability that such a sample falls within step/2 of cell · step, summed over the row.

    Args:
        cells: Whole numbers, as floating-point numbers.
        step: Width of a cell.
        std: Standard deviation, one for all columns or one for each.
    """
    width = step / torch.as_tensor(std, dtype=torch.float64)
    middle = cells.double().abs() * width  # the density is symmetric, and the left tail keeps its digits
    inner, outer = (torch.special.log_ndtr(width * side - middle) for side in (0.5, -0.5))
    return -(inner + (-torch.expm1(outer - inner)).log()).sum(dim=1) / math.log(2)


class Compressed(NamedTuple):
    """Decompressed images with values in [0, 1], and the ideal code length of each in bits."""

    images: Float[Tensor, "n *shape"]
    bits: Float[Tensor, " n"]


@torch.no_grad()
def compress(model: VAE, x: Float[Tensor, "n *shape"], *, step: float) -> Compressed:
    """Round the posterior means to multiples of ``step`` and decode them; the prior N(0, I) gives their code lengths.

    Raises:
        ValueError: ``step`` is not above 0.
    """
    cells = (model.encode(x).mean / _positive(step)).round()
    return Compressed(model.decode(cells * step).sigmoid(), cell_bits(cells, step=step))


class TransformCoder:
    """Transform coding with principal components of the training images ``x``, each taken for a Gaussian variable."""

    def __init__(self, x: Float[Tensor, "n *shape"]) -> None:
        flat = x.flatten(1)
        self.shape, self.mean = x.shape[1:], flat.mean(dim=0)
        _, spread, self.directions = torch.linalg.svd(flat - self.mean, full_matrices=False)
        self.std = (spread / len(x) ** 0.5).clamp(min=1e-6)  # a pixel that never varied may vary tomorrow

    def compress(self, x: Float[Tensor, "n *shape"], *, step: float) -> Compressed:
        """Project on the components, round to multiples of ``step``, and project back, clipped to [0, 1].

        Raises:
            ValueError: ``step`` is not above 0.
        """
        cells = ((x.flatten(1) - self.mean) @ self.directions.T / _positive(step)).round()
        flat = self.mean + cells * step @ self.directions
        bits = cell_bits(cells, step=step, std=self.std)
        return Compressed(flat.view(-1, *self.shape).clamp(0, 1), bits)


def _positive(step: float) -> float:
    if step <= 0:
        raise ValueError(f"step={step}; the width of a cell is above 0")
    return step
