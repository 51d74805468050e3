"""Where chapters lie and how texts point at them: `chapters/<n>_<package>/<k>_<slug>.ipynb`, and links by slug.

Part n of `book/course.yml` has one package of the library, one folder of chapters and one folder of tests, all of one
name. Inserting a chapter renumbers its part's files and edits no text, because texts know slugs only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from book.tools import chapters, markdown, plan
from book.tools.chapters import ROOT, Chapter

_PATH = re.compile(r"(?P<n>\d+)_(?P<package>[a-z_]+)/(?P<k>\d+)_(?P<slug>[^/]+)\.ipynb")
_BY_PATH = re.compile(r"\.ipynb\b|chapters/")


def layout(root: Path = ROOT) -> list[str]:
    """Notebooks that lie elsewhere than their part, package and place in the toc say."""
    book, planned = chapters.all(root), plan.chapters(root)
    wrong = [f"{chapter.name}: {message}" for chapter in book for message in _place(chapter, planned)]
    for folder, own in groupby(book, key=lambda chapter: chapter.path.parent):
        numbers = [int(chapter.path.name.partition("_")[0]) for chapter in own if chapter.path.name[0].isdigit()]
        if numbers != list(range(1, len(numbers) + 1)):
            wrong.append(f"{folder.relative_to(root)}: its chapters are numbered {numbers} in the toc; count from 1")
    return wrong


def _place(chapter: Chapter, planned: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What is wrong with the path of one notebook."""
    found = _PATH.fullmatch(chapter.path.relative_to(chapter.root / "chapters").as_posix())
    if not found or not plan.SLUG.fullmatch(found["slug"]):
        yield "a notebook is chapters/<n>_<package>/<k>_<slug>.ipynb, with a slug of small letters, digits and _"
        return
    if not (entry := planned.get(found["slug"])):
        yield f"slug {found['slug']!r} is not in {plan.PATH}; put it into its part"
    elif (int(found["n"]), found["package"]) != (entry["n"], entry["package"]):
        yield f"{plan.PATH} has it in part {entry['n']}, whose folder is {plan.folder(entry)}; move it there"
    for folder in ("aigc_course", "tests"):
        if not (chapter.root / folder / found["package"]).is_dir():
            yield f"{folder}/{found['package']} does not exist; part, package and folder of tests share a name"


def links(root: Path = ROOT) -> list[str]:
    """Texts that point at a chapter by its path, and slugs that no chapter has."""
    known = set(plan.chapters(root))
    return [f"{name}: {message}" for name, text in _texts(root) for message in _links(text, known)]


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    """Every prose text of the book, with the place that a message names."""
    for path in chapters.pages(root):
        if path.suffix == ".ipynb":
            chapter = chapters.load(path, root)
            yield from ((f"{chapter.name}, cell {cell.index + 1}", cell.source) for cell in chapter.prose)
        else:
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def _links(text: str, known: set[str]) -> Iterator[str]:
    for found in filter(_BY_PATH.search, [*markdown.links(text), *markdown.roles(text, "doc")]):
        yield f"“{found}” points at a chapter by its path; write {{chapter}}`its slug` or {{chapter}}`words <slug>`"
    for target in markdown.roles(text, "chapter"):
        slug = target.rpartition("<")[2].rstrip("> ")
        if slug not in known:
            yield f"{{chapter}}`{target}` names no chapter of {plan.PATH}"
