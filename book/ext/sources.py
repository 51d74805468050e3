"""What the extension reads beside the chapters themselves: the plan of the course, measurements, formulas."""

from collections.abc import Iterable
from typing import Any

from book.tools import markdown
from book.tools.chapters import Cell, Chapter


def exercise_calls(code: str) -> list[tuple[str, str]]:
    """Return ("grade" or "ask", id) for each such call in a cell, each once."""
    calls = Cell("code", code, 0, 0).calls
    return list(dict.fromkeys(call for call in calls if call[0] in ("grade", "ask")))


def exercise_ids(chapter: Chapter) -> list[str]:
    """Return the ids of a chapter's exercises, each once."""
    return list(dict.fromkeys(chapter.ids("grade", "ask")))


def title(chapter: Chapter) -> str:
    """Return the chapter's first heading, or the title in its front matter."""
    found = (words for level, words, _ in chapter.headings if level == 1)
    return next(found, str(chapter.front.get("title", chapter.slug)))


def formulas(chapter: Chapter) -> dict[str, str]:
    """Return label → LaTeX of the chapter's labelled equations."""
    return {label: latex for cell in chapter.prose for label, latex in markdown.equations(cell.source)}


def plan_titles(plan: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return slug → title of every chapter in the plan."""
    return {chapter["slug"]: chapter["title"] for part in plan for chapter in part["chapters"]}
