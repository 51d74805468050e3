r"""A style-based generator: a mapping network turns noise into a style, which modulates every convolution.

Karras et al. (2019), *A Style-Based Generator Architecture for Generative Adversarial Networks*, arXiv:1812.04948
(mapping network, constant input, style mixing, truncation in ``w``).
Karras et al. (2020), *Analyzing and Improving the Image Quality of StyleGAN*, arXiv:1912.04958 (modulated convolution
with demodulation, which replaces their normalisation of activations).

Symbols: noise ``z`` of ``latent_dim`` numbers; digit ``y``, one of ``classes``; style ``w`` of ``d`` numbers; ``ws``
one style for each of the ``l`` places where a style enters; ``s`` the scales that a layer reads from its style.

Conventions: the paper's generator adds noise inside every layer and has eight dense layers in its mapping network;
ours has no inner noise and two. In a class-conditional generator each class has a mean style of its own.
"""

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.gan.conditional import ConditionalGAN, ProjectionDiscriminator
from aigc_course.gan.dcgan import RECIPE

# The search that gave ``dcgan`` its recipe, repeated: these networks want smaller steps, and at 0.004 they fall apart.
STYLE_RECIPE: dict[str, Any] = RECIPE | {"lr_g": 2e-3, "lr_d": 2e-3}
# Demodulated kernels have norm 1 for each output channel, over input channels and all 4 × 4 taps. In a transposed
# convolution with stride 2, the taps that reach one output pixel are every second row and every second column of the
# kernel: 2 × 2 of 4 × 4. Of inputs that are uncorrelated with variance 1, the output's variance is the sum of the
# squares of these taps, a quarter of the whole on average. Twice the output has variance 1, as its input had.
GAIN = 2.0
LAYERS = 3  # places where a style enters: 4×4 to 8×8, to 16×16, to 32×32 and the colour


def modulated_weights(
    weight: Float[Tensor, "i o h w"], scale: Float[Tensor, "b i"], *, demodulate: bool = True
) -> Float[Tensor, "b i o h w"]:
    """One kernel for each example: input channels times their scales, then each output channel divided by its norm.

    The norm is over input channels and taps. Without ``demodulate`` only the first step is made. Karras et al. (2020),
    eqs. 1 and 3.
    """
    kernels = weight * scale[:, :, None, None, None]
    if not demodulate:
        return kernels
    return kernels * (kernels.square().sum(dim=(1, 3, 4), keepdim=True) + 1e-8).rsqrt()


class ModulatedConvolution(nn.Module):
    """A modulated transposed convolution with a 4×4 kernel and stride 2, which doubles height and width.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        d: Numbers in a style.
        demodulate: Whether the kernel is divided by its norm.
    """

    def __init__(self, inputs: int, outputs: int, *, d: int, demodulate: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs, 4, 4) / (4 * inputs) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.style = nn.Linear(d, inputs)
        nn.init.ones_(self.style.bias)
        self.demodulate = demodulate

    def forward(self, x: Float[Tensor, "b i h w"], w: Float[Tensor, "b d"]) -> Float[Tensor, "b o h2 w2"]:
        """Feature maps of twice the side: ``GAIN`` times the transposed convolution with ``modulated_weights``, + bias.

        Without demodulation the gain is 1. No kernel is made for each example: scaling an input channel of the kernel
        is scaling that channel of ``x``, and dividing an output channel by its norm is dividing that of the result.
        """
        scale = self.style(w)
        x = F.conv_transpose2d(x * scale[:, :, None, None], self.weight, stride=2, padding=1)
        if self.demodulate:
            norm = (scale.square() @ self.weight.square().sum(dim=(2, 3)) + 1e-8).rsqrt()
            x = GAIN * x * norm[:, :, None, None]
        return x + self.bias[:, None, None]


class Mapping(nn.Module):
    """The mapping network: two dense layers from noise and class embedding, normalised to mean square 1, to a style."""

    def __init__(self, *, latent_dim: int, d: int, classes: int, embedding: int = 8) -> None:
        super().__init__()
        self.class_embedding = nn.Embedding(classes, embedding)
        self.layers = nn.Sequential(
            nn.Linear(latent_dim + embedding, d), scaled_leaky_relu(), nn.Linear(d, d), scaled_leaky_relu()
        )

    def forward(self, z: Float[Tensor, "b k"], y: Int[Tensor, " b"]) -> Float[Tensor, "b d"]:
        """The style ``w`` of each example."""
        x = torch.cat([z, self.class_embedding(y)], dim=1)
        return self.layers(x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt())


