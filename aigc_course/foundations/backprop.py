"""Back-propagation written out for a dense network; two wrong versions that circulate are in ``pitfalls``.

Rumelhart, Hinton & Williams (1986), *Learning representations by back-propagating errors*. Symbols
    W, b    weights (outputs, inputs) and bias (outputs,) of a layer
    z, a    pre-activations W a + b, and activations tanh(z) of a layer; ``a[0]`` is the input
    δ       ∂L/∂z of a layer

Conventions: one example at a time, as a vector; hidden layers apply tanh, the output layer nothing; the loss is
½ ‖output − target‖².
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from aigc_course.foundations.autograd import Value

Layer = tuple[np.ndarray, np.ndarray]


class Trace(NamedTuple):
    """What the forward pass stores: pre-activations ``z`` and activations ``a`` by layer; ``a[0]`` is the input."""

    z: list[np.ndarray]
    a: list[np.ndarray]


def forward(layers: list[Layer], x: Float[np.ndarray, " d"]) -> Trace:
    """Forward pass of a tanh network with a linear output layer; the output is ``a[-1]`` of the trace."""
    trace = Trace([], [x])
    for number, (weights, bias) in enumerate(layers, start=1):
        trace.z.append(weights @ trace.a[-1] + bias)
        trace.a.append(trace.z[-1] if number == len(layers) else np.tanh(trace.z[-1]))
    return trace


def loss(layers: list[Layer], x: Float[np.ndarray, " d"], y: Float[np.ndarray, " m"]) -> float:
    """Squared error ½ ‖output − y‖² of one example."""
    return 0.5 * float(((forward(layers, x).a[-1] - y) ** 2).sum())


def gradients(layers: list[Layer], x: Float[np.ndarray, " d"], y: Float[np.ndarray, " m"]) -> list[Layer]:
    """Gradients (∂L/∂W, ∂L/∂b) of ``loss`` for every layer, by back-propagating δ from the last layer to the first.

    δ of the output layer is output − y; below it, δ ← (Wᵀ δ) (1 − a²), since tanh′(z) = 1 − tanh(z)². Then
    ∂L/∂W = δ aᵀ with the activations a of the layer before, and ∂L/∂b = δ.
    """
    trace = forward(layers, x)
    delta, grads = trace.a[-1] - y, []
    for number in reversed(range(len(layers))):
        grads.append((np.outer(delta, trace.a[number]), delta))
        if number:
            delta = (layers[number][0].T @ delta) * (1 - trace.a[number] ** 2)
    return grads[::-1]


def sgd_step(layers: list[Layer], grads: list[Layer], *, lr: float) -> list[Layer]:
    """New weights and biases after one step of gradient descent, θ − lr ∂L/∂θ."""
    return [(w - lr * dw, b - lr * db) for (w, b), (dw, db) in zip(layers, grads, strict=True)]


def unit(x1: float, x2: float, w11: Value, w12: Value, b1: Value, w21: Value, b2: Value) -> Value:
    """A network of two inputs, one ReLU unit and one linear output: w21 ReLU(w11 x1 + w12 x2 + b1) + b2."""
    return (x1 * w11 + x2 * w12 + b1).relu() * w21 + b2
