"""The conditional variational autoencoder: the decoder is given the label, so that the latent need not carry it.

Sohn, Lee & Yan (2015), *Learning Structured Output Representation using Deep Conditional Generative Models*,
NeurIPS 28.

Symbols: ``x`` images and ``z`` latents as in ``vae``; ``y`` the class of an image, a whole number below ``classes``.

Conventions: the prior is N(0, I) for every class. The encoder reads the image alone, q(z|x): any q gives a bound, and
an image shows its class. The papers let it read the label too.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.vae import convolutional as layers
from aigc_course.vae import vae
from aigc_course.vae.vae import Gaussian


def convolutional(
    *, latent_dim: int = 8, classes: int = 10, base_channels: int = 8, hidden: int = 256
) -> "ConditionalVAE":
    """A conditional VAE for 1 × 32 × 32 images, with the networks of ``vae.convolutional``."""
    encoder = layers.encoder(latent_dim, base_channels=base_channels, hidden=hidden)
    return ConditionalVAE(
        encoder,
        layers.decoder(latent_dim + classes, base_channels=base_channels, hidden=hidden),
        latent_dim=latent_dim,
        classes=classes,
    )


def fully_connected(
    shape: tuple[int, ...], *, latent_dim: int, classes: int = 10, hidden: int = 256
) -> "ConditionalVAE":
    """A conditional VAE for small images of ``shape``, with one hidden layer in the encoder and in the decoder."""
    encoder = vae.fully_connected(shape, latent_dim=latent_dim, hidden=hidden).encoder
    decoder = vae.fully_connected(shape, latent_dim=latent_dim + classes, hidden=hidden).decoder
    return ConditionalVAE(encoder, decoder, latent_dim=latent_dim, classes=classes)


class ConditionalVAE(nn.Module):
    """A VAE whose decoder is class-conditional; the prior is N(0, I) for every class.

    Args:
        encoder: From images (b, *shape) to 2k numbers, k means and k log-variances.
        decoder: From latents and one-hot labels, (b, k + classes), to the logits of the pixels.
        latent_dim: k.
        classes: Number of classes.
        beta: Weight of the KL term in ``loss``; ``elbo`` does not depend on it.
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, *, latent_dim: int, classes: int, beta: float = 1.0
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.latent_dim, self.classes, self.beta = (
            encoder,
            decoder,
            latent_dim,
            classes,
            beta,
        )

    def encode(self, x: Float[Tensor, "b *shape"]) -> Gaussian:
        """Parameters of the posterior q(z|x) of each image; the label is not read."""
        mean, logvar = self.encoder(x).chunk(2, dim=-1)
        return Gaussian(mean, logvar)

    def decode(self, z: Float[Tensor, "b k"], y: Int[Tensor, " b"]) -> Float[Tensor, "b *shape"]:
        """Logits of the pixels, given the latents and the labels, which enter as one-hot vectors."""
        return self.decoder(torch.cat([z, F.one_hot(y, self.classes).to(z.dtype)], dim=1))

    def elbo(self, x: Float[Tensor, "b *shape"], y: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """Estimate of the evidence lower bound on log p(x|y) from one sample of each posterior, in nats per image."""
        q = self.encode(x)
        return vae.elbo(x, self.decode(q.sample(), y), q)

    def loss(self, batch: tuple[Tensor, Tensor]) -> Float[Tensor, ""]:
        """What training minimises, from images and labels: −log p(x|z, y) + β KL, in nats per image, batch mean."""
        x, y = batch
        q = self.encode(x)
        log_likelihood = vae.bernoulli_log_likelihood(x, self.decode(q.sample(), y))
        return (self.beta * vae.kl_to_standard_normal(q) - log_likelihood).mean()

    @torch.no_grad()
    def sample(self, n: int, y: Int[Tensor, " n"] | None = None) -> Float[Tensor, "n *shape"]:
        """Means of p(x|z, y) in [0, 1] for ``n`` latents from the prior, of classes ``y`` or of uniformly sampled ones.

        Raises:
            ValueError: ``y`` has not ``n`` labels.
        """
        like = next(self.parameters())
        if y is None:
            y = torch.randint(self.classes, (n,), device=like.device)
        if len(y) != n:
            raise ValueError(f"{len(y)} labels for {n} images; give one label for each")
        z = torch.randn(n, self.latent_dim, device=like.device, dtype=like.dtype)
        return self.decode(z, y).sigmoid()

    @torch.no_grad()
    def decode_every_class(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "b classes *shape"]:
        """Means of p(x|z, y) in [0, 1] for each latent of ``z`` and each class y."""
        labels = torch.arange(self.classes, device=z.device).repeat(len(z))
        images = self.decode(z.repeat_interleave(self.classes, dim=0), labels).sigmoid()
        return images.unflatten(0, (len(z), self.classes))
