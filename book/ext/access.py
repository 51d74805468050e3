"""What screen readers need and the tools below do not write: the language of Chinese terms, current list roles."""

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


def renew_roles(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Call the entries of the bibliography items of their list; docutils uses a role that ARIA has withdrawn."""
    if body := context.get("body"):
        context["body"] = body.replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks."""
    app.connect("doctree-read", mark_chinese_terms)
    app.connect("html-page-context", renew_roles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
