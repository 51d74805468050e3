"""Dense networks on the course's own arrays: weight initialisation, layers, and the algorithm that trains them.

Glorot & Bengio (2010), *Understanding the difficulty of training deep feedforward neural networks*; He et al. (2015),
*Delving Deep into Rectifiers*, arXiv:1502.01852, section 2.2.

Shapes: examples are rows, so a layer computes ``a @ W + b`` with ``W`` of shape (inputs, outputs), the transpose of
the chapter's formulas, where one example is a column.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.core.train import Metrics, State
from aigc_course.foundations.autograd import Array
from aigc_course.foundations.optimizers import Optimizer

Activation = Callable[[Array], Array]
Scale = Callable[[int, int], float]


def he(inputs: int, outputs: int) -> float:
    """Variance of initial weights that keeps mean squares constant through ReLU layers: 2 / inputs (He et al.)."""
    return 2 / inputs


def glorot(inputs: int, outputs: int) -> float:
    """Variance of initial weights 2 / (inputs + outputs), for activations with a derivative near 1 at 0.

    A compromise (Glorot & Bengio, 2010): 1 / inputs would keep the variance of activations constant through layers,
    1 / outputs that of gradients.
    """
    return 2 / (inputs + outputs)


class MLP:
    """A multilayer perceptron: dense layers with an activation between them and none after the last.

    Args:
        sizes: Numbers of inputs, of units of each hidden layer, and of outputs.
        seed: Of the initial weights, which are Gaussian; biases start at 0.
        activation: Applied after each hidden layer, element by element.
        scale: Variance of a layer's initial weights, from its numbers of inputs and outputs.

    Raises:
        ValueError: Fewer than two sizes.
    """

    def __init__(
        self, sizes: Sequence[int], *, seed: int = 0, activation: Activation = Array.relu, scale: Scale = he
    ) -> None:
        if len(sizes) < 2:
            raise ValueError(f"sizes={list(sizes)}; name at least the inputs and the outputs")
        rng = np.random.default_rng(seed)
        self.activation = activation
        self.layers = [
            (Array(rng.normal(0, scale(i, o) ** 0.5, (i, o))), Array(np.zeros(o))) for i, o in itertools.pairwise(sizes)
        ]

    def __call__(self, x: Array) -> Array:
        """Outputs (b, sizes[-1]) of the last layer for inputs (b, sizes[0])."""
        *hidden, (weights, bias) = self.layers
        for w, b in hidden:
            x = self.activation(x @ w + b)
        return x @ weights + bias

    def parameters(self) -> list[Array]:
        """Weights and biases, layer by layer."""
        return [array for layer in self.layers for array in layer]


def softmax(logits: Float[np.ndarray, "b c"]) -> Float[np.ndarray, "b c"]:
    """Softmax of each row: probabilities of ``c`` classes from logits, computed without overflow."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def probabilities(network: Callable[[Array], Array], x: Float[np.ndarray, "b d"]) -> Float[np.ndarray, "b c"]:
    """Class probabilities of a classifier, softmax(network(x)), a row per example."""
    return softmax(network(Array(x)).data)


class ArrayTrainer:
    """A training algorithm for ``aigc_course.core.train.fit`` on arrays.

    Args:
        parameters: What is trained.
        loss: From the columns of a batch, as numpy arrays, to a loss with one element.
        optimizer: One of ``foundations.optimizers``.
    """

    def __init__(self, parameters: Iterable[Array], loss: Callable[..., Array], optimizer: Optimizer) -> None:
        self.parameters, self.loss, self.optimizer = list(parameters), loss, optimizer

    def step(self, batch: Tensor | tuple[Tensor, ...]) -> Metrics:
        """Take one optimisation step on the loss of a batch; the metrics hold the loss before the step."""
        columns = batch if isinstance(batch, tuple) else (batch,)
        loss = self.loss(*(column.numpy() for column in columns))
        loss.backward()
        moved = self.optimizer.update([p.data for p in self.parameters], [p.grad for p in self.parameters])
        for parameter, value in zip(self.parameters, moved, strict=True):
            parameter.data = value
        return {"loss": loss.data.item()}

    def state_dict(self) -> State:
        """The parameters and the optimiser's state, as tensors and numbers."""
        return {"parameters": _packed([p.data for p in self.parameters]), "optimizer": _packed(vars(self.optimizer))}

    def load_state_dict(self, state: State) -> None:
        """Inverse of ``state_dict``."""
        for parameter, value in zip(self.parameters, _unpacked(state["parameters"]), strict=True):
            parameter.data = value
        vars(self.optimizer).update(_unpacked(state["optimizer"]))


def _packed(state: Any) -> Any:
    if isinstance(state, np.ndarray):
        return torch.tensor(state)
    if isinstance(state, dict):
        return {name: _packed(value) for name, value in state.items()}
    return [_packed(value) for value in state] if isinstance(state, list) else state


def _unpacked(state: Any) -> Any:
    if isinstance(state, Tensor):
        return state.cpu().numpy()
    if isinstance(state, dict):
        return {name: _unpacked(value) for name, value in state.items()}
    return [_unpacked(value) for value in state] if isinstance(state, list) else state
