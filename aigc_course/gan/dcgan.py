r"""DCGAN: the game on images, with convolutions.

Radford, Metz & Chintala (2015), *Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks*, arXiv:1511.06434. Theirs are 64×64 with 1,024 channels; here 32×32 and as wide as asked.

Symbols: ``width`` is the number of channels at 16×16; every halving of the side doubles it. Images are grey or
colour with values in [-1, 1], the range of tanh.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from aigc_course.gan.game import GAN


class Generator(nn.Module):
    """Noise to 4×4, then three transposed convolutions that double the side; batch norm and ReLU, tanh at the end."""

    def __init__(self, *, k: int, width: int, channels: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Unflatten(1, (k, 1, 1)),
            nn.ConvTranspose2d(k, 4 * width, 4, bias=False),
            nn.BatchNorm2d(4 * width),
            nn.ReLU(),
            *_upsample(4 * width, 2 * width),
            *_upsample(2 * width, width),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )
        self.apply(initialise)

    def forward(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "b c 32 32"]:
        """Images in [-1, 1]."""
        return self.layers(z)


class Discriminator(nn.Module):
    """The generator backwards: strided convolutions with leaky ReLU, batch norm except at the image, one logit."""

    def __init__(self, *, width: int, channels: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            *_downsample(width, 2 * width),
            *_downsample(2 * width, 4 * width),
            nn.Conv2d(4 * width, 1, 4),
            nn.Flatten(0),
        )
        self.apply(initialise)

    def forward(self, x: Float[Tensor, "b c 32 32"]) -> Float[Tensor, " b"]:
        """Logits of "real"."""
        return self.layers(x)


def _upsample(inputs: int, outputs: int) -> list[nn.Module]:
    """Twice the side. No bias: batch norm would subtract it again."""
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def _downsample(inputs: int, outputs: int) -> list[nn.Module]:
    """Half the side."""
    convolution = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]


def initialise(module: nn.Module) -> None:
    """Radford et al.'s start: weights from N(0, 0.02²), batch norm's scales from N(1, 0.02²), biases 0."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, mean=float(isinstance(module, nn.BatchNorm2d)), std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def dcgan(*, k: int = 64, width: int = 24, channels: int = 1, lr: float = 1e-3, average: float | None = 0.99) -> GAN:
    """The game between the two, in the channels-last layout, which convolutions on a CPU prefer."""
    generator, discriminator = (
        Generator(k=k, width=width, channels=channels),
        Discriminator(width=width, channels=channels),
    )
    networks = [n.to(memory_format=torch.channels_last) for n in (generator, discriminator)]
    return GAN(*networks, k=k, lr_g=lr, lr_d=lr, average=average)


def to_tanh_range(images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """[0, 1] to [-1, 1]: what the networks see."""
    return 2 * images - 1


def to_pixels(images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """[-1, 1] to [0, 1]: what a screen and a metric see."""
    return (images + 1) / 2
