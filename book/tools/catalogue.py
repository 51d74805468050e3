"""Extract the messages for translators: `python -m book.tools.catalogue [LANGUAGE ...]`, which is `make catalogue`.

Notebooks that changed are executed first, for their captions, tables and drawings speak too. One template for each page
comes to `_build/catalogue`; the API reference, which is the library's docstrings, stays English. The catalogues of the
languages in `book/locale`, and of those that are named, are brought up to date: translated messages stay, new ones come
in empty, changed ones are marked as fuzzy.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from book.tools import chapters, execute, files, site, sphinx_build
from book.tools.chapters import ROOT, BookError

TEMPLATES = "_build/catalogue"
LOCALE = "book/locale"
ENGLISH_ONLY = "book/pages/api"


def extract(root: Path) -> list[Path]:
    """Write one template (.pot) for each page and return them; raises ``BookError`` when Sphinx fails."""
    folder = root / TEMPLATES
    folder.mkdir(parents=True, exist_ok=True)
    site.fill_cache(root, root / "_build" / ".jupyter_cache")
    toc = yaml.safe_load((root / chapters.TOC).read_text("utf8"))
    (folder / "_toc.yml").write_text(yaml.safe_dump(without(toc, ENGLISH_ONLY), allow_unicode=True), "utf8")
    settings = {"external_toc_path": str(folder / "_toc.yml"), "gettext_compact": False}
    problem = sphinx_build.main(root, folder, builder="gettext", **settings)
    if problem:
        raise BookError("Sphinx could not extract the messages; what it said stands above")
    return sorted((folder / "gettext").rglob("*.pot"))


def without(toc: Any, page: str) -> Any:
    """Return a table of contents without one page."""
    if isinstance(toc, list):
        return [without(entry, page) for entry in toc if not (isinstance(entry, dict) and entry.get("file") == page)]
    return {key: without(value, page) for key, value in toc.items()} if isinstance(toc, dict) else toc


def update(root: Path, language: str, templates: list[Path]) -> tuple[int, int]:
    """Bring a language's catalogues up to date; returns how many messages are translated, and how many there are."""
    done = total = 0
    for template in templates:
        path = root / LOCALE / language / "LC_MESSAGES" / template.relative_to(root / TEMPLATES / "gettext")
        catalogue = merged(path.with_suffix(".po"), template, language)
        messages = [message for message in catalogue if message.id]
        done += sum(bool(message.string) and not message.fuzzy for message in messages)
        total += len(messages)
    return done, total


def merged(path: Path, template: Path, language: str) -> Catalog:
    """The catalogue of one page with exactly the messages of its template, written to ``path``."""
    with template.open("rb") as file:
        new = read_po(file)
    if path.is_file():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        catalogue.update(new, update_header_comment=False)
    else:
        catalogue = Catalog(locale=language, project=new.project, version=new.version)
        catalogue.update(new)
    text = io.BytesIO()
    write_po(text, catalogue, width=120)
    files.write(path, text.getvalue().decode())
    return catalogue


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 when the catalogues are up to date."""
    parser = argparse.ArgumentParser(
        prog="python -m book.tools.catalogue", description="Extract the book's messages for translators."
    )
    parser.add_argument(
        "language", nargs="*", help="a language to begin, such as zh_CN; those in book/locale are known"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    try:
        with files.only_run(root / "_build"):
            problems = [outcome.problem for outcome in execute.execute(root) if outcome.problem]
            templates = [] if problems else extract(root)
    except BookError as error:
        problems, templates = [str(error)], []
    files.complain(problems)
    if problems:
        return 1
    print(f"{len(templates)} templates are in {TEMPLATES}/gettext.")
    known = {path.name for path in (root / LOCALE).iterdir()} if (root / LOCALE).is_dir() else set()
    for language in sorted({*known, *options.language}):
        done, total = update(root, language, templates)
        print(f"{LOCALE}/{language}: {done} of {total} messages are translated.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
