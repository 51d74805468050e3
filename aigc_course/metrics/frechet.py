"""The Fréchet distance between two sets of features (FID, with the features of Inception), and a scale to read it.

Heusel et al. (2017), *GANs Trained by a Two Time-Scale Update Rule*, arXiv:1706.08500. The distance of two Gaussians is
due to Dowson and Landau (1982), doi:10.1016/0047-259X(82)90077-X.

Symbols
    n, m    examples in each set
    d       features of an example
    mu, C   mean and covariance of a set of features
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def frechet_distance(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> float:
    """Squared Fréchet (2-Wasserstein) distance between Gaussians fitted to two sets of features, in float64.

    |mu_x - mu_y|² + tr(C_x + C_y - 2 (C_x C_y)^½). The trace of the root is the sum of the square roots of the
    eigenvalues of the *symmetric* matrix C_x^½ C_y C_x^½, which keeps every number real.

    Raises:
        ValueError: No more examples than features on one side, so that a covariance has no full rank; or values that
            are not finite.
    """
    for which, rows in (("first", x), ("second", y)):
        if len(rows) <= rows.shape[1]:
            raise ValueError(f"{len(rows)} examples of {rows.shape[1]} features; give more examples than features")
        if wrong := (~rows.isfinite()).sum().item():
            examples = (~rows.isfinite()).any(1).sum().item()
            cure = "look for a diverged model or a logarithm of zero"
            raise ValueError(
                f"the {which} set has {wrong} NaN or infinite values, in {examples} of {len(rows)} examples; {cure}"
            )
    x, y = x.double(), y.double()
    cx, cy = (torch.atleast_2d(torch.cov(rows.T)) for rows in (x, y))  # one feature: a number, not a matrix
    values, vectors = torch.linalg.eigh(cx)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ cy @ root).clamp(min=0).sqrt().sum()
    distance = (x.mean(0) - y.mean(0)).square().sum() + cx.trace() + cy.trace() - 2 * cross
    return max(distance.item(), 0.0)  # rounding can take equal sets below zero


def log_progress(value: float, *, floor: float, noise: float) -> float:
    """A distance rescaled to a score from 0 (at ``noise``) to 1 (at ``floor``), linear in its logarithm.

    Args:
        value: Distance between generated and real examples.
        floor: Distance between two sets of real examples, the best that can be reached.
        noise: Distance between random pixels and real examples.

    Raises:
        ValueError: The three numbers are not positive, or the floor is not below the noise.
    """
    if not 0 < floor < noise or value <= 0:
        raise ValueError(f"value={value:.3g}, floor={floor:.3g}, noise={noise:.3g}; need 0 < floor < noise, value > 0")
    return math.log(noise / value) / math.log(noise / floor)
