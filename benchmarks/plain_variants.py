"""References for the families that came later: conditional, quantised, for text, Wasserstein, style-based.

Written the shortest way, as in ``plain``: a kernel for each picture where a style scales it, a full table of distances
to the codebook, one-hot labels, cross-entropy over all positions.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.plain import Stencil, Step


class ConditionalVAE(Stencil):
    """The convolutional VAE, with one-hot labels beside the code."""

    def __init__(self, latent_dim: int = 8, classes: int = 10) -> None:
        super().__init__(latent_dim)
        self.classes, self.decoder[0] = classes, nn.Linear(latent_dim + classes, 256)

    def paint(self, z: Tensor, y: Tensor) -> Tensor:
        """Probabilities of white."""
        return self.decoder(torch.cat([z, F.one_hot(y, self.classes).float()], dim=1)).sigmoid()

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Nats per picture."""
        x, y = batch
        mean, logvar = self.encoder(x).chunk(2, dim=1)
        p = self.paint(mean + (0.5 * logvar).exp() * torch.randn_like(mean), y)
        pixels = F.binary_cross_entropy(p, x, reduction="sum")
        return (pixels - 0.5 * (1 + logvar - mean**2 - logvar.exp()).sum()) / len(x)

    def sample(self, n: int) -> Tensor:
        """Pictures of classes drawn alike."""
        with torch.no_grad():
            y = torch.randint(self.classes, (n,))
            return self.paint(torch.randn(n, self.latent_dim), y)


class VQVAE(nn.Module):
    """Three strided convolutions to a 4×4 grid, a codebook, and back."""

    def __init__(self, codebook_size: int = 64, latent_dim: int = 16, width: int = 12) -> None:
        super().__init__()
        self.codebook = nn.Parameter(torch.randn(codebook_size, latent_dim))
        sizes, down, up = [1, width, 2 * width, 4 * width], [], []
        for i, o in pairwise(sizes):
            down += [nn.Conv2d(i, o, 4, 2, 1), nn.GroupNorm(1, o), nn.SiLU()]
            up = [nn.GroupNorm(1, o), nn.SiLU(), nn.ConvTranspose2d(o, i, 4, 2, 1), *up]
        self.encoder = nn.Sequential(*down, nn.Conv2d(4 * width, latent_dim, 1))
        self.decoder = nn.Sequential(nn.Conv2d(latent_dim, 4 * width, 3, padding=1), *up)

    def loss(self, x: Tensor) -> Tensor:
        """Pixels and both squared distances."""
        z = self.encoder(x)
        codes = torch.cdist(z.permute(0, 2, 3, 1).reshape(-1, z.shape[1]), self.codebook).argmin(dim=1)
        e = self.codebook[codes].view(len(x), *z.shape[2:], -1).permute(0, 3, 1, 2)
        p = self.decoder(z + (e - z).detach()).sigmoid()
        pixels = F.binary_cross_entropy(p, x, reduction="sum")
        distances = F.mse_loss(e, z.detach(), reduction="sum") + 0.25 * F.mse_loss(z, e.detach(), reduction="sum")
        return (pixels + distances) / len(x)

    def sample(self, n: int) -> Tensor:
        """Decoded random codes."""
        with torch.no_grad():
            codes = torch.randint(len(self.codebook), (n, 4, 4))
            return self.decoder(self.codebook[codes].permute(0, 3, 1, 2)).sigmoid()


