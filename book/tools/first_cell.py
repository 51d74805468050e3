"""The first cell of every chapter: installs the course where it is missing, such as on Colab.

pip brings what the library needs at run time and nothing of the book; whatever is installed already and satisfies the
ranges of pyproject.toml, such as the torch of that kernel, stays as it is.

The address of the repository stands in ``_config.yml`` and nowhere else is it written by hand. A notebook opened on
Colab has nothing but itself, so each one carries the address inside this cell; ``python -m book.tools.first_cell``
writes the cell into every chapter, and a test compares them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from book.tools import chapters, files
from book.tools.chapters import ROOT

TAGS = ["remove-cell"]
MARK = "# Installs the course where it is missing (Colab, Binder)"
FIRST_CELL = (
    MARK
    + """; elsewhere this does nothing.
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("aigc_course") is None:
    address = os.environ.get("AIGC_REPOSITORY", "{address}")
    if not address:
        raise ModuleNotFoundError(
            "The course's library is not installed here. On your own machine, run `make book` "
            "in a copy of the course. Elsewhere, run `%env AIGC_REPOSITORY=<address of the "
            "course's git repository>` in a cell above and try again."
        )
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, f"git+{{address}}"], check=True)
    importlib.invalidate_caches()"""
)


def address(root: Path = ROOT) -> str:
    """The repository's address in ``_config.yml``; empty while nobody has set it."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return str((config.get("repository") or {}).get("url") or "").rstrip("/")


def source(root: Path = ROOT) -> str:
    """The cell's code for the configured address."""
    return FIRST_CELL.format(address=address(root))


def problems(root: Path = ROOT) -> list[str]:
    """Chapters that do not begin with the cell, each with the cure."""
    wanted, cure = source(root), "run `python -m book.tools.first_cell`"
    found = [chapters.load(path, root) for path in chapters.notebooks(root)]
    wrong = [c for c in found if not c.cells or c.cells[0].source != wanted or list(c.cells[0].tags) != TAGS]
    return [f"{chapter.name}, cell 1: it is not the cell that installs the course; {cure}" for chapter in wrong]


def with_cell(notebook: dict[str, Any], code: str) -> dict[str, Any]:
    """The notebook with ``code`` as its first cell, in place of an older one; ids count 0, 1, 2, …."""
    cells = notebook["cells"]
    old = bool(cells) and "".join(cells[0]["source"]).startswith(MARK)
    first = {"cell_type": "code", "execution_count": None, "metadata": {"tags": TAGS}, "outputs": []}
    kept = [first | {"source": code.splitlines(keepends=True)}, *cells[old:]]
    return notebook | {"cells": [_numbered(cell, i) for i, cell in enumerate(kept)]}


def _numbered(cell: dict[str, Any], number: int) -> dict[str, Any]:
    return dict(sorted((cell | {"id": str(number)}).items()))


def write(root: Path = ROOT) -> list[str]:
    """Put the cell into every chapter that lacks it; return the names of the changed ones."""
    changed = []
    for path in chapters.notebooks(root):
        before = path.read_text(encoding="utf-8")
        after = json.dumps(with_cell(json.loads(before), source(root)), indent=1, ensure_ascii=False) + "\n"
        if after != before:
            files.write(path, after)
            changed.append(path.relative_to(root).as_posix())
    return changed


if __name__ == "__main__":
    for name in write():
        print(f"changed {name}")
    sys.exit(0)
