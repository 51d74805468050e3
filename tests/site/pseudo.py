"""A book of one chapter in a made-up translation: every message stands in brackets, so that what escaped shows.

`python -m tests.site.pseudo SLUG FOLDER` makes it from the executed chapter, in two builds. What the chapter links to
are stubs: other chapters' titles and equations, rows of the folklore, tests. The glossary is whole.
"""

import io
import re
import shutil
import sys
from pathlib import Path

import nbformat
import yaml
from babel.messages.pofile import read_po, write_po

from book.ext import equations, folklore, sources
from book.ext.state import Book
from book.tools import chapters, job, site, sphinx_build
from book.tools.chapters import ROOT, Chapter

LANGUAGE = "zh_CN"
OPEN, CLOSE = "⟦", "⟧"
GLOSSARY, BIBLIOGRAPHY, STUBS = "book/pages/glossary", "book/pages/bibliography", "book/pages/stubs"
SHARED = ("aigc_course", "tests", "book/_static", "book/_templates", "book/diagrams")
COPIED = ("_config.yml", "book/course.yml", "book/folklore.yml", "book/references.bib")
TERM = re.compile(r"\{term\}`(?:(?P<words>[^`<]*[^`<\s])\s*<(?P<target>[^`>]+)>|(?P<bare>[^`<]+))`")


def project(chapter: Chapter, folder: Path) -> None:
    """Lay out a book of the chapter, with stubs for all that it links to."""
    book = Book(ROOT)
    for name in (*SHARED, *COPIED, f"{GLOSSARY}.md", f"{BIBLIOGRAPHY}.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(ROOT / name) if name in SHARED else shutil.copy(ROOT / name, folder / name)
    record = job.record_path(chapter)
    (folder / record.relative_to(ROOT)).parent.mkdir(parents=True)
    shutil.copy(record, folder / record.relative_to(ROOT))
    for one in book.chapters:
        (folder / one.name).parent.mkdir(parents=True, exist_ok=True)
        whole = one == chapter
        made = site.merged(one.path, record.with_suffix(".ipynb")) if whole else stub(one, chapter)
        nbformat.write(made, folder / one.name)
    (folder / "index.md").write_text("# The book\n", "utf8")
    (folder / f"{STUBS}.md").write_text(targets(book, chapter), "utf8")
    entries = [{"file": name} for name in (*(one.docname for one in book.chapters), GLOSSARY, BIBLIOGRAPHY, STUBS)]
    toc = {"format": "jb-book", "root": "index", "parts": [{"caption": "Part", "numbered": 1, "chapters": entries}]}
    (folder / chapters.TOC).write_text(yaml.safe_dump(toc), "utf8")


def stub(other: Chapter, chapter: Chapter) -> nbformat.NotebookNode:
    """Another chapter's title, and those of its equations that the chapter refers to."""
    known = sources.formulas(other)
    shown = [f"$$\n{known[label]}\n$$ ({label})" for label in chapter.equation_references if label in known]
    text = "\n\n".join([f"# {sources.title(other)}", *dict.fromkeys(shown)])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="0")], metadata=other.metadata)


def targets(book: Book, chapter: Chapter) -> str:
    """A page with the anchors of the appendices: the tests of equations, the rows of the folklore."""
    labels = dict.fromkeys((*chapter.labels, *chapter.equation_references))
    names = [*map(equations.anchor, labels), *map(folklore.anchor, book.folklore)]
    return "# Stubs\n\n" + "\n\n".join(f"({name})=\n## {name}" for name in names) + "\n"


def translate(chapter: Chapter, folder: Path) -> None:
    """Put every message of the chapter into brackets, and the terms that it names in the glossary."""
    text = "".join(cell.source for cell in chapter.prose)
    terms = {(match["target"] or match["bare"]).lower() for match in TERM.finditer(text)}
    for page in (chapter.docname, GLOSSARY):
        catalogue = read_po(io.BytesIO((folder / "out/gettext" / f"{page}.pot").read_bytes()))
        for message in catalogue:
            if message.id and (page != GLOSSARY or message.id.lower() in terms):
                message.string = wrapped(message.id)
        path = folder / "book/locale" / LANGUAGE / "LC_MESSAGES" / f"{page}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue)


def wrapped(message: str) -> str:
    """The message in brackets; a link to a term must name the term as the glossary's translation does."""

    def term(match: re.Match[str]) -> str:
        target = f"{OPEN}{match['target'] or match['bare']}{CLOSE}"
        return f"{{term}}`{match['words']} <{target}>`" if match["words"] else f"{{term}}`{target}`"

    return OPEN + TERM.sub(term, message) + CLOSE


def build(slug: str, folder: Path) -> int:
    """Extract, translate, bind; 0 when Sphinx warned of nothing."""
    chapter = Book(ROOT).by_slug[slug]
    project(chapter, folder)
    out = folder / "out"
    if status := sphinx_build.main(folder, out, builder="gettext", nb_execution_mode="off"):
        return status
    translate(chapter, folder)
    return sphinx_build.main(folder, out, nb_execution_mode="off", language=LANGUAGE)


if __name__ == "__main__":
    sys.exit(build(sys.argv[1], Path(sys.argv[2])))
