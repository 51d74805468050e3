"""Equations and their checks: a link below each labelled equation, and the page that lists all of them."""

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from book.ext.chapter_line import chapter_line
from book.ext.phrases import link, paragraph, place, say
from book.ext.sources import formulas, title
from book.ext.state import book_of
from book.tools.chapters import Chapter
from book.tools.proofs import Proof

logger = logging.getLogger(__name__)


class ChapterPage(SphinxTransform):
    """Adds to a chapter the line under its title and the tests under its equations."""

    default_priority = 9  # before Sphinx collects (10) and applies (20) translations

    def apply(self, **kwargs: Any) -> None:
        """Change the chapter in place; other pages stay as they are."""
        chapter = book_of(self.env).by_docname.get(self.env.docname)
        if chapter is None:
            return
        labelled = [block for block in self.document.findall(nodes.math_block) if _label(block)]
        for block in labelled:
            self._link(block)
        head = next(self.document.findall(nodes.title), None)
        if head is not None and chapter.front:
            line = place(chapter_line(self.env, chapter), self.document["source"], head.line)
            head.parent.insert(head.parent.index(head) + 1, line)

    def _link(self, block: nodes.math_block) -> None:
        label, proofs = _label(block), book_of(self.env).proofs.get(_label(block), [])
        if not proofs:
            cure = f'write one and mark it @pytest.mark.equation("{label}")'
            logger.warning("equation %s has no test; %s", label, cure, type="course", location=block)
            return
        line = place(_checked_by(label, proofs, self.env.docname), self.document["source"], block.line)
        block.parent.insert(block.parent.index(block) + 1, line)


def _label(block: nodes.math_block) -> str:
    """Return the author's label; amsmath environments get a random one from MyST, which names nothing."""
    return "" if "amsmath" in block["classes"] else str(block.get("label") or "")


def _checked_by(label: str, proofs: list[Proof], docname: str) -> nodes.paragraph:
    parts: list[nodes.Node] = [say("checked by")]
    for i, proof in enumerate(proofs):
        parts += [nodes.Text(", " if i else " ")]
        parts += [link(anchor(label), nodes.Text(proof.test), kind="ref", docname=docname, classes=("course-test",))]
    return paragraph(*parts, classes=("equation-check",))


def anchor(label: str) -> str:
    """Return the anchor on the page of checks; Sphinx looks labels up in lower case."""
    return "check-" + re.sub(r"\s+", "-", label.lower())


class Checks(SphinxDirective):
    """``{checks}``: each chapter's equations with the source of the tests that check them."""

    def run(self) -> list[nodes.Node]:
        """Return one section per chapter that has labelled equations."""
        chapters = [c for c in book_of(self.env).chapters if c.labels and c.docname in self.env.found_docs]
        sections = [self._chapter(chapter) for chapter in chapters]
        return [place(section, *self.get_source_info()) for section in sections]

    def _chapter(self, chapter: Chapter) -> nodes.section:
        head = link(chapter.docname, say(title(chapter)), docname=self.env.docname)
        section = nodes.section(
            "", nodes.title("", "", head, translatable=False), ids=[nodes.make_id(f"checks-{chapter.slug}")]
        )
        latex = formulas(chapter)
        section.extend(self._equation(label, latex.get(label, "")) for label in dict.fromkeys(chapter.labels))
        return section

    def _equation(self, label: str, latex: str) -> nodes.section:
        name = anchor(label)
        section = nodes.section("", nodes.title("", label, translatable=False), names=[name], classes=["course-check"])
        self.state.document.note_explicit_target(section)
        where = link(label, kind="eq", docname=self.env.docname)
        section += paragraph(say("Equation"), nodes.Text(" "), where)
        if latex:
            section += nodes.math_block(latex, latex, nowrap=False, number=None, translatable=False)
        section.extend(source_of(book_of(self.env).proofs.get(label, [])))
        return section


def source_of(proofs: list[Proof]) -> Iterator[nodes.Node]:
    """Yield the name and the source of each test."""
    for proof in proofs:
        yield paragraph(nodes.literal("", proof.node), classes=("course-test",))
        yield nodes.literal_block(proof.source, proof.source, language="python3")
