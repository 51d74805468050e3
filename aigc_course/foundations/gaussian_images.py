"""Images as samples of one Gaussian, fitted through principal component analysis.

Tipping & Bishop (1999), *Probabilistic Principal Component Analysis*: the ``components`` directions in which the images
vary most keep their variance, all other directions share one variance. That makes a proper density on all ``d`` pixels.

Symbols: image ``x`` of ``d`` pixels, mean ``m``, directions ``u_j`` of length 1 with variance ``l_j``, noise variance
``s2``. Log-likelihoods in nats per image.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from aigc_course.core.precision import no_autocast

FLOOR = 1e-6  # the smallest variance: pixels that never vary would give 0, and an infinite density


class GaussianImages:
    """A Gaussian over images with ``components`` principal directions and equal noise in all the others."""

    def __init__(self, x: Float[Tensor, "n *shape"], *, components: int) -> None:
        """Fit to the images ``x`` by maximum likelihood.

        Raises:
            ValueError: ``components`` is not above 0 and below both the number of images and that of pixels.
        """
        flat = x.flatten(1)
        n, d = flat.shape
        if not 0 < components < min(n, d):
            raise ValueError(
                f"components={components} directions from {n} images of {d} pixels; choose from 1 to {min(n, d) - 1}"
            )
        self.shape, self.mean = x.shape[1:], flat.mean(dim=0)
        _, spread, directions = torch.linalg.svd(flat - self.mean, full_matrices=False)
        variances = spread.square() / n
        self.directions = directions[:components]
        self.variances = variances[:components].clamp(min=FLOOR)
        self.noise = (variances[components:].sum() / (d - components)).clamp(min=FLOOR)

    def sample(self, n: int, *, noise: bool = False) -> Float[Tensor, "n *shape"]:
        """``n`` images, clipped to [0, 1]; ``noise`` adds that of the directions that are no principal ones."""
        flat = self.mean + self._normal(n, len(self.variances)) * self.variances.sqrt() @ self.directions
        if noise:
            other = self._normal(n, len(self.mean)) * self.noise.sqrt()
            flat = flat + other - other @ self.directions.T @ self.directions
        return flat.clamp(0, 1).view(n, *self.shape)

    @no_autocast()
    def log_likelihood(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, " n"]:
        """Log density in nats per image: a term for each principal direction, and one for all the others together."""
        offset = x.flatten(1) - self.mean
        along = offset @ self.directions.T
        # Square what is left. |offset|² − |along|² is the same number, but of two large ones that nearly cancel: in
        # float32 its error, divided by a small noise variance, reaches hundreds of nats.
        rest = (offset - along @ self.directions).square().sum(dim=1)
        d, k = len(self.mean), len(self.variances)
        squared = (along.square() / self.variances).sum(dim=1) + rest / self.noise
        log_volume = self.variances.log().sum() + (d - k) * self.noise.log()
        return -0.5 * (d * math.log(2 * math.pi) + log_volume + squared)

    def _normal(self, n: int, k: int) -> Float[Tensor, "n k"]:
        return torch.randn(n, k, dtype=self.mean.dtype, device=self.mean.device)


def one_per_class(x: Float[Tensor, "n *shape"], y: Int[Tensor, " n"], *, components: int) -> list[GaussianImages]:
    """One Gaussian for the images of each class, in the order of the classes."""
    return [GaussianImages(x[y == label], components=components) for label in range(int(y.max()) + 1)]


def mixture_log_likelihood(models: list[GaussianImages], x: Float[Tensor, "n *shape"]) -> Float[Tensor, " n"]:
    """Log density in nats per image of the mixture of ``models`` with equal weights."""
    return torch.stack([model.log_likelihood(x) for model in models]).logsumexp(dim=0) - math.log(len(models))
