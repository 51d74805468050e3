"""An arithmetic coder: turns a model's probabilities into a string of bits, and back without loss.

Witten, Neal & Cleary (1987), *Arithmetic Coding for Data Compression*. Whole-number version: the interval of all
strings still possible is cut in proportion to the probabilities, and bits leave as soon as both ends agree on them.
"""

from collections.abc import Callable, Sequence

WORD = 32  # bits of the interval's ends
TOP, HALF, QUARTER = (1 << WORD) - 1, 1 << (WORD - 1), 1 << (WORD - 2)
SCALE = 1 << 16  # probabilities are rounded to multiples of 1/SCALE
Model = Callable[[Sequence[int]], float]  # from the symbols so far to the chance that the next one is a 1


def split_interval(low: int, high: int, chance: float) -> int:
    """Where a 1's part of the interval [low, high] ends; both parts keep at least one number."""
    share = min(max(round(chance * SCALE), 1), SCALE - 1)
    return low + (high - low + 1) * share // SCALE - 1


def encode(symbols: Sequence[int], model: Model) -> list[int]:
    """The bits that stand for ``symbols`` under ``model``: their ideal length -log2 p, plus about two."""
    low, high, waiting, out = 0, TOP, 0, []
    for i, symbol in enumerate(symbols):
        middle = split_interval(low, high, model(symbols[:i]))
        low, high = (low, middle) if symbol else (middle + 1, high)
        while (move := _shift(low, high)) is not None:
            low, high = 2 * (low - move), 2 * (high - move) + 1
            if move == QUARTER:
                waiting += 1
                continue
            bit = int(move == HALF)
            out += [bit] + [1 - bit] * waiting
            waiting = 0
    bit = int(low >= QUARTER)
    return out + [bit] + [1 - bit] * (waiting + 1)


def decode(stream: Sequence[int], count: int, model: Model) -> list[int]:
    """The ``count`` symbols that ``encode`` turned into ``stream`` with the same model."""
    padded = iter([*stream, *[0] * (WORD + count)])
    low, high, value, symbols = 0, TOP, 0, []
    for _ in range(WORD):
        value = 2 * value + next(padded)
    while len(symbols) < count:
        middle = split_interval(low, high, model(symbols))
        symbols.append(int(value <= middle))
        low, high = (low, middle) if symbols[-1] else (middle + 1, high)
        while (move := _shift(low, high)) is not None:
            low, high = 2 * (low - move), 2 * (high - move) + 1
            value = 2 * (value - move) + next(padded, 0)
    return symbols


def _shift(low: int, high: int) -> int | None:
    """What to subtract before doubling the interval, or nothing while it is wide enough."""
    if high < HALF:
        return 0
    if low >= HALF:
        return HALF
    return QUARTER if low >= QUARTER and high < HALF + QUARTER else None
