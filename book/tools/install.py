"""Make .venv and install the locked dependencies: what every `make` target does first. Standard library only.

The stamp in .venv says which lock, project file and torch are installed; it is written last, so that a killed or
failed installation is repeated. A mark stands there while one goes on: what a killed one left half-written is not
built upon, .venv is made anew from what was fetched. With TORCH_INDEX torch and torchvision come from that package
index (the CPU-only build from the address that pytorch.org gives), without hashes; everything else comes from the lock
as always. The choice is remembered; TORCH_INDEX=default goes back to the ordinary build.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from book.tools import installers, supported
from book.tools.installers import InstallError

ROOT = Path(__file__).resolve().parents[2]
TORCH = ("torch", "torchvision")
# what the ordinary torch brings along for NVIDIA cards
GPU_ONLY = re.compile(r"(nvidia|cuda)-|triton$")


def requirements(lock: str) -> dict[str, str]:
    """The lock taken apart: each package's name and its lines (version, marker, hashes)."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        if line and not line.startswith((" ", "#")):
            name = re.split(r"[=<>!~ ;\[]", line, maxsplit=1)[0].lower()
        if name and not line.lstrip().startswith("#"):
            found[name] = f"{found[name]}\n{line}" if name in found else line
    return found


def version(lines: str) -> str:
    """The pin in a package's lines, e.g. `torch==2.15.0`."""
    return re.split(r"[ ;\\]", lines, maxsplit=1)[0]


def without_torch(lock: str) -> str:
    """The lock without torch, torchvision and what only an NVIDIA card needs."""
    kept = {name: lines for name, lines in requirements(lock).items() if name not in TORCH and not GPU_ONLY.match(name)}
    return "\n".join(kept.values()) + "\n"


def wanted(root: Path, torch_index: str) -> dict[str, str]:
    """What the stamp says once the installation is complete."""
    digest = hashlib.sha256()
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update((root / name).read_bytes())
    return {"digest": digest.hexdigest(), "torch_index": torch_index}


def read_stamp(stamp: Path) -> dict[str, str]:
    """The stamp of the last complete installation; empty when there is none."""
    try:
        return json.loads(stamp.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def install(root: Path, venv: Path, torch_index: str | None) -> None:
    """Bring `venv` to what the lock says, unless its stamp says that it is there already."""
    stamp = venv / "installed.json"
    last = read_stamp(stamp)
    index = last.get("torch_index", "") if torch_index is None else torch_index
    target = wanted(root, index)
    if last == target:
        return
    stamp.unlink(missing_ok=True)
    start = time.monotonic()
    mark = venv / "installing"
    python = make_venv(venv, anew=mark.exists())
    mark.touch()
    _packages(root, python, index, changed=bool(last) and last["torch_index"] != index)
    beside = stamp.with_suffix(".tmp")
    beside.write_text(json.dumps(target) + "\n")
    beside.replace(stamp)
    mark.unlink()
    print(f"Installed in {time.monotonic() - start:.0f} s.", flush=True)


def make_venv(venv: Path, anew: bool) -> Path:
    """The virtual environment's Python; the environment is made when it is missing or broken, or `anew`."""
    python = venv / "bin" / "python"
    probe = f"import sys, pip; sys.exit(not {supported.LEAST} <= sys.version_info[:2] <= {supported.LATEST})"
    works = python.exists() and subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0
    if works and not anew:
        return python
    print(f"Making {venv.name} with Python {sys.version.split()[0]} ({sys.executable}).", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", venv], capture_output=True, text=True, check=False)
    if made.returncode:
        raise InstallError(
            f"Python could not make a virtual environment:\n{made.stdout}{made.stderr}\n"
            "On Debian and Ubuntu install the package python3-venv; elsewhere reinstall Python with its venv module."
        )
    return python


def _packages(root: Path, python: Path, torch_index: str, changed: bool) -> None:
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    pins = requirements(lock)
    _locked(python, pins["uv"], installers.pip)
    torch = [version(pins[name]) for name in TORCH if name in pins]
    if torch_index:
        print(f"Installing {' and '.join(torch)} from TORCH_INDEX.", flush=True)
        again = ["--force-reinstall"] if changed else []
        installers.run(python, ["install", "--no-deps", *again, *torch], torch_index)
        lock = without_torch(lock)
    elif changed:
        installers.run(python, ["uninstall", *TORCH])
    print(
        f"Installing {len(requirements(lock))} packages from requirements.lock into .venv. The first time takes about "
        "6 GB of disk (1 GB with TORCH_INDEX) and 1 to 10 minutes; later it takes seconds.",
        flush=True,
    )
    _locked(python, lock, installers.run)
    installers.run(python, ["install", "--no-deps", "--no-build-isolation", "--quiet", "-e", str(root)])


def _locked(python: Path, lock: str, install: Callable[[Path, list[str]], None]) -> None:
    """Install the packages of `lock` as they stand there, hashes included."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(lock, encoding="utf-8")
        install(python, ["install", "--no-deps", "--require-hashes", "-r", str(file)])


def main() -> int:
    """Install for `make`; the messages go to the terminal."""
    if problem := supported.problem():
        print(problem, file=sys.stderr)
        return 1
    index = os.environ.get("TORCH_INDEX") or None
    try:
        install(ROOT, ROOT / ".venv", "" if index == "default" else index)
    except InstallError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = error.filename or ROOT / ".venv"
        cure = "the packages go into .venv, which must be yours to write and needs 6 GB (1 GB with TORCH_INDEX)"
        print(f"\n{where}: {error.strerror}; {cure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the same command goes on with the installation.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
