"""A VAE as a compressor: what the code of a picture costs, and what is lost on the way.

Alemi et al. (2018), *Fixing a Broken ELBO*, arXiv:1711.00464, read a VAE's two terms as rate and distortion. The
compressor keeps the rounded means of a picture's code; the classical rival rounds principal components instead.

Symbols: ``n`` pictures; ``latent_dim`` numbers in a code; ``step`` the width of the cells that numbers are rounded to.
Rates are in nats or, for whole numbers that are sent, in bits per picture: their ideal length, which an arithmetic
coder reaches up to about two bits in all.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import VAE, bernoulli_log_likelihood, kl_to_standard_normal


@torch.no_grad()
def rate_distortion(model: VAE, x: Float[Tensor, "n *shape"]) -> tuple[float, float]:
    """Rate KL(q(z|x) ‖ p(z)) and distortion -E log p(x|z), in nats per picture; their sum is the negative bound."""
    q = model.encode(x)
    distortion = -bernoulli_log_likelihood(x, model.decode(q.sample())).mean()
    return kl_to_standard_normal(q).mean().item(), distortion.item()


def cell_bits(
    cells: Float[Tensor, "n k"], *, step: float, std: float | Float[Tensor, " k"] = 1.0
) -> Float[Tensor, " n"]:
    """Bits for whole numbers: -log2 of the chance that N(0, deviation²) falls within step/2 of cell · step."""
    width = step / torch.as_tensor(std, dtype=torch.float64)
    middle = cells.double().abs() * width  # a normal density is symmetric; the left tail keeps its digits
    inner, outer = (torch.special.log_ndtr(width * side - middle) for side in (0.5, -0.5))
    return -(inner + (-torch.expm1(outer - inner)).log()).sum(dim=1) / math.log(2)


class Compressed(NamedTuple):
    """What arrives, and what it cost."""

    pictures: Float[Tensor, "n *shape"]
    bits: Float[Tensor, " n"]


@torch.no_grad()
def compress(model: VAE, x: Float[Tensor, "n *shape"], *, step: float) -> Compressed:
    """Round the means of the codes to multiples of ``step``, send them, and decode."""
    cells = (model.encode(x).mean / _positive(step)).round()
    return Compressed(model.decode(cells * step).sigmoid(), cell_bits(cells, step=step))


class TransformCoder:
    """The classical way: principal components of the training pictures, rounded; each is coded as a normal number."""

    def __init__(self, x: Float[Tensor, "n *shape"]) -> None:
        flat = x.flatten(1)
        self.shape, self.mean = x.shape[1:], flat.mean(dim=0)
        _, spread, self.directions = torch.linalg.svd(flat - self.mean, full_matrices=False)
        self.std = (spread / len(x) ** 0.5).clamp(min=1e-6)  # a pixel that never varied may vary tomorrow

    def compress(self, x: Float[Tensor, "n *shape"], *, step: float) -> Compressed:
        """Project, round to multiples of ``step``, send, and project back."""
        cells = ((x.flatten(1) - self.mean) @ self.directions.T / _positive(step)).round()
        flat = self.mean + cells * step @ self.directions
        bits = cell_bits(cells, step=step, std=self.std)
        return Compressed(flat.view(-1, *self.shape).clamp(0, 1), bits)


def _positive(step: float) -> float:
    if step <= 0:
        raise ValueError(f"step={step}; the width of a cell is above 0")
    return step
