"""Damage under _build is found, named and removed at the start of a run, so that the run makes that part again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from book.tools import files, record
from book.tools.chapters import Chapter

FOLDERS = ("executed", "running", "reports", "site", "site-old", "heroes", "home", ".jupyter_cache")
FILES = ("site.json", "sphinx.log")


def heal(root: Path, book: list[Chapter]) -> list[str]:
    """Remove what is damaged of the kept outputs and the site's files; return a sentence about each."""
    build = root / "_build"
    return [*_wrong_kinds(build), *(line for chapter in book for line in _record(chapter))]


def _wrong_kinds(build: Path) -> Iterator[str]:
    """Files in place of folders, and folders in place of files."""
    for name in (*FOLDERS, *FILES):
        path = build / name
        if path.is_symlink() or (path.exists() and path.is_dir() != (name in FOLDERS)):
            files.remove(path)
            yield f"_build/{name} was damaged (not a {'folder' if name in FOLDERS else 'file'}); it is made again."


def _record(chapter: Chapter) -> Iterator[str]:
    """A record that cannot be read, or that does not fit its notebook."""
    path, above = record.record_path(chapter), chapter.root / record.EXECUTED
    for folder in reversed(path.relative_to(above).parents[:-1]):
        if (above / folder).is_symlink() or (above / folder).is_file():
            files.remove(above / folder)
            yield f"{record.EXECUTED}/{folder.as_posix()} was damaged (not a folder); its notebooks run again."
    kept = path, path.with_suffix(".ipynb")
    if any(file.exists() or file.is_symlink() for file in kept) and record.read(chapter) is None:
        record.drop(chapter)
        yield f"What was kept of {chapter.name} was damaged; it runs again."
