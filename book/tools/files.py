"""Small things several tools need: writing whole files, one run at a time, a disk that is full."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from aigc_course.core.files import write_atomically as write
from book.tools.chapters import BookError

NEEDED_MB = 500  # for the outputs of all chapters and two copies of the site
FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), "disk is full")  # the last one is SQLite's
_SCARCE_MB = 5  # less than one chapter's outputs


class DiskFull(BookError):
    """There is no room for what must be written; the message says where, and how much is needed."""


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all."""
    write(path, json.dumps(value, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """The value in `path`, or None when there is no such file or it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def remove(path: Path) -> None:
    """Remove whatever stands at `path`: a file, a link, a folder with all that is in it, or nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()


def free_mb(folder: Path) -> float:
    """Megabytes that are free where `folder` lies, or will lie."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e6


def disk_full(build: Path, said: str = "") -> DiskFull | None:
    """The complaint about a full disk, when `said` (a log, a traceback) speaks of one or hardly anything is free."""
    free = free_mb(build)
    if free >= _SCARCE_MB and not any(words in said for words in FULL):
        return None
    where = f"{free:.0f} MB are free where {build} lies"
    if free > NEEDED_MB:
        return DiskFull(f"disk full: {where}, so it is the disk of the home or the temporary folder; make room there")
    return DiskFull(
        f"disk full: {where}, and making the book needs about {NEEDED_MB} MB; make room and run again "
        "(what was executed before is kept)"
    )


@contextmanager
def in_words(build: Path) -> Iterator[None]:
    """Turn what the operating system refuses into one sentence with the cure."""
    try:
        yield
    except BookError:
        raise
    except Exception as error:
        if full := disk_full(build, str(error)):
            raise full from None
        if isinstance(error, OSError) and (cure := _CURES.get(error.errno or 0)):
            raise BookError(f"{error.filename or build}: {error.strerror}; {cure}") from None
        raise


_CURES = {
    errno.EROFS: "the book writes into _build: copy the project to a place where you may write, and run there",
    errno.EACCES: "the book writes into _build: make it yours (chown), or copy the project to a place of your own",
    errno.EPERM: "the book writes into _build: make it yours (chown), or copy the project to a place of your own",
    errno.ENAMETOOLONG: "move the project to a folder with a shorter path",
    errno.EMFILE: "too many files are open; raise the limit with `ulimit -n 4096`",
}


@contextmanager
def only_run(build: Path) -> Iterator[None]:
    """Hold the build folder: two `make` at once would write into each other's files."""
    if build.exists() and not build.is_dir():
        raise BookError(f"{build} is not a folder, and the book writes into it; remove it and run again")
    build.mkdir(parents=True, exist_ok=True)
    with _lock(build / ".lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is at work here; waiting until it has finished.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock(path: Path) -> TextIO:
    """The lock's file, open; whatever else stands in its place is removed."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        print(f"{path.name} in {path.parent.name} was damaged; it is made again.", flush=True)
        remove(path)
    return path.open("a")


def complain(messages: list[str]) -> None:
    """Print what is wrong, one paragraph for each message."""
    sys.stdout.flush()
    for message in messages:
        print(f"\n{message}", file=sys.stderr, flush=True)
