"""The book as the extension sees it during one build: chapters, plan, measurements and proofs, read once."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from book.ext import sources
from book.tools import chapters, files, folklore, plan, proofs, record
from book.tools.chapters import Chapter
from book.tools.folklore import Row
from book.tools.proofs import Proof


@dataclass(frozen=True)
class Book:
    """Everything that pages other than a chapter's own need to know."""

    root: Path

    @cached_property
    def chapters(self) -> list[Chapter]:
        """The notebooks that exist, in the order of their numbers."""
        return [chapters.load(path, self.root) for path in chapters.notebooks(self.root)]

    @cached_property
    def plan(self) -> list[dict[str, Any]]:
        """The parts of the planned course."""
        return plan.parts(self.root)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Slug → title; a written chapter's own heading wins over the plan."""
        return sources.plan_titles(self.plan) | {c.slug: sources.title(c) for c in self.chapters}

    @cached_property
    def by_slug(self) -> dict[str, Chapter]:
        """Slug → written chapter."""
        return {chapter.slug: chapter for chapter in self.chapters}

    @cached_property
    def by_docname(self) -> dict[str, Chapter]:
        """Sphinx's name of a page → chapter."""
        return {chapter.docname: chapter for chapter in self.chapters}

    @cached_property
    def proofs(self) -> dict[str, list[Proof]]:
        """Equation label → tests."""
        return proofs.collect(self.root)

    @cached_property
    def equation_titles(self) -> dict[str, str]:
        """Equation label → title, for those that have one."""
        return plan.equation_titles(self.root)

    def equation_title(self, label: str) -> str:
        """Return what an equation is called: its title, or the words of its label."""
        slugs = (f"{slug}-" for slug in self.by_slug)
        words = label.removeprefix(next(filter(label.startswith, slugs), "")).replace("-", " ")
        return self.equation_titles.get(label) or words[:1].upper() + words[1:]

    @cached_property
    def folklore(self) -> list[Row]:
        """Every row of the appendix, those of unwritten chapters too."""
        return folklore.rows(self.root)

    @cached_property
    def shown_by(self) -> dict[str, list[Proof]]:
        """Id of a row → tests."""
        return proofs.collect(self.root, "folklore")

    def record(self, chapter: Chapter) -> dict[str, Any]:
        """What the run that the page shows measured; empty before the first run."""
        found = files.read_json(record.record_path(chapter))
        return found if isinstance(found, dict) else {}

    def digest(self) -> str:
        """Return a fingerprint of all that pages take from files that Sphinx does not watch."""
        facts = [(chapter.docname, chapter.front, chapter.labels, self.record(chapter)) for chapter in self.chapters]
        exercises = [path for kind in ("py", "yml") for path in self.root.glob(f"aigc_course/exercises/*.{kind}")]
        library = [*sorted(exercises), self.root / "aigc_course/core/data.py"]
        code = b"".join(path.read_bytes() for path in library if path.is_file())
        rest = (self.plan, self.proofs, self.equation_titles, self.folklore, self.shown_by)
        return hashlib.sha256(repr((facts, *rest)).encode() + code).hexdigest()


_BOOKS: WeakKeyDictionary[Sphinx, Book] = WeakKeyDictionary()


def book_of(env: BuildEnvironment) -> Book:
    """Return the book of the running build."""
    return _BOOKS.setdefault(env.app, Book(Path(env.srcdir).resolve()))


def read_again_when_changed(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Read every page again after a change in tests, exercises, measurements or the plan."""
    digest, before = book_of(env).digest(), getattr(env, "course_digest", None)
    env.course_digest = digest
    return [] if digest == before else sorted(set(env.all_docs) - removed)
