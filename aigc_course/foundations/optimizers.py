"""Four rules that turn a gradient into a step: gradient descent, momentum, Adam, AdamW.

Kingma & Ba (2015), *Adam*, arXiv:1412.6980, algorithm 1; Loshchilov & Hutter (2019), *Decoupled Weight Decay
Regularization*, arXiv:1711.05101, algorithm 2. Momentum has torch's convention: the velocity is a sum of
gradients and the rate multiplies it when it is used.

A rule keeps its own memory and never changes the arrays it is given: ``update`` returns new ones.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

Arrays = list[np.ndarray]


@runtime_checkable
class Optimizer(Protocol):
    """What training needs from a rule."""

    lr: float

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """The parameters after one step."""
        ...


class SGD:
    """Gradient descent: a step of ``lr`` against the gradient."""

    def __init__(self, lr: float) -> None:
        self.lr = _positive(lr)

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """θ − η g."""
        return [p - self.lr * g for p, g in zip(parameters, gradients, strict=True)]


class Momentum:
    """A heavy ball: the velocity keeps a share ``momentum`` of itself and adds the gradient."""

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        self.lr, self.momentum = _positive(lr), _share("momentum", momentum)
        self.velocity: Arrays = []

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """Velocity v ← μ v + g, then θ − η v."""
        before = self.velocity or [np.zeros_like(g) for g in gradients]
        self.velocity = [self.momentum * v + g for v, g in zip(before, gradients, strict=True)]
        return [p - self.lr * v for p, v in zip(parameters, self.velocity, strict=True)]


class Adam:
    """A step for every number of its own: mean gradient over the root of its mean square, both corrected."""

    def __init__(self, lr: float = 1e-3, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        self.lr, self.eps = _positive(lr), eps
        self.betas = (_share("beta1", betas[0]), _share("beta2", betas[1]))
        self.t = 0
        self.mean: Arrays = []
        self.square: Arrays = []

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """θ − η m̂ / (√v̂ + ε)."""
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
    """Adam after every weight has shrunk by ``lr · decay``, a shrinking that no average of gradients scales."""

    def __init__(
        self,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        decay: float = 1e-2,
    ) -> None:
        super().__init__(lr, betas=betas, eps=eps)
        self.decay = decay

    def update(self, parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Arrays:
        """(1 − η λ) θ − η m̂ / (√v̂ + ε)."""
        return super().update([(1 - self.lr * self.decay) * p for p in parameters], gradients)


def _positive(lr: float) -> float:
    if lr <= 0:
        raise ValueError(f"lr={lr}; the learning rate is above 0")
    return lr


def _share(name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"{name}={value}; the share that is kept is at least 0 and below 1")
    return value
