"""One call that says in words what must hold, in place of rows of asserts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def check(expected: Mapping[str, Any], **values: Any) -> None:
    """Stop the notebook at the first expectation that does not hold, and say which and what was measured.

    Args:
        expected: Sentence to condition: a truth value, or an array or tensor of them, of which all must hold.
        values: What was measured, shown when an expectation fails.

    Raises:
        AssertionError: The sentence, which entries fail where there are many, and the values.
        ValueError: Nothing is expected, or a condition has no entries and holds of nothing.
    """
    if not expected:
        raise ValueError("nothing is expected; give at least one sentence with its condition")
    for sentence, condition in expected.items():
        holds = np.asarray(condition, dtype=bool)
        if not holds.size:
            raise ValueError(f"{sentence!r} is asked of no entries; there is nothing that could fail")
        if not holds.all():
            raise AssertionError(sentence + _where(holds) + _shown(values))


def _where(holds: np.ndarray) -> str:
    if not holds.ndim:
        return ""
    first = tuple(int(i) for i in np.argwhere(~holds)[0])
    return f" ({(~holds).sum()} of {holds.size} do not, the first at {first[0] if len(first) == 1 else first})"


def _shown(values: Mapping[str, Any]) -> str:
    return "".join(f"\n  {name} = {value!r}" for name, value in values.items())
