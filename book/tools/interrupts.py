"""Ctrl-C, a polite kill and a closed terminal: the first one ends the run, later ones cannot disturb the clean-up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Held:
    """Whether an interrupt must wait, and whether one came meanwhile."""

    now, came = False, False


def interruptible() -> None:
    """Let each of the signals raise KeyboardInterrupt, once; what the caller ignores (`nohup`) stays ignored."""
    for name in SIGNALS:
        if signal.getsignal(name) != signal.SIG_IGN:
            signal.signal(name, _interrupt)


def _interrupt(number: int = 0, frame: Any = None) -> None:
    if _Held.now:
        _Held.came = True
        return
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """Put an interrupt off until the block is done, for instance until a child that was started is written down."""
    _Held.now, _Held.came = True, False
    try:
        yield
    finally:
        _Held.now = False
        if _Held.came:
            _interrupt()
