"""The conditional variational autoencoder: a label given to the decoder, so that the code need not carry it.

Sohn, Lee & Yan (2015), *Learning Structured Output Representation using Deep Conditional Generative Models*,
NeurIPS 28.

Symbols: ``x`` images and ``z`` codes as in ``vae``; ``y`` the class of an image, a whole number below ``classes``.

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
    """For images of 32×32: the networks of ``vae.convolutional``, the decoder's input wider by the label."""
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
    """One hidden layer each way, for small images."""
    encoder = vae.fully_connected(shape, latent_dim=latent_dim, hidden=hidden).encoder
    decoder = vae.fully_connected(shape, latent_dim=latent_dim + classes, hidden=hidden).decoder
    return ConditionalVAE(encoder, decoder, latent_dim=latent_dim, classes=classes)


class ConditionalVAE(nn.Module):
    """An encoder, a decoder that is told the class, and the prior N(0, I) of every class."""

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
        """The posterior q(z|x) of what the label does not say."""
        mean, logvar = self.encoder(x).chunk(2, dim=-1)
        return Gaussian(mean, logvar)

    def decode(self, z: Float[Tensor, "b k"], y: Int[Tensor, " b"]) -> Float[Tensor, "b *shape"]:
        """Logits of the pixels, from the code and the label as ``classes`` indicators beside it."""
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
        """Probabilities of white for codes from the prior, of given classes or of classes drawn alike."""
        like = next(self.parameters())
        if y is None:
            y = torch.randint(self.classes, (n,), device=like.device)
        if len(y) != n:
            raise ValueError(f"{len(y)} labels for {n} images; give one label for each")
        z = torch.randn(n, self.latent_dim, device=like.device, dtype=like.dtype)
        return self.decode(z, y).sigmoid()

    @torch.no_grad()
    def every_class(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "b classes *shape"]:
        """Each code decoded as each class: one hand writes all of them."""
        labels = torch.arange(self.classes, device=z.device).repeat(len(z))
        pictures = self.decode(z.repeat_interleave(self.classes, dim=0), labels).sigmoid()
        return pictures.unflatten(0, (len(z), self.classes))
