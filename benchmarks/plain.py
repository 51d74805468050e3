"""The references: the networks of the library as one would write them in an afternoon, and their training steps.

Losses on probabilities, an optimiser with its defaults, a DataLoader over a data set in memory, float32, no layout.
The tests copy weights from the library and compare the losses: these are the same networks.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

Step = Callable[..., object]


def loaded(batch_size: int, *columns: Tensor) -> Iterator[Any]:
    """Batches for ever, the usual way."""
    loader = DataLoader(TensorDataset(*columns), batch_size=batch_size, shuffle=True, drop_last=True)
    while True:
        for batch in loader:
            yield batch if len(columns) > 1 else batch[0]


class VAE(nn.Module):
    """784-400-20 and back, two heads."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.mean, self.logvar = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.up, self.out = nn.Linear(20, 400), nn.Linear(400, 784)

    def decode(self, z: Tensor) -> Tensor:
        """Probabilities of white."""
        return torch.sigmoid(self.out(F.relu(self.up(z))))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Picture, mean and log-variance."""
        h = F.relu(self.hidden(x.flatten(1)))
        mean, logvar = self.mean(h), self.logvar(h)
        return self.decode(mean + (0.5 * logvar).exp() * torch.randn_like(mean)), mean, logvar

    def sample(self, n: int) -> Tensor:
        """Decoder means for codes from the prior."""
        with torch.no_grad():
            return self.decode(torch.randn(n, 20))


def vae_loss(model: nn.Module, x: Tensor) -> Tensor:
    """Cross-entropy of probabilities plus KL, nats per picture."""
    y, mean, logvar = model(x)
    pixels = F.binary_cross_entropy(y.flatten(1), x.flatten(1), reduction="sum")
    return (pixels - 0.5 * (1 + logvar - mean**2 - logvar.exp()).sum()) / len(x)


def vae_step(model: nn.Module) -> Step:
    """One update of a VAE."""
    return descent(model, lambda x: vae_loss(model, x))


def descent(model: nn.Module, of: Callable[[Any], Tensor], lr: float = 1e-3) -> Step:
    """One update of a model along a loss."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def step(x: Any) -> float:
        optimizer.zero_grad()
        loss = of(x)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


class Stencil(nn.Module):
    """The convolutional VAE of the library for 32×32, layer by layer."""

    def __init__(self, latent_dim: int = 8, width: int = 8, hidden: int = 256) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 4, 2, 1), nn.GroupNorm(1, width), nn.SiLU(),
            nn.Conv2d(width, 2 * width, 4, 2, 1), nn.GroupNorm(1, 2 * width), nn.SiLU(), nn.Flatten(),
            nn.Linear(128 * width, hidden), nn.LayerNorm(hidden), nn.SiLU(), nn.Linear(hidden, 2 * latent_dim),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden), nn.LayerNorm(hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.LayerNorm(hidden), nn.SiLU(),
            nn.Linear(hidden, 128 * width), nn.LayerNorm(128 * width), nn.SiLU(), nn.Unflatten(1, (2 * width, 8, 8)),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1), nn.GroupNorm(1, width), nn.SiLU(),
            nn.ConvTranspose2d(width, 1, 4, 2, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Picture, mean and log-variance."""
        mean, logvar = self.encoder(x).chunk(2, dim=1)
        z = mean + (0.5 * logvar).exp() * torch.randn_like(mean)
        return self.decoder(z).sigmoid(), mean, logvar

    def sample(self, n: int) -> Tensor:
        """Decoder means for codes from the prior."""
        with torch.no_grad():
            return self.decoder(torch.randn(n, self.latent_dim)).sigmoid()


def dense_generator(latent_dim: int = 16, side: int = 32, hidden: int = 128) -> nn.Sequential:
    """Three dense layers."""
    return nn.Sequential(
        nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, side**2), nn.Sigmoid(), nn.Unflatten(1, (1, side, side)),
    )  # fmt: skip


def dense_discriminator(pixels: int = 1024, hidden: int = 128) -> nn.Sequential:
    """Three dense layers and a probability."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(pixels, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden), nn.LeakyReLU(0.2),
        nn.Linear(hidden, 1), nn.Sigmoid(),
    )  # fmt: skip


def _up(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]


def _down(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, True)]


def dcgan_generator(latent_dim: int = 100, width: int = 64, channels: int = 3) -> nn.Sequential:
    """Radford et al.'s generator for 64×64."""
    return nn.Sequential(
        nn.Unflatten(1, (latent_dim, 1, 1)),
        nn.ConvTranspose2d(latent_dim, 8 * width, 4, bias=False), nn.BatchNorm2d(8 * width), nn.ReLU(True),
        *_up(8 * width, 4 * width), *_up(4 * width, 2 * width), *_up(2 * width, width),
        nn.ConvTranspose2d(width, channels, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip


def dcgan_discriminator(width: int = 64, channels: int = 3) -> nn.Sequential:
    """Its mirror, with a probability at the end."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True),
        *_down(width, 2 * width), *_down(2 * width, 4 * width), *_down(4 * width, 8 * width),
        nn.Conv2d(8 * width, 1, 4), nn.Flatten(0), nn.Sigmoid(),
    )  # fmt: skip


def gan_step(g: nn.Module, d: nn.Module, latent_dim: int, lr: float = 2e-4) -> Step:
    """One update of the judge and one of the generator, on the same fakes."""
    of_g = torch.optim.Adam(g.parameters(), lr=lr, betas=(0.5, 0.999))
    of_d = torch.optim.Adam(d.parameters(), lr=lr, betas=(0.5, 0.999))

    def step(x: Tensor) -> tuple[float, float]:
        fake, ones = g(torch.randn(len(x), latent_dim)), torch.ones(len(x))
        of_d.zero_grad()
        discriminator = F.binary_cross_entropy(d(x).flatten(), ones)
        discriminator = discriminator + F.binary_cross_entropy(d(fake.detach()).flatten(), torch.zeros(len(x)))
        discriminator.backward()
        of_d.step()
        of_g.zero_grad()
        loss = F.binary_cross_entropy(d(fake).flatten(), ones)
        loss.backward()
        of_g.step()
        return discriminator.item(), loss.item()

    return step
