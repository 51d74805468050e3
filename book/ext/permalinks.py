"""A permanent address for every chapter, `<slug>.html`: it leads to wherever the chapter stands today.

A chapter's own address holds its number, which changes when a chapter is inserted before it; its slug never changes.
"""

from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx

from book.ext.state import book_of


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield one page that forwards for each chapter on the site."""
    book = book_of(app.env)
    for chapter in book.chapters:
        if chapter.docname in app.env.found_docs:
            context = {"chapter": chapter.docname, "title": book.titles[chapter.slug]}
            yield chapter.slug, context, "permalink.html"
