"""Writing a file whole or not at all."""

import os
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a temporary file beside ``path``, then rename it: ``path`` always holds its old content or its new one.

    Text is encoded as UTF-8. A missing folder is made. The temporary file is removed on failure.

    Raises:
        OSError: The disk is full or the folder cannot be written.
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
