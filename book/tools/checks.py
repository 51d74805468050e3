"""Checks of the book's source. Each takes the root of a book and returns what is wrong, one message for each mistake.

The tests apply them to this book, and to small books with planted mistakes.
"""

from __future__ import annotations

from pathlib import Path

from book.tools import chapters
from book.tools.chapters import ROOT, Chapter


def source(root: Path = ROOT) -> list[str]:
    """What must be right before anything is executed: the toc, and notebooks without outputs."""
    return toc(root) + [message for chapter in chapters.all(root) for message in outputs(chapter)]


def toc(root: Path = ROOT) -> list[str]:
    """Entries of the toc without a page, pages listed twice, notebooks that the toc does not list."""
    entries = chapters.toc(root)
    wrong = [
        f"{chapters.TOC} lists {entry}, which does not exist" for entry in entries if not chapters.page(entry, root)
    ]
    wrong += [f"{chapters.TOC} lists {entry} twice" for entry in sorted(set(entries)) if entries.count(entry) > 1]
    listed = chapters.pages(root)
    for path in chapters.notebooks(root):
        if path not in listed:
            wrong.append(f"{path.relative_to(root)} is missing from {chapters.TOC}; list it there or remove it")
    return wrong


def outputs(chapter: Chapter) -> list[str]:
    """Cells with stored outputs or counts; a notebook without code."""
    cure = "run `make strip` before committing"
    wrong = [
        f"{chapter.name}, code cell {cell.number} (cell {cell.index + 1}): holds stored outputs; {cure}"
        for cell in chapter.code
        if cell.outputs or cell.count is not None
    ]
    if not chapter.code:
        wrong.append(f"{chapter.name} has no code cell; make it a Markdown page")
    return wrong
