"""A book of one chapter in a made-up translation: every message stands in brackets, so that what escaped shows.

`python -m tests.site.pseudo SLUG FOLDER` makes it from the executed chapter, in two builds.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.pofile import read_po, write_po

from book.tools import chapters, files, page, sphinx_build

LANGUAGE = "zh_CN"
OPEN, CLOSE = "⟦", "⟧"
TERM = re.compile(r"\{term\}`(?:(?P<words>[^`<]*[^`<\s])\s*<(?P<target>[^`>]+)>|(?P<bare>[^`<]+))`")


def translate(docname: str, out: Path, locale: Path) -> None:
    """Put every message of the page `docname` into brackets, and of the others what names a term or is one."""
    templates = (out / "gettext").rglob("*.pot")
    catalogues = {path.relative_to(out / "gettext"): read_po(io.BytesIO(path.read_bytes())) for path in templates}
    text = "\n".join(str(message.id) for catalogue in catalogues.values() for message in catalogue)
    terms = {(match["target"] or match["bare"]).lower() for match in TERM.finditer(text)}
    for name, catalogue in catalogues.items():
        for message in catalogue:
            id = str(message.id)
            if id and (name == Path(f"{docname}.pot") or "{term}" in id or id.lower() in terms):
                message.string = wrapped(id)
        written = io.BytesIO()
        write_po(written, catalogue)
        files.write(locale / LANGUAGE / "LC_MESSAGES" / name.with_suffix(".po"), written.getvalue())


def wrapped(message: str) -> str:
    """The message in brackets; a link to a term must name the term as the glossary's translation does."""

    def term(match: re.Match[str]) -> str:
        target = f"{OPEN}{match['target'] or match['bare']}{CLOSE}"
        return f"{{term}}`{match['words']} <{target}>`" if match["words"] else f"{{term}}`{target}`"

    return OPEN + TERM.sub(term, message) + CLOSE


def build(slug: str, folder: Path) -> int:
    """Extract, translate, bind; 0 when Sphinx warned of nothing."""
    chapter, out = chapters.find(slug), folder / "out"
    page.lay_out(chapter, folder)
    if status := sphinx_build.main(folder, out, builder="gettext", nb_execution_mode="off"):
        return status
    translate(chapter.docname, out, folder / "book/locale")
    return sphinx_build.main(folder, out, nb_execution_mode="off", language=LANGUAGE)


if __name__ == "__main__":
    sys.exit(build(sys.argv[1], Path(sys.argv[2])))
