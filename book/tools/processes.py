"""The processes of a run: what they used, which of them an earlier run left behind, and how they are ended."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from book.tools import files

MB = 1_000_000
SAME_S = 2.0  # the clock may be set while a process runs; its number is not given to another one that fast


@dataclass(frozen=True)
class Usage:
    """CPU seconds (user and system) and resident memory in MB of a process tree."""

    cpu_s: float = 0.0
    mb: float = 0.0


def usage(process: psutil.Process) -> Usage:
    """What `process` and all below it use; children that ended and were waited for count (not on macOS)."""
    cpu, mb = 0.0, 0.0
    for member in family(process):
        with contextlib.suppress(psutil.Error), member.oneshot():
            times = member.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            mb += member.memory_info().rss / MB
    return Usage(cpu, mb)


def family(process: psutil.Process) -> list[psutil.Process]:
    """`process` and all below it, parents before their children; empty once it is gone."""
    with contextlib.suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return []


def note(path: Path, process: psutil.Process) -> None:
    """Write down which process works for a run, so that a later run can find it."""
    files.write_json(path, {"pid": process.pid, "born": process.create_time()})


def noted(path: Path) -> psutil.Process | None:
    """The process that `note` wrote down, if it still exists; another one that got its number does not count."""
    kept: Any = files.read_json(path)
    try:
        process = psutil.Process(kept["pid"])
        return process if abs(process.create_time() - kept["born"]) < SAME_S else None
    except (psutil.Error, TypeError, KeyError, ValueError, OverflowError):
        return None


def end(roots: list[psutil.Process]) -> int:
    """End `roots` and all below them; return how many there were."""
    members = list(dict.fromkeys(member for root in roots for member in family(root)))
    alive = [member for member in members if is_alive(member)]
    for member in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(alive)


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that ended and was not waited for does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
