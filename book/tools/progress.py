"""Saying how far a run is: one live line on a terminal, a line now and then in a log."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

EVERY_S = 15.0  # between two lines in a log; on a terminal the line is redrawn as often as it is told


class Progress:
    """Lines about several jobs that run at the same time."""

    def __init__(self, stream: TextIO | None = None, every_s: float = EVERY_S) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self.every_s = every_s
        self.last = time.monotonic()

    def line(self, text: str) -> None:
        """A line that stays."""
        self.stream.write(f"{self._clear()}{text}\n")
        self.stream.flush()

    def now(self, jobs: list[str]) -> None:
        """How the running jobs stand; drawn over on a terminal, every 15 seconds in a log."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(self._clear() + " · ".join(jobs)[:width])
            self.stream.flush()
        elif time.monotonic() - self.last >= self.every_s:
            self.last = time.monotonic()
            for job in jobs:
                self.line(job)

    def done(self) -> None:
        """Take the live line away."""
        self.stream.write(self._clear())
        self.stream.flush()

    def _clear(self) -> str:
        return "\r\x1b[K" if self.live else ""


def seconds(value: float) -> str:
    """Seconds as a reader says them: `0.4 s`, `31 s`, `2 min 05 s`."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60:02d} s"
