"""Reverse-mode automatic differentiation from scratch: first for single numbers, then for numpy arrays.

Rumelhart, Hinton & Williams (1986), *Learning representations by back-propagating errors*; Baydin et al. (2018),
*Automatic differentiation in machine learning: a survey*, arXiv:1502.05767, section 3.2.

Every result keeps its parents and its derivatives with respect to them. ``backward`` visits all nodes from the result
to the inputs and adds up, for each, the derivative of the result with respect to it. It starts from zero each time:
nothing has to be cleared between two calls, and nothing accumulates over them. Derivatives are those at the numbers of
the forward pass, also if ``data`` is changed between it and ``backward``.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

Number = float | int
Pullback = Callable[[np.ndarray], tuple[np.ndarray, ...]]


def topological_sort(result: Any) -> list[Any]:
    """All nodes that ``result`` depends on, itself included, parents before children.

    A loop and not a recursion, which Python would stop at a depth of a thousand operations.
    """
    order, seen, waiting = [], set(), [(result, False)]
    while waiting:
        node, finished = waiting.pop()
        if finished:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting.extend((parent, False) for parent in node.parents)
    return order


class Value:
    """A number in a computational graph.

    Args:
        data: The number.
        parents: The values it was computed from.
        local_gradients: Its derivative with respect to each of them.
    """

    def __init__(self, data: Number, parents: Sequence["Value"] = (), local_gradients: Sequence[float] = ()) -> None:
        self.data, self.grad = float(data), 0.0
        self.parents, self.local_gradients = tuple(parents), tuple(local_gradients)

    def backward(self) -> None:
        """Set ``grad`` of every value that this one depends on to the derivative of this one with respect to it."""
        order = topological_sort(self)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for parent, local in zip(node.parents, node.local_gradients, strict=True):
                parent.grad += local * node.grad

    def __add__(self, other: "Value | Number") -> "Value":
        """``self + other``; both derivatives are 1."""
        other = _value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: "Value | Number") -> "Value":
        """``self * other``; the derivative with respect to one factor is the other."""
        other = _value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, power: Number) -> "Value":
        """``self ** power`` for a constant power."""
        return Value(self.data**power, (self,), (power * self.data ** (power - 1),))

    def exp(self) -> "Value":
        """The exponential, which is its own derivative."""
        result = math.exp(self.data)
        return Value(result, (self,), (result,))

    def log(self) -> "Value":
        """The natural logarithm."""
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self) -> "Value":
        """The hyperbolic tangent."""
        result = math.tanh(self.data)
        return Value(result, (self,), (1 - result**2,))

    def relu(self) -> "Value":
        """max(0, z); the derivative at 0 is taken as 0, as in torch."""
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def sigmoid(self) -> "Value":
        """The logistic function 1 / (1 + e⁻ᶻ), written with tanh, which cannot overflow."""
        result = 0.5 * (1 + math.tanh(0.5 * self.data))
        return Value(result, (self,), (result * (1 - result),))

    def softplus(self) -> "Value":
        """log(1 + eᶻ), without overflow; its derivative is the sigmoid."""
        result = max(0.0, self.data) + math.log1p(math.exp(-abs(self.data)))
        return Value(result, (self,), (0.5 * (1 + math.tanh(0.5 * self.data)),))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Value":
        """``-self``."""
        return self * -1.0

    def __sub__(self, other: "Value | Number") -> "Value":
        """``self - other``."""
        return self + -_value(other)

    def __rsub__(self, other: Number) -> "Value":
        """``other - self`` for a plain number ``other``."""
        return _value(other) - self

    def __truediv__(self, other: "Value | Number") -> "Value":
        """``self / other``: a product with the power −1."""
        return self * _value(other) ** -1.0

    def __rtruediv__(self, other: Number) -> "Value":
        """``other / self`` for a plain number ``other``."""
        return _value(other) / self


def _value(x: "Value | Number") -> Value:
    return x if isinstance(x, Value) else Value(x)


class Array:
    """A numpy array in a computational graph.

    Args:
        data: Numbers, copied as float64.
        parents: The arrays it was computed from.
        pullback: From the gradient with respect to this array to those with respect to each parent.
    """

    __array_ufunc__ = None  # or numpy would take `array + Array` apart, element by element

    def __init__(self, data: Any, parents: Sequence["Array"] = (), pullback: Pullback | None = None) -> None:
        self.data = np.array(data, dtype=np.float64)  # a copy: changing the caller's array must not change this one
        self.grad = np.zeros_like(self.data)
        self.parents, self.pullback = tuple(parents), pullback

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of ``data``."""
        return self.data.shape

    def backward(self) -> None:
        """Set ``grad`` of every array that this one depends on to the gradient of this one's only element.

        Raises:
            ValueError: This array has more than one element.
        """
        if self.data.size != 1:
            raise ValueError(f"backward() of an array of shape {self.shape}; reduce it to one number, with .sum() say")
        order = topological_sort(self)
        for node in order:
            node.grad = np.zeros_like(node.data)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            if node.pullback is not None:
                for parent, gradient in zip(node.parents, node.pullback(node.grad), strict=True):
                    parent.grad = np.asarray(parent.grad + unbroadcast(np.asarray(gradient), parent.shape))

    def __add__(self, other: Any) -> "Array":
        """``self + other``, element by element, with broadcasting."""
        other = _array(other)
        return Array(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other: Any) -> "Array":
        """``self * other``, element by element, with broadcasting."""
        other = _array(other)
        a, b = self.data.copy(), other.data.copy()
        return Array(a * b, (self, other), lambda g: (g * b, g * a))

    def __matmul__(self, other: Any) -> "Array":
        """``self @ other`` for two matrices; the gradient of one factor is a product with the other one transposed.

        Raises:
            ValueError: One of them has not two axes.
        """
        other = _array(other)
        if self.data.ndim != 2 or other.data.ndim != 2:
            raise ValueError(f"@ needs two matrices, got shapes {self.shape} and {other.shape}; use .reshape first")
        a, b = self.data.copy(), other.data.copy()
        return Array(a @ b, (self, other), lambda g: (g @ b.T, a.T @ g))

    def __pow__(self, power: Number) -> "Array":
        """``self ** power``, element by element, for a constant power."""
        derivative = power * self.data ** (power - 1)
        return Array(self.data**power, (self,), lambda g: (g * derivative,))

    def exp(self) -> "Array":
        """The exponential of each element."""
        result = np.exp(self.data)
        return Array(result, (self,), lambda g: (g * result,))

    def log(self) -> "Array":
        """The natural logarithm of each element."""
        a = self.data.copy()
        return Array(np.log(a), (self,), lambda g: (g / a,))

    def relu(self) -> "Array":
        """max(0, z) of each element; the derivative at 0 is taken as 0, as in torch."""
        positive = self.data > 0
        return Array(np.maximum(self.data, 0), (self,), lambda g: (g * positive,))

    def tanh(self) -> "Array":
        """The hyperbolic tangent of each element."""
        result = np.tanh(self.data)
        return Array(result, (self,), lambda g: (g * (1 - result**2),))

    def sigmoid(self) -> "Array":
        """The logistic function 1 / (1 + e⁻ᶻ) of each element, written with tanh, which cannot overflow."""
        result = 0.5 * (1 + np.tanh(0.5 * self.data))
        return Array(result, (self,), lambda g: (g * result * (1 - result),))

    def softplus(self) -> "Array":
        """log(1 + eᶻ) of each element, without overflow; its derivative is the sigmoid."""
        sigmoid = 0.5 * (1 + np.tanh(0.5 * self.data))
        return Array(np.logaddexp(0, self.data), (self,), lambda g: (g * sigmoid,))

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> "Array":
        """Sum over one axis, or over all elements; each summand receives the gradient of the sum."""
        shape = self.shape

        def pullback(g: np.ndarray) -> tuple[np.ndarray, ...]:
            kept = g if keepdims or axis is None else np.expand_dims(g, axis)
            return (np.broadcast_to(kept, shape),)

        return Array(self.data.sum(axis=axis, keepdims=keepdims), (self,), pullback)

    def mean(self) -> "Array":
        """Mean over all elements."""
        return self.sum() * (1 / self.data.size)

    def logsumexp(self) -> "Array":
        """Log of the sum of exponentials along the last axis, which keeps length 1; its gradient is the softmax."""
        top = self.data.max(axis=-1, keepdims=True)
        weights = np.exp(self.data - top)
        total = weights.sum(axis=-1, keepdims=True)
        return Array(top + np.log(total), (self,), lambda g: (g * weights / total,))

    def reshape(self, *shape: int) -> "Array":
        """The same elements in another shape."""
        before = self.shape
        return Array(self.data.reshape(shape), (self,), lambda g: (g.reshape(before),))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Array":
        """``-self``."""
        return self * -1.0

    def __sub__(self, other: Any) -> "Array":
        """``self - other``."""
        return self + -_array(other)

    def __rsub__(self, other: Any) -> "Array":
        """``other - self`` for a number or a numpy array ``other``."""
        return _array(other) - self

    def __truediv__(self, other: Any) -> "Array":
        """``self / other``, element by element: a product with the power −1."""
        return self * _array(other) ** -1.0

    def __rtruediv__(self, other: Any) -> "Array":
        """``other / self`` for a number or a numpy array ``other``."""
        return _array(other) / self

    def __rmatmul__(self, other: Any) -> "Array":
        """``other @ self`` for a numpy array ``other``."""
        return _array(other) @ self


