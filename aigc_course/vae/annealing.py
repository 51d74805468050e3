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
    """A model whose loss has two terms, in nats; ``word_dropout`` and ``free_bits`` are hyperparameters."""

    word_dropout: float
    free_bits: float

    def terms(self, x: Any, /, *, word_dropout: float) -> tuple[Tensor, Tensor]:
        """−log p(x|z) at one posterior sample, and KL(q(z|x) ‖ p(z)): both in nats per example."""
        ...


def weighted_loss(
    words: Float[Tensor, " b"], kl: Float[Tensor, " b"], *, weight: float = 1.0, free_bits: float = 0.0
) -> Float[Tensor, ""]:
    """Loss E[−log p(x|z)] + ``weight`` · max(``free_bits``, E[KL]) in nats, with batch means for expectations.

    Args:
        words: −log p(x|z) in nats of each example.
        kl: KL(q(z|x) ‖ p(z)) in nats of each example.
        weight: Of the KL term (β, annealed during training).
        free_bits: Nats of the mean KL term below which it has no gradient (free bits, Kingma et al., 2016).
    """
    return words.mean() + weight * kl.mean().clamp(min=free_bits)


def linear_warmup(step: int, *, warmup_steps: int) -> float:
    """KL weight of a linear warm-up: 0 at the first update (``step = 0``), 1 from update ``warmup_steps`` on.

    Raises:
        ValueError: ``warmup_steps`` is below 1.
    """
    if warmup_steps < 1:
        raise ValueError(f"warmup_steps={warmup_steps}; give the number of updates until the weight is 1, at least 1")
    return min(1.0, step / warmup_steps)


def annealed_trainer(
    model: HasTerms,
    *,
    warmup_steps: int,
    optimizer: torch.optim.Optimizer | None = None,
    clip: float | None = 5.0,
    **options: Any,
) -> Trainer:
    """A ``Trainer`` on ``weighted_loss`` whose weight is ``linear_warmup``; ``options`` are those of ``Trainer``.

    The metrics are both terms in nats, and the weight.
    """

    def loss(batch: Any, *, weight: float) -> tuple[Tensor, dict[str, Tensor]]:
        words, kl = model.terms(batch, word_dropout=model.word_dropout)
        found = weighted_loss(words, kl, weight=weight, free_bits=model.free_bits)
        return found, {"words": words.detach().mean(), "KL": kl.detach().mean()}

    anneal = {"weight": partial(linear_warmup, warmup_steps=warmup_steps)}
    network: Any = model
    return Trainer(network, loss, optimizer=optimizer, clip=clip, anneal=anneal, **options)
