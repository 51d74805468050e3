"""Wrong on purpose: programs that circulate in tutorials, kept runnable so that the chapter can show what they do.

Never import this module for work. Each class names the row of *Folklore, corrected* that it reproduces.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.core.train import Metrics, State
from aigc_course.vae.gaussian import VAE, Gaussian, bernoulli_log_likelihood, kl_to_standard_normal


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
        return {"kl": kl.item(), "pixels": pixels.item()}

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


class SharedSigmoid(VAE):
    """F06, wrong: μ = σ = sigmoid(W h + b) with one set of weights, and a decoder that reads μ."""

    def encode(self, x: Float[Tensor, "b *shape"]) -> Gaussian:
        """The same numbers, squeezed into (0, 1), serve as mean and as standard deviation."""
        shared = self.encoder(x)[:, : self.k].sigmoid()
        return Gaussian(shared, 2 * shared.log())

    def loss(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, ""]:
        """The decoder reads the mean: no noise, so nothing ties the codes to the prior but the KL term."""
        q = self.encode(x)
        return (kl_to_standard_normal(q) - bernoulli_log_likelihood(x, self.decode(q.mean))).mean()
