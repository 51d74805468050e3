"""The rows of the appendix *Folklore, corrected*: read from `book/folklore.yml`, held against chapters and tests."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from book.tools import chapters, markdown, plan, proofs
from book.tools.chapters import ROOT, BookError

DATA = "book/folklore.yml"
_ID = re.compile(r"[FPH]\d\d")


@dataclass(frozen=True)
class Row:
    """One thing that circulates: its id, the slug of the chapter that repairs it, the claim, and what is true."""

    id: str
    chapter: str
    claim: str
    truth: str


def rows(root: Path = ROOT) -> list[Row]:
    """Every row of the data file, in order of the ids; no file means no rows."""
    path = root / DATA
    raw = (yaml.safe_load(path.read_text(encoding="utf-8")) or []) if path.is_file() else []
    return sorted((_row(entry) for entry in raw), key=lambda row: row.id)


def _row(entry: Any) -> Row:
    names = [field.name for field in fields(Row)]
    if not isinstance(entry, dict) or set(entry) != set(names) or not all(isinstance(v, str) for v in entry.values()):
        raise BookError(f"{DATA}: a row has the texts {', '.join(names)}, each once and nothing else; not {entry!r}")
    row = Row(**{name: " ".join(entry[name].split()) for name in names})
    if not _ID.fullmatch(row.id) or not row.claim or not row.truth:
        raise BookError(f"{DATA}: {row.id!r} needs an id like F01, P01 or H01, a claim and a truth")
    return row


def check(root: Path = ROOT) -> list[str]:
    """What is wrong with the folklore, one message for each mistake; rows of chapters outside the toc are waiting."""
    found = rows(root)
    book = {chapter.slug: chapter for chapter in chapters.all(root)}
    ids = [row.id for row in found]
    wrong = [f"{DATA}: {id} stands there twice" for id in sorted({id for id in ids if ids.count(id) > 1})]
    known = set(plan.chapters(root)) | set(book)
    wrong += [
        f"{DATA}: {row.id} belongs to {row.chapter!r}, which {plan.PATH} lacks"
        for row in found
        if row.chapter not in known
    ]
    shown = [row for row in found if row.chapter in book]
    return wrong + _tests(shown, set(ids), root) + _mentions(shown, set(ids), book)


def _tests(shown: list[Row], known: set[str], root: Path) -> list[str]:
    marked = proofs.collect(root, "folklore")
    wrong = [
        f"{DATA}: {row.id} has no test; mark those that show it wrong and right: @pytest.mark.folklore({row.id!r})"
        for row in shown
        if row.id not in marked
    ]
    return wrong + [
        f"{test.path}:{test.line}: {test.test} claims to show {id}, which {DATA} lacks"
        for id, tests in marked.items()
        for test in tests
        if id not in known
    ]


def _mentions(shown: list[Row], known: set[str], book: dict[str, chapters.Chapter]) -> list[str]:
    said = {slug: mentions(chapter) for slug, chapter in book.items()}
    wrong = [
        f"{book[row.chapter].name} does not mention {row.id}; write {{row}}`{row.id}` where it repairs it"
        for row in shown
        if row.id not in said[row.chapter]
    ]
    return wrong + [
        f"{book[slug].name}: {{row}}`{id}` names no row of {DATA}"
        for slug, ids in said.items()
        for id in ids
        if id not in known
    ]


def mentions(chapter: chapters.Chapter) -> list[str]:
    """Ids that a chapter's prose names with the role `{row}`, in order."""
    return [id for cell in chapter.prose for id in markdown.roles(cell.source, "row")]
