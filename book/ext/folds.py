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
        for cell in list(self.document.findall(_is_folded)):
            after = cell.next_node(descend=False, siblings=True)
            if len(cell) == 1 and after is not None and _is_folded(after):
                _put_before(_code(cell), _code(after))
                cell.parent.remove(cell)


def _is_folded(node: nodes.Node) -> bool:
    """A code cell of which the input is folded and the output, if any, is in sight."""
    if not isinstance(node, nodes.container) or node.get("nb_element") != "cell_code":
        return False
    return node.get("hide_mode") == "input" and node.children[0].get("nb_element") == "cell_code_source"


def _code(cell: nodes.Node) -> nodes.literal_block:
    (found,) = cell.children[0].findall(nodes.literal_block)
    return found


def _put_before(first: nodes.literal_block, second: nodes.literal_block) -> None:
    text = first.astext().rstrip("\n") + BETWEEN + second.astext()
    second.rawsource = text
    second[:] = [nodes.Text(text)]
