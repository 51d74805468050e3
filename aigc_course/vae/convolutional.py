"""Convolutional networks for the VAE of ``gaussian``, for images of 32×32 pixels.

Encoder and decoder mirror each other: two strided convolutions down to 8×8, one dense layer, the code; and back.
Kernels of 4 with stride 2 overlap evenly, so that the transposed convolutions leave no checkerboard (Odena, Dumoulin &
Olah, 2016, doi:10.23915/distill.00003). Layers are normalised over each image (Ba, Kiros & Hinton, 2016,
arXiv:1607.06450) and not over the batch, so that a posterior depends on its own image alone, in training and after it.
"""

from torch import nn

from aigc_course.vae.gaussian import VAE


def vae(*, k: int = 8, width: int = 8, hidden: int = 256, channels: int = 1, beta: float = 1.0) -> VAE:
    """A VAE for ``channels`` × 32 × 32 images; ``width`` is the number of maps in the first layer."""
    sizes = {"width": width, "hidden": hidden, "channels": channels}
    return VAE(encoder(k, **sizes), decoder(k, **sizes), k=k, beta=beta)


def encoder(k: int, *, width: int = 8, hidden: int = 256, channels: int = 1) -> nn.Sequential:
    """Image to 2k numbers: mean and log-variance of the code."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, stride=2, padding=1),  # 16×16
        *_maps(width),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),  # 8×8
        *_maps(2 * width),
        nn.Flatten(),
        *_dense(2 * width * 64, hidden),
        nn.Linear(hidden, 2 * k),
    )


def decoder(k: int, *, width: int = 8, hidden: int = 256, channels: int = 1) -> nn.Sequential:
    """Code to the logits of an image; the encoder's layers in reverse, and one dense layer more."""
    return nn.Sequential(
        *_dense(k, hidden),
        *_dense(hidden, hidden),
        *_dense(hidden, 2 * width * 64),
        nn.Unflatten(1, (2 * width, 8, 8)),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),  # 16×16
        *_maps(width),
        nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),  # 32×32
    )


def _maps(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.GroupNorm(1, channels), nn.SiLU()


def _dense(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module, nn.Module]:
    return nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.SiLU()
