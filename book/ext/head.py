"""What a page says of itself to search engines, to sites that link to it, and above its text: where it stands."""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from book.ext.course_map import part_page
from book.ext.state import book_of
from book.tools.chapters import Chapter

logger = logging.getLogger(__name__)
LONGEST = 200  # characters of a description; search engines show about 160
PICTURE = "_static/readme.png"


def describe(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the template of a page its description, its social tags and the trail of pages above it."""
    if doctree is None:
        return
    chapter = book_of(app.env).by_docname.get(pagename)
    context["description"] = description(doctree)
    context["social"] = list(_social(app, pagename, context, chapter))
    above = context.get("parents") or []
    context["trail"] = [(page["link"], page["title"]) for page in above]
    if chapter and (page := _part(app, chapter)):
        context["trail"] = [(context["pathto"](page), app.env.titles[page].astext())]


def description(doctree: nodes.document) -> str:
    """Return the first paragraph of prose without its formulas, as translated, cut between words."""
    for paragraph in doctree.findall(nodes.paragraph):
        plain = isinstance(paragraph.parent, nodes.section | nodes.document) or "lead" in paragraph.parent["classes"]
        if plain and not paragraph["classes"]:
            words = [text for text in paragraph.findall(nodes.Text) if not isinstance(text.parent, nodes.math)]
            text = " ".join("".join(words).split())
            return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] + " …"
    return ""


def _social(app: Sphinx, pagename: str, context: dict[str, Any], chapter: Chapter | None) -> Iterator[tuple[str, str]]:
    """Yield Open Graph's properties; without a base address there is no address to give, and none is made up."""
    yield "og:title", app.env.titles[pagename].astext()
    yield "og:type", "article" if chapter else "website"
    yield "og:site_name", app.config.project
    if context["description"]:
        yield "og:description", context["description"]
    if base := app.config.html_baseurl.rstrip("/"):
        _, name = app.env.images.get(f"_build/heroes/{chapter.slug}.png" if chapter else "", (set(), ""))
        yield "og:url", f"{base}/{app.builder.get_target_uri(pagename)}"
        yield "og:image", f"{base}/_images/{name}" if name else f"{base}/{PICTURE}"


def _part(app: Sphinx, chapter: Chapter) -> str:
    """Return the page about a chapter's part; a chapter of the plan must have one."""
    parts = [part for part in book_of(app.env).plan if chapter.slug in {one["slug"] for one in part["chapters"]}]
    page = part_page(parts[0]) if parts else ""
    if page and page not in app.env.found_docs:
        if "book/pages/parts" in app.env.found_docs:
            logger.warning("%s has no page; write %s.md and list it in the toc", parts[0]["title"], page, type="course")
        return ""
    return page
