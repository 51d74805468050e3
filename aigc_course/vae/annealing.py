"""The weight of the KL term as a function of the update, and a descent that keeps count of it.

KL annealing is from Bowman et al. (2016), arXiv:1511.06349; free bits are from Kingma, Salimans,
Jozefowicz, Chen, Sutskever & Welling (2016), *Improved Variational Inference with Inverse Autoregressive Flow*,
arXiv:1606.04934.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.core.train import Metrics, State, Trainer


class HasTerms(Protocol):
    """A model whose loss has two terms, in nats; ``word_dropout`` and ``free`` are settings of its training."""

    word_dropout: float
    free: float

    def terms(self, x: Any, /, *, word_dropout: float) -> tuple[Tensor, Tensor]:
        """What the observation costs given the code, and what the code costs."""
        ...


def weighted_loss(
    words: Float[Tensor, " b"], kl: Float[Tensor, " b"], *, weight: float = 1.0, free: float = 0.0
) -> Float[Tensor, ""]:
    """Mean cost of the words plus ``weight`` times the mean cost of the code, of which ``free`` nats count as paid."""
    return words.mean() + weight * kl.mean().clamp(min=free)


def linear_warmup(step: int, *, warm: int) -> float:
    """From 0 at the first update (``step = 0``) in a straight line to 1 at update ``warm``, and 1 from there on."""
    if warm < 1:
        raise ValueError(f"warm={warm}; give the number of updates until the weight is 1, at least 1")
    return min(1.0, step / warm)


def annealed(warm: int) -> Callable[[int], float]:
    """The schedule ``linear_warmup`` for a given length."""
    return partial(linear_warmup, warm=warm)


class AnnealedTrainer(Trainer):
    """Gradient descent on ``weighted_loss``; the weight depends on the number of the update and on nothing else.

    That number is part of the state, so that a resumed run goes on with the weight at which it stopped.
    """

    def __init__(
        self,
        model: Any,
        *,
        weight: Callable[[int], float],
        optimizer: torch.optim.Optimizer | None = None,
        clip: float | None = 5.0,
    ) -> None:
        super().__init__(model, self._weighted, optimizer=optimizer, clip=clip)
        self.weight, self.done = weight, 0
        self._seen: Metrics = {}

    def _weighted(self, batch: Any) -> Tensor:
        model: HasTerms = self.model  # pyright: ignore[reportAssignmentType]
        words, kl = model.terms(batch, word_dropout=model.word_dropout)
        weight = self.weight(self.done)
        self._seen = {"words": words.mean().item(), "KL": kl.mean().item(), "weight": weight}
        return weighted_loss(words, kl, weight=weight, free=model.free)

    def step(self, batch: Any) -> Metrics:
        """Descend once; the metrics tell both terms in nats, and the weight in force."""
        metrics = super().step(batch)
        self.done += 1
        return metrics | self._seen

    def state_dict(self) -> State:
        """Weights, optimiser moments, and how many updates were made."""
        return super().state_dict() | {"done": self.done}

    def load_state_dict(self, state: State) -> None:
        """Inverse of ``state_dict``."""
        super().load_state_dict(state)
        self.done = state["done"]
