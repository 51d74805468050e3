"""The linear VAE: encoder and decoder are one matrix each, so that the optimum of training is known.

Its decoder is probabilistic principal component analysis (``ppca``); Lucas, Tucker, Grosse & Norouzi (2019), *Don't
Blame the ELBO!*, arXiv:1911.02469. The posterior's variance is the same for every x, as it is in the exact answer.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from aigc_course.vae.ppca import PPCA
from aigc_course.vae.vae import Gaussian, kl_to_standard_normal


class LinearVAE(nn.Module):
    """q(z|x) = N(V x + c, diag(s)) and p(x|z) = N(W z + m, σ² I), where V, c, s, W, m and σ² are learned.

    Args:
        shape: Shape of one observation, d numbers in all.
        latent_dim: k.
        exact: Whether ``loss`` takes the expectation over z in closed form, and not from one sample.
    """

    def __init__(self, shape: tuple[int, ...], *, latent_dim: int, exact: bool = False) -> None:
        super().__init__()
        d = math.prod(shape)
        self.shape, self.latent_dim, self.exact = shape, latent_dim, exact
        self.encoder, self.decoder = nn.Linear(d, latent_dim), nn.Linear(latent_dim, d)
        self.logvar, self.log_variance = nn.Parameter(torch.zeros(latent_dim)), nn.Parameter(torch.zeros(()))

    def encode(self, x: Float[Tensor, "b *shape"]) -> Gaussian:
        """Parameters of the posterior q(z|x) of each observation."""
        mean = self.encoder(x.flatten(1))
        return Gaussian(mean, self.logvar.expand_as(mean))

    def decode(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "b *shape"]:
        """Mean of p(x|z) for each latent."""
        return self.decoder(z).unflatten(1, self.shape)

    def ppca(self) -> PPCA:
        """The decoder's model p(x|z) with its prior, as probabilistic principal component analysis."""
        return PPCA(self.decoder.weight, self.decoder.bias, self.log_variance.exp())

    def elbo(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
        """Estimate of the evidence lower bound in nats per observation, from one sample of each posterior."""
        q = self.encode(x)
        return self.ppca().log_likelihood(x.flatten(1), q.sample()) - kl_to_standard_normal(q)

    def exact_elbo(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
        """The evidence lower bound in nats per observation, its expectation over z in closed form."""
        return self.ppca().elbo(x.flatten(1), self.encode(x))

    def loss(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, ""]:
        """What training minimises: the mean of −ELBO over a batch, in nats per observation."""
        return -(self.exact_elbo(x) if self.exact else self.elbo(x)).mean()

    @torch.no_grad()
    def sample(self, n: int) -> Float[Tensor, "n *shape"]:
        """Means of p(x|z) for ``n`` latents from the prior; ``ppca().sample`` adds the noise."""
        return self.decode(torch.randn(n, self.latent_dim, dtype=self.logvar.dtype, device=self.logvar.device))

    @torch.no_grad()
    def reconstruct(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, "b *shape"]:
        """Means of p(x|z) at the posterior mean of each observation."""
        return self.decode(self.encode(x).mean)
