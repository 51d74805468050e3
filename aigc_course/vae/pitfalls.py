"""Wrong on purpose: programs that circulate in tutorials, kept runnable so that the chapters can show what they do.

Never import this module for work. Each class and function names the row of *Folklore, corrected* that it reproduces.
"""

import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.train import Metrics, State
from aigc_course.foundations.vocabulary import Vocabulary
from aigc_course.vae.linear_vae import LinearVAE
from aigc_course.vae.vae import VAE, Gaussian, bernoulli_log_likelihood, kl_to_standard_normal


class PrintedLoss(LinearVAE):
    """F03, wrong: L = −KL + log p(x|z), minimised. Both signs are turned over, and nothing bounds it from below."""

    def loss(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, ""]:
        """As printed: a posterior far from the prior and a poor reconstruction are both rewarded."""
        q = self.encode(x)
        return (self.ppca().log_likelihood(x.flatten(1), q.sample()) - kl_to_standard_normal(q)).mean()


class UnpairedLoss(LinearVAE):
    """F03, wrong: the signs mended, but the expectation runs over x only, with latents that are independent of x."""

    def loss(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, ""]:
        """KL − log p(x|z) with z from the prior instead of q(z|x)."""
        q = self.encode(x)
        z = torch.randn_like(q.mean)  # the mistake: a latent independent of x
        return (kl_to_standard_normal(q) - self.ppca().log_likelihood(x.flatten(1), z)).mean()


def printed_log_q(
    z: Float[Tensor, "b k"], x: Float[Tensor, "b k"], phi: Float[Tensor, "b k"], *, std: float
) -> Float[Tensor, " b"]:
    """F07, wrong: −Σ (φ − x)² / 2σ² as the logarithm of q(z|x). ``z`` does not occur in it."""
    return -((phi - x).square() / (2 * std**2)).sum(dim=-1)


def unnormalised_log_q(z: Float[Tensor, "b k"], q: Gaussian) -> Float[Tensor, " b"]:
    """F07, half repaired: a square in z at last, but the normaliser is still missing."""
    return q.log_prob(z) + 0.5 * (math.log(2 * math.pi) + q.logvar).sum(dim=-1)


class SeparateLosses:
    """F04, wrong: an "encoder loss" and a "decoder loss", each minimised over its own network."""

    def __init__(self, model: VAE, *, sign: float = 1.0, lr: float = 1e-3) -> None:
        self.model, self.sign = model, sign
        self.encoder_optimizer = torch.optim.Adam(model.encoder.parameters(), lr=lr)
        self.decoder_optimizer = torch.optim.Adam(model.decoder.parameters(), lr=lr)

    def step(self, x: Float[Tensor, "b *shape"]) -> Metrics:
        """The encoder sees only ``sign`` · KL (−1 as printed, +1 as meant); the decoder sees only pixels."""
        q = self.model.encode(x)
        kl = kl_to_standard_normal(q).mean()
        _descend(self.encoder_optimizer, self.sign * kl)
        z = q.sample().detach()  # the mistake: no gradient of the reconstruction reaches the encoder
        pixels = -bernoulli_log_likelihood(x, self.model.decode(z)).mean()
        _descend(self.decoder_optimizer, pixels)
        return {"KL": kl.item(), "pixels": pixels.item()}

    def state_dict(self) -> State:
        """Networks and both optimisers."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: State) -> None:
        """Inverse of ``state_dict``."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "encoder_optimizer": self.encoder_optimizer,
            "decoder_optimizer": self.decoder_optimizer,
        }


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def circulated_kl(q: Gaussian) -> Float[Tensor, " b"]:
    """F05, wrong: mean(log σ − σ + 1). It does not contain the mean at all, and it is never positive."""
    std = (0.5 * q.logvar).exp()
    return (std.log() - std + 1).mean(dim=-1)


