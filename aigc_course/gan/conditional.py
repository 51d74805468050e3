r"""The class-conditional GAN: generator and discriminator are both given the class of each image.

Mirza & Osindero (2014), *Conditional Generative Adversarial Nets*, arXiv:1411.1784.
Miyato & Koyama (2018), *cGANs with Projection Discriminator*, arXiv:1802.05637.

Symbols: class ``y``, one of ``classes``; features ``h(x)`` of ``f`` numbers; ``e_y`` the learned embedding of the
class, of as many numbers; ``r`` a linear read-out of the features. The second paper writes φ for h and ψ for r.

Conventions: data come as a pair (images, classes). Sampled classes are uniform unless they are given.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.modes import evaluation_mode
from aigc_course.gan.gan import GAN


def projection_logit(
    features: Float[Tensor, "b f"], class_embedding: Float[Tensor, "b f"], read_out: Float[Tensor, " b"]
) -> Float[Tensor, " b"]:
    """Logit of the projection discriminator: r(h) + e_y·h (Miyato & Koyama, 2018).

    Args:
        features: h(x), the discriminator's features of each image.
        class_embedding: e_y, the embedding of its class.
        read_out: r(h), the unconditional part of the logit.
    """
    return read_out + (class_embedding * features).sum(dim=1)


class ProjectionDiscriminator(nn.Module):
    """A projection discriminator for 32×32 images: three strided convolutions, a dense layer, ``projection_logit``.

    Args:
        base_channels: Channels of the first feature maps; each halving of the side doubles them.
        classes: Number of classes.
        channels: Channels of an image.
        features: Numbers in h(x) and in a class embedding.
    """

    def __init__(self, *, base_channels: int, classes: int, channels: int = 1, features: int = 64) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_downsample(channels, base_channels),
            *_downsample(base_channels, 2 * base_channels),
            *_downsample(2 * base_channels, 4 * base_channels),
            nn.Conv2d(4 * base_channels, features, 4),
            nn.Flatten(),
            nn.LeakyReLU(0.2),
        )
        self.read_out = nn.Linear(features, 1)
        self.class_embedding = nn.Embedding(classes, features)

    def forward(self, x: Float[Tensor, "b c 32 32"], y: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """Logits of "real, and of class y" for each image; classes are whole numbers below ``classes``."""
        features = self.features(x)
        return projection_logit(features, self.class_embedding(y), self.read_out(features).squeeze(1))


def _downsample(inputs: int, outputs: int) -> list[nn.Module]:
    """A strided convolution that halves height and width."""
    return [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]


class ConditionalGAN(GAN):
    """A ``GAN`` in which both networks are given the class: ``generator(z, y)`` and ``discriminator(x, y)``."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, *, latent_dim: int, classes: int) -> None:
        """Keep both networks.

        Args:
            generator: From latents (b, latent_dim) and classes (b,) to examples.
            discriminator: From examples and classes (b,) to logits (b,).
            latent_dim: Numbers in a latent.
            classes: Number of classes.
        """
        super().__init__(generator, discriminator, latent_dim=latent_dim)
        self.classes = classes

    def sample(self, n: int, y: Int[Tensor, " n"] | None = None) -> Tensor:
        """Generate ``n`` examples of the classes ``y``, or of uniformly sampled classes, in evaluation mode.

        Raises:
            ValueError: ``y`` has not ``n`` classes, or one is out of range.
        """
        return self.decode(self.noise(n), y)

    @torch.no_grad()
    def decode(self, z: Float[Tensor, "n k"], y: Int[Tensor, " n"] | None = None) -> Tensor:
        """Examples G(z, y) for given latents and classes (uniformly sampled ones if None), in evaluation mode.

        Raises:
            ValueError: There is not one class for each latent, or one is out of range.
        """
        if y is None:
            y = torch.randint(self.classes, (len(z),), device=z.device)
        low, high = (int(y.min()), int(y.max())) if len(y) else (0, 0)
        if len(y) != len(z) or low < 0 or high >= self.classes:
            raise ValueError(f"{len(y)} classes from {low} to {high}; give {len(z)}, from 0 to {self.classes - 1}")
        with evaluation_mode(self.generator):
            return self.generator(z, y)
