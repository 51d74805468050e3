"""Wrong on purpose: a "text VAE" that circulates in tutorials, kept runnable so that the chapter can show what it does.

Never import this module for work. It reproduces row P14 of *Folklore, corrected*: the decoder returns one number with a
fraction for each word, ``x_hat.detach().numpy()`` is joined as if it held words, and encoder and decoder have a loss
and a step each.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.train import Metrics, State
from aigc_course.foundations.vocabulary import Vocabulary
from aigc_course.vae.gaussian import Gaussian, kl_to_standard_normal


class FloatText:
    """P14, wrong: the numbers of the words, scaled to [0, 1], go in as measurements, and numbers like them come out."""

    def __init__(self, words: int, *, longest: int, k: int = 16, hidden: int = 128, lr: float = 1e-2) -> None:
        self.words, self.k = words, k
        self.encoder = nn.Sequential(nn.Linear(longest, hidden), nn.ReLU(), nn.Linear(hidden, 2 * k))
        self.decoder = nn.Sequential(nn.Linear(k, hidden), nn.ReLU(), nn.Linear(hidden, longest))
        self.encoder_optimizer = torch.optim.Adam(self.encoder.parameters(), lr=lr)
        self.decoder_optimizer = torch.optim.Adam(self.decoder.parameters(), lr=lr)

    def encode(self, x: Int[Tensor, "b t"]) -> Gaussian:
        """The posterior, from word numbers read as if word 200 were twice word 100."""
        mean, logvar = self.encoder(x / self.words).chunk(2, dim=-1)
        return Gaussian(mean, logvar)

    def step(self, x: Int[Tensor, "b t"]) -> Metrics:
        """Two losses, two steps: the encoder learns to say nothing, the decoder hears noise (compare F04)."""
        q = self.encode(x)
        kl = kl_to_standard_normal(q).mean()
        _descend(self.encoder_optimizer, kl)
        x_hat = self.decoder(q.sample().detach())
        squares = (x_hat - x / self.words).square().sum(dim=1).mean()
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
        return self.words * self.decoder(self.encode(x).mean)


def joined(x_hat: Float[Tensor, " t"]) -> str:
    """As printed in tutorials: raises TypeError, because numbers are no words."""
    return " ".join(x_hat.detach().numpy())


def rounded(x_hat: Float[Tensor, "b t"], vocabulary: Vocabulary) -> list[str]:
    """The usual patch: the nearest whole number is looked up, as if words with close numbers meant similar things."""
    numbers = x_hat.detach().round().long().clamp(0, len(vocabulary) - 1)
    return [" ".join(vocabulary.words[i] for i in row) for row in numbers.tolist()]


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
