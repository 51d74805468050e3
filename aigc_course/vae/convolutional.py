"""Convolutional networks for the VAE of ``gaussian``, for images of 32×32 pixels.

The layers mirror each other: three strided convolutions down to 4×4, three transposed ones back up. Kernels of 4 with
stride 2 overlap evenly, so that the transposed convolutions leave no checkerboard (Odena, Dumoulin & Olah, 2016,
doi:10.23915/distill.00003).
"""

from torch import nn

from aigc_course.vae.gaussian import VAE

SIDE = 32


def vae(*, k: int = 16, width: int = 16, channels: int = 1, beta: float = 1.0) -> VAE:
    """A VAE for ``channels`` × 32 × 32 images; ``width`` is the number of maps in the first layer."""
    return VAE(encoder(k, width=width, channels=channels), decoder(k, width=width, channels=channels), k=k, beta=beta)


def encoder(k: int, *, width: int = 16, channels: int = 1) -> nn.Sequential:
    """Image to 2k numbers: mean and log-variance of the code."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, stride=2, padding=1),  # 16×16
        nn.SiLU(),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),  # 8×8
        nn.SiLU(),
        nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1),  # 4×4
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(4 * width * 16, 2 * k),
    )


def decoder(k: int, *, width: int = 16, channels: int = 1) -> nn.Sequential:
    """Code to the logits of an image; the encoder's layers in reverse."""
    return nn.Sequential(
        nn.Linear(k, 4 * width * 16),
        nn.SiLU(),
        nn.Unflatten(1, (4 * width, 4, 4)),
        nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1),  # 8×8
        nn.SiLU(),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),  # 16×16
        nn.SiLU(),
        nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),  # 32×32
    )
