"""Sizes for random inputs, which differ from one draw to the next: a number written into an answer does not fit."""

import torch


def size(generator: torch.Generator, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``, another one in each draw until all have been used."""
    return low + generator.initial_seed() % (high - low + 1)
