"""Marks the Chinese terms of the glossary as Chinese, for screen readers and for the choice of fonts."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def mark_chinese_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Give every term with Chinese characters the language; docutils writes the class as a `lang` attribute."""
    for term in doctree.findall(nodes.term):
        if CHINESE.search(term.astext()):
            term["classes"].append("language-zh-Hans")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook."""
    app.connect("doctree-read", mark_chinese_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
