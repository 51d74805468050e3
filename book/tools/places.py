"""Sphinx's places in notebooks in a reader's words: `chapters/x.ipynb:100014` means line 14 of the tenth cell."""

from __future__ import annotations

import re
from pathlib import Path

from book.tools import chapters

# MyST-NB counts the lines of a cell from its number, counted from 1, times this
STEP = 10_000
_PLACE = re.compile(r"(?P<path>[^\s:]+\.ipynb):(?P<line>\d{5,})")


def in_cells(text: str, root: Path) -> str:
    """`text` with every such place replaced by the chapter, the cell and the line, and without the root's path."""
    return _PLACE.sub(lambda match: _place(match, root), text).replace(f"{root}/", "")


def _place(match: re.Match[str], root: Path) -> str:
    path, (number, line) = root / match["path"], divmod(int(match["line"]), STEP)
    try:
        chapter = chapters.load(path, root)
        cell = chapter.cells[number - 1]
    except (OSError, ValueError, IndexError, chapters.BookError):
        return match[0]
    kind = f"code cell {cell.number}" if cell.number else f"cell {number}"
    at = f", line {line}" if 0 < line <= len(cell.source.splitlines()) else ""
    return f"{chapter.name}, {kind}{at}"
