"""Pictures on the landing page and on the pages of the parts: `{heroes}` shows what chapters drew when they ran.

A chapter offers a picture by tagging the cell that draws it `hero`. The picture is taken from the executed notebook
(`_build/executed/`), so nothing is copied into the repository and no picture can be older than its chapter.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from aigc_course.core.captions import fields
from book.ext import templates
from book.ext.labels import words_of
from book.ext.phrases import link, paragraph, place, say
from book.tools import chapters

logger = logging.getLogger(__name__)
SUFFIXES = {"image/svg+xml": ".svg", "image/png": ".png"}


@dataclass(frozen=True)
class Hero:
    """A chapter's picture: the bytes, the file name's suffix, and the words that belong to it."""

    data: bytes
    suffix: str
    about: dict[str, Any]


def find(chapter: chapters.Chapter, executed: dict[str, Any]) -> Hero | None:
    """The first picture of the chapter's first cell tagged `hero`, from the outputs of its execution."""
    ran = [cell for cell in executed["cells"] if cell["cell_type"] == "code"]
    tagged = [ran[cell.number - 1] for cell in chapter.code if "hero" in cell.tags]
    for output in (output for cell in tagged for output in cell.get("outputs", ())):
        for mime, suffix in SUFFIXES.items():
            if mime in output.get("data", {}):
                about = output.get("metadata", {}).get("aigc", {})
                return Hero(_bytes(output["data"][mime], mime), suffix, about)
    return None


def _bytes(content: str | list[str], mime: str) -> bytes:
    text = content if isinstance(content, str) else "".join(content)
    return text.encode() if mime == "image/svg+xml" else base64.b64decode(text)


def first_sentence(text: str) -> str:
    """The text up to its first full stop that ends a sentence."""
    return text.split(". ")[0].rstrip(".") + "." if text else ""


class Heroes(SphinxDirective):
    """The pictures of the chapters named in the body, one slug a line, each linked to its chapter; of all without one.

    Every chapter of the toc must have a picture, shown or not: a missing one is a warning, which stops `make book`.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Build the grid."""
        self.env.note_reread()
        figures = {chapter.slug: self.figure(chapter) for chapter in chapters.all(self.root)}
        wanted = [line.strip() for line in self.content if line.strip()] or list(figures)
        for slug in set(wanted) - set(figures):
            logger.warning("{heroes}: %s", chapters.near(slug, figures), location=self.get_location())
        found = [figure for slug in wanted if (figure := figures.get(slug))]
        return [nodes.container("", *found, classes=["heroes"])] if found else []

    @property
    def root(self) -> Path:
        """The repository's root, which is Sphinx's source directory."""
        return Path(self.env.srcdir)

    def figure(self, chapter: chapters.Chapter) -> nodes.container | None:
        """The chapter's picture with its caption."""
        executed = self.root / "_build" / "executed" / chapter.name
        hero = find(chapter, json.loads(executed.read_text(encoding="utf-8"))) if executed.is_file() else None
        if hero is None:
            where = "run it with `make book`" if not executed.is_file() else "tag the cell that draws it `hero`"
            logger.warning(
                "%s has no picture for the landing page; %s", chapter.name, where, location=self.get_location()
            )
            return None
        path = self.root / "_build" / "heroes" / (chapter.slug + hero.suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hero.data)
        about = hero.about
        image = nodes.image(uri=f"/_build/heroes/{path.name}", alt=about["alt"], classes=["no-scaled-link"])
        templates.keep(image, about["alt"], about.get("values"))
        sentence = first_sentence(about["caption"])
        caption = say(sentence, **{field: about["values"][field] for field in fields(sentence)})
        title = link(chapter.docname, say(chapter.front.get("title", chapter.slug)), docname=self.env.docname)
        words = paragraph(nodes.strong("", "", title), nodes.Text(" "), caption)
        labels = words_of(about.get("labels", ()))
        return place(nodes.container("", image, labels, words, classes=["hero"]), *self.get_source_info())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("heroes", Heroes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
