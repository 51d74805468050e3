"""Begin a planned chapter: `make chapter SLUG=slug` makes all of its files and lists it in the toc.

What it makes is a frame and no chapter: it loads and lints, and `make check CHAPTER=slug` says what is missing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from book.ext import library
from book.tools import chapters, check_front, files, first_cell, plan, scaffold, toc
from book.tools.chapters import ROOT, BookError


def create(slug: str, root: Path = ROOT) -> list[str]:
    """Make the files of a planned chapter and return their names, the notebook first.

    Raises:
        BookError: The slug is not planned, its plan is not complete, or one of the files is there already. Nothing
            has been written then.
    """
    entry = _planned(slug, root)
    name = slug.removeprefix(f"{entry['package']}_")
    texts = dict(scaffold.modules(entry, name))
    texts[f"{toc.CHECKS}/{slug}.md"] = f"# Checks: {{chapter}}`{slug}`\n\n```{{checks}} {slug}\n```\n"
    part = f"{toc.PARTS}/{entry['package']}.md"
    if not (root / part).exists():
        texts[part] = scaffold.part(entry)
    reference = f"{library.PAGE}/{entry['package']}.md"
    if not (root / reference).exists():
        texts[reference] = f"# {library.PACKAGE}.{entry['package']}\n\n{library.MARK}\n"
    for folder in ("aigc_course", "tests"):
        path = f"{folder}/{entry['package']}/__init__.py"
        if not (root / path).exists():
            texts[path] = f'"""{entry["part"].rpartition(" — ")[2]}."""\n' if folder == "aigc_course" else ""
    taken = [path for path in texts if (root / path).exists()]
    if slug in {chapters.slug_of(path) for path in chapters.notebooks(root)} or taken:
        there = ", ".join(taken) or f"its notebook in {plan.folder(entry)}"
        raise BookError(f"the chapter {slug!r} is begun already: {there} exists; `make check CHAPTER={slug}` goes on")
    made = toc.insert(slug, root)
    notebook = scaffold.notebook(entry, first_cell.source(root))
    texts = {made.relative_to(root).as_posix(): json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"} | texts
    for path, text in texts.items():
        files.write(root / path, text)
    toc.below(library.PAGE, list(library.modules(root)), root)
    _format([root / path for path in texts if path.endswith(".py")])
    return list(texts)


def _planned(slug: str, root: Path) -> dict[str, Any]:
    """The plan of a chapter that can be begun."""
    planned = plan.chapters(root)
    if slug not in planned:
        raise BookError(f"{plan.PATH} has no chapter {slug!r}; {chapters.near(slug, planned)}")
    if wrong := check_front.planned(root):
        raise BookError("\n".join(wrong))
    if not planned[slug].get("objectives"):
        raise BookError(f"{plan.PATH} has no objectives for {slug!r} yet; write three to five there first")
    return planned[slug]


def _format(paths: list[Path]) -> None:
    """Break the long lines of what was generated."""
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *map(str, paths)], check=True)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 when the files are made."""
    parser = argparse.ArgumentParser(prog="python -m book.tools.new_chapter", description="Begin a planned chapter.")
    parser.add_argument("slug", help="a slug of book/course.yml")
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder")
    options = parser.parse_args(arguments)
    try:
        made = create(options.slug, options.root.resolve())
    except BookError as error:
        files.complain([str(error)])
        return 1
    print(
        "\n".join(
            ["Made", *(f"  {path}" for path in made), f"`make check CHAPTER={options.slug}` says what is missing."]
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
