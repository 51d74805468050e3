"""``{course-map}`` and ``{chapter-table}``: the course drawn from its plan and the chapters' front matter."""

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book.ext.chapter_line import (
    budget,
    chapter_link,
    checked_of,
    joined,
    measured,
    minutes,
    prerequisites,
    reference_s,
)
from book.ext.phrases import dropdown, heading, link, paragraph, place, say
from book.ext.sources import exercise_ids
from book.ext.state import book_of
from book.ext.tables import table
from book.tools.chapters import Chapter


def part_page(part: dict[str, Any]) -> str:
    """Return Sphinx's name of the page about a part of the plan."""
    return f"book/pages/parts/{part.get('package')}"


class CourseMap(SphinxDirective):
    """``{course-map}``, or ``{course-map} package`` for one part: its chapters; a planned part is folded."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return one container; its classes carry the looks, its lists the meaning."""
        plan = [part for part in book_of(self.env).plan if self.arguments in ([], [part.get("package")])]
        parts = [self._part(i, part) for i, part in enumerate(plan, 1)]
        return [place(nodes.container("", *parts, classes=["course-map"]), *self.get_source_info())]

    def _part(self, number: int, part: dict[str, Any]) -> nodes.container:
        chapters = nodes.bullet_list("", *map(self._chapter, part["chapters"]), classes=["course-chapters"])
        classes = ["course-part", f"course-part-{number}"]
        if not any(self._written(planned) for planned in part["chapters"]):
            return dropdown(heading(say(part["title"]), level=3), [chapters], *classes)
        if self.arguments:  # the page of the part bears its title
            return nodes.container("", chapters, classes=classes)
        title = heading(self._title(part), level=3, classes=("course-part-title",))
        return nodes.container("", title, chapters, classes=classes)

    def _title(self, part: dict[str, Any]) -> nodes.Node:
        page, name = part_page(part), say(part["title"])
        return link(page, name, docname=self.env.docname) if page in self.env.found_docs else name

    def _written(self, planned: dict[str, Any]) -> Chapter | None:
        chapter = book_of(self.env).by_slug.get(planned["slug"])
        return chapter if chapter and chapter.docname in self.env.found_docs else None

    def _chapter(self, planned: dict[str, Any]) -> nodes.list_item:
        chapter, written = book_of(self.env).by_slug.get(planned["slug"]), bool(self._written(planned))
        state = say("published") if written else say("planned")
        name = paragraph(
            nodes.strong("", "", chapter_link(self.env, planned["slug"])),
            nodes.Text(" "),
            nodes.inline("", "", state, classes=["course-state"]),
            classes=("course-chapter-title",),
        )
        lines = [name, paragraph(say(summary(planned)), classes=("course-summary",)), self._facts(planned, chapter)]
        return nodes.list_item("", *lines, classes=["course-chapter", "published" if written else "planned"])

    def _facts(self, planned: dict[str, Any], chapter: Chapter | None) -> nodes.paragraph:
        before = chapter.front.get("prerequisites", []) if chapter else planned.get("prerequisites") or []
        known = [[minutes(chapter)], *([fact] for fact in measured(book_of(self.env), chapter))] if chapter else []
        return paragraph(*joined([*known, prerequisites(self.env, before)], " · "), classes=("course-facts",))


def summary(planned: dict[str, Any]) -> str:
    """Return the plan's one line about a chapter."""
    return str(planned.get("summary") or planned.get("line") or planned.get("description") or "")


class ChapterTable(SphinxDirective):
    """``{chapter-table}``: what each written chapter takes and gives, and how many stay within their budgets."""

    def run(self) -> list[nodes.Node]:
        """Return a table with one row per chapter on the site, and a sentence that counts what it shows."""
        heads = ["Chapter", "Reading and doing", "CPU seconds", "Budget", "Data", "Equations checked", "Exercises"]
        shown = [c for c in book_of(self.env).chapters if c.docname in self.env.found_docs]
        drawn = table([say(head) for head in heads], list(map(self._row, shown)), classes=["course-chapter-table"])
        return [place(node, *self.get_source_info()) for node in (drawn, *self._within(shown))]

    def _row(self, chapter: Chapter) -> list[list[nodes.Node]]:
        book = book_of(self.env)
        (checked, total), cpu = checked_of(book, chapter), reference_s(book, chapter)
        cells = [
            chapter_link(self.env, chapter.slug),
            say("{minutes} min", minutes=chapter.front.get("minutes", "?")),
            say("not run yet") if cpu is None else nodes.Text(str(cpu)),
            nodes.Text(str(budget(chapter))),
            nodes.Text(", ".join(chapter.front.get("datasets", [])) or "–"),
            nodes.Text(f"{checked}/{total}"),
            nodes.Text(str(len(exercise_ids(chapter)))),
        ]
        return [[cell] for cell in cells]

    def _within(self, shown: list[Chapter]) -> list[nodes.Node]:
        """Return the sentence, from the same rounded numbers as the table; nothing before the first run."""
        taken = [(reference_s(book_of(self.env), chapter), budget(chapter)) for chapter in shown]
        ran = [cpu <= most for cpu, most in taken if cpu is not None]
        counts = say(
            "In this run {within} of {count} notebooks stayed within their budgets.", within=sum(ran), count=len(ran)
        )
        return [paragraph(counts, classes=("course-within",))] if ran else []
