"""A model whose posterior has two modes: a latent z from N(0, 1), observed through its square.

x = z² + noise · ε forgets the sign of z. Latent and observation have one dimension, so that every integral is a sum
over a grid, and what a Gaussian posterior must miss can be plotted.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import Gaussian, kl_to_standard_normal, log_prior

GRID = torch.linspace(-8, 8, 6401, dtype=torch.float64)  # outside lies 1e-15 of the prior


class SquaredLatent(NamedTuple):
    """p(z) = N(0, 1) and p(x|z) = N(z², noise²); ``noise`` is a standard deviation."""

    noise: float

    def sample(self, n: int) -> Float[Tensor, "n 1"]:
        """``n`` observations: a latent from the prior, squared, plus noise."""
        return torch.randn(n, 1).square() + self.noise * torch.randn(n, 1)

    def log_joint(self, x: Float[Tensor, "b 1"], z: Float[Tensor, "b 1"]) -> Float[Tensor, " b"]:
        """Log p(x, z) = log p(x|z) + log p(z), in nats."""
        return Gaussian(z.square(), torch.full_like(z, 2 * math.log(self.noise))).log_prob(x) + log_prior(z)

    def evidence(self, x: float) -> float:
        """Log p(x) in nats: the joint density summed over the latents of ``GRID``."""
        return self._joint(x).logsumexp(dim=0).item() + math.log(GRID[1] - GRID[0])

    def posterior(self, x: float) -> Float[Tensor, " g"]:
        """Density p(z|x), per unit of z, at each latent of ``GRID``."""
        return (self._joint(x) - self.evidence(x)).exp()

    def elbo(self, x: float, q: Gaussian) -> Float[Tensor, " b"]:
        """Evidence lower bound of log p(x) for each Gaussian of ``q``, in nats; exact, by E[z²] and E[z⁴] under q."""
        m2, v = q.mean.square(), q.logvar.exp()
        square, fourth = m2 + v, m2.square() + 6 * m2 * v + 3 * v.square()
        misfit = (x**2 - 2 * x * square + fourth) / self.noise**2
        log_likelihood = -0.5 * (misfit + math.log(2 * math.pi * self.noise**2))
        return log_likelihood.sum(dim=-1) - kl_to_standard_normal(q)

    def _joint(self, x: float) -> Float[Tensor, " g"]:
        z = GRID.unsqueeze(1)
        return self.log_joint(torch.full_like(z, x), z)
