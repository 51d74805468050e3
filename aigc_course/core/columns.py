"""How numbers stand in the columns of a table: one precision for a column, no ``6.851e-05``, and nothing left unsaid.

Floats have four significant digits at the column's largest value; a smaller or a huge value in the same column is
written as a power of ten. A column whose name starts with "±" holds the uncertainty of the column before it, and both
have the decimals that give the largest uncertainty two significant digits.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DIGITS = 4  # significant digits of a column's largest value
HUGE = 1e6  # from here on a float is written as a power of ten
MOST_DECIMALS = 6
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NUMBER = r"[-−+]?\d[\d,]*(?:\.\d+)?(?:\s?×\s?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?\s?%?"
_NUMERIC = re.compile(rf"(?:[<>≈]\s?)?{_NUMBER}(?:\s?±\s?{_NUMBER})?(?:\s?\*)?|[-−]?∞|NaN|[-–]?")


@dataclass(frozen=True)
class Column:
    """Texts of a column's cells, and whether all of them are numbers, which stand at the right."""

    texts: list[str]
    is_numeric: bool


def columns(names: Sequence[str], rows: Sequence[Sequence[Any]], *, by_row: bool = False) -> list[Column]:
    """Write the cells of a table.

    Args:
        names: Names of the columns.
        rows: The cells; numbers may come from any library.
        by_row: Whether each row holds a quantity of its own, so that the precision belongs to the row.
    """
    rows = [[plain(value) for value in row] for row in rows]
    if by_row:
        written = list(zip(*([text(value, decimals(row)) for value in row] for row in rows), strict=True))
    else:
        held = list(zip(*rows, strict=True))
        places = [decimals(column) for column in held]
        for i, name in enumerate(names[1:], start=1):
            if name.startswith("±") and _floats(held[i]):
                places[i - 1] = places[i] = decimals(held[i], digits=2)
        written = [_texts(column, place) for column, place in zip(held, places, strict=True)]
    return [Column(list(texts), _is_numeric(texts)) for texts in written]


def plain(value: Any) -> Any:
    """An array or tensor of one number as a number of Python; everything else as it is."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def decimals(values: Sequence[Any], *, digits: int = DIGITS) -> int:
    """Decimals that a column's floats have in common; one more when a small value would have a single digit."""
    sizes = [abs(value) for value in _floats(values) if 0 < abs(value) < HUGE]
    if not sizes:
        return 0
    places = max(0, digits - 1 - math.floor(math.log10(max(sizes))))
    if digits == DIGITS and places < DIGITS and any(1 <= size * 10**places < 10 for size in sizes):
        places += 1
    places = min(places, MOST_DECIMALS)
    while places and all(_ends_in_zero(size, places) for size in sizes):
        places -= 1
    return places


def _ends_in_zero(size: float, places: int) -> bool:
    text = f"{size:.{places}f}"
    return text.endswith("0") and float(text) > 0


def _floats(values: Sequence[Any]) -> list[float]:
    return [value for value in values if isinstance(value, float) and math.isfinite(value)]


def _texts(values: Sequence[Any], places: int) -> list[str]:
    if any(isinstance(value, str) and not _NUMERIC.fullmatch(value) for value in values):
        return [text(value) for value in values]  # numbers of different things among words
    whole = not _floats(values)
    return [text(value if whole or type(value) is not int else float(value), places) for value in values]


def text(value: Any, places: int | None = None) -> str:
    """One cell: a float with so many decimals (or four digits), an integer with commas, yes and no in words."""
    value = plain(value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    return _float(value, places) if isinstance(value, float) else str(value)


def _float(value: float, places: int | None) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if places is None:
        places = decimals([value])
    if value and (abs(value) >= HUGE or abs(value) < 0.5 * 10.0**-places):
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}".replace("-", "−", 1)
    return f"{value:,.{places}f}".replace("-", "−")


def _is_numeric(texts: Sequence[str]) -> bool:
    return any(any(map(str.isdigit, text)) for text in texts) and all(_NUMERIC.fullmatch(text) for text in texts)
