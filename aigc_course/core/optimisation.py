r"""What every training algorithm is built from: one optimisation step on some weights, and an average of weights.

Conventions: networks and objectives know nothing of optimisers. Whatever changes from step to step (moments, the place
in a learning-rate schedule, the average) is in ``state_dict()``, so that a resumed run equals an uninterrupted one.
"""

import copy
import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from aigc_course.core.checkpoint import State

Metrics = dict[str, float]
Objective = Tensor | tuple[Tensor, Mapping[str, Tensor]]
Schedule = Callable[[Optimizer], LRScheduler]


class Step(NamedTuple):
    """Numbers measured in one optimisation step.

    Attributes:
        loss: Before the step.
        gradient_norm: Euclidean norm of the gradient with respect to all parameters, before clipping.
        metrics: Further numbers that the objective returned.
    """

    loss: float
    gradient_norm: float
    metrics: Metrics


class Update:
    """An optimisation step and everything that belongs to it: optimiser, learning-rate schedule, clipping, autocast."""

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        optimizer: Optimizer,
        *,
        schedule: Schedule | None = None,
        period: int = 1,
        clip: float | None = None,
        bf16: bool = False,
    ) -> None:
        """Set up the optimisation of ``parameters``.

        Args:
            parameters: The weights whose gradient is measured and clipped.
            optimizer: A torch optimiser of these weights.
            schedule: From the optimiser to one of ``torch.optim.lr_scheduler``, which then takes one step after each
                of the optimiser's: ``partial(OneCycleLR, max_lr=0.1, total_steps=9)``, say, or ``cosine_decay(9)``.
            period: Updates for each step of the schedule: 5 for a critic with five updates to one of the generator.
            clip: Largest norm of the gradient; a longer one is shortened to it. ``None`` for no limit.
            bf16: Compute the loss under bfloat16 autocast; faster where ``profile.bf16_is_fast``.
        """
        self.parameters, self.optimizer, self.clip, self.bf16 = list(parameters), optimizer, clip, bf16
        self.schedule, self.scheduler = schedule, None if schedule is None else schedule(optimizer)
        self.period, self.updates = period, 0

    def __call__(self, objective: Callable[[], Objective]) -> Step:
        """Take one optimisation step on the loss that ``objective`` returns.

        Only the evaluation runs under autocast: the gradient has the precision that each operation ran in, and casts
        of weights are forgotten before the weights move.

        Raises:
            ValueError: The loss came out in 16 bits, in which small terms of a sum are lost.
        """
        with self.autocast():
            found = objective()
        loss, metrics = found if isinstance(found, tuple) else (found, {})
        if loss.dtype in (torch.bfloat16, torch.float16):
            raise ValueError(f"the loss is {loss.dtype}; compute it in float32, with .float() on what networks return")
        self.optimizer.zero_grad()
        loss.backward()
        norm = self._clipped()
        self.optimizer.step()
        self.updates += 1
        if self.scheduler is not None and self.updates % self.period == 0:
            self.scheduler.step()
        return Step(loss.item(), norm.item(), {name: value.item() for name, value in metrics.items()})

    def autocast(self) -> torch.autocast:
        """A context manager for evaluating networks in this step's precision: bfloat16 autocast if ``bf16``."""
        return torch.autocast(self.parameters[0].device.type, dtype=torch.bfloat16, enabled=self.bf16)

    def _clipped(self) -> Tensor:
        """The norm of the whole gradient before it is clipped."""
        gradients = [weight.grad for weight in self.parameters if weight.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        if self.clip is not None:
            nn.utils.clip_grads_with_norm_(self.parameters, self.clip, norm)
        return norm

    def state_dict(self) -> State:
        """State of the optimiser and of the schedule, and the number of updates made."""
        schedule = {} if self.scheduler is None else {"schedule": self.scheduler.state_dict()}
        return {"optimizer": self.optimizer.state_dict(), "updates": self.updates} | schedule

    def load_state_dict(self, state: State) -> None:
        """Inverse of ``state_dict``."""
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["schedule"])
        self.updates = state["updates"]


class EMA:
    """An exponential moving average of a network's weights: a copy in evaluation mode that follows it slowly."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        """Start at the present weights.

        Args:
            network: What is trained.
            decay: Share of the old average in the new one; at 0.999 the average covers about the last 1,000 updates.

        Raises:
            ValueError: ``decay`` is not from 0 to below 1.
        """
        if not 0 <= decay < 1:
            raise ValueError(f"ema_decay={decay}; the share of the old average is at least 0 and below 1")
        self.network, self.decay = network, decay
        self.average = copy.deepcopy(network).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self) -> None:
        """Average ← decay · average + (1 - decay) · network, batch statistics included; whole numbers are copied."""
        for mean, new in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(new, 1 - self.decay)
            else:
                mean.copy_(new)

    def state_dict(self) -> State:
        """State of the averaged network."""
        return self.average.state_dict()

    def load_state_dict(self, state: State) -> None:
        """Inverse of ``state_dict``."""
        self.average.load_state_dict(state)


def linear_decay(steps: int, *, hold: float = 0.0) -> Schedule:
    """Schedule of a learning rate that is constant for a share ``hold`` of ``steps`` updates, then falls linearly to 0.

    Raises:
        ValueError: ``steps`` is below 1, or ``hold`` not from 0 to below 1.
    """
    if steps < 1 or not 0 <= hold < 1:
        raise ValueError(f"steps={steps}, hold={hold}; give at least one step, and a share from 0 to below 1")
    return partial(LambdaLR, lr_lambda=partial(_decayed, steps=steps, hold=hold))


def _decayed(update: int, *, steps: int, hold: float) -> float:
    return min(1.0, max(0.0, 1 - update / steps) / (1 - hold))


def cosine_decay(steps: int) -> Schedule:
    """Schedule of a learning rate that falls to 0 in ``steps`` updates along half a cosine, (1 + cos(π k / steps)) / 2.

    ``CosineAnnealingLR`` in closed form: torch adds up rounding errors, so that its rates differ in the last bits.

    Raises:
        ValueError: ``steps`` is below 1.
    """
    if steps < 1:
        raise ValueError(f"steps={steps}; give at least one step")
    return partial(LambdaLR, lr_lambda=partial(_cosine, steps=steps))


def _cosine(update: int, *, steps: int) -> float:
    return (1 + math.cos(math.pi * min(update, steps) / steps)) / 2
