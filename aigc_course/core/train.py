"""The training loop: everything that is *not* specific to one algorithm.

A generative model differs from the next in one update; the loop around it does not. So an
algorithm is an object with a ``step(batch) -> metrics`` method, and this module owns the rest:
batches, seeds, progress, checkpoints. ``Trainer`` is the algorithm for one loss; a game has one of its own.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm import tqdm

from aigc_course.core.checkpoint import CURE, State, contents, difference, load, save, settings
from aigc_course.core.optimisation import EMA, Metrics, Objective, Schedule, Update
from aigc_course.core.random import derive_seed

Batch = Tensor | tuple[Tensor, ...]


@runtime_checkable
class Algorithm(Protocol):
    """What ``fit`` needs from an algorithm."""

    def step(self, batch: Any, /) -> Metrics:
        """Take one optimisation step on a batch; return metrics by name."""
        ...

    def state_dict(self) -> State:
        """All state that a resumed run needs: networks, optimisers, schedules, averages."""
        ...

    def load_state_dict(self, state: State, /) -> object:
        """Inverse of ``state_dict``."""
        ...


def batches(data: Batch, batch_size: int, *, seed: int, start: int = 0) -> Iterator[Batch]:
    """Yield shuffled batches for ever; batch ``k`` depends only on ``(seed, k)``.

    Because the order is a function and not a history, a run resumed at ``start`` sees
    exactly the batches that an uninterrupted run would have seen.

    Args:
        data: Examples, shape ``(n, ...)``, or a tuple of such tensors (images and labels, say).
        batch_size: Examples per batch; the ragged end of an epoch is dropped.
        seed: Names the order.
        start: Number of the first batch to yield.

    Raises:
        ValueError: The tensors differ in length, or ``batch_size`` is not from 1 to that length.
    """
    columns = data if isinstance(data, tuple) else (data,)
    n = len(columns[0])
    per_epoch = _batches_per_epoch([len(c) for c in columns], batch_size)
    k = start
    while True:
        epoch, first = divmod(k, per_epoch)
        order = torch.randperm(n, generator=torch.Generator().manual_seed(derive_seed(seed, 0, epoch)))
        for i in range(first, per_epoch):
            rows = order[i * batch_size : (i + 1) * batch_size].to(columns[0].device)
            yield tuple(c[rows] for c in columns) if isinstance(data, tuple) else data[rows]
            k += 1


def _batches_per_epoch(lengths: Sequence[int], batch_size: int) -> int:
    if len(set(lengths)) != 1:
        raise ValueError(f"the tensors given have {list(lengths)} examples; they must have the same number")
    if not 1 <= batch_size <= lengths[0]:
        raise ValueError(f"batch_size={batch_size}; choose one from 1 to {lengths[0]}, the number of examples given")
    return lengths[0] // batch_size


def fit(
    algorithm: Algorithm,
    data: Batch,
    *,
    steps: int,
    batch_size: int = 64,
    seed: int = 0,
    device: torch.device | str = "cpu",
    checkpoint: Path | None = None,
    checkpoint_every: int = 200,
    on_step: Callable[[int, Metrics], None] | None = None,
) -> list[Metrics]:
    """Run ``algorithm`` until it has taken ``steps`` updates; return one row per update.

    Batch order and noise depend only on ``(seed, step)``, so that a run resumed from ``checkpoint`` equals an
    uninterrupted one bit for bit. An interrupt (Ctrl-C) waits for the update in flight, saves, then stops.

    Args:
        algorithm: What to update. Its networks must be on ``device`` already.
        data: Examples, shape ``(n, ...)``, or a tuple of tensors with the same ``n``.
        steps: Updates in total, those of an earlier run included.
        batch_size: Examples per update.
        seed: Names the batch order and the noise.
        device: Where the batches go.
        checkpoint: File to resume from and to save to.
        checkpoint_every: Updates between two saves.
        on_step: Called with the update's number and metrics.

    Raises:
        ValueError: The checkpoint is damaged, not one of ``fit``, or of another run; the message says what differs.
    """
    columns = tuple(c.to(device) for c in (data if isinstance(data, tuple) else (data,)))
    run = {"seed": seed, "batch_size": batch_size}
    history = _resume(algorithm, checkpoint, run, columns, steps) if checkpoint is not None else []
    source = batches(columns if isinstance(data, tuple) else columns[0], batch_size, seed=seed, start=len(history))
    with _deferred_interrupt(bool(checkpoint)) as interrupted, torch.random.fork_rng(), _bar(history, steps) as bar:
        for k in range(len(history), steps):
            _seed_noise(derive_seed(seed, 1, k), device)  # noise, too, depends only on (seed, k)
            history.append(metrics := algorithm.step(next(source)))
            _advance(bar, metrics, last=k + 1 == steps)
            if on_step is not None:
                on_step(k, metrics)
            if checkpoint is not None and (interrupted or k + 1 == steps or (k + 1) % checkpoint_every == 0):
                _save(checkpoint, algorithm, history, run)
            if interrupted:
                raise KeyboardInterrupt(f"stopped after update {k + 1} of {steps}, saved in {checkpoint}")
    return history


def _resume(
    algorithm: Algorithm, checkpoint: Path, run: State, columns: tuple[Tensor, ...], steps: int
) -> list[Metrics]:
    """Load what there is, and complete ``run`` by what a checkpoint must agree in."""
    now = settings(algorithm)
    run |= {"data": contents(columns), "settings": now}
    if not checkpoint.exists():
        return []
    saved = load(checkpoint, device=columns[0].device)
    if not isinstance(saved, dict) or set(saved) != {"algorithm", "history", "run", "now"}:
        raise ValueError(f"{checkpoint} was not written by fit; {CURE}")
    if saved["now"] == now:  # a schedule changes settings on the way: this algorithm comes from the end of that run
        run["settings"] = saved["run"]["settings"]
    if other := difference(saved["run"], run):
        raise ValueError(f"{checkpoint} was made by another run: {other}; {CURE}")
    if len(saved["history"]) > steps:
        raise ValueError(f"steps={steps}, but {checkpoint} already holds {len(saved['history'])}; ask for more steps")
    algorithm.load_state_dict(saved["algorithm"])
    return saved["history"]


def _save(checkpoint: Path, algorithm: Algorithm, history: list[Metrics], run: State) -> None:
    now = {"algorithm": algorithm.state_dict(), "now": settings(algorithm)}
    save(checkpoint, {"history": history, "run": run} | now)


def _seed_noise(seed: int, device: torch.device | str) -> None:
    """``torch.manual_seed``, less what it notes for GPUs that are not in use: a stack trace each, a millisecond."""
    if torch.device(device).type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


def _bar(history: list[Metrics], steps: int) -> tqdm:
    """A progress bar on a terminal and in a notebook, nothing in a log file."""
    visible = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(initial=len(history), total=steps, disable=not visible, mininterval=0.5, file=sys.stderr)


def _advance(bar: tqdm, metrics: Metrics, *, last: bool) -> None:
    if bar.update() or last:  # the bar is shown twice a second; formatting numbers in between would be waste
        bar.set_postfix({name: f"{value:.3f}" for name, value in metrics.items()})


@contextmanager
def _deferred_interrupt(wanted: bool) -> Iterator[list[int]]:
    """Collect Ctrl-C in the list it yields instead of raising in the middle of an update."""
    signals: list[int] = []
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield signals
        return
    before = signal.signal(signal.SIGINT, lambda number, _: signals.append(number))
    try:
        yield signals
    finally:
        signal.signal(signal.SIGINT, before)


class Trainer:
    """The training algorithm for one loss: a model, its loss, an optimiser with schedule and clipping, an EMA."""

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[..., Objective],
        *,
        optimizer: Optimizer | None = None,
        schedule: Schedule | None = None,
        clip: float | None = None,
        ema_decay: float | None = None,
        anneal: Mapping[str, Callable[[int], float]] | None = None,
        bf16: bool = False,
    ) -> None:
        """Set up the training.

        Args:
            model: The network whose weights move.
            loss: From a batch to the loss, or to the loss and further numbers worth plotting, by name.
            optimizer: Adam with a learning rate of 1e-3 by default.
            schedule: See ``Update``.
            clip: See ``Update``.
            ema_decay: See ``EMA``; ``None`` for no average.
            anneal: Keyword arguments of ``loss`` that change while training, each a function of the number of updates
                made so far: ``{"weight": partial(linear_warmup, warmup_steps=100)}``, say.
            bf16: See ``Update``.
        """
        self.model, self.loss, self.anneal = model, loss, dict(anneal or {})
        optimizer = optimizer or torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        self.update = Update(model.parameters(), optimizer, schedule=schedule, clip=clip, bf16=bf16)
        self.ema = None if ema_decay is None else EMA(model, ema_decay)

    def step(self, batch: Any) -> Metrics:
        """Take one optimisation step on ``loss(batch)``.

        Returns:
            The loss, its gradient's norm before clipping (``gradient``), the loss's further numbers, and the annealed
            arguments.
        """
        annealed = {name: value(self.update.updates) for name, value in self.anneal.items()}
        found = self.update(lambda: self.loss(batch, **annealed))
        if self.ema is not None:
            self.ema.update()
        return {"loss": found.loss, "gradient": found.gradient_norm} | found.metrics | annealed

    @property
    def averaged(self) -> nn.Module:
        """The model to sample from, with the averaged weights where they are kept, else as it is trained."""
        return self.model if self.ema is None else self.ema.average

    def state_dict(self) -> State:
        """State of the model, of its optimisation and of the average."""
        average = {} if self.ema is None else {"ema": self.ema.state_dict()}
        return {"model": self.model.state_dict(), "update": self.update.state_dict()} | average

    def load_state_dict(self, state: State) -> None:
        """Inverse of ``state_dict``."""
        self.model.load_state_dict(state["model"])
        self.update.load_state_dict(state["update"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