class TextVAE(nn.Module):
    """Words to a code by a convolution, and back by a GRU; no padding, since all rows here are full."""

    def __init__(
        self, words: int, latent_dim: int = 16, word_dropout: float = 0.3, blank: int = 2, start: int = 1
    ) -> None:
        super().__init__()
        self.latent_dim, self.word_dropout, self.blank, self.first = latent_dim, word_dropout, blank, start
        self.read_embed, self.read, self.head = (
            nn.Embedding(words, 64),
            nn.Conv1d(64, 128, 3, 1, 1),
            nn.Linear(128, 2 * latent_dim),
        )
        self.bias = nn.Parameter(torch.zeros(words))
        self.embed, self.start, self.gru = (
            nn.Embedding(words, 64),
            nn.Linear(latent_dim, 128),
            nn.GRU(64 + latent_dim, 128, batch_first=True),
        )
        self.project = nn.Linear(128, 64)

    def logits(self, previous: Tensor, z: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the next words."""
        seen = torch.cat([self.embed(previous), z[:, None].repeat(1, previous.shape[1], 1)], dim=2)
        out, state = self.gru(seen, state)
        scores = self.project(out) @ self.embed.weight.T + self.bias
        scores[:, :, [0, self.blank]] = -torch.inf
        return scores, state

    def loss(self, x: Tensor) -> Tensor:
        """Nats per sentence."""
        h = self.read(self.read_embed(x).transpose(1, 2)).relu().amax(dim=2)
        mean, logvar = self.head(h).chunk(2, dim=1)
        z = mean + (0.5 * logvar).exp() * torch.randn_like(mean)
        previous = F.pad(x[:, :-1], (1, 0), value=self.first)
        drop = torch.rand(previous.shape) < self.word_dropout
        drop[:, 0] = False
        scores, _ = self.logits(previous.masked_fill(drop, self.blank), z, self.start(z).tanh()[None])
        words = F.cross_entropy(scores.transpose(1, 2), x, reduction="sum")
        return (words - 0.5 * (1 + logvar - mean**2 - logvar.exp()).sum()) / len(x)

    def sample(self, n: int, length: int) -> Tensor:
        """Words one after the other."""
        with torch.no_grad():
            z = torch.randn(n, self.latent_dim)
            word, state, words = torch.full((n, 1), self.first), self.start(z).tanh()[None], []
            for _ in range(length):
                scores, state = self.logits(word, z, state)
                word = torch.multinomial(scores[:, 0].softmax(1), 1)
                words.append(word)
            return torch.cat(words, dim=1)


def wasserstein_step(g: nn.Module, f: nn.Module, latent_dim: int, critic_steps: int = 5, lr: float = 1e-4) -> Step:
    """Some updates of the critic with the penalty between real and fake, and one of the generator."""
    of_g = torch.optim.Adam(g.parameters(), lr=lr, betas=(0.0, 0.9))
    of_f = torch.optim.Adam(f.parameters(), lr=lr, betas=(0.0, 0.9))

    def step(x: Tensor) -> tuple[float, float]:
        distance = torch.zeros(())
        for real in x.chunk(critic_steps):
            fake = g(torch.randn(len(real), latent_dim)).detach()
            distance = f(real).mean() - f(fake).mean()
            share = torch.rand(len(real), 1, 1, 1)
            middle = (share * real + (1 - share) * fake).requires_grad_()
            slope = torch.autograd.grad(f(middle).sum(), middle, create_graph=True)[0].flatten(1).norm(dim=1)
            of_f.zero_grad()
            (10 * ((slope - 1) ** 2).mean() - distance).backward()
            of_f.step()
        of_g.zero_grad()
        loss = -f(g(torch.randn(len(x) // critic_steps, latent_dim)).view(-1, *x.shape[1:])).mean()
        loss.backward()
        of_g.step()
        return distance.item(), loss.item()

    return step


class Modulated(nn.Module):
    """Twice the side, with one kernel for each picture, in one grouped convolution."""

    def __init__(self, inputs: int, outputs: int, d: int, demodulate: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs, 4, 4) / (4 * inputs) ** 0.5)
        self.bias, self.style = nn.Parameter(torch.zeros(outputs)), nn.Linear(d, inputs)
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """The modulated convolution of StyleGAN 2."""
        kernels = self.weight * self.style(w)[:, :, None, None, None]
        if self.demodulate:
            kernels = 2 * kernels * (kernels.square().sum(dim=(1, 3, 4), keepdim=True) + 1e-8).rsqrt()
        b, c, h, side = x.shape
        y = F.conv_transpose2d(x.reshape(1, b * c, h, side), kernels.flatten(0, 1), stride=2, padding=1, groups=b)
        return y.view(b, -1, 2 * h, 2 * side) + self.bias[:, None, None]


class StyleGenerator(nn.Module):
    """Mapping network, learned start, three modulated layers, style mixing in half of the pictures."""

    def __init__(self, latent_dim: int = 16, width: int = 16, classes: int = 10, d: int = 32) -> None:
        super().__init__()
        self.class_embedding, self.one, self.two = (
            nn.Embedding(classes, 8),
            nn.Linear(latent_dim + 8, d),
            nn.Linear(d, d),
        )
        self.start = nn.Parameter(torch.randn(4 * width, 4, 4))
        sizes = (
            (4 * width, 2 * width, True),
            (2 * width, width, True),
            (width, 1, False),
        )
        self.layers = nn.ModuleList(Modulated(i, o, d, demodulate) for i, o, demodulate in sizes)

    def style(self, z: Tensor, y: Tensor) -> Tensor:
        """Noise and class to a style."""
        x = torch.cat([z, self.class_embedding(y)], dim=1)
        x = x / (x.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
        for layer in (self.one, self.two):
            x = F.leaky_relu(layer(x), 0.2) * 2**0.5
        return x

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        """Pictures in [-1, 1]."""
        w, other = self.style(z, y), self.style(torch.randn_like(z), y)
        cut = torch.randint(1, 3, (len(z),))
        cut[torch.rand(len(z)) >= 0.5] = 3
        if not self.training:
            cut[:] = 3
        x = self.start.repeat(len(z), 1, 1, 1)
        for place, layer in enumerate(self.layers):
            x = layer(x, torch.where((place < cut)[:, None], w, other))
            x = x.tanh() if place == 2 else F.leaky_relu(x, 0.2) * 2**0.5
        return x


class ProjectionDiscriminator(nn.Module):
    """Strided convolutions to features; a read-out and a product with the class."""

    def __init__(self, width: int = 16, classes: int = 10) -> None:
        super().__init__()
        sizes = ((1, width), (width, 2 * width), (2 * width, 4 * width))
        convolutions = [layer for i, o in sizes for layer in (nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(0.2))]
        self.features = nn.Sequential(*convolutions, nn.Conv2d(4 * width, 64, 4), nn.Flatten(), nn.LeakyReLU(0.2))
        self.out, self.class_embedding = nn.Linear(64, 1), nn.Embedding(classes, 64)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Probabilities of real."""
        features = self.features(x)
        return (self.out(features)[:, 0] + (self.class_embedding(y) * features).sum(dim=1)).sigmoid()


def told_step(g: nn.Module, d: nn.Module, latent_dim: int, lr: float = 2e-3) -> Step:
    """One update of each player of the class-conditional game."""
    of_g = torch.optim.Adam(g.parameters(), lr=lr, betas=(0.0, 0.99))
    of_d = torch.optim.Adam(d.parameters(), lr=lr, betas=(0.0, 0.99))

    def step(batch: tuple[Tensor, Tensor]) -> tuple[float, float]:
        x, y = batch
        fake, ones = g(torch.randn(len(x), latent_dim), y), torch.ones(len(x))
        of_d.zero_grad()
        discriminator = F.binary_cross_entropy(d(x, y), ones) + F.binary_cross_entropy(d(fake.detach(), y), 0 * ones)
        discriminator.backward()
        of_d.step()
        of_g.zero_grad()
        loss = F.binary_cross_entropy(d(fake, y), ones)
        loss.backward()
        of_g.step()
        return discriminator.item(), loss.item()

    return step
