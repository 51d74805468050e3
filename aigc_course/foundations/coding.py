"""An arithmetic coder for binary symbols: lossless compression with the probabilities of any sequential model.

Witten, Neal & Cleary (1987), *Arithmetic Coding for Data Compression*. Integer version: the interval [low, high] of the
code words still possible is split in proportion to the probabilities, and a bit is output as soon as both ends agree on
it.

Conventions: symbols and bits are 0 or 1. Encoder and decoder must evaluate the model to exactly the same numbers.
"""

from collections.abc import Callable, Sequence

WORD = 32  # bits of the interval's ends: (high - low) * SCALE stays below 2**48
TOP, HALF, QUARTER = (1 << WORD) - 1, 1 << (WORD - 1), 1 << (WORD - 2)
SCALE = 1 << 16  # probabilities are rounded to multiples of 1/SCALE, so a symbol costs at most 16 bits
Model = Callable[[Sequence[int]], float]  # from the symbols so far to the probability that the next one is a 1


def split_interval(low: int, high: int, probability: float) -> int:
    """Last integer of the part of [low, high] that stands for a 1, in proportion to its ``probability``.

    The probability is clipped to [1, SCALE - 1] / SCALE, so that neither symbol becomes impossible to encode.
    """
    share = min(max(round(probability * SCALE), 1), SCALE - 1)
    return low + (high - low + 1) * share // SCALE - 1


def encode(symbols: Sequence[int], model: Model) -> list[int]:
    """Compress a binary sequence.

    Args:
        symbols: The sequence, each 0 or 1.
        model: Probability that the next symbol is 1, given a list of the symbols before it.

    Returns:
        The code word as bits. Its length is the information content -log2 p(symbols) plus about two bits.
    """
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
    """Decompress the first ``count`` symbols of ``stream``, which ``encode`` made with the same model."""
    # the code word stands for the fraction 0.b1b2…; zeros after its end do not change it
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
    """What to subtract before doubling the interval (renormalisation); ``None`` while it is wide enough."""
    if high < HALF:
        return 0
    if low >= HALF:
        return HALF
    return QUARTER if low >= QUARTER and high < HALF + QUARTER else None
