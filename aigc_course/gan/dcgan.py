r"""DCGAN: the game on images, with convolutions.

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
    """Noise to 4×4, then transposed convolutions that double the side; batch norm and ReLU, tanh at the end."""

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
        """Images in [-1, 1]."""
        return self.layers(z)


class Discriminator(nn.Module):
    """The generator backwards: strided convolutions with leaky ReLU, then one logit.

    The paper has batch norm in all layers but the first. A gradient penalty wants each logit to depend on its own
    image only, so ``batch_norm`` is a choice.
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
        """Logits of "real"."""
        return self.layers(x)


def _widths(base_channels: int, size: int) -> list[int]:
    """Channels from half the side down to 4×4."""
    if size < 8 or size & (size - 1):
        raise ValueError(f"size={size}; the side of the images is a power of two, 8 or more")
    return [base_channels << i for i in range(size.bit_length() - 3)]


def _upsample(inputs: int, outputs: int) -> list[nn.Module]:
    """Twice the side. No bias: batch norm would subtract it again."""
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def _downsample(inputs: int, outputs: int, batch_norm: bool) -> list[nn.Module]:
    """Half the side."""
    convolution = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=not batch_norm)
    return [convolution, *([nn.BatchNorm2d(outputs)] if batch_norm else []), nn.LeakyReLU(0.2)]


def initialise(module: nn.Module) -> None:
    """Radford et al.'s start: weights from N(0, 0.02²), batch norm's scales from N(1, 0.02²), biases 0."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, mean=float(isinstance(module, nn.BatchNorm2d)), std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def dcgan(
    *, latent_dim: int = 16, base_channels: int = 16, channels: int = 1, size: int = 32, batch_norm: bool = False
) -> GAN:
    """Both networks, in the channels-last layout, which convolutions on a CPU prefer; ``RECIPE`` trains them."""
    generator = Generator(latent_dim=latent_dim, base_channels=base_channels, channels=channels, size=size)
    discriminator = Discriminator(base_channels=base_channels, channels=channels, size=size, batch_norm=batch_norm)
    networks = (network.to(memory_format=torch.channels_last) for network in (generator, discriminator))
    return GAN(*networks, latent_dim=latent_dim)


def to_tanh_range(images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """[0, 1] to [-1, 1]: what the networks see."""
    return 2 * images - 1


def to_pixels(images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """[-1, 1] to [0, 1]: what a screen and a metric see."""
    return (images + 1) / 2
