"""The last lines of a CI run: where the time went, how many tests and notebooks ran, the slowest, and what failed.

Arguments name the steps that failed as a whole: `python -m book.tools.report "make book"`. The seconds of each step
stand in _build/reports/steps, which `.ci/run` writes: a line `make book 31`.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from book.tools import files, spent
from book.tools.progress import seconds

SLOWEST = 5


@dataclass(frozen=True)
class Ran:
    """A test or a notebook that ran."""

    name: str
    seconds: float
    passed: bool
    skipped: bool = False


def tests(report: Path) -> list[Ran]:
    """Tests in a JUnit file; a missing or broken file counts as one failure, so that it cannot pass unseen."""
    try:
        cases = list(ET.parse(report).getroot().iter("testcase"))
    except (FileNotFoundError, ET.ParseError):
        return [Ran(f"{report.name}: pytest did not finish", 0.0, passed=False)]
    return [_ran(case) for case in cases]


def _ran(case: ET.Element) -> Ran:
    file = case.get("classname", "").replace(".", "/")
    failed = case.find("failure") is not None or case.find("error") is not None
    return Ran(f"{file}::{case.get('name')}", float(case.get("time", 0)), not failed, case.find("skipped") is not None)


def notebooks(report: Path) -> list[Ran]:
    """Notebooks that the last execution ran; no report, or a damaged one, counts as one failure."""
    try:
        outcomes = files.read_json(report)["outcomes"]
        return [Ran(outcome["name"], outcome["cpu_s"], not outcome["problem"]) for outcome in outcomes]
    except (TypeError, KeyError):
        return [Ran("the notebooks were not executed", 0.0, passed=False)]


def summary(ran_tests: list[Ran], ran_notebooks: list[Ran]) -> list[str]:
    """The lines: counts, the slowest, and at the end `N passed, N failed`."""
    lines = [_counts("tests", ran_tests), _counts("notebooks", ran_notebooks)]
    for what, ran in (("tests", ran_tests), ("notebooks, in CPU seconds", ran_notebooks)):
        lines.append(f"slowest {what}:")
        slowest = sorted(ran, key=lambda one: one.seconds, reverse=True)[:SLOWEST]
        lines += [f"  {seconds(one.seconds):>12}  {one.name}" for one in slowest]
    everything = [one for one in ran_tests + ran_notebooks if not one.skipped]
    lines += [f"failed: {one.name}" for one in everything if not one.passed]
    failed = sum(not one.passed for one in everything)
    return [*lines, f"{len(everything) - failed} passed, {failed} failed"]


def _counts(what: str, ran: list[Ran]) -> str:
    skipped = sum(one.skipped for one in ran)
    return f"{len(ran) - skipped} {what} ran" + (f", {skipped} skipped" if skipped else "")


def main(failed_steps: list[str], root: Path) -> int:
    """Print the summary of _build/reports; 1 when anything failed.

    A step that failed without a failure in its reports counts as one itself.
    """
    folder = root / "_build" / "reports"
    in_tests, in_site = tests(folder / "tests.xml"), tests(folder / "site.xml")
    ran_notebooks = notebooks(folder / "notebooks.json")
    told = {"make test": in_tests + ran_notebooks, "make test-site": in_site}
    steps = [Ran(step, 0.0, False) for step in failed_steps if all(one.passed for one in told.get(step, []))]
    lines = ["", *spent.table(folder, len(ran_notebooks)), *summary([*in_tests, *in_site, *steps], ran_notebooks)]
    print("\n".join(lines), flush=True)
    return int(any(not one.passed for one in [*in_tests, *in_site, *steps, *ran_notebooks]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
