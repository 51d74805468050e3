r"""The class-conditional game: ask for a digit, and judge a picture together with what was asked for.

Mirza & Osindero (2014), *Conditional Generative Adversarial Nets*, arXiv:1411.1784.
Miyato & Koyama (2018), *cGANs with Projection Discriminator*, arXiv:1802.05637.

Symbols: class ``y``, one of ``classes``; features ``h(x)`` of ``f`` numbers; ``e_y`` the class's learned vector of as
many numbers; ``r`` a linear read-out of the features. The second paper writes φ for h and ψ for r.

Conventions: data come as a pair (images, classes). Sampled classes are uniform unless they are given.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.modes import evaluation_mode
from aigc_course.gan.gan import GAN


def projection_logit(
    features: Float[Tensor, "b f"], of_class: Float[Tensor, "b f"], read_out: Float[Tensor, " b"]
) -> Float[Tensor, " b"]:
    """r(h) + e_y·h: does the picture look real, and does it look like the class? Miyato & Koyama (2018)."""
    return read_out + (of_class * features).sum(dim=1)


class ProjectionDiscriminator(nn.Module):
    """Three strided convolutions to 4×4, a dense layer to the features, and the two terms of the logit."""

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
        self.of_class = nn.Embedding(classes, features)

    def forward(self, x: Float[Tensor, "b c 32 32"], y: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """Logits of "real, and of this class"."""
        features = self.features(x)
        return projection_logit(features, self.of_class(y), self.read_out(features).squeeze(1))


def _downsample(inputs: int, outputs: int) -> list[nn.Module]:
    """Half the side."""
    return [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]


class ConditionalGAN(GAN):
    """A ``GAN`` in which both networks are told the class: ``generator(z, y)`` and ``discriminator(x, y)``."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, *, latent_dim: int, classes: int) -> None:
        """See ``GAN``; ``classes`` is the number of classes that ``sample`` chooses from."""
        super().__init__(generator, discriminator, latent_dim=latent_dim)
        self.classes = classes

    def sample(self, n: int, y: Int[Tensor, " n"] | None = None) -> Tensor:
        """Generate ``n`` examples, of the classes asked for or of classes drawn evenly."""
        return self.decode(self.noise(n), y)

    @torch.no_grad()
    def decode(self, z: Float[Tensor, "n k"], y: Int[Tensor, " n"] | None = None) -> Tensor:
        """The examples that given noise turns into, one class for each, in evaluation mode."""
        if y is None:
            y = torch.randint(self.classes, (len(z),), device=z.device)
        low, high = (int(y.min()), int(y.max())) if len(y) else (0, 0)
        if len(y) != len(z) or low < 0 or high >= self.classes:
            raise ValueError(f"{len(y)} classes from {low} to {high}; give {len(z)}, from 0 to {self.classes - 1}")
        with evaluation_mode(self.generator):
            return self.generator(z, y)
