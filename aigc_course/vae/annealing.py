"""The weight of the KL term as a function of the update, and a trainer that follows it.

KL annealing is from Bowman et al. (2016), arXiv:1511.06349; free bits are from Kingma, Salimans,
Jozefowicz, Chen, Sutskever & Welling (2016), *Improved Variational Inference with Inverse Autoregressive Flow*,
arXiv:1606.04934.
"""

from functools import partial
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.core.train import Trainer


@runtime_checkable
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


def annealed_trainer(
    model: HasTerms,
    *,
    warm: int,
    optimizer: torch.optim.Optimizer | None = None,
    clip: float | None = 5.0,
    **options: Any,
) -> Trainer:
    """A ``Trainer`` on ``weighted_loss`` whose weight is ``linear_warmup``; ``options`` are those of ``Trainer``.

    The metrics tell both terms in nats, and the weight in force.
    """

    def loss(batch: Any, *, weight: float) -> tuple[Tensor, dict[str, Tensor]]:
        words, kl = model.terms(batch, word_dropout=model.word_dropout)
        found = weighted_loss(words, kl, weight=weight, free=model.free)
        return found, {"words": words.detach().mean(), "KL": kl.detach().mean()}

    anneal = {"weight": partial(linear_warmup, warm=warm)}
    network: Any = model
    return Trainer(network, loss, optimizer=optimizer, clip=clip, anneal=anneal, **options)
