"""One chapter's page alone, for `make check`: seconds in place of the whole site's minutes.

It is built from a book of the executed chapter and the pages that chapters link to. The other chapters are stubs that
hold what a link can point at: titles, labelled equations, rows of the folklore. So every link is checked as in the
whole book, and no other chapter needs to have run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import yaml

from book.ext import sources
from book.tools import chapters, files, folklore, record, site
from book.tools.chapters import ROOT, BookError, Chapter

SHARED = ("aigc_course", "tests", "book/_static", "book/_templates", "book/diagrams")
COPIED = ("_config.yml", "book/course.yml", "book/equations.yml", "book/folklore.yml", "book/references.bib")
# no chapter links to them; the first takes a minute, the last shows pictures of other chapters
LEFT_OUT = ("book/pages/api", "book/pages/colophon", "book/pages/parts")
PLACE = "_build/check"


def is_ready(chapter: Chapter) -> bool:
    """Whether the notebook has been executed as it is now."""
    try:
        return _executed(chapter) is not None
    except (BookError, OSError):
        return False


def build(chapter: Chapter) -> tuple[Path, str]:
    """The page of an executed chapter, and what Sphinx found wrong (nothing when all is well)."""
    folder = chapter.root / PLACE / chapter.slug
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(chapter, folder)
    path = os.pathsep.join(dict.fromkeys([str(chapter.root), str(ROOT)]))
    command = [sys.executable, "-m", "book.tools.sphinx_build", str(folder), str(folder / "out")]
    ran = subprocess.run(
        [*command, "nb_execution_mode=off"],
        cwd=chapter.root,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    problem = (ran.stderr.strip() or f"Sphinx ended with {ran.returncode}") if ran.returncode else ""
    return folder / "out" / "html" / f"{chapter.docname}.html", problem.replace(f"{folder}/", "")


def lay_out(chapter: Chapter, folder: Path) -> None:
    """Write the small book into `folder`."""
    root = chapter.root
    for name in SHARED:
        if (root / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(root / name)
    pages = [name for name in chapters.toc(root) if name.startswith("book/pages/") and not name.startswith(LEFT_OUT)]
    for name in [*COPIED, *(f"{page}.md" for page in pages)]:
        if (root / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, folder / name)
    (folder / "index.md").write_text("# The book\n\nA small one, to look at a chapter.\n", encoding="utf-8")
    book = chapters.all(root)
    for one in book:
        (folder / one.name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(_executed(one) if one.slug == chapter.slug else _stub(one), folder / one.name)
    kept = record.record_path(chapter).relative_to(root)
    (folder / kept).parent.mkdir(parents=True)
    shutil.copy(root / kept, folder / kept)
    files.write(folder / chapters.TOC, yaml.safe_dump(_toc([*(one.docname for one in book), *pages])))


def _toc(names: list[str]) -> dict[str, Any]:
    part = {"caption": "Chapters", "numbered": 1, "chapters": [{"file": name} for name in names]}
    return {"format": "jb-book", "root": "index", "parts": [part]}


def _executed(chapter: Chapter) -> Any:
    return site.merged(chapter.path, record.record_path(chapter).with_suffix(".ipynb"))


def _stub(chapter: Chapter) -> Any:
    """What other chapters can link to: the title, each labelled equation and each row."""
    equations = (f"$$\n{latex}\n$$ ({label})" for label, latex in sources.formulas(chapter).items())
    rows = (f"{{row}}`{name}`" for name in folklore.mentions(chapter))
    cell = nbformat.v4.new_markdown_cell("\n\n".join([f"# {sources.title(chapter)}", *equations, *rows]), id="0")
    return nbformat.v4.new_notebook(cells=[cell], metadata=chapter.metadata)
