"""Four optimisers in NumPy: gradient descent (SGD), momentum, Adam and AdamW.

Kingma & Ba (2015), *Adam*, arXiv:1412.6980, algorithm 1; Loshchilov & Hutter (2019), *Decoupled Weight Decay
Regularization*, arXiv:1711.05101, algorithm 2. Momentum has torch's convention: the velocity is a sum of
gradients, and the learning rate multiplies it when it is used.

Symbols
    θ, g    parameters and the gradient of the loss, lists of arrays of equal shapes
    η       ``lr``, the learning rate; it may be changed between updates
    m, v    exponential moving averages of g and of g²; m̂, v̂ with bias correction
    λ       ``weight_decay``

Conventions: an optimiser holds its own state (velocity, moments, step count). ``update`` returns new arrays and never
changes those that it is given. With the same arguments the results equal those of ``torch.optim``. A learning rate that
is not above 0, and a decay rate outside [0, 1), raise ``ValueError``.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

Arrays = list[np.ndarray]


@runtime_checkable
class Optimizer(Protocol):
    """What ``ArrayTrainer`` needs from an optimiser; ``lr`` is the learning rate."""

    lr: float

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """Return the parameters after one step along the gradients of equal shapes."""
        ...


class SGD:
    """Gradient descent, θ ← θ − η g; stochastic when g comes from a mini-batch."""

    def __init__(self, lr: float) -> None:
        self.lr = _positive(lr)

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """Return θ − η g."""
        return [p - self.lr * g for p, g in zip(parameters, gradients, strict=True)]


class Momentum:
    """Gradient descent with momentum μ (heavy ball): v ← μ v + g, θ ← θ − η v, with v the velocity."""

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        self.lr, self.momentum = _positive(lr), _share("momentum", momentum)
        self.velocity: Arrays = []

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """Update the velocity, v ← μ v + g, and return θ − η v."""
        before = self.velocity or [np.zeros_like(g) for g in gradients]
        self.velocity = [self.momentum * v + g for v, g in zip(before, gradients, strict=True)]
        return [p - self.lr * v for p, v in zip(parameters, self.velocity, strict=True)]


class Adam:
    """Adam (Kingma & Ba, 2015): θ ← θ − η m̂ / (√v̂ + ε), with decay rates ``betas`` of the two moments m and v."""

    def __init__(self, lr: float = 1e-3, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        self.lr, self.eps = _positive(lr), eps
        self.betas = (_share("beta1", betas[0]), _share("beta2", betas[1]))
        self.t = 0
        self.mean: Arrays = []
        self.square: Arrays = []

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """Update the moments and return θ − η m̂ / (√v̂ + ε)."""
        (b1, b2), zeros = self.betas, [np.zeros_like(g) for g in gradients]
        self.t += 1
        self.mean = [b1 * m + (1 - b1) * g for m, g in zip(self.mean or zeros, gradients, strict=True)]
        self.square = [b2 * v + (1 - b2) * g**2 for v, g in zip(self.square or zeros, gradients, strict=True)]
        return [self._moved(p, m, v) for p, m, v in zip(parameters, self.mean, self.square, strict=True)]

    def _moved(self, parameter: np.ndarray, mean: np.ndarray, square: np.ndarray) -> np.ndarray:
        b1, b2 = self.betas
        root = np.sqrt(square / (1 - b2**self.t)) + self.eps
        return parameter - self.lr * mean / (1 - b1**self.t) / root


class AdamW(Adam):
    """Adam with decoupled weight decay: θ ← (1 − η λ) θ before Adam's step (Loshchilov & Hutter, 2019).

    The decay is no part of the gradient, so the moments do not rescale it, in contrast to an L2 penalty with Adam.
    """

    def __init__(
        self,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(lr, betas=betas, eps=eps)
        self.weight_decay = weight_decay

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """Update the moments and return (1 − η λ) θ − η m̂ / (√v̂ + ε)."""
        return super().update([(1 - self.lr * self.weight_decay) * p for p in parameters], gradients)


def _positive(lr: float) -> float:
    if lr <= 0:
        raise ValueError(f"lr={lr}; the learning rate must be above 0")
    return lr


def _share(name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"{name}={value}; it must be at least 0 and below 1")
    return value
