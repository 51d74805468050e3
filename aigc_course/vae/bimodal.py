"""A model whose posterior has two humps: a code z from N(0, 1), seen only through its square.

x = z² + noise · ε forgets the sign of z. One number for the code and one for the observation, so that every integral
is a sum over a grid, and what a bell-shaped posterior must miss can be drawn.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import Gaussian, kl_to_standard_normal, log_prior

GRID = torch.linspace(-8, 8, 6401, dtype=torch.float64)  # beyond 8 standard deviations nothing is left of the prior


class SquaredLatent(NamedTuple):
    """p(z) = N(0, 1) and p(x|z) = N(z², noise²); ``noise`` is a standard deviation."""

    noise: float

    def sample(self, n: int) -> Float[Tensor, "n 1"]:
        """Draw a code, then an observation."""
        return torch.randn(n, 1).square() + self.noise * torch.randn(n, 1)

    def log_joint(self, x: Float[Tensor, "b 1"], z: Float[Tensor, "b 1"]) -> Float[Tensor, " b"]:
        """Logarithm of p(x|z) p(z), in nats."""
        return Gaussian(z.square(), torch.full_like(z, 2 * math.log(self.noise))).log_prob(x) + log_prior(z)

    def evidence(self, x: float) -> float:
        """Logarithm of p(x) in nats: the joint density added up over a grid of codes."""
        return self._joint(x).logsumexp(dim=0).item() + math.log(GRID[1] - GRID[0])

    def posterior(self, x: float) -> Float[Tensor, " g"]:
        """Density p(z|x) on ``GRID``."""
        return (self._joint(x) - self.evidence(x)).exp()

    def elbo(self, x: float, q: Gaussian) -> Float[Tensor, " b"]:
        """Exact evidence lower bound of any Gaussian ``q``, in nats, from E[z²] and E[z⁴]."""
        m2, v = q.mean.square(), q.logvar.exp()
        square, fourth = m2 + v, m2.square() + 6 * m2 * v + 3 * v.square()
        misfit = (x**2 - 2 * x * square + fourth) / self.noise**2
        log_likelihood = -0.5 * (misfit + math.log(2 * math.pi * self.noise**2))
        return log_likelihood.sum(dim=-1) - kl_to_standard_normal(q)

    def _joint(self, x: float) -> Float[Tensor, " g"]:
        z = GRID.unsqueeze(1)
        return self.log_joint(torch.full_like(z, x), z)
