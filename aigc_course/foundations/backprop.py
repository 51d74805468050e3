"""Back-propagation written out for a dense network, and two versions that circulate and are wrong.

Rumelhart, Hinton & Williams (1986), *Learning representations by back-propagating errors*. One example at a time, as a
column; hidden units apply an activation, outputs none; the loss is ½ ‖output − target‖². ``circulated_steps`` (row F09
of *Folklore, corrected*) and ``circulated_unit`` (F10) are wrong on purpose: never use them for work.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from aigc_course.foundations.autograd import Value

Layer = tuple[np.ndarray, np.ndarray]


class Trace(NamedTuple):
    """What the way forward leaves behind: inputs of the units ``z`` and activations ``a``; ``a[0]`` is the example."""

    z: list[np.ndarray]
    a: list[np.ndarray]


def forward(layers: list[Layer], x: Float[np.ndarray, " d"]) -> Trace:
    """Compute a tanh network with linear outputs, and keep everything."""
    trace = Trace([], [x])
    for number, (weights, bias) in enumerate(layers, start=1):
        trace.z.append(weights @ trace.a[-1] + bias)
        trace.a.append(trace.z[-1] if number == len(layers) else np.tanh(trace.z[-1]))
    return trace


def loss(layers: list[Layer], x: Float[np.ndarray, " d"], y: Float[np.ndarray, " m"]) -> float:
    """Half the squared distance of output and target."""
    return 0.5 * float(((forward(layers, x).a[-1] - y) ** 2).sum())


def gradients(layers: list[Layer], x: Float[np.ndarray, " d"], y: Float[np.ndarray, " m"]) -> list[Layer]:
    """∂L/∂W and ∂L/∂b of every layer, by the recursion of the deltas from the last layer to the first."""
    trace = forward(layers, x)
    delta, found = trace.a[-1] - y, []
    for number in reversed(range(len(layers))):
        found.append((np.outer(delta, trace.a[number]), delta))
        if number:
            delta = (layers[number][0].T @ delta) * (1 - trace.a[number] ** 2)
    return found[::-1]


def descend(layers: list[Layer], slopes: list[Layer], *, rate: float) -> list[Layer]:
    """One step against the gradient."""
    return [(w - rate * dw, b - rate * db) for (w, b), (dw, db) in zip(layers, slopes, strict=True)]


def circulated_steps(
    layers: list[Layer], x: Float[np.ndarray, " d"], y: Float[np.ndarray, " m"], *, rate: float
) -> list[Layer]:
    """F09, wrong: ΔW_ij = η a_j δ_j with δ_j = ∂L/∂z_j · ∂z_j/∂a_j, as printed.

    The product in δ_j is ∂L/∂a_j, since ∂z_j/∂a_j = 1/σ′(z_j): the slope is divided out instead of multiplied in.
    a_j is the unit's own activation, so all weights into a unit get the same change. And the sign climbs.
    """
    trace = forward(layers, x)
    slope, steps = trace.a[-1] - y, []  # ∂L/∂z of the layer, which is right
    for number in reversed(range(len(layers))):
        own = trace.a[number + 1]
        hidden = number + 1 < len(layers)
        delta = slope / (1 - own**2) if hidden else slope
        steps.append((np.outer(rate * own * delta, np.ones_like(trace.a[number])), rate * delta))
        if number:
            slope = (layers[number][0].T @ slope) * (1 - trace.a[number] ** 2)
    return steps[::-1]


def epochs(
    layers: list[Layer], xs: Float[np.ndarray, "n d"], ys: Float[np.ndarray, "n m"], *, count: int, circulated: bool
) -> list[float]:
    """Mean loss before and after each of ``count`` passes, with rate 0.01; ends early where numbers overflow."""
    losses = [_mean_loss(layers, xs, ys)]
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for _ in range(count):
            for x, y in zip(xs, ys, strict=True):
                if circulated:
                    steps = circulated_steps(layers, x, y, rate=0.01)
                    layers = [(w + dw, b + db) for (w, b), (dw, db) in zip(layers, steps, strict=True)]
                else:
                    layers = descend(layers, gradients(layers, x, y), rate=0.01)
            losses.append(_mean_loss(layers, xs, ys))
            if not np.isfinite(losses[-1]):
                break
    return losses


def _mean_loss(layers: list[Layer], xs: np.ndarray, ys: np.ndarray) -> float:
    return sum(loss(layers, x, y) for x, y in zip(xs, ys, strict=True)) / len(xs)


def unit(x1: float, x2: float, w11: Value, w12: Value, b1: Value, w21: Value, b2: Value) -> Value:
    """Two inputs, one ReLU unit that adds up both, one output."""
    return (x1 * w11 + x2 * w12 + b1).relu() * w21 + b2


def circulated_unit(x1: float, x2: float, w11: Value, w12: Value, b1: Value, w21: Value, b2: Value) -> Value:
    """F10, wrong: each input has a unit of its own, and the output forgets the second."""
    z1 = (x1 * w11 + b1).relu()
    z2 = (x2 * w12 + b2).relu()
    assert isinstance(z2, Value)  # computed, as printed, and never used
    return z1 * w21 + b2
