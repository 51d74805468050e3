"""`{diagram} name`: a numbered figure with the schematic that `book/diagrams/name.yml` describes.

The body is the caption. The alternative text and every word in the drawing go to the translators; the drawing is laid
out with the words of the page's language. Where it would be too wide for a phone and fits when its columns become
rows, it comes in both ways, and the style sheet shows one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from aigc_course.core.captions import has_word
from book.ext.diagram import check, layout, source, svg
from book.ext.labels import skip
from book.ext.phrases import paragraph, place, say

logger = logging.getLogger(__name__)
SMALLEST = 0.7  # of its size; below it the drawing scrolls (the same number stands in figures.css)
PHONE = 325  # pixels of a phone's text column
KEYS = {"network": "trained", "frozen": "frozen", "gradient": "gradient"}


class drawing(addnodes.translatable, nodes.General, nodes.Element):
    """A described schematic; its key is its child."""

    def preserve_original_messages(self) -> None:
        """Do nothing: the description is kept in the node from the start."""

    def extract_original_messages(self) -> list[str]:
        """Return the alternative text and the words, for the catalogue."""
        return [self["diagram"].alt, *dict.fromkeys(word for word in self["diagram"].words() if has_word(word))]

    def apply_translated_message(self, original_message: str, translated_message: str) -> None:
        """Note the translation."""
        self["translations"][original_message] = translated_message

    def said(self, words: str) -> str:
        """Words in the page's language."""
        return self["translations"].get(words, words)


class DiagramDirective(SphinxDirective):
    """Reads, checks and places a drawing."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the figure; whatever is wrong with the drawing is an error here."""
        found = self.read()
        if wrong := check.problems(layout.lay_out(found)):
            raise self.error(f"{self.arguments[0]}.yml: {'; '.join(wrong)}")
        if not self.content:
            raise self.error("a diagram needs a caption: write it between the fences")
        figure = nodes.figure("", _drawn(found), classes=["diagram"])
        caption = nodes.caption("\n".join(self.content))
        self.state.nested_parse(self.content, self.content_offset, caption)
        figure += nodes.caption(caption.rawsource, "", *caption.children[0].children)
        self.add_name(figure)
        return [place(figure, *self.get_source_info())]

    def read(self) -> source.Diagram:
        """The description."""
        folder = Path(self.env.srcdir) / "book" / "diagrams"
        path = folder / f"{self.arguments[0]}.yml"
        if not path.is_file():
            known = ", ".join(sorted(one.stem for one in folder.glob("*.yml")))
            raise self.error(f"no diagram {path.stem!r}; there are {known}")
        self.env.note_dependency(str(path))
        try:
            return source.read(path)
        except source.DiagramError as error:
            raise self.error(str(error)) from error


def _drawn(found: source.Diagram) -> drawing:
    """The node, with a key where some networks learn and others do not, or gradients flow."""
    kinds = {box.kind for box in found.boxes} | {"gradient" for arrow in found.arrows if arrow.gradient}
    node = drawing("", diagram=found, translations={})
    if kinds & {"frozen", "gradient"}:
        shown = [nodes.inline("", "", say(words), classes=[kind]) for kind, words in KEYS.items() if kind in kinds]
        node += paragraph(*shown, classes=("drawing-key",))
    return node


def visit(visitor: Any, node: drawing) -> None:
    """Write the drawing in the words of the page's language."""
    diagram, alt = node["diagram"], node.said(node["diagram"].alt)
    level = layout.lay_out(diagram, node.said)
    # in longer words it may be as much wider as the page may make it smaller
    if node["translations"] and (wrong := check.problems(level, check.WIDEST / SMALLEST)):
        logger.warning("a translated diagram: %s", "; ".join(wrong), type="course", location=node)
    shown = [svg.draw(level, alt, node.said)]
    turned = layout.lay_out(diagram.turned(), node.said)
    both = _wide(level) > PHONE / SMALLEST >= _wide(turned) and not check.problems(turned)
    if both:
        shown.append(svg.draw(turned, alt, node.said, kind="turned"))
    kinds = "drawing turns" if both else "drawing"
    focus = ' tabindex="0"' if not both and _wide(level) * SMALLEST > PHONE else ""
    visitor.body.append(f'<div class="{kinds}"{focus}>{"".join(shown)}</div>\n')


def _wide(drawn: layout.Layout) -> float:
    whole = drawn.whole()
    return whole.right - whole.left


def depart(visitor: Any, node: drawing) -> None:
    """Do nothing: the key follows the drawing."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its node."""
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (skip, None))
    app.add_node(drawing, html=(visit, depart), **others)
    app.add_directive("diagram", DiagramDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
