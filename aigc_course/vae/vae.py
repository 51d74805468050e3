"""The variational autoencoder with a diagonal Gaussian code and Bernoulli pixels.

Kingma & Welling (2013), *Auto-Encoding Variational Bayes*, arXiv:1312.6114, cited as KW; Rezende, Mohamed & Wierstra
(2014), *Stochastic Backpropagation*, arXiv:1401.4082; the importance-weighted bound and active units are from
Burda, Grosse & Salakhutdinov (2015), *Importance Weighted Autoencoders*, arXiv:1509.00519, cited as IWAE.

Symbols
    b       examples in a batch
    *shape  shape of one image, d pixels in all
    x       images; a grey value in [0, 1] is the probability that the pixel is white
    k       numbers in a code
    z       codes, with prior N(0, I)
    q       the encoder's posterior q(z|x) = N(mean, diag(exp(logvar)))
    logits  what the decoder returns; a pixel is white with probability sigmoid(logit)
    s       draws from q for one image

Conventions: logarithms are natural and every quantity is in nats per image, summed over pixels and over the code,
never averaged over them (averaging changes the weight of the two terms). Some papers write the standard
deviation where we keep the logarithm of the variance.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from aigc_course.core.precision import full_precision


class Gaussian(NamedTuple):
    """A diagonal normal, given by its mean and the logarithm of its variance."""

    mean: Float[Tensor, "b k"]
    logvar: Float[Tensor, "b k"]

    def sample(self) -> Float[Tensor, "b k"]:
        """Reparameterised draw: mean + standard deviation · noise, so that gradients reach both (KW, section 2.4)."""
        return self.mean + (0.5 * self.logvar).exp() * torch.randn_like(self.mean)

    def log_prob(self, z: Float[Tensor, "b k"]) -> Float[Tensor, " b"]:
        """Logarithm of the density at ``z``, in nats."""
        z, mean, logvar = full_precision(z), full_precision(self.mean), full_precision(self.logvar)
        squares = (z - mean).square() * (-logvar).exp()
        return -0.5 * (math.log(2 * math.pi) + logvar + squares).sum(dim=-1)


def fully_connected(shape: tuple[int, ...], *, latent_dim: int, hidden: int = 400) -> "VAE":
    """A VAE whose encoder and decoder have one hidden layer each."""
    d = math.prod(shape)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent_dim))
    decoder = nn.Sequential(nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, d), nn.Unflatten(1, shape))
    return VAE(encoder, decoder, latent_dim=latent_dim)


def log_prior(z: Float[Tensor, "b k"]) -> Float[Tensor, " b"]:
    """Logarithm of the prior density N(0, I) at ``z``, in nats."""
    return Gaussian(torch.zeros_like(z), torch.zeros_like(z)).log_prob(z)


def bernoulli_log_likelihood(x: Float[Tensor, "b *shape"], logits: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
    """Log p(x|z) in nats, pixels independent given z; for grey ``x``, its mean over the coin tosses."""
    logits, x = full_precision(logits), full_precision(x)
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)


def pixel_entropy(x: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
    """Entropy of the coin tosses that grey values stand for, in nats; 0 for black-or-white images."""
    return -(torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x)).flatten(1).sum(dim=1)


def kl_to_standard_normal(q: Gaussian) -> Float[Tensor, " b"]:
    """KL(q || N(0, I)) in nats (KW, appendix B)."""
    mean, logvar = full_precision(q.mean), full_precision(q.logvar)
    # expm1(v) − v is never negative; exp(v) − 1 − v loses its digits near v = 0, where a collapsed posterior lives
    return 0.5 * (mean.square() + torch.expm1(logvar) - logvar).sum(dim=-1)


def elbo(x: Float[Tensor, "b *shape"], logits: Float[Tensor, "b *shape"], q: Gaussian) -> Float[Tensor, " b"]:
    """Evidence lower bound log p(x|z) − KL(q ‖ p(z)) in nats per image, from the logits at one sample z of ``q``."""
    return bernoulli_log_likelihood(x, logits) - kl_to_standard_normal(q)


def iwae_bound(log_weights: Float[Tensor, "s b"]) -> Float[Tensor, " b"]:
    """Logarithm of the mean weight p(x, z) / q(z|x) over ``s`` draws, in nats (IWAE, section 3)."""
    log_weights = full_precision(log_weights)
    return log_weights.logsumexp(dim=0) - math.log(len(log_weights))


def active_units(means: Float[Tensor, "n k"], *, threshold: float = 0.01) -> Bool[Tensor, " k"]:
    """Which numbers of the code follow the data: their posterior mean varies by more than ``threshold`` (IWAE)."""
    if len(means) < 2:
        raise ValueError(f"means of {len(means)} example; give those of at least two, or nothing can vary")
    return means.var(dim=0) > threshold


class VAE(nn.Module):
    """An encoder, a decoder, and the prior N(0, I) between them; ``beta`` weighs the KL term of the loss only."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module, *, latent_dim: int, beta: float = 1.0) -> None:
        super().__init__()
        self.encoder, self.decoder, self.latent_dim, self.beta = encoder, decoder, latent_dim, beta

    def encode(self, x: Float[Tensor, "b *shape"]) -> Gaussian:
        """The posterior q(z|x): one half of the encoder's outputs is the mean, the other the log-variance."""
        mean, logvar = self.encoder(x).chunk(2, dim=-1)
        return Gaussian(mean, logvar)

    def decode(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "b *shape"]:
        """Logits of the pixels."""
        return self.decoder(z)

    def elbo(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
        """Estimate of the evidence lower bound from one sample of each posterior, in nats per image, whatever β is."""
        q = self.encode(x)
        return elbo(x, self.decode(q.sample()), q)

    def loss(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, ""]:
        """What training minimises: −log p(x|z) + β KL, in nats per image, averaged over the batch; −ELBO at β = 1."""
        q = self.encode(x)
        log_likelihood = bernoulli_log_likelihood(x, self.decode(q.sample()))
        return (self.beta * kl_to_standard_normal(q) - log_likelihood).mean()

    @torch.no_grad()
    def sample(self, n: int) -> Float[Tensor, "n *shape"]:
        """Probabilities of white for ``n`` codes drawn from the prior: the decoder's means, not tossed pixels."""
        like = next(self.parameters())
        return self.decode(torch.randn(n, self.latent_dim, device=like.device, dtype=like.dtype)).sigmoid()

    @torch.no_grad()
    def reconstruct(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, "b *shape"]:
        """Probabilities of white at the posterior mean of each image."""
        return self.decode(self.encode(x).mean).sigmoid()

    @torch.no_grad()
    def interpolate(
        self, start: Float[Tensor, "b *shape"], end: Float[Tensor, "b *shape"], *, steps: int
    ) -> Float[Tensor, "b steps *shape"]:
        """Decode ``steps`` codes on the straight line between the posterior means of two images."""
        first, last = self.encode(start).mean, self.encode(end).mean
        weight = torch.linspace(0, 1, steps, device=first.device, dtype=first.dtype).view(1, -1, 1)
        z = torch.lerp(first.unsqueeze(1), last.unsqueeze(1), weight)
        return self.decode(z.flatten(0, 1)).sigmoid().unflatten(0, (len(start), steps))

    @torch.no_grad()
    def log_likelihood(self, x: Float[Tensor, "b *shape"], *, num_samples: int) -> Float[Tensor, " b"]:
        """Importance-weighted estimate of log p(x) in nats; a lower bound on average, tighter with more draws."""
        q = self.encode(x)
        return iwae_bound(torch.stack([self._log_weight(x, q) for _ in range(num_samples)]))

    def _log_weight(self, x: Float[Tensor, "b *shape"], q: Gaussian) -> Float[Tensor, " b"]:
        z = q.sample()
        return bernoulli_log_likelihood(x, self.decode(z)) + log_prior(z) - q.log_prob(z)
