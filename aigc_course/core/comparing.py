"""Results of functions: copied the moment they are returned, compared on the CPU, their difference described.

``freeze`` turns whatever came back into dense tensors on the CPU, tuples of these, or an ``Odd`` where there are no
numbers. A list of numbers compares like a tensor, and a list of rows like a matrix.
"""

import inspect
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

DEEPEST = 20  # lists within lists
FEW = 5  # results that are named one by one; more are a list of numbers
SHOWN = 3  # numbers of a result that a message shows
TEXT = 60  # characters of a learner's text that a message shows


@dataclass(frozen=True)
class Tolerance:
    """Two numbers agree when they differ by at most ``relative`` times the reference, plus ``absolute``."""

    relative: float = 1e-5
    absolute: float = 1e-6


Kind = Literal["...", "None", "generator", "coroutine", "iterator", "function", "other"]


@dataclass(frozen=True)
class Odd:
    """A result that holds no numbers.

    Attributes:
        kind: What it is, for a diagnosis.
        text: How a sentence names it: "None", "a generator".
    """

    kind: Kind
    text: str


Result = Tensor | tuple[Any, ...] | Odd


def freeze(value: Any) -> Result:
    """Copy a result, so that nothing the function does later can change it.

    Returns:
        A dense tensor on the CPU for tensors, arrays and numbers; a tuple for lists and tuples; ``Odd`` for all else,
        and for an object that raises when it is read.
    """
    try:
        return _freeze(value, ())
    except Exception:
        return Odd("other", f"{_a(type(value).__name__)} that cannot be read")


def _freeze(value: Any, within: tuple[int, ...]) -> Result:
    if isinstance(value, Tensor):
        return _tensor(value)
    if isinstance(value, np.ndarray | np.generic):
        return _array(np.asarray(value), within)
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, list | tuple | range | deque):
        return _sequence(value, within)
    if hasattr(value, "__array__"):
        return _array(np.asarray(value), within)
    return _odd(value)


def _tensor(value: Tensor) -> Result:
    value = value.detach()
    if value.is_meta:
        return Odd("other", "a tensor on the device “meta”, which holds no numbers")
    if value.is_nested:
        return tuple(_tensor(part) for part in value.unbind())
    if value.is_quantized:
        value = value.dequantize()
    if value.layout is not torch.strided:
        value = value.to_dense()
    return value.as_subclass(Tensor).resolve_conj().resolve_neg().to("cpu", copy=True)


def _array(value: np.ndarray, within: tuple[int, ...]) -> Result:
    """Any layout and precision; objects are read one by one."""
    wide = {"b": np.bool_, "i": np.int64, "u": np.float64, "f": np.float64, "c": np.complex128}
    if value.dtype.kind in wide:
        return torch.from_numpy(np.array(value, dtype=wide[value.dtype.kind], order="C"))
    if value.dtype.kind == "O":
        return _freeze(value.tolist(), (*within, id(value)))
    return Odd("other", "an array that does not hold numbers")


def _number(value: Any) -> Tensor:
    if isinstance(value, bool | float | complex):
        return torch.tensor(value, dtype={bool: torch.bool, complex: torch.complex128}.get(type(value), torch.float64))
    if isinstance(value, int) and abs(value) < 2**62:
        return torch.tensor(value)
    return torch.tensor(float(value), dtype=torch.float64)  # fractions, decimals, numbers of other libraries


def _sequence(value: Sequence[Any], within: tuple[int, ...]) -> Result:
    if id(value) in within:
        return Odd("other", f"{_a(type(value).__name__)} that contains itself")
    if len(within) >= DEEPEST:
        return Odd("other", f"{_a(type(value).__name__)} with more than {DEEPEST} levels of lists inside")
    if len(value) > SHOWN and all(type(part) is float for part in value):
        return torch.tensor(list(value), dtype=torch.float64)  # one by one would take seconds for a long list
    return tuple(_freeze(part, (*within, id(value))) for part in value)


def _odd(value: Any) -> Odd:
    kind = _kind_of_odd(value)
    if kind in ("None", "..."):
        return Odd(kind, "None" if value is None else "`...`")
    if isinstance(value, str):
        return Odd(kind, f"the text {value[:TEXT]!r}" + ("…" if len(value) > TEXT else ""))
    if kind == "coroutine":
        value.close()  # nobody will await it, and Python would warn
    name = getattr(value, "__name__", "") if kind == "function" else ""
    return Odd(kind, f"the function `{name[:TEXT]}`" if name else _a(type(value).__name__))


def _kind_of_odd(value: Any) -> Kind:
    if value is None or value is ...:
        return "None" if value is None else "..."
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        return "generator"
    if inspect.iscoroutine(value):
        return "coroutine"
    if isinstance(value, Iterator):
        return "iterator"
    return "function" if callable(value) else "other"


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name[:TEXT]}"