def _array(x: Any) -> Array:
    return x if isinstance(x, Array) else Array(x)


def unbroadcast(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The gradient of an array of ``shape``, from that of its broadcast copies: the sum over the copies."""
    gradient = np.asarray(gradient.sum(axis=tuple(range(gradient.ndim - len(shape)))))
    stretched = tuple(i for i, (n, was) in enumerate(zip(gradient.shape, shape, strict=True)) if was == 1 and n > 1)
    return np.asarray(gradient.sum(axis=stretched, keepdims=True))


def cross_entropy(logits: Array, classes: Int[np.ndarray, " b"]) -> Array:
    """Mean of −log softmax(logits)[class] over a batch, in nats per example, from logits (b, k)."""
    chosen = np.eye(logits.shape[1])[classes]
    return (logits.logsumexp().sum() - (logits * chosen).sum()) * (1 / len(classes))


def binary_cross_entropy(logits: Array, x: Float[np.ndarray, "b d"]) -> Array:
    """−log likelihood of independent pixels with probabilities sigmoid(logits): summed over d, averaged over b."""
    return (logits.softplus().sum() - (logits * x).sum()) * (1 / len(x))


def gradients(loss: Callable[..., Array], *at: np.ndarray) -> list[np.ndarray]:
    """Gradient of ``loss`` with respect to each of its arguments at the point ``at``, by one backward pass."""
    inputs = [Array(x) for x in at]
    loss(*inputs).backward()
    return [x.grad for x in inputs]


def numerical_gradients(loss: Callable[..., Array], *at: np.ndarray, h: float = 1e-5) -> list[np.ndarray]:
    """The same by central differences, (L(x + h) − L(x − h)) / 2h: two evaluations of ``loss`` for every element.

    Their error is of order h², plus rounding errors of order 1e-16 / h.
    """
    results = [np.zeros(np.shape(x)) for x in at]
    for argument, result in enumerate(results):
        for index in np.ndindex(result.shape):
            ends = []
            for step in (h, -h):
                moved = [np.array(x, dtype=np.float64) for x in at]
                moved[argument][index] += step
                ends.append(loss(*(Array(x) for x in moved)).data.item())
            result[index] = (ends[0] - ends[1]) / (2 * h)
    return results
