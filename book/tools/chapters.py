"""Reading the book's source: the toc, and each notebook's front matter, cells, labels and exercises.

`chapters.all()` gives every notebook in the order of the toc, `chapters.load(path)` gives one. Nothing here imports
the library or Jupyter, so that the checks and the site's extension can call it at any time.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from book.tools import markdown, plan

ROOT = Path(__file__).resolve().parents[2]
TOC = "book/_toc.yml"
SUFFIXES = (".ipynb", ".md", ".rst")
_CALL = re.compile(
    r"^[^#\n]*?\b(?P<name>grade|ask|hint|solution)\(\s*(?P<quote>[\"'])(?P<id>[^\"']+)(?P=quote)", re.MULTILINE
)


class BookError(Exception):
    """The book's source is wrong; the message names the file and the cure."""


@dataclass(frozen=True)
class Cell:
    """One cell: `index` counts all cells from 0, `number` counts code cells from 1 (0 for prose)."""

    kind: str
    source: str
    index: int
    number: int
    tags: tuple[str, ...] = ()
    outputs: int = 0
    count: int | None = None

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Calls of grade, ask, hint and solution with a literal id, as (function, id)."""
        if self.kind != "code":
            return []
        return [(match["name"], match["id"]) for match in _CALL.finditer(self.source)]


@dataclass(frozen=True)
class Chapter:
    """A notebook as the checks see it."""

    path: Path
    root: Path
    cells: tuple[Cell, ...]
    metadata: dict[str, Any] = field(repr=False)
    planned: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Path below the root, as messages print it."""
        return self.path.relative_to(self.root).as_posix()

    @property
    def docname(self) -> str:
        """Sphinx's name of the page: the path below the root without its suffix."""
        return self.name.removesuffix(self.path.suffix)

    @property
    def front(self) -> dict[str, Any]:
        """What is known of the chapter: its plan in `book/course.yml`, and what the notebook itself declares."""
        return self.planned | self.declared

    @property
    def declared(self) -> dict[str, Any]:
        """The notebook's own front matter, `metadata.aigc`; empty when there is none."""
        return self.metadata.get("aigc", {})

    @property
    def slug(self) -> str:
        """The chapter's slug: its file's name without the number."""
        return slug_of(self.path)

    @property
    def code(self) -> list[Cell]:
        """Code cells in order."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def prose(self) -> list[Cell]:
        """Markdown cells in order."""
        return [cell for cell in self.cells if cell.kind == "markdown"]

    @property
    def labels(self) -> list[str]:
        """Labels of the chapter's equations, in order, repetitions kept."""
        return [label for cell in self.prose for label in markdown.labels(cell.source)]

    @property
    def headings(self) -> list[tuple[int, str, int]]:
        """Headings as (level, words, index of the cell)."""
        return [(level, words, cell.index) for cell in self.prose for level, words in markdown.headings(cell.source)]

    @property
    def objectives(self) -> list[str]:
        """The objectives as the text lists them under its first block's heading, without roles and full stops."""
        return markdown.numbered("\n\n".join(cell.source for cell in self.prose), "What you will be able to do")

    @property
    def equation_references(self) -> list[str]:
        """Labels that `{eq}` roles point at."""
        return [key for cell in self.prose for key in markdown.roles(cell.source, "eq")]

    @property
    def citations(self) -> list[str]:
        """Keys that `{cite…}` roles name."""
        return [key for cell in self.prose for key in markdown.roles(cell.source, "cite")]

    def ids(self, *functions: str) -> list[str]:
        """Exercise ids that the code cells pass to `functions` (`grade`, `ask`), in order."""
        return [key for cell in self.code for name, key in cell.calls if name in functions]


def load(path: Path | str, root: Path = ROOT) -> Chapter:
    """Read the notebook at `path`."""
    path = Path(path).resolve()
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise BookError(f"{path.relative_to(root)} is not a notebook ({error}); restore it from git") from None
    planned = plan.chapters(root).get(slug_of(path), {})
    return Chapter(path, root, tuple(_cells(raw["cells"])), raw.get("metadata", {}), planned)


def slug_of(path: Path) -> str:
    """The slug in a notebook's file name, which is the name without its number."""
    return re.sub(r"^\d+_", "", path.stem)


def _cells(raw: list[dict[str, Any]]) -> list[Cell]:
    cells, number = [], 0
    for index, cell in enumerate(raw):
        number += cell["cell_type"] == "code"
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        tags = tuple(cell.get("metadata", {}).get("tags", ()))
        at = number if cell["cell_type"] == "code" else 0
        outputs, count = len(cell.get("outputs", ())), cell.get("execution_count")
        cells.append(Cell(cell["cell_type"], source, index, at, tags, outputs, count))
    return cells


def toc(root: Path = ROOT) -> list[str]:
    """Pages in the order of the toc, as written there; the root page first."""
    path = root / TOC
    if not path.exists():
        raise BookError(f"{TOC} is missing: it lists the pages of the book")
    found: list[str] = []
    _walk(yaml.safe_load(path.read_text(encoding="utf-8")), found)
    return found


def _walk(node: Any, found: list[str]) -> None:
    if isinstance(node, dict):
        found += [node[key] for key in ("root", "file") if isinstance(node.get(key), str)]
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _walk(child, found)


def page(entry: str, root: Path = ROOT) -> Path | None:
    """The file that a toc entry means, or None when there is none."""
    for candidate in (root / entry, *(root / (entry + suffix) for suffix in SUFFIXES)):
        if candidate.suffix in SUFFIXES and candidate.is_file():
            return candidate
    return None


def pages(root: Path = ROOT) -> list[Path]:
    """Files of the toc in order; entries without a file are left out (`checks.toc` reports them)."""
    return [path for entry in toc(root) if (path := page(entry, root))]


def all(root: Path = ROOT) -> list[Chapter]:
    """Every notebook of the toc, in its order."""
    return [load(path, root) for path in pages(root) if path.suffix == ".ipynb"]


def find(slug: str, root: Path = ROOT) -> Chapter:
    """The chapter `slug`.

    Raises:
        BookError: There is none; the sentence names chapters with a name near it, or says how to begin it.
    """
    book = {slug_of(path): path for path in notebooks(root)}
    if slug in book:
        return load(book[slug], root)
    if slug in plan.chapters(root):
        raise BookError(f"the chapter {slug!r} is planned and not written; `make chapter SLUG={slug}` begins it")
    raise BookError(f"there is no chapter {slug!r}; {near(slug, book)}")


def near(slug: str, known: Iterable[str]) -> str:
    """Words that help with a slug that is not `known`: those like it, or some."""
    known = list(known)
    if found := difflib.get_close_matches(slug, known):
        return f"did you mean {' or '.join(found)}?"
    return f"there are {', '.join(known[:12])}{', …' if known[12:] else ''}"


def notebooks(root: Path = ROOT) -> list[Path]:
    """Every notebook under chapters/, in the toc or not."""
    found = sorted((root / "chapters").rglob("*.ipynb"))
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts)]
