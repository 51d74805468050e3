"""Cells whose code is folded, one after the other, become one fold: a reader who opens it reads on without a click."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

BETWEEN = "\n\n\n"  # as Python's own style parts two pieces of a module


class Merge(SphinxPostTransform):
    """Moves folded code without output to the front of the folded code that follows at once."""

    default_priority = 198  # MyST-NB folds at 199
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Treat the cells of the page from its top, so that three become one, too."""
        for cell in filter(_is_folded, list(self.document.findall(nodes.container))):
            after = cell.next_node(descend=False, siblings=True)
            if len(cell) == 1 and isinstance(after, nodes.container) and _is_folded(after):
                _put_before(_code(cell), _code(after))
                cell.parent.remove(cell)


def _is_folded(node: nodes.container) -> bool:
    """A code cell of which the input is folded and the output, if any, is in sight."""
    kinds = [part.get("nb_element") for part in node.children if isinstance(part, nodes.Element)]
    return node.get("nb_element") == "cell_code" and node.get("hide_mode") == "input" and "cell_code_source" in kinds


def _code(cell: nodes.container) -> nodes.literal_block:
    """The code of a cell, which stands before its outputs."""
    return next(cell.findall(nodes.literal_block))


def _put_before(first: nodes.literal_block, second: nodes.literal_block) -> None:
    text = first.astext().rstrip("\n") + BETWEEN + second.astext()
    second.rawsource = text
    second[:] = [nodes.Text(text)]
