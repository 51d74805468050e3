r"""DCGAN: a convolutional generator and discriminator for images.

Radford, Metz & Chintala (2015), *Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks*, arXiv:1511.06434. Theirs are 64×64 with 1,024 channels; here 32×32 by default, and as wide as asked.

Symbols: ``size`` is the side of the images, a power of two; ``base_channels`` is the number of channels at half that
side, and every further halving doubles it, down to 4×4. Images are grey or colour with values in [-1, 1], the range of
tanh.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from aigc_course.gan.gan import GAN

# For ``GANTrainer``: the settings that this course found best in half a minute of one CPU core. Radford et al. use lr
# 0.0002, betas (0.5, 0.999), batch norm in both networks, and none of the last three.
RECIPE: dict[str, Any] = {
    "lr_g": 3e-3,
    "lr_d": 3e-3,
    "betas": (0.0, 0.99),
    "smoothing": 0.1,
    "penalty": 0.5,
    "ema_decay": 0.99,
}


class Generator(nn.Module):
    """From latents to 4×4 feature maps, then transposed convolutions that double the side; batch norm, ReLU, tanh.

    Args:
        latent_dim: Numbers in a latent.
        base_channels: Channels at half the final side; twice as many at each smaller one.
        channels: Channels of an image.
        size: Side of an image in pixels.

    Raises:
        ValueError: ``size`` is not a power of two, or below 8.
    """

    def __init__(self, *, latent_dim: int, base_channels: int, channels: int = 1, size: int = 32) -> None:
        super().__init__()
        widths = _widths(base_channels, size)
        self.layers = nn.Sequential(
            nn.Unflatten(1, (latent_dim, 1, 1)),
            nn.ConvTranspose2d(latent_dim, widths[-1], 4, bias=False),
            nn.BatchNorm2d(widths[-1]),
            nn.ReLU(),
            *[layer for outputs in widths[-2::-1] for layer in _upsample(2 * outputs, outputs)],
            nn.ConvTranspose2d(base_channels, channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )
        self.apply(initialise)

    def forward(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "b c size size"]:
        """Images in [-1, 1], one for each latent."""
        return self.layers(z)


class Discriminator(nn.Module):
    """The mirror image of the generator: strided convolutions with leaky ReLU, then one logit.

    Args:
        base_channels: Channels after the first layer; each halving of the side doubles them.
        channels: Channels of an image.
        size: Side of an image in pixels.
        batch_norm: Whether all layers but the first and the last have batch norm, as in the paper. Without it each
            logit depends on its own image only, which a gradient penalty needs.

    Raises:
        ValueError: ``size`` is not a power of two, or below 8.
    """

    def __init__(self, *, base_channels: int, channels: int = 1, size: int = 32, batch_norm: bool = True) -> None:
        super().__init__()
        widths = _widths(base_channels, size)
        self.layers = nn.Sequential(
            nn.Conv2d(channels, base_channels, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            *[layer for inputs in widths[:-1] for layer in _downsample(inputs, 2 * inputs, batch_norm)],
            nn.Conv2d(widths[-1], 1, 4),
            nn.Flatten(0),
        )
        self.apply(initialise)

    def forward(self, x: Float[Tensor, "b c size size"]) -> Float[Tensor, " b"]:
        """Logits of "real" for images in [-1, 1]."""
        return self.layers(x)


def _widths(base_channels: int, size: int) -> list[int]:
    """Channels of the feature maps from half the side down to 4×4."""
    if size < 8 or size & (size - 1):
        raise ValueError(f"size={size}; the side of the images is a power of two, 8 or more")
    return [base_channels << i for i in range(size.bit_length() - 3)]


def _upsample(inputs: int, outputs: int) -> list[nn.Module]:
    """A layer that doubles height and width. No bias: batch norm would subtract it again."""
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def _downsample(inputs: int, outputs: int, batch_norm: bool) -> list[nn.Module]:
    """A layer that halves height and width."""
    convolution = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=not batch_norm)
    return [convolution, *([nn.BatchNorm2d(outputs)] if batch_norm else []), nn.LeakyReLU(0.2)]


def initialise(module: nn.Module) -> None:
    """DCGAN weight initialisation: N(0, 0.02²), scales of batch norm N(1, 0.02²), biases 0 (Radford et al., 2015).

    For ``network.apply``; other modules than convolutions and batch norm are left alone.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, mean=float(isinstance(module, nn.BatchNorm2d)), std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def dcgan(
    *, latent_dim: int = 16, base_channels: int = 16, channels: int = 1, size: int = 32, batch_norm: bool = False
) -> GAN:
    """A DCGAN for images of ``size`` × ``size`` pixels in [-1, 1]; ``RECIPE`` trains it.

    The weights are in the channels-last layout, in which convolutions on a CPU are faster. Arguments as in
    ``Generator`` and ``Discriminator``.
    """
    generator = Generator(latent_dim=latent_dim, base_channels=base_channels, channels=channels, size=size)
    discriminator = Discriminator(base_channels=base_channels, channels=channels, size=size, batch_norm=batch_norm)
    networks = (network.to(memory_format=torch.channels_last) for network in (generator, discriminator))
    return GAN(*networks, latent_dim=latent_dim)


def to_tanh_range(images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Pixels in [0, 1] mapped to [-1, 1], the range of tanh, which the networks work in."""
    return 2 * images - 1


def to_pixels(images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Images in [-1, 1] mapped to [0, 1], for display and metrics; the inverse of ``to_tanh_range``."""
    return (images + 1) / 2
