"""Coverage of modes and classes, and distance to the data: checks for mode collapse and memorisation.

Symbols: ``n`` samples, ``m`` examples of the data; a *mode* is one of the eight centres of the data set ``ring``.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from aigc_course.metrics.features import digit_probabilities


def ring_modes(points: Float[Tensor, "n 2"], *, radius: float = 0.3) -> tuple[int, float]:
    """Number of the ring's eight modes that hold at least 1 % of the points, and fraction of points near any mode.

    A point is near a mode within ``radius`` of its centre; 0.3 is three standard deviations of the data.

    Raises:
        ValueError: No points.
    """
    if not len(points):
        raise ValueError("no points; sample some before you count modes")
    angle = torch.arange(8, device=points.device) * (2 * math.pi / 8)
    distance = torch.cdist(points, 2 * torch.stack([angle.cos(), angle.sin()], dim=1))
    near, mode = distance.min(dim=1)
    share = torch.bincount(mode[near < radius], minlength=8) / len(points)
    return int((share >= 0.01).sum()), share.sum().item()


def digit_counts(images: Float[Tensor, "n 1 h w"]) -> Int[Tensor, " 10"]:
    """How many images the classifier of ``metrics.features`` assigns to each digit; values in [0, 1]."""
    return digit_probabilities(images).argmax(dim=1).bincount(minlength=10)


def effective_number(counts: Int[Tensor, " c"]) -> float:
    """Effective number of classes, the exponential of the entropy of the class frequencies.

    ``c`` when all classes are equally frequent, 1 when only one occurs.

    Raises:
        ValueError: All counts are 0.
    """
    if not counts.any():
        raise ValueError(f"counts={counts.tolist()}; nothing was counted, so no class is more or less frequent")
    share = counts / counts.sum()
    return torch.special.entr(share).sum().exp().item()


def nearest_distance(x: Float[Tensor, "n *s"], data: Float[Tensor, "m *s"]) -> Float[Tensor, " n"]:
    """Euclidean distance from each example to its nearest neighbour in ``data``."""
    return torch.cdist(x.flatten(1), data.flatten(1)).amin(dim=1)
