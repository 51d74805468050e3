"""Seeds for streams of random numbers that do not depend on each other."""

import numpy as np


def derive_seed(seed: int, *key: int) -> int:
    """A 32-bit seed for the stream that ``key`` names: other keys, longer and shorter ones too, give unrelated seeds.

    Args:
        seed: The run's seed, a whole number ≥ 0.
        key: Whole numbers from 0 to 2³² − 1, such as a purpose and an epoch.

    Raises:
        ValueError: ``seed`` is negative, or a number of ``key`` is out of its range.
    """
    if seed < 0:
        raise ValueError(f"seed={seed}; a seed is a whole number ≥ 0")
    if any(not 0 <= part < 2**32 for part in key):  # a larger one would be taken apart, and meet another key
        raise ValueError(f"key={key}; its numbers go from 0 to 2**32 - 1")
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1)[0])