class CirculatedKL(VAE):
    """F05, wrong: a VAE trained with ``sign`` · ``circulated_kl`` (+1 as printed, −1 so that it is bounded below)."""

    sign: float = -1.0

    def loss(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, ""]:
        """Pixels as they should be, plus the circulated term."""
        q = self.encode(x)
        pixels = -bernoulli_log_likelihood(x, self.decode(q.sample()))
        return (pixels + self.sign * circulated_kl(q)).mean()


class NoNoise(VAE):
    """F06, half repaired: two heads and a mean without bounds, but the decoder still reads μ."""

    def loss(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, ""]:
        """The decoder reads the mean: no noise, so nothing ties the latents to the prior but the KL term."""
        q = self.encode(x)
        return (kl_to_standard_normal(q) - bernoulli_log_likelihood(x, self.decode(q.mean))).mean()


class SharedSigmoid(NoNoise):
    """F06, wrong: μ = σ = sigmoid(W h + b) with one set of weights, and a decoder that reads μ."""

    def encode(self, x: Float[Tensor, "b *shape"]) -> Gaussian:
        """The same numbers, squeezed into (0, 1), serve as mean and as standard deviation."""
        shared = self.encoder(x)[:, : self.latent_dim].sigmoid()
        return Gaussian(shared, 2 * shared.log())


class FloatText:
    """P14, wrong: the numbers of the words, scaled to [0, 1], go in as measurements, and numbers like them come out."""

    def __init__(
        self, vocab_size: int, *, max_length: int, latent_dim: int = 16, hidden: int = 128, lr: float = 1e-2
    ) -> None:
        self.vocab_size, self.latent_dim = vocab_size, latent_dim
        self.encoder = nn.Sequential(nn.Linear(max_length, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent_dim))
        self.decoder = nn.Sequential(nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, max_length))
        self.encoder_optimizer = torch.optim.Adam(self.encoder.parameters(), lr=lr)
        self.decoder_optimizer = torch.optim.Adam(self.decoder.parameters(), lr=lr)

    def encode(self, x: Int[Tensor, "b t"]) -> Gaussian:
        """The posterior, from word numbers read as if word 200 were twice word 100."""
        mean, logvar = self.encoder(x / self.vocab_size).chunk(2, dim=-1)
        return Gaussian(mean, logvar)

    def step(self, x: Int[Tensor, "b t"]) -> Metrics:
        """Two losses, two updates: the posterior collapses, and the decoder is trained on noise (compare F04)."""
        q = self.encode(x)
        kl = kl_to_standard_normal(q).mean()
        _descend(self.encoder_optimizer, kl)
        x_hat = self.decoder(q.sample().detach())
        squares = (x_hat - x / self.vocab_size).square().sum(dim=1).mean()
        _descend(self.decoder_optimizer, squares)
        return {"KL": kl.item(), "squares": squares.item()}

    def state_dict(self) -> State:
        """Networks and both optimisers."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: State) -> None:
        """Inverse of ``state_dict``."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        optimizers = {"encoder_optimizer": self.encoder_optimizer, "decoder_optimizer": self.decoder_optimizer}
        return {"encoder": self.encoder, "decoder": self.decoder, **optimizers}

    def reconstruct(self, x: Int[Tensor, "b t"]) -> Float[Tensor, "b t"]:
        """One floating-point number for each word, on the scale of the vocabulary."""
        return self.vocab_size * self.decoder(self.encode(x).mean)


def joined(x_hat: Float[Tensor, " t"]) -> str:
    """As printed in tutorials: raises TypeError, because numbers are no words."""
    return " ".join(x_hat.detach().numpy())


def rounded(x_hat: Float[Tensor, "b t"], vocabulary: Vocabulary) -> list[str]:
    """The usual patch: the nearest whole number is looked up, as if words with close numbers meant similar things."""
    numbers = x_hat.detach().round().long().clamp(0, len(vocabulary) - 1)
    return [" ".join(vocabulary.words[i] for i in row) for row in numbers.tolist()]
