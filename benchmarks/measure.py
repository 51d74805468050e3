"""Timing on a machine that other programs use too: variants take turns, and medians of ratios are reported.

A slow second hits all variants alike, so a ratio taken within one round is steadier than two times taken apart.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

Action = Callable[[], object]


class Speed(NamedTuple):
    """Seconds of one action (median), and how often it fits into the time of the reference (median of the rounds)."""

    seconds: float
    ratio: float


def interleaved(
    actions: Mapping[str, Action], *, rounds: int, repeat: int = 1, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Speed]:
    """Time all actions in turn, ``rounds`` times; the first is the reference.

    Args:
        actions: What to time; each is run twice before the clock starts.
        rounds: Times that everybody has a turn.
        repeat: Runs of an action in one turn, for actions of a few milliseconds.
        clock: Seconds since some moment.
    """
    if rounds < 1 or not actions:
        raise ValueError(f"rounds={rounds}, {len(actions)} actions; at least one of each is needed")
    for action in actions.values():
        for _ in range(2):
            action()
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            began = clock()
            for _ in range(repeat):
                action()
            taken[name].append((clock() - began) / repeat)
    reference = next(iter(taken.values()))
    return {name: _speed(reference, seconds) for name, seconds in taken.items()}


def _speed(reference: list[float], seconds: list[float]) -> Speed:
    ratios = [r / s for r, s in zip(reference, seconds, strict=True)]
    return Speed(statistics.median(seconds), statistics.median(ratios))
