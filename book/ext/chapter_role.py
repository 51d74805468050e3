"""The role ``{chapter}``: a link to a chapter by its slug, so that a new number changes no text."""

import re
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxRole

from book.ext.chapter_line import chapter_link

_WORDS = re.compile(r"(?P<words>.+?)\s*<(?P<slug>[^<>]+)>", re.DOTALL)


class chapter_name(nodes.Inline, nodes.TextElement):
    """A chapter's slug in a text, with the words to show, until ``ChapterLinks`` turns it into a link."""


class ChapterRole(SphinxRole):
    """``{chapter}`vae``` shows the chapter's title, ``{chapter}`these words <vae>``` shows the words."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a node that waits for ``ChapterLinks``: what is made here would not survive a translation."""
        found = _WORDS.fullmatch(self.text)
        words, slug = (found["words"], found["slug"]) if found else ("", self.text)
        made = chapter_name(self.rawtext, words, slug=slug.strip())
        self.set_source_info(made)
        return [made], []


class ChapterLinks(SphinxTransform):
    """Makes links of the slugs; a planned chapter stays plain text, an unknown slug is a warning."""

    default_priority = 25  # after translations have been applied (20)

    def apply(self, **kwargs: Any) -> None:
        """Replace every waiting node of the page."""
        for node in list(self.document.findall(chapter_name)):
            node.replace_self(chapter_link(self.env, node["slug"], node.astext()))
