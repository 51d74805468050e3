"""Convolutional networks for the VAE of ``vae``, for images of 32×32 pixels.

Encoder and decoder mirror each other: two strided convolutions down to 8×8, one dense layer, the latent; and back.
Kernels of 4 with stride 2 overlap evenly, so that the transposed convolutions leave no checkerboard (Odena, Dumoulin &
Olah, 2016, doi:10.23915/distill.00003). Layers are normalised over each image (Ba, Kiros & Hinton, 2016,
arXiv:1607.06450) and not over the batch, so that a posterior depends on its own image alone, in training and after it.
"""

from torch import nn

from aigc_course.vae.vae import VAE


def vae(*, latent_dim: int = 8, base_channels: int = 8, hidden: int = 256, channels: int = 1, beta: float = 1.0) -> VAE:
    """A VAE for ``channels`` × 32 × 32 images; ``base_channels`` is the number of channels after the first layer."""
    sizes = {"base_channels": base_channels, "hidden": hidden, "channels": channels}
    return VAE(encoder(latent_dim, **sizes), decoder(latent_dim, **sizes), latent_dim=latent_dim, beta=beta)


def encoder(latent_dim: int, *, base_channels: int = 8, hidden: int = 256, channels: int = 1) -> nn.Sequential:
    """Network from images (b, channels, 32, 32) to (b, 2 · latent_dim): means, then log-variances, of the posterior."""
    return nn.Sequential(
        nn.Conv2d(channels, base_channels, 4, stride=2, padding=1),  # 16×16
        *_maps(base_channels),
        nn.Conv2d(base_channels, 2 * base_channels, 4, stride=2, padding=1),  # 8×8
        *_maps(2 * base_channels),
        nn.Flatten(),
        *_dense(2 * base_channels * 64, hidden),
        nn.Linear(hidden, 2 * latent_dim),
    )


def decoder(latent_dim: int, *, base_channels: int = 8, hidden: int = 256, channels: int = 1) -> nn.Sequential:
    """Network from latents (b, latent_dim) to logits (b, channels, 32, 32): the encoder reversed, and a dense layer."""
    return nn.Sequential(
        *_dense(latent_dim, hidden),
        *_dense(hidden, hidden),
        *_dense(hidden, 2 * base_channels * 64),
        nn.Unflatten(1, (2 * base_channels, 8, 8)),
        nn.ConvTranspose2d(2 * base_channels, base_channels, 4, stride=2, padding=1),  # 16×16
        *_maps(base_channels),
        nn.ConvTranspose2d(base_channels, channels, 4, stride=2, padding=1),  # 32×32
    )


def _maps(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.GroupNorm(1, channels), nn.SiLU()


def _dense(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module, nn.Module]:
    return nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.SiLU()
