"""What is kept of an executed chapter: its notebook with the outputs, and beside it a record of what it took.

The record names the digest of the notebook, so that one that was cut short, exchanged or lost is noticed.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from book.tools import dependencies, files
from book.tools.chapters import Chapter

EXECUTED = "_build/executed"


class Record(TypedDict):
    """The figures of a run: seconds of the processor and by the clock, memory in MB, code cells, when it ended.

    The machine was `slower` times slower than the reference; budgets count `cpu_s / slower`.
    """

    key: str
    profile: str
    cpu_s: float
    slower: float
    seconds: float
    peak_mb: int
    cells: int
    finished: str
    notebook: str


def record_path(chapter: Chapter) -> Path:
    """Where the record of an executed chapter stands; its notebook lies beside, with suffix `.ipynb`."""
    return chapter.root / EXECUTED / f"{chapter.docname}.json"


def read(chapter: Chapter) -> Record | None:
    """The record of `chapter`, or None when there is none or it, or its notebook, is damaged."""
    path = record_path(chapter)
    found = files.read_json(path)
    if not _whole(found) or found["notebook"] != digest(path.with_suffix(".ipynb")):
        return None
    return found


def _whole(found: object) -> bool:
    if not isinstance(found, dict) or found.keys() != Record.__annotations__.keys():
        return False
    words, figures = ("key", "profile", "finished", "notebook"), ("cpu_s", "slower", "seconds", "peak_mb", "cells")
    return all(isinstance(found[name], str) for name in words) and all(
        isinstance(found[name], int | float) for name in figures
    )


def digest(path: Path) -> str:
    """SHA-256 of a file, empty when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def is_done(chapter: Chapter, profile: str) -> bool:
    """Whether the kept outputs belong to the notebook, the library, the lock and the profile as they are now."""
    found = read(chapter)
    return found is not None and found["key"] == dependencies.key(chapter, profile)


def keep(chapter: Chapter, notebook: Path, *, key: str, profile: str, **figures: float) -> None:
    """Put `notebook`, which is moved, and its record in place of what was kept before.

    All that needs room is written first, so that a full disk leaves the older pair as it was. Between the two
    renames the digests do not fit, which counts as damage: the chapter would run again.
    """
    path = record_path(chapter)
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    value = {"key": key, "profile": profile, **figures, "finished": finished, "notebook": digest(notebook)}
    beside = path.with_suffix(".json.tmp")
    try:
        files.write_json(beside, value)
        notebook.replace(path.with_suffix(".ipynb"))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def drop(chapter: Chapter) -> None:
    """Forget what is kept of `chapter`."""
    path = record_path(chapter)
    files.remove(path)
    files.remove(path.with_suffix(".ipynb"))
