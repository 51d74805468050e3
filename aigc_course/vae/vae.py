"""The variational autoencoder with a diagonal Gaussian posterior and Bernoulli pixels.

Kingma & Welling (2013), *Auto-Encoding Variational Bayes*, arXiv:1312.6114, cited as KW; Rezende, Mohamed & Wierstra
(2014), *Stochastic Backpropagation*, arXiv:1401.4082; the importance-weighted bound and active units are from
Burda, Grosse & Salakhutdinov (2015), *Importance Weighted Autoencoders*, arXiv:1509.00519, cited as IWAE.

Symbols
    b       examples in a batch
    *shape  shape of one image, d pixels in all
    x       images; a grey value in [0, 1] is the probability that the pixel is white
    k       latent dimensions
    z       latent variables, with prior N(0, I)
    q       the encoder's posterior q(z|x) = N(mean, diag(exp(logvar)))
    logits  what the decoder returns; a pixel is white with probability sigmoid(logit)
    s       samples from q for one image

Conventions: logarithms are natural and every quantity is in nats per image, summed over pixels and over latent
dimensions, never averaged over them (averaging changes the weight of the two terms). Some papers write the standard
deviation where we keep the logarithm of the variance. Densities and divergences are computed in float32 at least,
whatever precision the networks run in.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from aigc_course.core.precision import full_precision


class Gaussian(NamedTuple):
    """Gaussians with diagonal covariance, one for each example of a batch, as means and logarithms of variances."""

    mean: Float[Tensor, "b k"]
    logvar: Float[Tensor, "b k"]

    def sample(self) -> Float[Tensor, "b k"]:
        """One sample of each, mean + std · noise: in this form gradients reach both parameters (KW, section 2.4)."""
        return self.mean + (0.5 * self.logvar).exp() * torch.randn_like(self.mean)

    def log_prob(self, z: Float[Tensor, "b k"]) -> Float[Tensor, " b"]:
        """Log density at ``z`` in nats, summed over the k dimensions: log q(z|x) of each example."""
        z, mean, logvar = full_precision(z), full_precision(self.mean), full_precision(self.logvar)
        squares = (z - mean).square() * (-logvar).exp()
        return -0.5 * (math.log(2 * math.pi) + logvar + squares).sum(dim=-1)


def fully_connected(shape: tuple[int, ...], *, latent_dim: int, hidden: int = 400) -> "VAE":
    """A VAE for images of ``shape``, whose encoder and decoder have one hidden layer of ``hidden`` ReLU units each."""
    d = math.prod(shape)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent_dim))
    decoder = nn.Sequential(nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, d), nn.Unflatten(1, shape))
    return VAE(encoder, decoder, latent_dim=latent_dim)


def log_prior(z: Float[Tensor, "b k"]) -> Float[Tensor, " b"]:
    """Log density of the prior N(0, I) at ``z`` in nats, summed over the k dimensions."""
    return Gaussian(torch.zeros_like(z), torch.zeros_like(z)).log_prob(z)


def bernoulli_log_likelihood(x: Float[Tensor, "b *shape"], logits: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
    """Log p(x|z) in nats per image, summed over pixels, which are independent Bernoulli variables given z.

    Args:
        x: Pixels in [0, 1]. A grey one stands for the black-or-white pixels that are white with this probability; the
            result is the average over them.
        logits: What the decoder returns, of the same shape as ``x``.
    """
    logits, x = full_precision(logits), full_precision(x)
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)


def pixel_entropy(x: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
    """Entropy of the Bernoulli variables that grey pixels stand for, in nats per image; 0 for black-or-white images.

    No decoder makes −``bernoulli_log_likelihood`` smaller.
    """
    return -(torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x)).flatten(1).sum(dim=1)


def kl_to_standard_normal(q: Gaussian) -> Float[Tensor, " b"]:
    """KL(q(z|x) ‖ N(0, I)) in nats per example, summed over the k dimensions (KW, appendix B); never negative."""
    mean, logvar = full_precision(q.mean), full_precision(q.logvar)
    # expm1(v) − v is never negative; exp(v) − 1 − v loses its digits near v = 0, where a collapsed posterior lives
    return 0.5 * (mean.square() + torch.expm1(logvar) - logvar).sum(dim=-1)


def elbo(x: Float[Tensor, "b *shape"], logits: Float[Tensor, "b *shape"], q: Gaussian) -> Float[Tensor, " b"]:
    """Evidence lower bound log p(x|z) − KL(q ‖ p(z)) in nats per image, from the logits at one sample z of ``q``."""
    return bernoulli_log_likelihood(x, logits) - kl_to_standard_normal(q)


def iwae_bound(log_weights: Float[Tensor, "s b"]) -> Float[Tensor, " b"]:
    """Importance-weighted bound on log p(x) in nats: the log of the mean of ``s`` weights (IWAE, section 3).

    Args:
        log_weights: log p(x, z) − log q(z|x) at ``s`` samples z of q for each of ``b`` examples.
    """
    log_weights = full_precision(log_weights)
    return log_weights.logsumexp(dim=0) - math.log(len(log_weights))


def active_units(means: Float[Tensor, "n k"], *, threshold: float = 0.01) -> Bool[Tensor, " k"]:
    """Which latent dimensions follow the data: the variance of their posterior mean exceeds ``threshold`` (IWAE).

    Raises:
        ValueError: There are the means of fewer than two examples, so that nothing can vary.
    """
    if len(means) < 2:
        raise ValueError(f"means of {len(means)} example; give those of at least two, or nothing can vary")
    return means.var(dim=0) > threshold


class VAE(nn.Module):
    """A variational autoencoder with a diagonal Gaussian posterior, the prior N(0, I) and Bernoulli pixels.

    Args:
        encoder: From images (b, *shape) to 2k numbers: k means, then k log-variances.
        decoder: From latents (b, k) to the logits of the pixels (b, *shape).
        latent_dim: k.
        beta: Weight of the KL term in ``loss``. ``elbo`` and ``log_likelihood`` do not depend on it.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, *, latent_dim: int, beta: float = 1.0) -> None:
        super().__init__()
        self.encoder, self.decoder, self.latent_dim, self.beta = encoder, decoder, latent_dim, beta

    def encode(self, x: Float[Tensor, "b *shape"]) -> Gaussian:
        """Parameters of the posterior q(z|x) of each image: the encoder's first k outputs are means."""
        mean, logvar = self.encoder(x).chunk(2, dim=-1)
        return Gaussian(mean, logvar)

    def decode(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "b *shape"]:
        """Logits of the pixels, given the latents."""
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
        """Means of p(x|z) in [0, 1], not sampled pixels, for ``n`` latents sampled from the prior."""
        like = next(self.parameters())
        return self.decode(torch.randn(n, self.latent_dim, device=like.device, dtype=like.dtype)).sigmoid()

    @torch.no_grad()
    def reconstruct(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, "b *shape"]:
        """Means of p(x|z) in [0, 1] at the posterior mean of each image."""
        return self.decode(self.encode(x).mean).sigmoid()

    @torch.no_grad()
    def interpolate(
        self, start: Float[Tensor, "b *shape"], end: Float[Tensor, "b *shape"], *, steps: int
    ) -> Float[Tensor, "b steps *shape"]:
        """Means of p(x|z) at ``steps`` latents on the line from the posterior mean of ``start`` to that of ``end``."""
        first, last = self.encode(start).mean, self.encode(end).mean
        weight = torch.linspace(0, 1, steps, device=first.device, dtype=first.dtype).view(1, -1, 1)
        z = torch.lerp(first.unsqueeze(1), last.unsqueeze(1), weight)
        return self.decode(z.flatten(0, 1)).sigmoid().unflatten(0, (len(start), steps))

    @torch.no_grad()
    def log_likelihood(self, x: Float[Tensor, "b *shape"], *, num_samples: int) -> Float[Tensor, " b"]:
        """Estimate of log p(x) in nats per image: ``iwae_bound`` of ``num_samples`` samples of the posterior.

        Its expectation is a lower bound on log p(x), at least as high as the ELBO, that grows with ``num_samples``.
        """
        q = self.encode(x)
        return iwae_bound(torch.stack([self._log_weight(x, q) for _ in range(num_samples)]))

    def _log_weight(self, x: Float[Tensor, "b *shape"], q: Gaussian) -> Float[Tensor, " b"]:
        z = q.sample()
        return bernoulli_log_likelihood(x, self.decode(z)) + log_prior(z) - q.log_prob(z)
