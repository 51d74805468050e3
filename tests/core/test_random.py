"""Seeds of different streams have nothing to do with each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_course.core.random import derive_seed

KEYS = st.lists(st.integers(0, 2**32 - 1), max_size=4).map(tuple)


def test_keys_that_differ_in_length_or_carry_give_other_seeds():
    """Catches a key that is appended to the seed: zeros at its end vanish, and large seeds run into it."""
    assert len({derive_seed(7), derive_seed(7, 0), derive_seed(7, 0, 0), derive_seed(7, 0, 0, 0)}) == 4
    assert derive_seed(2**32) != derive_seed(0, 1)


@given(st.integers(0, 2**40), KEYS)
def test_a_seed_has_32_bits_and_is_the_same_each_time(seed, key):
    found = derive_seed(seed, *key)
    assert 0 <= found < 2**32
    assert found == derive_seed(seed, *key)


@given(st.integers(0, 2**20), st.integers(0, 2**20), st.integers(0, 2**20))
def test_neighbouring_numbers_of_a_stream_differ(seed, purpose, number):
    """Catches a key that is added up: 32 bits meet by chance once in four thousand million."""
    here = derive_seed(seed, purpose, number)
    others = ((seed + 1, purpose, number), (seed, purpose + 1, number), (seed, purpose, number + 1))
    assert here not in [derive_seed(*other) for other in others]


@pytest.mark.parametrize("key", [(2**32,), (0, -1)])
def test_a_key_that_would_be_taken_apart_is_refused(key):
    with pytest.raises(ValueError, match="its numbers go from 0"):
        derive_seed(0, *key)


def test_a_negative_seed_is_named():
    with pytest.raises(ValueError, match="seed=-1"):
        derive_seed(-1)
