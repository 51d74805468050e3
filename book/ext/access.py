"""What screen readers need and the tools below do not write: the language of Chinese terms, current roles and names."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def mark_chinese_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Give every term with Chinese characters its language; docutils writes the class as a `lang` attribute."""
    for term in doctree.findall(nodes.term):
        if CHINESE.search(term.astext()):
            term["classes"].append("language-zh-Hans")


RENEWED = {
    'role="doc-biblioentry"': 'role="listitem"',  # docutils' role for an entry of the bibliography, withdrawn by ARIA
    ' aria-label="Toggle hidden content"': "",  # MyST-NB's label on a folded cell, which hides the words shown there
}


def renew_markup(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Replace markup that accessibility rules have overtaken."""
    for old, new in RENEWED.items():
        context["body"] = context.get("body", "").replace(old, new)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks."""
    app.connect("doctree-read", mark_chinese_terms)
    app.connect("html-page-context", renew_markup)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
