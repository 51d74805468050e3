"""A model whose evidence is known: a latent z from N(0, 1), observed as a linear function of it plus noise.

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
        """``n`` observations: a latent from the prior, times the weight, plus noise."""
        return self.weight * torch.randn(n, 1) + self.noise * torch.randn(n, 1)

    def log_likelihood(self, x: Float[Tensor, "b 1"], z: Float[Tensor, "b 1"]) -> Float[Tensor, " b"]:
        """Log p(x|z) in nats."""
        return Gaussian(self.weight * z, torch.full_like(z, 2 * math.log(self.noise))).log_prob(x)

    def evidence(self, x: Float[Tensor, "b 1"]) -> Float[Tensor, " b"]:
        """Log p(x) in nats, where p(x) = N(0, weight² + noise²)."""
        variance = self.weight**2 + self.noise**2
        return Gaussian(torch.zeros_like(x), torch.full_like(x, math.log(variance))).log_prob(x)

    def posterior(self, x: Float[Tensor, "b 1"]) -> Gaussian:
        """The exact posterior p(z|x) of each observation."""
        variance = self.weight**2 + self.noise**2
        return Gaussian(self.weight * x / variance, torch.full_like(x, math.log(self.noise**2 / variance)))

    def elbo(self, x: Float[Tensor, "b 1"], q: Gaussian) -> Float[Tensor, " b"]:
        """Evidence lower bound of log p(x) for each Gaussian of ``q``, in nats, the expectation in closed form."""
        at_mean = self.log_likelihood(x, q.mean)
        spread = 0.5 * self.weight**2 * q.logvar.exp() / self.noise**2
        return at_mean - spread.sum(dim=-1) - kl_to_standard_normal(q)
