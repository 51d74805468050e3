"""Back-propagation written out for a dense network; two versions that circulate and are wrong are in ``pitfalls``.

Rumelhart, Hinton & Williams (1986), *Learning representations by back-propagating errors*. One example at a time, as a
column; hidden units apply an activation, outputs none; the loss is ½ ‖output − target‖².
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


def unit(x1: float, x2: float, w11: Value, w12: Value, b1: Value, w21: Value, b2: Value) -> Value:
    """Two inputs, one ReLU unit that adds up both, one output."""
    return (x1 * w11 + x2 * w12 + b1).relu() * w21 + b2