def joined(result: Result) -> Result:
    """Stack a tuple of tensors of equal shapes into one tensor; any other result is returned as it is."""
    if not isinstance(result, tuple):
        return result
    parts = [part for part in map(joined, result) if isinstance(part, Tensor)]
    if len(parts) < len(result) or len({part.shape for part in parts}) > 1:
        return result
    return torch.stack(parts) if parts else torch.empty(0)


def same(a: Result, b: Result, near: Tolerance) -> bool:
    """Whether result ``a`` agrees with the reference ``b``: same structure and shapes, close numbers."""
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return all(same(x, y, near) for x, y in zip(a, b, strict=True))
    x, y = joined(a), joined(b)
    return isinstance(x, Tensor) and isinstance(y, Tensor) and x.shape == y.shape and bool(_close(x, y, near).all())


def all_same(given: Sequence[Result], expected: Sequence[Result], near: Tolerance) -> bool:
    """Whether ``given`` agrees with the reference ``expected``, input by input; the longer one is cut."""
    return all(same(a, b, near) for a, b in zip(given, expected, strict=False))


def _close(x: Tensor, y: Tensor, near: Tolerance) -> Tensor:
    dtype = torch.complex128 if x.is_complex() or y.is_complex() else torch.float64
    return torch.isclose(x.to(dtype), y.to(dtype), rtol=near.relative, atol=near.absolute, equal_nan=True)


def difference(given: Sequence[Result], expected: Sequence[Result], near: Tolerance) -> str:
    """Describe the first difference in one sentence, with as many digits as it takes to see it.

    Raises:
        AssertionError: The results agree.
    """
    for a, b in zip(given, expected, strict=False):
        if not same(a, b, near):
            return "on random input " + _differ("your result", a, b, near)
    raise AssertionError("only called when results differ")


def ordinal(index: int) -> str:
    """The ordinal of an index from 0: "first" to "fifth", then "6th" and so on."""
    return ("first", "second", "third", "fourth", "fifth")[index] if index < FEW else f"{index + 1}th"


def _differ(whose: str, a: Result, b: Result, near: Tolerance) -> str:
    x, y = joined(a), joined(b)
    numbers = isinstance(x, Tensor) and isinstance(y, Tensor)
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b) and not (numbers and len(a) > FEW):
        at = next(i for i, (mine, right) in enumerate(zip(a, b, strict=True)) if not same(mine, right, near))
        return _differ(f"the {ordinal(at)} of your results", a[at], b[at], near)
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        return (_differ_at if x.shape == y.shape else _differ_in_shape)(whose, x, y, near)
    return f"{whose} is {_brief(x)}, the reference gives {_brief(y)}"


def _differ_at(whose: str, x: Tensor, y: Tensor, near: Tolerance) -> str:
    """The first number that differs: among the first few, or with its place."""
    at = int(_close(x, y, near).flatten().long().argmin())
    if at < SHOWN:
        mine, right = _apart(x, y)
        return f"{whose} is {mine}, the reference gives {right}{_kinds(x, y)}"
    place = ", ".join(str(int(i)) for i in torch.unravel_index(torch.tensor(at), x.shape))
    mine, right = _apart(x.flatten()[at], y.flatten()[at])
    return f"{whose} differs first at [{place}]: it is {mine} there, the reference gives {right}{_kinds(x, y)}"


def _differ_in_shape(whose: str, x: Tensor, y: Tensor, near: Tolerance) -> str:
    shapes = f"the shape is {tuple(x.shape)} in place of {tuple(y.shape)}"
    return f"{whose} is {_brief(x)}, the reference gives {_brief(y)}; {shapes}{_kinds(x, y)}"


def _apart(x: Tensor, y: Tensor) -> tuple[str, str]:
    """Both values with four digits, or as many more as it takes until they read differently."""
    pairs = [(_brief(x, digits), _brief(y, digits)) for digits in range(4, 18)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])


def _kinds(x: Tensor, y: Tensor) -> str:
    mine, right = _kind(x), _kind(y)
    return "" if mine in (right, "numbers") else f"; yours holds {mine}, the reference {right}"


def _kind(x: Tensor) -> str:
    if x.dtype == torch.bool:
        return "True and False"
    return "complex numbers" if x.is_complex() else "numbers" if x.is_floating_point() else "whole numbers"


def _brief(value: Result, digits: int = 4) -> str:
    """A few numbers of a result, however long it is."""
    if isinstance(value, Odd):
        return value.text
    if isinstance(value, tuple):
        inner = ", ".join("(…)" if isinstance(part, tuple) else _brief(part) for part in value[:SHOWN])
        return f"({inner}, …) of length {len(value)}" if len(value) > SHOWN else f"({inner})"
    first = ", ".join(_digits(v, digits) for v in value.flatten()[:SHOWN].tolist())
    more = ", …" if value.numel() > SHOWN else ""
    return f"[{first}{more}] of shape {tuple(value.shape)}" if value.ndim else first


def _digits(value: bool | int | float | complex, digits: int) -> str:
    return str(value) if isinstance(value, int) else f"{value:.{digits}g}"
