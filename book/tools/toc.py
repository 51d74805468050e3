"""A chapter's place in `book/_toc.yml` and among the files of its part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from book.tools import chapters, files, plan

PARTS = "book/pages/parts"  # the page above those of the parts
CHECKS = "book/pages/checks"  # the page above those that show the tests of a chapter's equations


class _Indented(yaml.SafeDumper):
    """Lists are set in below their key, as the file has it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def dumped(toc: dict[str, Any]) -> str:
    """The text of the file."""
    return yaml.dump(toc, Dumper=_Indented, allow_unicode=True, sort_keys=False, width=120)


def numbered(slug: str, root: Path) -> list[str]:
    """Slugs of the part of `slug` that are written, and `slug`, in the order of the plan: the k-th has the number k."""
    planned = plan.chapters(root)
    folder = root / plan.folder(planned[slug])
    written = {chapters.slug_of(path) for path in folder.glob("*.ipynb")} | {slug}
    return [other for other, entry in planned.items() if other in written and entry["n"] == planned[slug]["n"]]


def insert(slug: str, root: Path) -> Path:
    """Make room for a new chapter: number the files of its part anew, list them in the toc; return the new path."""
    planned = plan.chapters(root)
    folder, order = plan.folder(planned[slug]), numbered(slug, root)
    old = {chapters.slug_of(path): path for path in (root / folder).glob("*.ipynb")}
    # from the last to the first, so that none takes the name of one that has not moved yet
    for number, other in reversed(list(enumerate(order, 1))):
        if other in old:
            old[other].rename(root / folder / f"{number}_{other}.ipynb")
    entries = [{"file": f"{folder}/{number}_{other}"} for number, other in enumerate(order, 1)]
    _list(planned[slug]["part"], entries, root)
    written = {chapters.slug_of(path) for path in chapters.notebooks(root)} | {slug}
    book = [other for other in planned if other in written]
    below(CHECKS, book, root)
    below(PARTS, list(dict.fromkeys(planned[other]["package"] for other in book)), root)
    return root / folder / f"{order.index(slug) + 1}_{slug}.ipynb"


def below(parent: str, names: list[str], root: Path) -> None:
    """Give the page `parent` of the toc its pages, `parent`/name, in order; a toc without it stays as it is."""
    path = root / chapters.TOC
    toc = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in (entry for part in toc["parts"] for entry in part["chapters"] if entry["file"] == parent):
        entry["sections"] = [{"file": f"{parent}/{name}"} for name in names]
    files.write(path, dumped(toc))


def _list(part: str, entries: list[dict[str, str]], root: Path) -> None:
    """Give a part its chapters in the toc; a part that is new comes after those before it in the plan."""
    path = root / chapters.TOC
    toc = yaml.safe_load(path.read_text(encoding="utf-8"))
    captions = [shown["caption"] for shown in toc["parts"]]
    if part in captions:
        toc["parts"][captions.index(part)]["chapters"] = entries
    else:
        titles = [one["title"] for one in plan.parts(root)]
        before = [captions.index(title) for title in titles[: titles.index(part)] if title in captions]
        toc["parts"].insert(max(before, default=0) + 1, {"caption": part, "numbered": 1, "chapters": entries})
    files.write(path, dumped(toc))
