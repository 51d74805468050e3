"""Checks of what is known of the chapters: the plan in `book/course.yml`, the notebooks' own front matter.

The two schemas are the reference: `CONTRIBUTING.md` prints them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import jsonschema

from book.tools import chapters, plan
from book.tools.chapters import ROOT, Chapter

MANY = 99
TEXT = {"type": "string", "pattern": r"\S"}


def _texts(about: str, least: int = 0, most: int = MANY) -> dict[str, Any]:
    return {"description": about, "type": "array", "items": TEXT, "minItems": least, "maxItems": most}


def _number(about: str, least: float, most: float, kind: str = "number") -> dict[str, Any]:
    return {"description": about, "type": kind, "minimum": least, "maximum": most}


def _record(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


PLANNED = _record(
    slug=TEXT | {"description": "its name in addresses and files, for ever", "pattern": rf"^{plan.SLUG.pattern}$"},
    title=TEXT | {"description": "the notebook's level-1 heading"},
    summary=TEXT | {"description": "one line for the map of the course"},
    prerequisites=_texts("slugs of the chapters that it builds on"),
    objectives=_texts("what the reader will be able to do, each beginning with a verb; the notebook lists them", 3, 5),
)
PLAN = _record(
    title=TEXT | {"description": "the part's title"},
    package=TEXT | {"description": "package of the library, folder of chapters and folder of tests"},
    # a chapter that is only planned may wait for its objectives
    chapters={"type": "array", "items": PLANNED | {"required": [name for name in PLANNED["required"][:-1]]}},
)
DECLARED = _record(
    teaches=_texts("concepts that this chapter introduces; no other chapter names them", 1),
    datasets=_texts("names of `aigc_course.core.data.DATASETS`"),
    minutes=_number("of reading and doing", 20, 120, "integer"),
    budget=_record(
        cpu_s=_number("CPU seconds on the reference machine", 1, 60),
        ram_mb=_number("megabytes of memory", 1, 4000),
        gpu_s=_number("seconds at full size on a GPU", 1, 3600),
    ),
)


def front_matter(root: Path = ROOT, datasets: Collection[str] = ()) -> list[str]:
    """Everything wrong with plan and front matter of the chapters in the toc; `datasets` are the names that exist."""
    book = chapters.all(root)
    wrong = planned(root) + [f"{chapter.name}: {message}" for chapter in book for message in one(chapter, datasets)]
    return wrong + _concepts(book) + order(book, root)


def planned(root: Path) -> list[str]:
    """What is wrong with the plan by itself."""
    parts = plan.parts(root)
    slugs = [chapter.get("slug") for part in parts for chapter in part["chapters"]]
    wrong = [
        f"{plan.PATH} has {slugs.count(slug)} chapters {slug!r}" for slug in sorted({*slugs}) if slugs.count(slug) > 1
    ]
    return wrong + [message for part in parts for message in _against(PLAN, part, f"{plan.PATH}: {part.get('title')}")]


def _against(schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    """Each way in which `value` breaks `schema`, with the place in dots."""
    for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
        yield f"{''.join([where, *(f'.{step}' for step in error.absolute_path)])}: {error.message}"


def one(chapter: Chapter, datasets: Collection[str]) -> Iterator[str]:
    """What is wrong with one chapter by itself."""
    if not chapter.planned:
        yield f"{plan.PATH} has no chapter {chapter.slug!r}; plan it there, with title, prerequisites and objectives"
        return
    repeated = sorted(chapter.declared.keys() & {*PLANNED["properties"], "part"})
    yield from (f"metadata.aigc.{name} stands in {plan.PATH} and nowhere else; remove it here" for name in repeated)
    declared = {name: value for name, value in chapter.declared.items() if name not in repeated}
    yield from _against(DECLARED, declared, "metadata.aigc")
    for name in set(declared.get("datasets", [])) - set(datasets):
        yield f"data set {name!r} is not in aigc_course.core.data; there are {', '.join(sorted(datasets))}"
    yield from _as_planned(chapter)


def _as_planned(chapter: Chapter) -> Iterator[str]:
    """Where the text of a notebook says something else than the plan."""
    titles = [words for level, words, _ in chapter.headings if level == 1]
    if titles != [chapter.planned.get("title")]:
        yield f"title {chapter.planned.get('title')!r} must be the one level-1 heading; there are {titles}"
    objectives = chapter.planned.get("objectives")
    if not objectives:
        yield f"{plan.PATH} has no objectives for {chapter.slug!r}; a chapter that is written has three to five"
    elif chapter.objectives != objectives:
        pairs = zip([*objectives, None], [*chapter.objectives, None], strict=False)
        wanted, found = next(pair for pair in pairs if pair[0] != pair[1])
        yield f"an objective is {wanted!r} in {plan.PATH} and {found!r} in the text; make them one"


def _concepts(book: list[Chapter]) -> list[str]:
    """A concept belongs to one chapter: the reader looks it up there."""
    taught: dict[str, list[str]] = {}
    for chapter in book:
        for concept in chapter.front.get("teaches", []):
            taught.setdefault(concept.lower(), []).append(chapter.name)
    return [f"concept {name!r} is taught in {' and in '.join(at)}" for name, at in taught.items() if at[1:]]


def order(book: list[Chapter], root: Path = ROOT) -> list[str]:
    """Prerequisites exist and come earlier in the plan, whose order the toc keeps."""
    needs = {slug: chapter.get("prerequisites", []) for slug, chapter in plan.chapters(root).items()}
    planned, wrong = list(needs), []
    for slug, name in ((slug, name) for slug, before in needs.items() for name in before):
        if name not in needs:
            wrong.append(f"{plan.PATH}: {slug!r} needs {name!r}, which it lacks; write it there or correct the slug")
        elif planned.index(name) >= planned.index(slug):
            wrong.append(f"{plan.PATH}: {slug!r} needs {name!r}, which does not come before it; change the order")
    written = [chapter.slug for chapter in book if chapter.planned]
    if written != (kept := [slug for slug in planned if slug in written]):
        wrong.append(
            f"{chapters.TOC} has the chapters {', '.join(written)}; in {plan.PATH} the order is {', '.join(kept)}"
        )
    return wrong
