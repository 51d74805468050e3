"""Writing a file whole or not at all."""

import os
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write beside ``path``, then rename: a reader, a crash or a full disk meets the old file or the new one, no half.

    Text is written as UTF-8. The folder is made where it is missing; what was written beside is removed on failure.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())  # or the new name could outlive a crash that the content does not
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
