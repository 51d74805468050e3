"""Checks of the book's source. Each takes the root of a book and returns what is wrong, one message for each mistake.

The tests apply them to this book, and to small books with planted mistakes.
"""

from __future__ import annotations

import re
from pathlib import Path

from book.tools import chapters, markdown, plan, proofs
from book.tools.chapters import ROOT, Chapter

LEAST_EQUATIONS, LEAST_TERMS, LEAST_SOURCES = 3, 5, 3
TAGS = {
    "hide-input": "folds the code; what it makes stays in sight",
    "hide-cell": "folds the cell with what it makes",
    "remove-input": "leaves the code out, for a cell that only draws or asks",
    "remove-cell": "leaves the whole cell out of the page",
    "hero": "offers what the cell draws to the first page of the book and to that of its part",
    "raises-exception": "lets the cell end with an error, which the page shows",
}


def source(root: Path = ROOT) -> list[str]:
    """What must be right before anything is executed or written: the toc, slugs, no outputs, known tags."""
    book = chapters.all(root)
    return (
        toc(root)
        + slugs(book)
        + [message for check in (outputs, tags) for chapter in book for message in check(chapter)]
    )


def slugs(book: list[Chapter]) -> list[str]:
    """Files whose slug cannot be part of an address and of a path: it becomes one before anything else is checked."""
    return [
        f"{chapter.name}: its slug is {chapter.slug!r}; name the file <number>_<slug>.ipynb with a slug of small "
        "letters, digits and underscores"
        for chapter in book
        if not plan.SLUG.fullmatch(chapter.slug)
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
    cure = "run `make format` before committing"
    wrong = [
        f"{chapter.name}, code cell {cell.number} (cell {cell.index + 1}): holds stored outputs; {cure}"
        for cell in chapter.code
        if cell.outputs or cell.count is not None
    ]
    if not chapter.code:
        wrong.append(f"{chapter.name} has no code cell; make it a Markdown page")
    return wrong


def tags(chapter: Chapter) -> list[str]:
    """Tags that mean nothing: a slip in one would show the code that it should fold."""
    return [
        f"{chapter.name}, code cell {cell.number}: tag {tag!r} is not known; there are {', '.join(TAGS)}"
        for cell in chapter.code
        for tag in cell.tags
        if tag not in TAGS
    ]


def empty(chapter: Chapter) -> list[str]:
    """Sections that are a heading and nothing else."""
    text = "\n\n".join(cell.source if cell.kind == "markdown" else "a program" for cell in chapter.cells)
    _, *sections = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    pairs = zip(sections[::2], sections[1::2], strict=True)
    return [f"{chapter.name}: the block “{heading}” is empty" for heading, body in pairs if not body.strip()]


def minima(chapter: Chapter) -> list[str]:
    """What a chapter has too few of: equations with a label, terms of the glossary, sources."""
    terms = {key for cell in chapter.prose for key in markdown.roles(cell.source, "term")}
    counts = (
        (len(set(chapter.labels)), LEAST_EQUATIONS, "labelled equations"),
        (len(terms), LEAST_TERMS, "terms that link to the glossary, {term}`…`"),
        (len(set(chapter.citations)), LEAST_SOURCES, "sources, {cite:t}`…`"),
    )
    return [f"{chapter.name} has {n} {what}; at least {least}" for n, least, what in counts if n < least]


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
    wrong += [
        f"{plan.EQUATIONS} has a title for ({label}), which no chapter has"
        for label in plan.equation_titles(root)
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
