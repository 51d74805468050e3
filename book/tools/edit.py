"""Edit a chapter as MyST Markdown: `make edit CHAPTER=slug` writes it to `_build/edit`, `make apply` puts it back.

The file holds everything that the notebook holds, so that nothing is lost on the way: jupytext keeps the cells, their
tags and the front matter, and cell ids count 0, 1, 2, … in every chapter.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import jupytext
import nbformat

from book.tools import chapters, files
from book.tools.chapters import ROOT, BookError

FOLDER = "_build/edit"
FORM = "md:myst"
EVERYTHING = {"notebook_metadata_filter": "all,-jupytext", "cell_metadata_filter": "all"}


def as_markdown(notebook: str) -> str:
    """A notebook (its JSON) as MyST Markdown, outputs left out."""
    read = nbformat.reads(notebook, as_version=4)
    read.metadata["jupytext"] = EVERYTHING
    return jupytext.writes(read, fmt=FORM)


def as_notebook(markdown: str) -> str:
    """The notebook (its JSON, as chapters are committed) that MyST Markdown describes."""
    made = jupytext.reads(markdown, fmt=FORM)
    made.metadata.pop("jupytext", None)
    made.nbformat_minor = 5  # cells with ids
    for number, cell in enumerate(made.cells):
        cell["id"] = str(number)
    return f"{nbformat.writes(made)}\n"


def edit(slug: str, root: Path = ROOT) -> Path:
    """Write a chapter as Markdown and return the file.

    Raises:
        BookError: There is no such chapter, or its file holds changes that wait for `apply`.
    """
    path, markdown, before = _places(slug, root)
    text = path.read_text(encoding="utf-8")
    if markdown.exists() and as_notebook(markdown.read_text(encoding="utf-8")) not in (text, _read(before)):
        place = markdown.relative_to(root)
        raise BookError(f"{place} holds changes; `make apply CHAPTER={slug}` keeps them, removing the file drops them")
    files.write(markdown, as_markdown(text))
    files.write(before, text)
    return markdown


def apply(slug: str, root: Path = ROOT) -> Path:
    """Put the Markdown of `edit` back into the notebook and return the notebook's path.

    Raises:
        BookError: Nothing was edited, or the notebook changed after `edit`, whose work would be lost.
    """
    path, markdown, before = _places(slug, root)
    if not markdown.exists():
        raise BookError(f"{markdown.relative_to(root)} does not exist; `make edit CHAPTER={slug}` writes it")
    if path.read_text(encoding="utf-8") != _read(before):
        name = path.relative_to(root)
        raise BookError(f"{name} changed after `make edit`; rename {markdown.relative_to(root)}, edit again, merge")
    text = as_notebook(markdown.read_text(encoding="utf-8"))
    files.write(path, text)
    files.write(before, text)
    return path


def _places(slug: str, root: Path) -> tuple[Path, Path, Path]:
    """The notebook, its Markdown, and the notebook as it was when the Markdown was written."""
    path = chapters.find(slug, root).path
    return path, root / FOLDER / f"{slug}.md", root / FOLDER / f"{slug}.before.ipynb"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 when the file is written."""
    parser = argparse.ArgumentParser(prog="python -m book.tools.edit", description="Edit a chapter as Markdown.")
    parser.add_argument("slug", help="the chapter")
    parser.add_argument("--apply", action="store_true", help="put the Markdown back into the notebook")
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    try:
        path = (apply if options.apply else edit)(options.slug, root)
    except BookError as error:
        files.complain([str(error)])
        return 1
    told = "was written" if options.apply else f"is yours to edit; then `make apply CHAPTER={options.slug}`"
    print(f"{path.relative_to(root)} {told}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
