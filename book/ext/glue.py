"""Keeps a formula on one line with the signs that touch it, for a browser may break the line on either side."""

import re
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

BEFORE, AFTER = re.compile(r"\S+$"), re.compile(r"^\S+")


class Glue(SphinxPostTransform):
    """Puts each formula in a text into one unbreakable piece with the brackets, commas and stops around it."""

    default_priority = 700  # after references have become text
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Treat every formula of the page that is part of a text."""
        for formula in list(self.document.findall(nodes.math)):
            glue(formula)


def glue(formula: nodes.math) -> None:
    """Wrap a formula and what touches it; nothing happens where a space is on both sides."""
    parent = formula.parent
    at = parent.index(formula)
    head, opening = _cut(parent[at - 1] if at > 0 else None, BEFORE)
    tail, closing = _cut(parent[at + 1] if at + 1 < len(parent) else None, AFTER)
    if not opening and not closing:
        return
    piece = nodes.inline("", "", *_texts(opening), formula.deepcopy(), *_texts(closing), classes=["glued"])
    parent[at - bool(opening) : at + 1 + bool(closing)] = [*_texts(head), piece, *_texts(tail)]


def _cut(neighbour: nodes.Node | None, touching: re.Pattern[str]) -> tuple[str, str]:
    """The rest of a neighbouring text, and what of it touches the formula."""
    text = neighbour.astext() if isinstance(neighbour, nodes.Text) else ""
    found = touching.search(text)
    return (touching.sub("", text), found.group()) if found else ("", "")


def _texts(text: str) -> list[nodes.Text]:
    return [nodes.Text(text)] if text else []
