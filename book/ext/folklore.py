"""The appendix *Folklore, corrected*: its tables, the tests below them, and the role that ties chapters to both."""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from book.ext.equations import source_of
from book.ext.phrases import link, paragraph, place, say
from book.ext.state import book_of
from book.ext.tables import table
from book.tools.folklore import Row

logger = logging.getLogger(__name__)

KINDS = {"F": "Formulas", "P": "Programs", "H": "History and sources"}


class folklore_row(nodes.Inline, nodes.TextElement):
    """A row's id in a text, until ``RowLinks`` turns it into a link."""


class RowRole(SphinxRole):
    """``{row}`P01```: a link to the appendix; in the chapter that owns the row also the anchor of its repair."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a node that waits for ``RowLinks``: what is made here would not survive a translation."""
        found = folklore_row(self.rawtext, self.text)
        self.set_source_info(found)
        return [found], []


class RowLinks(SphinxTransform):
    """Makes links of the ids, and the anchor at the first one in the chapter that owns the row."""

    default_priority = 25  # after translations have been applied (20)

    def apply(self, **kwargs: Any) -> None:
        """Replace every waiting node of the page."""
        known = {found.id: found for found in book_of(self.env).folklore}
        for node in list(self.document.findall(folklore_row)):
            id = node.astext()
            if id not in known:
                logger.warning("{row}`%s` names no row of book/folklore.yml", id, type="course", location=node)
            node.replace_self(self._made(known[id]) if id in known else nodes.Text(id))

    def _made(self, found: Row) -> nodes.Node:
        docname, name = self.env.docname, place_in_chapter(found)
        made = nodes.inline("", "", classes=["course-row"])
        if docname == home(self.env, found) and name not in self.document.nameids:
            made["names"].append(name)
            self.document.note_explicit_target(made)
        # a row whose chapter is not in the book yet is not in the appendix either
        there = home(self.env, found) is not None
        made += (
            link(anchor(found), nodes.Text(found.id), kind="ref", docname=docname) if there else nodes.Text(found.id)
        )
        return made


def home(env: BuildEnvironment, found: Row) -> str | None:
    """The page of the chapter that owns a row; None while the book lacks it."""
    chapter = book_of(env).by_slug.get(found.chapter)
    return chapter.docname if chapter and chapter.docname in env.found_docs else None


def anchor(found: Row) -> str:
    """The anchor of a row in the appendix."""
    return f"folklore-{found.id.lower()}"


def place_in_chapter(found: Row) -> str:
    """The anchor in the chapter that owns the row."""
    return f"row-{found.id.lower()}"


def anchor_of_tests(found: Row) -> str:
    """The anchor of a row's tests in the appendix."""
    return f"folklore-test-{found.id.lower()}"


class _Rows(SphinxDirective):
    """What both directives need."""

    def shown(self) -> list[Row]:
        """Rows whose chapter is in the book, in the order of kinds and ids."""
        found = [found for found in book_of(self.env).folklore if home(self.env, found)]
        return sorted(found, key=lambda one: (list(KINDS).index(one.id[0]), one.id))

    def target(self, element: nodes.Element, name: str) -> None:
        """Let other pages refer to ``element`` by ``name``."""
        element["names"].append(name)
        self.state.document.note_explicit_target(element)

    def markdown(self, text: str) -> nodes.paragraph:
        """Return a row's text as a paragraph that translators see as it is written."""
        children, messages = self.state.inline_text(text, self.lineno)
        return nodes.paragraph(text, "", *children, *messages)


class Folklore(_Rows):
    """``{folklore}``: one section for each kind of row, with a table of claim, truth and place."""

    def run(self) -> list[nodes.Node]:
        """Return the sections that have rows."""
        made = [self._section(kind, list(found)) for kind in KINDS if (found := self._of(kind))]
        return [place(section, *self.get_source_info()) for section in made]

    def _of(self, kind: str) -> list[Row]:
        return [found for found in self.shown() if found.id.startswith(kind)]

    def _section(self, kind: str, found: list[Row]) -> nodes.section:
        title = nodes.title("", "", say(KINDS[kind]), translatable=False)
        section = nodes.section("", title, ids=[f"folklore-{kind.lower()}"])
        heads: list[nodes.Node] = [say(head) for head in ("Row", "What circulates", "What is true", "Shown in")]
        section += table(heads, [list(self._cells(one)) for one in found], classes=["course-folklore"])
        return section

    def _cells(self, found: Row) -> Iterator[list[nodes.Node]]:
        name = nodes.inline("", found.id, classes=["course-row"])
        self.target(name, anchor(found))
        yield [name]
        for label, text in (("What circulates", found.claim), ("What is true", found.truth)):
            yield [paragraph(say(label), classes=("narrow",)), self.markdown(text)]
        title = say(book_of(self.env).titles[found.chapter])
        where = link(place_in_chapter(found), title, kind="ref", docname=self.env.docname)
        tests = link(anchor_of_tests(found), say("tests"), kind="ref", docname=self.env.docname)
        yield [where, nodes.Text(", "), tests]


class FolkloreTests(_Rows):
    """``{folklore-tests}``: for each row the source of the tests that reproduce and repair it."""

    def run(self) -> list[nodes.Node]:
        """Return one section for each row; a row without a test stops the build."""
        return [place(self._section(found), *self.get_source_info()) for found in self.shown()]

    def _section(self, found: Row) -> nodes.section:
        section = nodes.section("", nodes.title("", found.id, translatable=False), classes=["course-check"])
        self.target(section, anchor_of_tests(found))
        section += self.markdown(found.claim)
        tests = book_of(self.env).shown_by.get(found.id, [])
        if not tests:
            cure = f'write one and mark it @pytest.mark.folklore("{found.id}")'
            logger.warning("row %s has no test; %s", found.id, cure, type="course", location=self.get_location())
        section.extend(source_of(tests))
        return section
