"""The planned course, `book/course.yml`: the one place of a chapter's title, part, prerequisites and objectives.

A notebook does not repeat them. What it declares itself, in `metadata.aigc`, is what only it knows: the concepts that
it teaches, its data sets, its budget, and the minutes that it takes.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PATH = "book/course.yml"
EQUATIONS = "book/equations.yml"
SLUG = re.compile(r"[a-z][a-z0-9_]*")


def parts(root: Path) -> list[dict[str, Any]]:
    """The parts of the planned course, in order; empty when there is no plan."""
    path = root / PATH
    return _parsed(path.read_text(encoding="utf-8")) if path.is_file() else []


@cache
def _parsed(text: str) -> list[dict[str, Any]]:
    plan = yaml.safe_load(text) or []
    return plan["parts"] if isinstance(plan, dict) else plan


def chapters(root: Path) -> dict[str, dict[str, Any]]:
    """Slug → what the plan says of a chapter, with its `part`'s title, number `n` and `package`, in order."""
    return {
        chapter["slug"]: chapter | {"part": part.get("title", ""), "n": n, "package": part.get("package", "")}
        for n, part in enumerate(parts(root), 1)
        for chapter in part["chapters"]
    }


def folder(chapter: dict[str, Any]) -> str:
    """The folder of a planned chapter's notebook, as an entry of `chapters` gives it."""
    return f"chapters/{chapter['n']}_{chapter['package']}"


def equation_titles(root: Path) -> dict[str, str]:
    """Label of an equation → its title; empty when there is no file of them."""
    path = root / EQUATIONS
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}
