"""A link beside every figure that opens it large: in a dialog by zoom.js, as the image's own page without scripts."""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book.ext import labels
from book.ext.phrases import say


class zoom(nodes.General, nodes.Element):
    """The link; its children are its words and those of the button that closes the dialog."""


def link() -> zoom:
    """Return the link to put behind the image of a figure."""
    return zoom("", say("Enlarge"), say("Close"))


def visit(visitor: Any, node: zoom) -> None:
    """Write the link; the image before it has been written, and so has its address on this page."""
    image = next(node.parent.findall(nodes.image))
    words, close = (html.escape(child.astext()) for child in node.children)
    visitor.body.append(f'<a class="zoom" href="{html.escape(image["uri"])}" data-close="{close}">{words}</a>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node; only pages have links, and paper and books to read do not."""
    nothing = (labels.skip, None)
    app.add_node(zoom, html=(visit, None), latex=nothing, text=nothing, man=nothing, texinfo=nothing)
