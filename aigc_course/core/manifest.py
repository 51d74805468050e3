"""Checksums of a folder's files in a manifest that is written last, so that incomplete or damaged files are noticed.

The format is that of the command ``sha256sum``, so that ``sha256sum -c`` checks a folder by hand.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from aigc_course.core.files import write_atomically


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(manifest: Path, files: Iterable[Path]) -> None:
    """Write the manifest: path, relative to it, and SHA-256 of each file.

    Raises:
        ValueError: A file is not in the manifest's folder or below.
    """
    lines = [f"{sha256(file)}  {file.relative_to(manifest.parent)}\n" for file in sorted(files)]
    write_atomically(manifest, "".join(lines))


def whole(manifest: Path) -> bool:
    """Whether the manifest exists, lists at least one file, and every listed file has its checksum."""
    try:
        listed = [line.split("  ", 1) for line in manifest.read_text(encoding="utf-8").splitlines()]
        return bool(listed) and all(sha256(manifest.parent / name) == checksum for checksum, name in listed)
    except (OSError, ValueError):  # missing or no text, or a line that is not one
        return False
