"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import math
import random

import pytest

from aigc_course.foundations.coding import decode, encode


def ideal(symbols, model):
    return -sum(math.log2(model(symbols[:i]) if s else 1 - model(symbols[:i])) for i, s in enumerate(symbols))


def remembering(before):
    """A model that uses what came before, with chances that are multiples of 1/256."""
    return (26 + 200 * before[-1] + len(before) % 7) / 256 if before else 0.5


@pytest.mark.equation("probability-code")
@pytest.mark.parametrize("seed", range(40))
def test_length_is_the_ideal_one_up_to_two_bits(seed):
    """Catches a lost or doubled bit, an ending that names too large an interval; and every symbol comes back."""
    draw = random.Random(seed)
    symbols = []
    for _ in range(draw.randrange(1, 400)):
        symbols.append(int(draw.random() < remembering(symbols)))
    stream, best = encode(symbols, remembering), ideal(symbols, remembering)
    assert best - 1e-3 <= len(stream) < best + 2 + 1e-3
    assert decode(stream, len(symbols), remembering) == symbols


def test_unlikely_strings_come_back_too():
    """Catches an interval that closes up, and carries that are lost while both ends straddle the middle."""
    for symbols in ([0] * 300, [1] * 300, [0, 1] * 150, [1, 1, 0] * 100):
        for chance in (1e-9, 0.001, 0.4999, 0.5, 0.75, 1 - 1e-9):
            assert decode(encode(symbols, lambda _, c=chance: c), len(symbols), lambda _, c=chance: c) == symbols


def test_small_chances_are_not_rounded_away():
    """Catches a coarse grid of chances: a rare 1 of chance 0.0005 must cost its eleven bits, a 0 next to nothing."""
    symbols = ([0] * 1999 + [1]) * 10
    best = ideal(symbols, lambda _: 0.0005)
    assert len(encode(symbols, lambda _: 0.0005)) == pytest.approx(best, abs=4)


def test_decoder_reads_only_its_own_bits():
    """Catches an ending that relies on zeros behind it: whatever follows, the symbols are the same."""
    symbols = [1, 0, 0, 1, 1, 1, 0, 1]
    stream = encode(symbols, remembering)
    for tail in ([1] * 40, [0, 1] * 20):
        assert decode(stream + tail, len(symbols), remembering) == symbols


def test_a_wrong_model_decodes_noise():
    """Catches a decoder that does not use its model."""
    symbols = [0, 0, 1, 0, 0, 0, 1, 1] * 10
    assert decode(encode(symbols, remembering), len(symbols), lambda _: 0.3) != symbols
