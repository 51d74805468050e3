"""Checks of the book's source. Each takes the root of a book and returns what is wrong, one message for each mistake.

The tests apply them to this book, and to small books with planted mistakes.
"""

from __future__ import annotations

import re
from pathlib import Path

from book.tools import chapters, markdown, proofs
from book.tools.chapters import ROOT, Chapter

SLUG = re.compile(r"[a-z0-9_]+")


def source(root: Path = ROOT) -> list[str]:
    """What must be right before anything is executed or written: the toc, slugs, and notebooks without outputs."""
    book = chapters.all(root)
    return toc(root) + slugs(book) + [message for chapter in book for message in outputs(chapter)]


def slugs(book: list[Chapter]) -> list[str]:
    """Files whose slug cannot be part of an address and of a path: it becomes one before anything else is checked."""
    return [
        f"{chapter.name}: its slug is {chapter.slug!r}; name the file <number>_<slug>.ipynb with a slug of small "
        "letters, digits and underscores"
        for chapter in book
        if not SLUG.fullmatch(chapter.slug)
    ]


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


def equations(root: Path = ROOT) -> list[str]:
    """Labels of equations against the markers of tests, both ways; labels used twice; references to no equation."""
    places = _labels(root)
    checked = proofs.collect(root)
    wrong = [
        f"{files[0]}: equation ({label}) has no test; mark the test that checks it: @pytest.mark.equation({label!r})"
        for label, files in places.items()
        if label not in checked
    ]
    wrong += [
        f"{found[0].path}:{found[0].line}: {found[0].test} claims to check ({label}), which no chapter has"
        for label, found in checked.items()
        if label not in places
    ]
    wrong += [f"equation ({label}) stands in {' and in '.join(files)}" for label, files in places.items() if files[1:]]
    for chapter in chapters.all(root):
        wrong += [
            f"{chapter.name}: equation ({label}) must begin with the chapter's slug, ({chapter.slug}-…)"
            for label in chapter.labels
            if not label.startswith(f"{chapter.slug}-")
        ]
        wrong += [
            f"{chapter.name}: {{eq}}`{label}` refers to no equation"
            for label in chapter.equation_references
            if label not in places
        ]
    return wrong


def _labels(root: Path) -> dict[str, list[str]]:
    """Every equation label of the book, with the files in which it stands, repetitions kept."""
    places: dict[str, list[str]] = {}
    for path in chapters.pages(root):
        name = path.relative_to(root).as_posix()
        found = (
            chapters.load(path, root).labels if path.suffix == ".ipynb" else markdown.labels(path.read_text("utf-8"))
        )
        for label in found:
            places.setdefault(label, []).append(name)
    return places
