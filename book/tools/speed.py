"""How fast this machine is, so that a budget of CPU seconds means the same on every machine.

Budgets count CPU seconds of the reference machine. Before notebooks start, a fixed piece of work of their kind (steps
of training a small convolutional network, one thread) is done here, in a process of its own. `AIGC_SLOWER=2.5` gives
the factor instead; with `AIGC_SLOWER=1` CPU seconds count as they are.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from itertools import pairwise

from book.tools.chapters import ROOT, BookError

GIVEN = "AIGC_SLOWER"
REFERENCE_S = 0.042  # CPU seconds of one round on the reference machine
ROUNDS, STEPS = 11, 12  # the median of the rounds counts: what else the machine does disturbs one or the other


def slower() -> float:
    """How many times slower than the reference machine this one is.

    Never below 1: a faster machine keeps the whole budget, for a chapter that is within it there is within it on the
    reference machine or fails there, and a measurement of a second must not fail a healthy chapter.

    Raises:
        BookError: `AIGC_SLOWER` is no number, or torch cannot train here.
    """
    said = os.environ.get(GIVEN) or _measured()
    try:
        return max(1.0, float(said))
    except ValueError:
        raise BookError(f"{GIVEN}={said} is no number; leave it unset, or give a factor such as 2.5") from None


def _measured() -> str:
    command, one = [sys.executable, "-m", __name__], {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    ran = subprocess.run(command, cwd=ROOT, env=os.environ | one, capture_output=True, text=True, check=False)
    if ran.returncode:
        why = (ran.stderr.strip().splitlines() or [f"exit status {ran.returncode}"])[-1]
        raise BookError(f"this machine's speed cannot be measured ({why}); `make doctor` says what is missing")
    return ran.stdout


def rounds() -> list[float]:
    """CPU seconds of each round of the fixed work."""
    import torch  # here alone: the runner itself does not load it
    from torch import nn

    torch.manual_seed(0)
    first = nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU(), nn.Flatten())
    network = nn.Sequential(first, nn.Linear(1568, 64), nn.ReLU(), nn.Linear(64, 784))
    images, weights, spent = torch.rand(64, 1, 28, 28), list(network.parameters()), [time.process_time()]
    for step in range((1 + ROUNDS) * STEPS):
        loss = (network(images) - images.flatten(1)).square().mean()
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.data -= 0.1 * gradient
        if step % STEPS == STEPS - 1:
            spent.append(time.process_time())
    return [after - before for before, after in pairwise(spent[1:])]  # the first round warms up


if __name__ == "__main__":
    print(statistics.median(rounds()) / REFERENCE_S)
