"""Figures and captioned tables from outputs that carry the metadata ``aigc: {caption, alt, width, name}``.

With ``values`` in the metadata, caption and alternative text are templates; ``labels`` are the words in the drawing.
"""

import re
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from docutils.parsers.rst.directives import length_or_percentage_or_unitless
from myst_nb.core.render import MimeData
from sphinx.application import Sphinx
from sphinx.util import logging

from aigc_course.core.captions import has_word
from aigc_course.core.marks import marked
from book.ext import templates, zoom
from book.ext.labels import words_of

logger = logging.getLogger(__name__)

COLUMN = 444.0  # points: as wide as the text (37rem in base.css); a wider drawing may leave the column
# Line art first: it stays sharp. The text/html twin is for Jupyter alone.
IMAGES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif")


def described(output: Any) -> dict[str, Any] | None:
    """Return the ``aigc`` metadata of an output that this module can draw, else ``None``."""
    metadata = output.get("metadata", {}).get("aigc")
    drawable = (*IMAGES, "text/markdown")
    return metadata if metadata and any(mime in output.get("data", {}) for mime in drawable) else None


def draw(renderer: Any, output: Any, where: str, cell: dict[str, Any], line: int) -> list[nodes.Node]:
    """Return the figure, or the table with its caption, for a described output."""
    metadata, data = output["metadata"]["aigc"], output["data"]
    mime = next((m for m in IMAGES if m in data), None)
    if mime is None:
        return _table(renderer, data["text/markdown"], metadata, line)
    bundle = MimeData(mime, data[mime], cell_metadata=cell, output_metadata=output["metadata"], line=line)
    (image,) = renderer.nb_renderer.render_image(bundle)
    _describe(image, metadata, where)
    wide = ["wide"] if mime == "image/svg+xml" and _width(data[mime]) > COLUMN else []
    figure = nodes.figure("", image, zoom.link(), classes=["course-figure", *wide])
    if metadata.get("labels"):
        figure += words_of(metadata["labels"])
    return [_captioned(renderer, figure, metadata, line)]


def _width(svg: str) -> float:
    """Width of a drawing in points."""
    found = re.search(r'<svg[^>]*? width="([\d.]+)pt"', svg)
    return float(found[1]) if found else 0.0


def _describe(image: nodes.Element, metadata: dict[str, Any], where: str) -> None:
    image["classes"].append("no-scaled-link")  # a picture with a width is not also a link to itself
    if alt := str(metadata.get("alt", "")).strip():
        image["alt"] = alt
        templates.keep(image, alt, metadata.get("values"))
    if width := metadata.get("width"):
        try:
            image["width"] = length_or_percentage_or_unitless(str(width))
        except ValueError:
            logger.warning("%s: width %r is no length; write 60%% or 20em", where, width, type="course", location=image)


def _captioned(renderer: Any, figure: nodes.figure, metadata: dict[str, Any], line: int) -> nodes.figure:
    if name := metadata.get("name"):
        figure["names"].append(nodes.fully_normalize_name(name))
        renderer.document.note_explicit_target(figure, figure)
    if metadata.get("caption"):
        figure += _caption(renderer, nodes.caption, metadata, line)
    return figure


def _caption(renderer: Any, kind: Any, metadata: dict[str, Any], line: int, **attributes: Any) -> nodes.TextElement:
    """Return the caption as a node of a kind, to be filled with its values."""
    caption = metadata["caption"]
    node = inline(renderer, kind(caption, "", **attributes), marked(caption), line)
    templates.keep(node, caption, metadata.get("values"))
    return node


def _table(renderer: Any, markdown: str, metadata: dict[str, Any], line: int) -> list[nodes.Node]:
    found = block(renderer, markdown, line)
    table = next((node for node in found if isinstance(node, nodes.table)), None)
    if table is not None:
        _keep_numbers_from_translators(table)
    if table is not None and metadata.get("caption"):
        table.insert(0, _caption(renderer, nodes.title, metadata, line))
        table["classes"].append("course-table")
    elif metadata.get("caption"):
        found.append(_caption(renderer, nodes.paragraph, metadata, line, classes=["course-caption"]))
    return found


def _keep_numbers_from_translators(table: nodes.table) -> None:
    """Take cells without a word out of the catalogue, which would change with every measurement."""
    for entry in table.findall(nodes.entry):
        for words in entry.findall(nodes.paragraph):
            words["translatable"] = has_word(words.astext())


def inline(renderer: Any, node: nodes.TextElement, text: str, line: int) -> nodes.TextElement:
    """Fill ``node`` with one line of MyST, translatable as ``text``."""
    node.rawsource = text
    with renderer.current_node_context(node):
        renderer.nested_render_text(text, line, inline=True)
    return node


def block(renderer: Any, text: str, line: int) -> list[nodes.Node]:
    """Parse MyST paragraphs and tables with the chapter's own settings."""
    holder = nodes.Element()
    with renderer.current_node_context(holder):
        renderer.nested_render_text(text, line)
    return list(holder.children)


class _Pictures(HTMLParser):
    """Counts the ``<img>`` tags without an ``alt`` attribute."""

    missing = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an image that says nothing; an empty ``alt`` marks decoration and is allowed."""
        self.missing += tag == "img" and "alt" not in dict(attrs)


def check_alternative_texts(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of every image on the page that has no alternative text."""
    cure = "; show it with aigc_course.core.show.figure(fig, caption=…, alt=…), or write ![what to see](file)"
    for image in doctree.findall(nodes.image):
        if not str(image.get("alt", "")).strip():
            logger.warning("image without alternative text%s%s", cell_of(image), cure, type="course", location=image)
    for raw in doctree.findall(nodes.raw):
        if "<img" in raw.astext() and _missing(raw.astext()):
            logger.warning("<img> without alt%s%s", cell_of(raw), cure, type="course", location=raw)


def _missing(html: str) -> int:
    parser = _Pictures()
    parser.feed(html)
    return parser.missing


def cell_of(node: nodes.Node) -> str:
    """Return " in cell n" when ``node`` is part of a notebook's code cell (counted from 1)."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.container) and "cell_index" in node:
            return f" in cell {node['cell_index'] + 1}"
    return ""
