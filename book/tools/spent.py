"""Where the time of a CI run went, by part, and how long each part would take with all chapters written."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from book.tools import files
from book.tools.progress import seconds

PLANNED = 44  # chapters
# part → minutes that it may take with all chapters, on two cores that nothing else uses
GOALS = {"unit tests": 8.0, "notebooks": 16.0, "site": 10.0, "all": 40.0}


def parts(folder: Path) -> dict[str, float]:
    """Seconds by the clock of each part that ran; `other` is what the steps took beside (installing, starting)."""
    steps = _steps(folder / "steps")
    report = files.read_json(folder / "notebooks.json")
    found = {
        "unit tests": _suite(folder / "tests.xml"),
        "notebooks": float(report["seconds"]) if isinstance(report, dict) and "seconds" in report else 0.0,
        "site build": steps.get("make book", 0.0),
        "site tests": _suite(folder / "site.xml"),
    }
    return found | {"other": max(0.0, sum(steps.values()) - sum(found.values()))}


def _steps(path: Path) -> dict[str, float]:
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    pairs = (line.rpartition(" ") for line in lines)
    return {step: float(spent) for step, _, spent in pairs}


def _suite(path: Path) -> float:
    """Seconds by the clock of a pytest run, 0 when it left no whole report."""
    try:
        root: Any = ET.parse(path).getroot()
    except (OSError, ET.ParseError):
        return 0.0
    return sum(float(suite.get("time", 0)) for suite in root.iter("testsuite"))


def table(folder: Path, written: int) -> list[str]:
    """A line for each part: what it took, what it would take with 44 chapters, and its goal.

    The projection grows every part with the number of chapters, which is more than the fixed parts will take.
    """
    spent, grow = parts(folder), PLANNED / max(written, 1)
    then = {part: took * (1 if part == "other" else grow) for part, took in spent.items()}
    for times in (spent, then):
        times |= {"site": times["site build"] + times["site tests"], "all": sum(times.values())}
    head = f"where the time went, and what {PLANNED} chapters would take ({written} are written):"
    return [head, *(_line(part, spent[part], then[part]) for part in spent)]


def _line(part: str, took: float, then: float) -> str:
    goal = GOALS.get(part)
    late = " TOO LONG" if goal and then > 60 * goal else ""
    return f"  {part:<10} {seconds(took):>12} → {seconds(then)}" + (f", goal {goal:.0f} min{late}" if goal else "")
