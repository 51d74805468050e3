"""Try the lock on every supported pair of Python and platform: `make platforms`; `make lock` makes the lock first.

The outcome is kept in book/platforms.json, beside that of `make compat`, and shown in the README; a test compares the
three. Nothing is installed: uv only asks whether every pin has a wheel.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from book.tools import files, installers, supported
from book.tools.chapters import ROOT, BookError

RECORD = "book/platforms.json"
_TABLE = re.compile(r"(?<=<!-- platforms -->\n).*?(?=<!-- /platforms -->)", re.DOTALL)
COMPILE = (
    *("pyproject.toml", "--all-extras", "--group", "weights", "--universal"),
    *("--generate-hashes", "--no-emit-index-url", "--no-header"),
)


def uv(arguments: list[str], root: Path, mirrors: bool = False) -> subprocess.CompletedProcess[str]:
    """Do `uv ARGUMENTS` with the reader's main index, and with `mirrors` also the others that pip is told of.

    Raises:
        BookError: It failed; the message has its words.
    """
    python = Path(sys.executable)
    # a mirror may have a package's wheels for one platform alone, so what is tried for all does not look there
    settings = {
        word: value
        for word, value in installers.pip_settings(python).items()
        if mirrors or word not in ("extra-index-url", "find-links")
    }
    environment = installers.uv_environment(settings, dict(os.environ))
    environment["MACOSX_DEPLOYMENT_TARGET"] = f"{supported.MACOS}.0"
    command = [str(python), "-m", "uv", *arguments]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BookError(f"uv {' '.join(arguments[:2])} failed:\n{done.stderr.strip()}")
    return done


def lock(upgrade: list[str], root: Path = ROOT) -> None:
    """Resolve the ranges into the lock; versions that it has stay, except those of the packages in `upgrade`."""
    renewed = [part for name in upgrade for part in ("--upgrade-package", name)]
    least = ["--python-version", supported.PYTHONS[0]]
    uv(["pip", "compile", *COMPILE, *least, *renewed, "-o", "requirements.lock"], root)


def wheels(platform: supported.Platform, python: str, root: Path = ROOT) -> int:
    """How many wheels the lock takes on this pair.

    Raises:
        BookError: A pin has none; uv's words say which.
    """
    pair = ["--python-platform", platform.uv, "--python-version", python, "--only-binary", ":all:"]
    # a folder without packages, or uv would leave out what is installed here
    target = ["--target", str(root / "_build" / "platforms")]
    locked = ["--no-deps", "--require-hashes", "-r", "requirements.lock"]
    said = uv(["pip", "install", "--dry-run", *target, *pair, *locked], root).stderr
    found = re.search(r"Would install (\d+) packages", said)
    if not found:
        raise BookError(f"{platform.name}, Python {python}: uv's words have changed:\n{said}")
    return int(found[1])


def digest(root: Path = ROOT) -> str:
    """What the lock is now; the record says for which lock it was made."""
    return hashlib.sha256((root / "requirements.lock").read_bytes()).hexdigest()


def record(part: str, value: Any, root: Path = ROOT) -> None:
    """Keep one part of the record, and show it in the README."""
    kept = files.read_json(root / RECORD) or {}
    files.write_json(root / RECORD, kept | {part: value})
    readme = root / "README.md"
    text = readme.read_text("utf-8")
    if not _TABLE.search(text):
        raise BookError("README.md lost its marks <!-- platforms --> and <!-- /platforms -->; put them back")
    files.write(readme, _TABLE.sub(lambda _: tables(root), text))


def tables(root: Path = ROOT) -> str:
    """The README's two tables, from the record; one that was not made yet is left out."""
    kept = files.read_json(root / RECORD) or {}
    made = [show(kept[part]) for part, show in (("platforms", _platforms), ("compat", _compat)) if part in kept]
    return "\n".join(made)


def _platforms(kept: dict[str, Any]) -> str:
    lines = ["| `make platforms` | " + " | ".join(f"Python {python}" for python in supported.PYTHONS) + " |"]
    lines.append("| --- " * (len(supported.PYTHONS) + 1) + "|")
    for name, counts in kept["wheels"].items():
        lines.append(f"| {name} | " + " | ".join(f"{count} wheels" for count in counts.values()) + " |")
    return "\n".join(lines) + "\n"


def _compat(kept: dict[str, Any]) -> str:
    shown = kept["runs"][0]["versions"]
    lines = ["| `make compat` | Python | " + " | ".join(shown) + " | tests passed |"]
    lines.append("| --- " * (len(shown) + 3) + "|")
    for run in kept["runs"]:
        versions = " | ".join(run["versions"].values())
        lines.append(f"| {run['name']} | {run['python']} | {versions} | {run['passed']:,} |")
    return "\n".join(lines) + "\n"


def today() -> str:
    """The date that a record carries."""
    return datetime.datetime.now(tz=datetime.UTC).date().isoformat()


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Make the lock when asked to (`--lock NAME …`), try every pair, and keep the outcome."""
    if arguments[:1] == ["--lock"]:
        lock(arguments[1:], root)
    counts: dict[str, dict[str, int]] = {}
    for platform in supported.PLATFORMS:
        counts[platform.name] = {python: wheels(platform, python, root) for python in supported.PYTHONS}
        print(f"{platform.name:26}", *(f"{python}: {n} wheels " for python, n in counts[platform.name].items()))
    record("platforms", {"date": today(), "lock": digest(root), "wheels": counts}, root)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BookError as error:
        sys.exit(str(error))
