"""Mistakes that any exercise can have: wrong kinds of results, and wrong numbers with a simple relation to the right.

``by_form`` names a missing ``return``, a generator, half a pair, a trailing comma. ``by_relation`` finds a sign, a
factor, a mean in place of a sum, a function of what was asked for. Both return an empty text when they find nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor

from aigc_course.core.comparing import FEW, Odd, Result, Tolerance, all_same, joined, ordinal, same

LOOSE = Tolerance(1e-4, 1e-6)  # an exponential of a rounded number is rounded more coarsely
YOURS = "your result"
FACTORS = {
    -1.0: "the negative of what is asked for: turn the sign over",
    2.0: "twice what is asked for",
    0.5: "half of what is asked for",
    -2.0: "−2 times what is asked for",
    -0.5: "−½ times what is asked for",
    1 / math.log(2): "in bits; nats are asked for: use the natural logarithm",
    math.log(2): "in nats; bits are asked for: divide by log 2",
}
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "the reciprocal of": torch.reciprocal,
    "the square of": torch.square,
    "the square root of": torch.sqrt,
    "the logarithm of": torch.log,
    "the exponential of": torch.exp,
    "2 to the power of": torch.exp2,
    "the absolute value of": torch.abs,
    "1 minus": lambda right: 1 - right,
}


def unfinished(result: Result) -> bool:
    """Whether a result is the ``...`` of the stub, alone or in every place of a tuple."""
    if isinstance(result, tuple):
        return bool(result) and all(unfinished(part) for part in result)
    return isinstance(result, Odd) and result.kind == "..."


def by_form(given: Sequence[Result], expected: Sequence[Result], near: Tolerance) -> str:
    """Diagnose the first result that is of the wrong kind, or of too many or too few parts.

    Args:
        given: Results of the learner's function, one for each trial.
        expected: The solution's results.
        near: When two numbers agree.

    Returns:
        One sentence with the cure, or an empty text.
    """
    none = [isinstance(mine, Odd) and mine.kind == "None" for mine in given]
    if any(none) and not all(none):
        return "your function returns None on some inputs: one way through it ends without a `return`"
    forms = (_form(YOURS, mine, right, near) for mine, right in zip(given, expected, strict=False))
    return next(filter(None, forms), "")


def _form(whose: str, mine: Result, right: Result, near: Tolerance) -> str:
    if isinstance(mine, Odd):
        return _odd(whose, mine)
    if isinstance(mine, tuple) and len(mine) == 1 and not _alike(mine, right):
        packed = "is packed in a tuple or list of one"
        return f"{whose} {packed}: take the comma after it, as in `return x,`, or its brackets away"
    if isinstance(right, tuple):
        return _form_of_several(whose, mine, right, near)
    if isinstance(mine, tuple) and not _alike(mine, right) and any(_alike(part, right) for part in mine[:FEW]):
        at = [i for i, part in enumerate(mine) if same(part, right, near)]
        found = f"; the {ordinal(at[0])} of yours is right" if at else ""
        return f"you return {len(mine)} results; this exercise asks for one{found}"
    return ""


def _form_of_several(whose: str, mine: Result, right: tuple[Result, ...], near: Tolerance) -> str:
    if _alike(mine, right) and not isinstance(mine, tuple):
        return ""  # a pair of numbers as one tensor
    parts = mine if isinstance(mine, tuple) else (mine,)
    if len(parts) != len(right):
        at = [i for i, part in enumerate(right) if len(parts) == 1 and same(parts[0], part, near)]
        found = f"; yours is the {ordinal(at[0])} of them" if at else ""
        said = "one result" if len(parts) == 1 else f"{len(parts)} results"
        return f"you return {said}; this exercise asks for {len(right)}, `return a, b`{found}"
    pairs = enumerate(zip(parts, right, strict=True))
    return next(filter(None, (_form(f"the {ordinal(i)} of your results", *pair, near) for i, pair in pairs)), "")


def _alike(mine: Result, right: Result) -> bool:
    x, y = joined(mine), joined(right)
    return isinstance(x, Tensor) and isinstance(y, Tensor) and x.shape == y.shape


def _odd(whose: str, mine: Odd) -> str:
    """What to do about a result that holds no numbers."""
    alone = whose == YOURS
    missing = "your function returns None: is a `return` missing, or does it only print?"
    cures = {
        "None": missing if alone else f"{whose} is None: compute it as well",
        "...": f"{whose} is still `...`: replace it too",
        "generator": f"{whose} is a generator: use `return` in place of `yield`, and a list in place of (… for …)",
        "coroutine": f"{whose} is a coroutine: write `def` in place of `async def`",
        "iterator": f"{whose} is {mine.text}, which holds no numbers yet: make a list of it with `list(…)`",
        "function": f"{whose} is {mine.text}, not a number: call it, with parentheses behind its name",
    }
    return cures.get(mine.kind, "")


def by_relation(
    given: Sequence[Result], expected: Sequence[Result], near: Tolerance, sizes: Sequence[Mapping[str, int]] = ()
) -> str:
    """Find a relation between wrong numbers and the right ones that holds in every trial.

    Args:
        given: Results of the learner's function, one for each trial.
        expected: The solution's results.
        near: When two numbers agree.
        sizes: Name and size of each dimension, for each trial; recognises a sum in place of a mean.

    Returns:
        One sentence (a factor, a function, an offset, another shape, results in the wrong order), or an empty text.
    """
    given, expected = list(given), list(expected[: len(given)])
    if all(isinstance(b, tuple) and isinstance(a, tuple) for a, b in zip(given, expected, strict=True)):
        if all_same([a[::-1] for a in given if isinstance(a, tuple)], expected, near):
            return "your results are right but in the wrong order: turn them round"
        whose, given, expected = _only_wrong(given, expected, near)
    else:
        whose = YOURS
    mine, right = _numbers(given), _numbers(expected)
    if len(mine) < len(given) or len(right) < len(given):
        return ""
    if all(x.shape == y.shape for x, y in zip(mine, right, strict=True)):
        found = _by_factor(mine, right, sizes) or _by_function(mine, right) or _by_offset(mine, right)
    else:
        found = _by_shape(mine, right)
    return f"{whose} is {found}" if found else ""


def _only_wrong(given: list[Result], expected: list[Result], near: Tolerance) -> tuple[str, list[Result], list[Result]]:
    """Of several results the one that is wrong, when there is only one."""
    mine, right = (
        list(zip(*(part for part in side if isinstance(part, tuple)), strict=True)) for side in (given, expected)
    )
    wrong = [i for i, pair in enumerate(zip(mine, right, strict=True)) if not all_same(*pair, near)]
    if len(wrong) != 1:
        return YOURS, given, expected
    return f"the {ordinal(wrong[0])} of your results", list(mine[wrong[0]]), list(right[wrong[0]])


def _numbers(results: Sequence[Result]) -> list[Tensor]:
    """Real 64-bit tensors; shorter than ``results`` where there is anything else."""
    found = [joined(result) for result in results]
    return [x.double() for x in found if isinstance(x, Tensor) and not x.is_complex() and x.isfinite().all()]


def _by_factor(mine: list[Tensor], right: list[Tensor], sizes: Sequence[Mapping[str, int]]) -> str:
    """One factor on every input, or the size of a dimension: a sum for a mean, or the other way round."""
    factors = [((x * y).sum() / y.square().sum()).item() for x, y in zip(mine, right, strict=True)]
    if not all_same(mine, [c * y for c, y in zip(factors, right, strict=True)], LOOSE):
        return ""
    names = sizes[0] if sizes else ()
    for some in (*combinations(names, 1), *combinations(names, 2)):
        numbers = [float(math.prod(size[name] for name in some)) for size in sizes]
        listed = " and of ".join(some)
        if _agree(factors, numbers):
            return f"too large by the number of {listed}: is there a sum in place of a mean?"
        if _agree(factors, [1 / n for n in numbers]):
            return f"too small by the number of {listed}: is there a mean in place of a sum, or a division too many?"
    if not _agree(factors, factors[:1] * len(factors)) or abs(factors[0]) < LOOSE.relative:
        return ""
    known = (text for c, text in FACTORS.items() if math.isclose(c, factors[0], rel_tol=LOOSE.relative))
    return next(known, f"{factors[0]:.4g} times what is asked for, on every input")


def _agree(factors: list[float], others: Sequence[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=LOOSE.relative) for a, b in zip(factors, others, strict=False))


def _by_function(mine: list[Tensor], right: list[Tensor]) -> str:
    fitting = (name for name, f in FUNCTIONS.items() if all_same(mine, [f(y) for y in right], LOOSE))
    return next((f"{name} what is asked for" for name in fitting), "")


def _by_offset(mine: list[Tensor], right: list[Tensor]) -> str:
    gap = (mine[0] - right[0]).mean().item()
    if not all_same(mine, [y + gap for y in right], Tolerance(0.0, 1e-5)):
        return ""
    return f"too {'large' if gap > 0 else 'small'} by {abs(gap):.4g} on every input: a constant is missing, or too many"


def _by_shape(mine: list[Tensor], right: list[Tensor]) -> str:
    """The right numbers in another shape, or a sum or a mean away from it."""
    shapes = f"the shape is {tuple(mine[0].shape)} in place of {tuple(right[0].shape)}"
    if all_same([x.flatten() for x in mine], [y.flatten() for y in right], LOOSE):
        return f"right, but {shapes}"
    if all_same([x.mT if x.ndim > 1 else x for x in mine], right, LOOSE):
        return "transposed: rows and columns are exchanged"
    for verb, reduce in (("mean", torch.mean), ("sum", torch.sum)):
        if all_same(mine, [reduce(y) for y in right], LOOSE):
            return f"the {verb} of all that is asked for: return the numbers one by one, {shapes}"
        if all_same([reduce(x) for x in mine], right, LOOSE):
            return f"still to be reduced: return its {verb}, a single number, {shapes}"
        for dim in (0, 1):
            if all(x.ndim > dim for x in mine) and all_same([reduce(x, dim=dim) for x in mine], right, LOOSE):
                return f"still to be reduced: take the {verb} over dimension {dim}, {shapes}"
            if all(y.ndim > dim for y in right) and all_same(mine, [reduce(y, dim=dim) for y in right], LOOSE):
                return f"the {verb} of what is asked for over dimension {dim}, {shapes}"
    return ""