class Synthesis(nn.Module):
    """The synthesis network: a learned 4×4 input, and three modulated convolutions that double its side to 32."""

    def __init__(self, *, d: int, base_channels: int, channels: int = 1) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.randn(4 * base_channels, 4, 4))
        sizes = (4 * base_channels, 2 * base_channels, base_channels)
        self.layers = nn.ModuleList(ModulatedConvolution(i, o, d=d) for i, o in pairwise(sizes))
        self.colour = ModulatedConvolution(base_channels, channels, d=d, demodulate=False)
        self.scaled_leaky_relu = scaled_leaky_relu()

    def forward(self, ws: Float[Tensor, "b l d"]) -> Float[Tensor, "b c 32 32"]:
        """Images in [-1, 1], from one style for each layer."""
        x = self.start.expand(len(ws), -1, -1, -1)
        for layer, w in zip(self.layers, ws.unbind(dim=1), strict=False):
            x = self.scaled_leaky_relu(layer(x, w))
        return self.colour(x, ws[:, -1]).tanh()


def scaled_leaky_relu() -> nn.Module:
    """Leaky ReLU times √2: of a Gaussian input with mean square 1 the output has mean square 1.04."""
    return nn.Sequential(nn.LeakyReLU(0.2), Scale(2**0.5))


class Scale(nn.Module):
    """A layer that multiplies its input by a fixed ``factor``."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
        """``factor`` times ``x``."""
        return self.factor * x


class StyleGenerator(nn.Module):
    """Mapping network and synthesis network, with style mixing in training.

    Args:
        latent_dim: Numbers of noise.
        base_channels: Channels of the last feature maps; the learned input has four times as many.
        classes: Number of classes.
        d: Numbers in a style.
        channels: Channels of an image.
        mixing: Share of the training images that take the styles of their later layers from other noise of the same
            class. Without it, neighbouring layers come to rely on each other's style (Karras et al., 2019).
    """

    def __init__(
        self, *, latent_dim: int, base_channels: int, classes: int, d: int = 32, channels: int = 1, mixing: float = 0.5
    ) -> None:
        super().__init__()
        self.latent_dim, self.classes, self.mixing = latent_dim, classes, mixing
        self.mapping = Mapping(latent_dim=latent_dim, d=d, classes=classes)
        self.synthesis = Synthesis(d=d, base_channels=base_channels, channels=channels)

    def forward(self, z: Float[Tensor, "b k"], y: Int[Tensor, " b"]) -> Float[Tensor, "b c 32 32"]:
        """Images in [-1, 1] of the classes ``y``; training mode mixes styles at random."""
        w = self.mapping(z, y)
        if not self.training or not self.mixing:
            return self.synthesis(broadcast_style(w))
        other = self.mapping(torch.randn_like(z), y)
        cut = torch.randint(1, LAYERS, (len(z),), device=z.device)
        cut = cut.where(torch.rand(len(z), device=z.device) < self.mixing, torch.full_like(cut, LAYERS))
        return self.synthesis(mix_styles(w, other, cut))


def broadcast_style(w: Float[Tensor, "b d"]) -> Float[Tensor, "b l d"]:
    """The same style for each of the ``LAYERS`` layers."""
    return w.unsqueeze(1).expand(-1, LAYERS, -1)


def mix_styles(
    first: Float[Tensor, "b d"], second: Float[Tensor, "b d"], cut: Int[Tensor, " b"]
) -> Float[Tensor, "b l d"]:
    """Style mixing: the first style for the ``cut`` coarsest layers of each example, the second for the others."""
    coarse = torch.arange(LAYERS, device=cut.device) < cut.unsqueeze(1)
    return torch.where(coarse.unsqueeze(2), broadcast_style(first), broadcast_style(second))


def truncate(
    w: Float[Tensor, "b d"], mean: Float[Tensor, "b d"], psi: float | Float[Tensor, "b 1"]
) -> Float[Tensor, "b d"]:
    """Truncation: the style at share ``psi`` of the way from the mean style to ``w``; 1 leaves ``w`` as it is."""
    return mean + psi * (w - mean)


@torch.no_grad()
def mean_latents(generator: StyleGenerator, *, num_samples: int = 2000) -> Float[Tensor, "c d"]:
    """The mean style of each class, estimated from ``num_samples`` samples of noise."""
    device = next(generator.parameters()).device
    classes = torch.arange(generator.classes, device=device).repeat_interleave(num_samples)
    w = generator.mapping(torch.randn(len(classes), generator.latent_dim, device=device), classes)
    return w.unflatten(0, (-1, num_samples)).mean(dim=1)


def style_gan(
    *, latent_dim: int = 16, base_channels: int = 16, classes: int = 10, channels: int = 1, mixing: float = 0.5
) -> ConditionalGAN:
    """A class-conditional GAN of a style-based generator and a projection discriminator, for 32×32 images.

    ``STYLE_RECIPE`` trains it. With ``classes=1`` it is unconditional.
    """
    generator = StyleGenerator(
        latent_dim=latent_dim, base_channels=base_channels, classes=classes, channels=channels, mixing=mixing
    )
    discriminator = ProjectionDiscriminator(base_channels=base_channels, classes=classes, channels=channels)
    networks = (network.to(memory_format=torch.channels_last) for network in (generator, discriminator))
    return ConditionalGAN(*networks, latent_dim=latent_dim, classes=classes)
