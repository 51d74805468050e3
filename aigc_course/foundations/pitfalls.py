"""Wrong on purpose: formulas that circulate in tutorials, kept runnable so that the chapters can show what they do.

Never import this module for work. Each function names the row of *Folklore, corrected* that it reproduces.
"""

import numpy as np
from jaxtyping import Float
from torch import Tensor

from aigc_course.foundations.autograd import Value
from aigc_course.foundations.backprop import Layer, forward, gradients, loss, sgd_step
from aigc_course.foundations.information import kl


def reversed_sign_kl(p: Float[Tensor, " n"], q: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """F08, wrong: -Σ q log(q/p), that is -KL(q ‖ p), as a loss to minimise; it drives ``q`` away from ``p``."""
    return -kl(q, p)


def circulated_steps(
    layers: list[Layer], x: Float[np.ndarray, " d"], y: Float[np.ndarray, " m"], *, rate: float
) -> list[Layer]:
    """F09, wrong: ΔW_ij = η a_j δ_j with δ_j = ∂L/∂z_j · ∂z_j/∂a_j, as printed.

    Three mistakes. ∂z_j/∂a_j = 1/σ′(z_j), so that the derivative of the activation is divided by, not multiplied with.
    a_j is the unit's own activation, not its input's, so that all weights into a unit get the same step. And the step
    follows the gradient, so that the loss rises.

    Returns:
        The steps (ΔW, Δb) of each layer.
    """
    trace = forward(layers, x)
    grad_z, steps = trace.a[-1] - y, []  # ∂L/∂z of the layer, which is right
    for number in reversed(range(len(layers))):
        own = trace.a[number + 1]
        hidden = number + 1 < len(layers)
        delta = grad_z / (1 - own**2) if hidden else grad_z
        steps.append((np.outer(rate * own * delta, np.ones_like(trace.a[number])), rate * delta))
        if number:
            grad_z = (layers[number][0].T @ grad_z) * (1 - trace.a[number] ** 2)
    return steps[::-1]


def epochs(
    layers: list[Layer], xs: Float[np.ndarray, "n d"], ys: Float[np.ndarray, "n m"], *, count: int, circulated: bool
) -> list[float]:
    """Train for ``count`` epochs, example by example, with learning rate 0.01.

    Args:
        layers: Initial weights and biases.
        xs: Inputs.
        ys: Targets.
        count: Number of epochs.
        circulated: Take the wrong steps of ``circulated_steps``; otherwise gradient descent.

    Returns:
        The mean loss before the first and after each epoch; it ends early when the loss overflows.
    """
    losses = [_mean_loss(layers, xs, ys)]
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for _ in range(count):
            for x, y in zip(xs, ys, strict=True):
                if circulated:
                    steps = circulated_steps(layers, x, y, rate=0.01)
                    layers = [(w + dw, b + db) for (w, b), (dw, db) in zip(layers, steps, strict=True)]
                else:
                    layers = sgd_step(layers, gradients(layers, x, y), lr=0.01)
            losses.append(_mean_loss(layers, xs, ys))
            if not np.isfinite(losses[-1]):
                break
    return losses


def _mean_loss(layers: list[Layer], xs: np.ndarray, ys: np.ndarray) -> float:
    return sum(loss(layers, x, y) for x, y in zip(xs, ys, strict=True)) / len(xs)


def circulated_unit(x1: float, x2: float, w11: Value, w12: Value, b1: Value, w21: Value, b2: Value) -> Value:
    """F10, wrong: each input has a ReLU unit of its own, and the output ignores the second; see ``backprop.unit``."""
    z1 = (x1 * w11 + b1).relu()
    z2 = (x2 * w12 + b2).relu()
    assert isinstance(z2, Value)  # computed, as printed, and never used
    return z1 * w21 + b2
