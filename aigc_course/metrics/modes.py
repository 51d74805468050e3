"""Numbers that say what a generator draws: modes of the ring that it found, classes of digits, copies of the data.

Symbols: ``n`` generated examples; a *mode* is one of the eight centres of the data set ``ring``.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from aigc_course.metrics.features import digit_probabilities


def ring_modes(points: Float[Tensor, "n 2"], *, radius: float = 0.3) -> tuple[int, float]:
    """How many of the ring's eight modes hold at least 1 % of the points, and the share of points near any mode.

    Near means within ``radius``, three standard deviations of the data by default.
    """
    if not len(points):
        raise ValueError("no points; draw some before you count modes")
    angle = torch.arange(8, device=points.device) * (2 * math.pi / 8)
    distance = torch.cdist(points, 2 * torch.stack([angle.cos(), angle.sin()], dim=1))
    near, mode = distance.min(dim=1)
    share = torch.bincount(mode[near < radius], minlength=8) / len(points)
    return int((share >= 0.01).sum()), share.sum().item()


def digit_counts(images: Float[Tensor, "n 1 h w"]) -> Int[Tensor, " 10"]:
    """How many images the course's classifier reads as 0, 1, …, 9."""
    return digit_probabilities(images).argmax(dim=1).bincount(minlength=10)


def effective_number(counts: Int[Tensor, " c"]) -> float:
    """Exponential of the entropy of the shares: ``c`` when all classes are equally frequent, 1 when only one occurs."""
    if not counts.any():
        raise ValueError(f"counts={counts.tolist()}; nothing was counted, so no class is more or less frequent")
    share = counts / counts.sum()
    return torch.special.entr(share).sum().exp().item()


def nearest_distance(x: Float[Tensor, "n *s"], data: Float[Tensor, "m *s"]) -> Float[Tensor, " n"]:
    """Euclidean distance from each example to the closest one in ``data``."""
    return torch.cdist(x.flatten(1), data.flatten(1)).amin(dim=1)
