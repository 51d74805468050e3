"""Code that is wider than its place goes on under its own indentation, not at the left edge.

Every long line of a listing becomes an element that knows how far it is indented; `code.css` does the rest. So a
listing reads alike on a wide screen, a phone and paper, hides nothing behind a scroll bar, and is copied as it was
written.
"""

import re
from typing import Any

from sphinx.application import Sphinx

LISTING = re.compile(r'(<div class="highlight"><pre>(?:<span></span>)?)(.*?)(?=</pre>)', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
ENTITY = re.compile(r"&[^;]{1,8};")
SHORT = 28  # columns that the narrowest phone shows


def is_listing(output: Any) -> bool:
    """Whether an output of a cell is source code, as `show.source` shows it."""
    markdown = "".join(output.get("data", {}).get("text/markdown", ""))
    return markdown.startswith("```python\n") and markdown.endswith("```")


def hang(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Mark the long lines in every listing of a page."""
    context["body"] = LISTING.sub(lambda found: found[1] + hung(found[2]), context.get("body", ""))


def hung(markup: str) -> str:
    """Pygments' markup of a listing, each long line in an element of its own; the text stays the same."""
    return "".join(map(_line, markup.splitlines(keepends=True)))


def _line(markup: str) -> str:
    text = ENTITY.sub(".", TAG.sub("", markup)).rstrip()
    if len(text) <= SHORT or markup.count("<span") != markup.count("</span>"):
        return markup
    return f'<span class="hang" style="--in:{len(text) - len(text.lstrip())}">{markup}</span>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook."""
    app.connect("html-page-context", hang)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
