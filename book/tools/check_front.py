"""Checks of the chapters' front matter: what it must hold, and how chapters build on each other."""

from __future__ import annotations

import graphlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from book.tools import chapters
from book.tools.chapters import ROOT, Chapter

PLAN = "book/course.yml"
FIELDS: dict[str, type] = {
    "slug": str,
    "part": str,
    "title": str,
    "objectives": list,
    "prerequisites": list,
    "teaches": list,
    "budget": dict,
    "datasets": list,
    "minutes": int,
}
LIMITS = {"cpu_s": 60, "ram_mb": 4000, "gpu_s": 3600}
OBJECTIVES = range(3, 6)
MINUTES = range(20, 121)


def front_matter(root: Path = ROOT, datasets: Collection[str] = ()) -> list[str]:
    """Everything wrong with the front matter of the chapters in the toc; `datasets` are the names that exist."""
    book = chapters.all(root)
    wrong = [f"{chapter.name}: {message}" for chapter in book for message in _chapter(chapter, datasets)]
    return wrong + _slugs(book) + _concepts(book) + prerequisites(book, plan(root))


def plan(root: Path = ROOT) -> dict[str, list[str]]:
    """The planned course: slug → prerequisites, in its order; empty when there is no plan."""
    path = root / PLAN
    if not path.exists():
        return {}
    parts = yaml.safe_load(path.read_text(encoding="utf-8"))["parts"]
    return {chapter["slug"]: chapter.get("prerequisites") or [] for part in parts for chapter in part["chapters"]}


def _chapter(chapter: Chapter, datasets: Collection[str]) -> Iterator[str]:
    """What is wrong with one chapter by itself."""
    front = chapter.front
    for name, kind in FIELDS.items():
        if not isinstance(front.get(name), kind) or front[name] == "":
            yield f"metadata.aigc.{name} must be a {kind.__name__}, it is {front.get(name)!r}"
            return
    yield from _values(chapter, front)
    yield from _budget(front["budget"])
    for name in front["datasets"]:
        if name not in datasets:
            yield f"data set {name!r} is not in aigc_course.core.data; there are {', '.join(sorted(datasets))}"


def _values(chapter: Chapter, front: dict[str, Any]) -> Iterator[str]:
    if front["slug"] != chapter.slug:
        yield f"slug {front['slug']!r} and file name {chapter.path.name!r} do not agree (<k>_<slug>.ipynb)"
    titles = [words for level, words, _ in chapter.headings if level == 1]
    if titles != [front["title"]]:
        yield f"title {front['title']!r} must be the one level-1 heading; there are {titles}"
    if len(front["objectives"]) not in OBJECTIVES:
        yield f"{len(front['objectives'])} objectives; a chapter has three to five"
    if not front["teaches"]:
        yield "metadata.aigc.teaches is empty; name the concepts that the chapter introduces"
    if front["minutes"] not in MINUTES:
        yield f"minutes is {front['minutes']}; a chapter takes {MINUTES[0]} to {MINUTES[-1]}"
    for name in ("objectives", "teaches", "prerequisites", "datasets"):
        if not all(isinstance(value, str) and value for value in front[name]):
            yield f"metadata.aigc.{name} must hold strings that are not empty"


def _budget(budget: dict[str, Any]) -> Iterator[str]:
    for name, most in LIMITS.items():
        value = budget.get(name)
        if not isinstance(value, int | float) or not 0 < value <= most:
            yield f"budget.{name} is {value!r}; declare a number up to {most}"
    for name in budget.keys() - LIMITS.keys():
        yield f"budget.{name} is not known; there are {', '.join(LIMITS)}"


def _slugs(book: list[Chapter]) -> list[str]:
    slugs = [chapter.slug for chapter in book]
    return [
        f"slug {slug!r} is used by {slugs.count(slug)} chapters" for slug in sorted(set(slugs)) if slugs.count(slug) > 1
    ]


def _concepts(book: list[Chapter]) -> list[str]:
    """A concept belongs to one chapter: the reader looks it up there."""
    taught: dict[str, list[str]] = {}
    for chapter in book:
        for concept in chapter.front.get("teaches", []):
            taught.setdefault(concept.lower(), []).append(chapter.name)
    return [f"concept {name!r} is taught in {' and in '.join(at)}" for name, at in taught.items() if at[1:]]


def prerequisites(book: list[Chapter], planned: dict[str, list[str]]) -> list[str]:
    """Prerequisites exist, come earlier (in the toc, or in the plan while unwritten) and form no circle."""
    written = {chapter.slug: chapter.front.get("prerequisites", []) for chapter in book}
    order, later = list(written), list(planned)
    wrong = []
    for chapter in book:
        for slug in written[chapter.slug]:
            if slug in written:
                early = order.index(slug) < order.index(chapter.slug)
            elif slug in planned:
                early = chapter.slug not in planned or later.index(slug) < later.index(chapter.slug)
            else:
                wrong.append(f"{chapter.name}: prerequisite {slug!r} is neither in the toc nor in {PLAN}")
                continue
            if not early:
                wrong.append(
                    f"{chapter.name}: prerequisite {slug!r} comes after it; change the order or the front matter"
                )
    try:
        graphlib.TopologicalSorter(planned | written).prepare()
    except graphlib.CycleError as error:
        wrong.append(f"prerequisites form a circle: {' → '.join(error.args[1])}")
    return wrong
