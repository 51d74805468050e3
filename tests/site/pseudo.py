"""A book of one chapter in a made-up translation: every message stands in brackets, so that what escaped shows.

`python -m tests.site.pseudo SLUG FOLDER` makes it from the executed chapter. The other chapters are stubs: their
titles, equations and rows of the folklore, which the chapter's links need.
"""

import io
import re
import shutil
import sys
from pathlib import Path

import nbformat
import yaml
from babel.messages.pofile import read_po, write_po

from book.ext.state import Book
from book.tools import chapters, job, site, sphinx_build
from book.tools.chapters import ROOT, Chapter

LANGUAGE = "zh_CN"
OPEN, CLOSE = "⟦", "⟧"
PAGES = ("glossary", "folklore", "bibliography", "proofs", "notation")
SHARED = ("aigc_course", "tests", "book/_static", "book/_templates", "book/diagrams")
TERM = re.compile(r"\{term\}`(?:(?P<words>[^`<]*\S)\s*<(?P<target>[^`>]+)>|(?P<bare>[^`<]+))`")
ROLE = "{term}`"


def wrapped(message: str) -> str:
    """The message in brackets; a link to a term must name the term as its own translation does."""

    def term(match: re.Match[str]) -> str:
        target = f"{OPEN}{match['target'] or match['bare']}{CLOSE}"
        return f"{ROLE}{match['words']} <{target}>`" if match["words"] else f"{ROLE}{target}`"

    return OPEN + TERM.sub(term, message) + CLOSE


def project(chapter: Chapter, folder: Path) -> None:
    """Lay out a book of the chapter, stubs for the others, and the pages that it links to."""
    book = Book(ROOT)
    for name in SHARED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    for name in (
        "_config.yml",
        "book/course.yml",
        "book/folklore.yml",
        "book/references.bib",
        *(f"book/pages/{one}.md" for one in PAGES),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "index.md").write_text("# The book\n\nWords.\n", "utf8")
    for one in book.chapters:
        path = folder / one.name
        path.parent.mkdir(parents=True, exist_ok=True)
        executed = job.record_path(one).with_suffix(".ipynb")
        notebook = site.merged(one.path, executed) if one == chapter else stub(book, one)
        nbformat.write(notebook, path)
    record = job.record_path(chapter)
    there = folder / record.relative_to(ROOT)
    there.parent.mkdir(parents=True)
    shutil.copy(record, there)
    entries = [
        {"file": name} for name in (*(one.docname for one in book.chapters), *(f"book/pages/{one}" for one in PAGES))
    ]
    toc = {"format": "jb-book", "root": "index", "parts": [{"caption": "Part", "numbered": 1, "chapters": entries}]}
    (folder / chapters.TOC).write_text(yaml.safe_dump(toc), "utf8")


def stub(book: Book, chapter: Chapter) -> nbformat.NotebookNode:
    """What other chapters link to: the title, every labelled equation and every row."""
    from book.ext import sources

    equations = (f"$$\n{latex}\n$$ ({label})" for label, latex in sources.formulas(chapter).items())
    rows = (f"{{row}}`{row.id}`" for row in book.folklore if row.chapter == chapter.slug)
    text = "\n\n".join([f"# {sources.title(chapter)}", *equations, *rows])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="0")], metadata=chapter.metadata)


def translate(folder: Path) -> None:
    """Put every message of every template into brackets."""
    for template in (folder / "out" / "gettext").rglob("*.pot"):
        catalogue = read_po(io.BytesIO(template.read_bytes()))
        for message in catalogue:
            message.string = wrapped(message.id) if message.id else message.string
        path = folder / "book/locale" / LANGUAGE / "LC_MESSAGES" / template.relative_to(folder / "out" / "gettext")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".po").open("wb") as file:
            write_po(file, catalogue)


def build(slug: str, folder: Path) -> int:
    """Extract, translate, bind; 0 when Sphinx warned of nothing."""
    chapter = Book(ROOT).by_slug[slug]
    project(chapter, folder)
    settings = {"nb_execution_mode": "off"}
    out = folder / "out"
    if status := sphinx_build.main(folder, out, builder="gettext", **settings):
        return status
    translate(folder)
    return sphinx_build.main(folder, out, language=LANGUAGE, **settings)


if __name__ == "__main__":
    sys.exit(build(sys.argv[1], Path(sys.argv[2])))
