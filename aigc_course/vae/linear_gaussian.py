"""A model whose evidence is known: one number z, drawn from N(0, 1), seen through a line and noise.

x = weight · z + noise · ε is the smallest case of probabilistic principal component analysis (Tipping & Bishop, 1999).
Everything that a VAE approximates has a closed form here, so it tells right formulas from wrong ones.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import Gaussian, kl_to_standard_normal


class LinearGaussian(NamedTuple):
    """p(z) = N(0, 1) and p(x|z) = N(weight · z, noise²); ``noise`` is a standard deviation."""

    weight: float
    noise: float

    def sample(self, n: int) -> Float[Tensor, "n 1"]:
        """Draw a code, then an observation."""
        return self.weight * torch.randn(n, 1) + self.noise * torch.randn(n, 1)

    def log_likelihood(self, x: Float[Tensor, "b 1"], z: Float[Tensor, "b 1"]) -> Float[Tensor, " b"]:
        """Logarithm of p(x|z), in nats."""
        return Gaussian(self.weight * z, torch.full_like(z, 2 * math.log(self.noise))).log_prob(x)

    def evidence(self, x: Float[Tensor, "b 1"]) -> Float[Tensor, " b"]:
        """Logarithm of p(x) = N(0, weight² + noise²), in nats."""
        variance = self.weight**2 + self.noise**2
        return Gaussian(torch.zeros_like(x), torch.full_like(x, math.log(variance))).log_prob(x)

    def posterior(self, x: Float[Tensor, "b 1"]) -> Gaussian:
        """Exact p(z|x)."""
        variance = self.weight**2 + self.noise**2
        return Gaussian(self.weight * x / variance, torch.full_like(x, math.log(self.noise**2 / variance)))

    def elbo(self, x: Float[Tensor, "b 1"], q: Gaussian) -> Float[Tensor, " b"]:
        """Exact evidence lower bound of any Gaussian ``q``, in nats: the expectation over z done by hand."""
        at_mean = self.log_likelihood(x, q.mean)
        spread = 0.5 * self.weight**2 * q.logvar.exp() / self.noise**2
        return at_mean - spread.sum(dim=-1) - kl_to_standard_normal(q)
