"""Small things several tools need: writing whole files, one run at a time, seconds in words."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write(path: Path, text: str) -> None:
    """Write `text` beside `path`, then rename it there: a reader sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all."""
    write(path, json.dumps(value, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """The value in `path`, or None when there is no such file or it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


@contextmanager
def only_run(build: Path) -> Iterator[None]:
    """Hold the build folder: two `make` at once would write into each other's files."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is at work here; waiting until it has finished.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def interruptible() -> None:
    """Treat a polite kill and a closed terminal like Ctrl-C, so that children are ended and work is kept."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, interrupt)


def complain(messages: list[str]) -> None:
    """Print what is wrong, one paragraph for each message."""
    sys.stdout.flush()
    for message in messages:
        print(f"\n{message}", file=sys.stderr, flush=True)
