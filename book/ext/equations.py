"""Equations and their checks: a link below each labelled equation, and the pages that show the tests."""

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from book.ext.chapter_line import chapter_line, run_line
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
            lines = [chapter_line(self.env, chapter), run_line(self.env, chapter)]
            at = head.parent.index(head) + 1
            head.parent.insert(at, [place(line, self.document["source"], head.line) for line in lines])

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
    """``{checks} slug``: a chapter's equations with the tests that check them; without a slug, links to such pages."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a section for each equation of the chapter, or one list."""
        chapters = [c for c in book_of(self.env).chapters if c.labels and c.docname in self.env.found_docs]
        if not self.arguments:
            found = [nodes.bullet_list("", *map(self._entry, chapters), classes=["course-checks"])]
        else:
            chosen = [chapter for chapter in chapters if chapter.slug == self.arguments[0]]
            found = [section for chapter in chosen for section in self._chapter(chapter)]
        return [place(node, *self.get_source_info()) for node in found]

    def _entry(self, chapter: Chapter) -> nodes.list_item:
        page, proofs = f"{self.env.docname}/{chapter.slug}", book_of(self.env).proofs
        if page not in self.env.found_docs:
            logger.warning("%s has no page of checks; write %s.md and list it in the toc", chapter.name, page)
        tests = {proof.node for label in chapter.labels for proof in proofs.get(label, [])}
        counts = say("{equations} equations, {tests} tests", equations=len(set(chapter.labels)), tests=len(tests))
        name = link(page, say(title(chapter)), docname=self.env.docname)
        facts = nodes.inline("", "", counts, classes=["course-facts"])
        return nodes.list_item("", paragraph(name, nodes.Text(" "), facts))

    def _chapter(self, chapter: Chapter) -> Iterator[nodes.section]:
        latex, shown = formulas(chapter), set[str]()
        for label in dict.fromkeys(chapter.labels):
            yield self._equation(label, latex.get(label, ""), shown)

    def _equation(self, label: str, latex: str, shown: set[str]) -> nodes.section:
        head = [
            link(label, nodes.Text(f"({label})"), kind="eq", docname=self.env.docname),
            nodes.Text(" "),
            say(book_of(self.env).equation_title(label)),
        ]
        section = nodes.section(
            "", nodes.title("", "", *head, translatable=False), names=[anchor(label)], classes=["course-check"]
        )
        self.state.document.note_explicit_target(section)
        if latex:
            section += nodes.math_block(latex, latex, nowrap=False, number=None, translatable=False)
        for proof in book_of(self.env).proofs.get(label, []):
            section.extend(self._test(proof, shown))
        return section

    def _test(self, proof: Proof, shown: set[str]) -> Iterator[nodes.Node]:
        """Yield a test's name and source, or where on the page they stand already."""
        place_of_it = nodes.make_id(f"test-{proof.node}")
        if place_of_it in shown:
            name = nodes.reference("", "", nodes.literal("", proof.node), refid=place_of_it, internal=True)
            yield paragraph(say("also checked by"), nodes.Text(" "), name, classes=("course-test",))
            return
        shown.add(place_of_it)
        named, source = source_of([proof])
        named.extend(self._repository(proof))
        named["ids"].append(place_of_it)
        yield from (named, source)

    def _repository(self, proof: Proof) -> list[nodes.Node]:
        """Return a link to the test's file once the repository has an address."""
        options: dict[str, Any] = getattr(self.config, "html_theme_options", {})
        if not (url := options.get("repository_url")):
            return []
        address = f"{url.rstrip('/')}/blob/{options.get('repository_branch') or 'main'}/{proof.path}#L{proof.line}"
        return [nodes.Text(" "), nodes.reference("", "", say("in the repository"), refuri=address, internal=False)]


def source_of(proofs: list[Proof]) -> Iterator[nodes.Element]:
    """Yield the name and the source of each test."""
    for proof in proofs:
        yield paragraph(nodes.literal("", proof.node), classes=("course-test",))
        yield nodes.literal_block(proof.source, proof.source, language="python3")


def number_headings(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Put the equations' numbers, known once all pages are read, in place of their labels in lists of headings."""
    equations = env.get_domain("math").data["objects"]
    for toc in env.tocs.values():
        for text in [one for one in toc.findall(nodes.Text) if one.startswith("(") and one[1:-1] in equations]:
            docname, label = equations[text[1:-1]][0], text[1:-1]
            numbers = env.toc_fignumbers.get(docname, {}).get("displaymath", {})
            number = ".".join(map(str, numbers.get(nodes.make_id(f"equation-{label}"), ())))
            text.parent.replace(text, nodes.Text(f"({number})"))
    return []
