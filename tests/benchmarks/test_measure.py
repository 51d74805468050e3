"""The stopwatch of the benchmarks, against a clock that the test holds."""

import pytest

from benchmarks.families import steps_up
from benchmarks.measure import interleaved


class Clock:
    def __init__(self):
        self.now, self.order = 0.0, []

    def action(self, name, *seconds):
        durations = iter(seconds * 100)

        def run():
            self.now += next(durations)
            self.order.append(name)

        return run


def test_variants_take_turns_and_ratios_come_from_the_same_round():
    """A slow spell that hits both alike leaves the ratio alone; medians ignore a single hiccup."""
    clock = Clock()
    slow = [1, 1, 2, 20, 2, 2, 200]  # the first two are not timed
    actions = {"plain": clock.action("plain", *slow), "ours": clock.action("ours", *[s / 2 for s in slow])}
    speeds = interleaved(actions, rounds=5, clock=lambda: clock.now)
    assert speeds["plain"] == (2, 1)
    assert speeds["ours"] == (1, 2)
    assert clock.order[4:8] == ["plain", "ours", "plain", "ours"]


def test_repeats_are_divided_out():
    clock = Clock()
    speeds = interleaved({"plain": clock.action("plain", 3.0)}, rounds=2, repeat=4, clock=lambda: clock.now)
    assert speeds["plain"].seconds == 3
    assert len(clock.order) == 2 + 2 * 4


def test_nothing_to_time_is_refused():
    with pytest.raises(ValueError, match="rounds=0"):
        interleaved({"plain": int}, rounds=0)


def test_each_row_is_compared_with_the_one_above():
    assert steps_up([1.0, 2.0, 1.0]) == [1.0, 2.0, 0.5]
