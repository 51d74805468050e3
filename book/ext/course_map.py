"""``{course-map}`` and ``{chapter-table}``: the course drawn from its plan and the chapters' front matter."""

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book.ext.chapter_line import chapter_link, checked_of, joined, measured, minutes, prerequisites, reference_s
from book.ext.phrases import dropdown, heading, paragraph, place, say
from book.ext.sources import exercise_ids
from book.ext.state import book_of
from book.ext.tables import table
from book.tools.chapters import Chapter


class CourseMap(SphinxDirective):
    """``{course-map}``: a list of parts, in each a list of chapters; a part of planned chapters alone is folded."""

    def run(self) -> list[nodes.Node]:
        """Return one container; its classes carry the looks, its lists the meaning."""
        parts = [self._part(i, part) for i, part in enumerate(book_of(self.env).plan, 1)]
        return [place(nodes.container("", *parts, classes=["course-map"]), *self.get_source_info())]

    def _part(self, number: int, part: dict[str, Any]) -> nodes.container:
        chapters = nodes.bullet_list("", *map(self._chapter, part["chapters"]), classes=["course-chapters"])
        classes = ["course-part", f"course-part-{number}"]
        if not any(self._written(planned) for planned in part["chapters"]):
            return dropdown(heading(say(part["title"]), level=3), [chapters], *classes)
        title = heading(say(part["title"]), level=3, classes=("course-part-title",))
        return nodes.container("", title, chapters, classes=classes)

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
    """``{chapter-table}``: what each written chapter takes and gives."""

    def run(self) -> list[nodes.Node]:
        """Return a table with one row per chapter on the site."""
        heads = ["Chapter", "Reading and doing", "Run", "Data", "Equations checked", "Exercises"]
        rows = [self._row(c) for c in book_of(self.env).chapters if c.docname in self.env.found_docs]
        drawn = table([say(head) for head in heads], rows, classes=["course-chapter-table"])
        return [place(drawn, *self.get_source_info())]

    def _row(self, chapter: Chapter) -> list[list[nodes.Node]]:
        book = book_of(self.env)
        checked, total = checked_of(book, chapter)
        cells = [
            chapter_link(self.env, chapter.slug),
            say("{minutes} min", minutes=chapter.front.get("minutes", "?")),
            self._run(chapter),
            nodes.Text(", ".join(chapter.front.get("datasets", [])) or "–"),
            nodes.Text(f"{checked}/{total}"),
            nodes.Text(str(len(exercise_ids(chapter)))),
        ]
        return [[cell] for cell in cells]

    def _run(self, chapter: Chapter) -> nodes.Node:
        record, budget = book_of(self.env).record(chapter), chapter.front.get("budget", {}).get("cpu_s", "?")
        if "cpu_s" not in record:
            return say("not run yet")
        return say("{cpu} of {budget} reference CPU seconds", cpu=reference_s(record), budget=budget)
