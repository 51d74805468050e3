"""Where libraries keep their caches: in the reader's home folder, or below _build where that cannot be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

# each names a folder for caches or settings, and overrides the home folder for it
VARIABLES = (
    "MPLCONFIGDIR",
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "AIGC_DATA",
)


def caches(build: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables to set so that every cache can be written: `HOME` and others, each only where it cannot be now."""
    ours = build / "home"
    given = {name: environment[name] for name in VARIABLES if environment.get(name)}
    changed = {name: str(ours / name.lower()) for name, folder in given.items() if not writable(folder)}
    if not writable(environment.get("HOME") or "~"):
        changed["HOME"] = str(ours)
    return changed


def writable(place: str) -> bool:
    """Whether a file can be made in the folder `place`, or in the nearest one above it that exists."""
    folder = Path(place).expanduser()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def settle(build: Path) -> None:
    """Let this process and all that it starts keep their caches below `build` where home cannot be written."""
    changed = caches(build)
    for folder in changed.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    os.environ.update(changed)
