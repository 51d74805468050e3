"""Check one chapter alone: `make check CHAPTER=slug` lints, tests, plants mistakes, executes, and builds the page.

Two lanes run side by side, one for each core; every step runs even when another failed. The last lines say what is
still missing, as the checks of the whole book would.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from book.tools import (
    chapters,
    check_form,
    check_front,
    check_layout,
    checks,
    dependencies,
    files,
    first_cell,
    folklore,
    layers,
    page,
    proofs,
)
from book.tools.chapters import ROOT, BookError, Chapter
from book.tools.progress import seconds

SOME = 3  # planted mistakes, unless all are asked for
MISTAKES = "tests/mutation/mistakes"


@dataclass(frozen=True)
class Work:
    """A chapter and the files that make it: modules of the library, tests."""

    chapter: Chapter
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def exercises(self) -> list[str]:
        """The code of its exercises, if it exists."""
        name = f"aigc_course/exercises/{self.chapter.slug}.py"
        return [name] if (self.chapter.root / name).exists() else []


def work(chapter: Chapter) -> Work:
    """Find the modules of its package that a notebook imports, and the tests of these and of its equations and rows."""
    root, package = chapter.root, chapter.front.get("package", "")
    names = {name for cell in chapter.code for name in dependencies.imported(_plain(cell.source), "")}
    paths = (Path(*name.split(".")).with_suffix(".py") for name in names if name.split(".")[1:2] == [package])
    modules = sorted(path.as_posix() for path in paths if (root / path).is_file())
    tests = {path for name in modules for path in (root / f"tests/{package}").glob(f"test_{Path(name).stem}*.py")}
    tests |= {root / proof.path for proof in _proofs(chapter)}
    return Work(chapter, tuple(modules), tuple(sorted(path.relative_to(root).as_posix() for path in tests)))


def _plain(source: str) -> str:
    """A cell without its magic commands, which are no Python."""
    return re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)


def _proofs(chapter: Chapter) -> Iterator[proofs.Proof]:
    wanted = {"equation": set(chapter.labels), "folklore": set(folklore.mentions(chapter))}
    for mark, labels in wanted.items():
        yield from (
            proof for label, found in proofs.collect(chapter.root, mark).items() if label in labels for proof in found
        )


def lint(one: Work) -> str:
    """Run ruff and pyright on the chapter's files; return what they say."""
    python = [*one.modules, *one.exercises]
    every = [one.chapter.name, *python, *one.tests]
    said = [
        _python(one, "ruff", "check", "--quiet", *every),
        _python(one, "ruff", "format", "--check", "--quiet", *every),
    ]
    return "\n".join(filter(None, [*said, _python(one, "pyright", *python) if python else ""]))


def test(one: Work) -> str:
    """Run the chapter's tests; return the failures."""
    marks = ("-m", "not site and not gpu and not slow")
    return _python(one, "pytest", "--no-header", *marks, *one.tests) if one.tests else ""


def mutate(one: Work, most: int = SOME) -> str:
    """Plant some of the mistakes of the chapter's own list; return those that no test noticed."""
    path = one.chapter.root / MISTAKES / f"{one.chapter.slug}.yml"
    listed = path.exists() and "file:" in path.read_text(encoding="utf-8")
    return _python(one, "tests.mutation", "--chapter", one.chapter.slug, "--most", str(most)) if listed else ""


def execute(one: Work) -> str:
    """Execute the notebook if it or what it uses changed; return why it failed."""
    return _python(one, "book.tools.execute", "--root", str(one.chapter.root), "--only", one.chapter.slug)


def build(one: Work) -> str:
    """Build the page of what was executed; return Sphinx's warnings."""
    if not page.is_ready(one.chapter):
        return "the page was not built, because the notebook did not run"
    return page.build(one.chapter)[1]


def _python(one: Work, module: str, *arguments: str) -> str:
    """Run a module in the root of the book; nothing when it ended well, else what it said."""
    command = [sys.executable, "-m", module, *arguments]
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    ran = subprocess.run(
        command, cwd=one.chapter.root, env=os.environ | threads, capture_output=True, text=True, check=False
    )
    return f"{ran.stdout}{ran.stderr}".strip() if ran.returncode else ""


def missing(one: Work) -> list[str]:
    """Everything that the checks of the book want of this chapter and do not find."""
    from aigc_course.core import grading
    from aigc_course.core.data import DATASETS  # imports torch, as the next does
    from book.tools import check_exercises

    chapter, root = one.chapter, one.chapter.root
    wrong = [f"{chapter.name}: {message}" for message in check_front.one(chapter, DATASETS)]
    own = (check_form.form, checks.empty, checks.minima, checks.outputs, checks.tags)
    wrong += [message for check in own for message in check(chapter)] + list(_files(one))
    whole = (checks.toc, check_layout.layout, check_layout.links, first_cell.problems, checks.equations, folklore.check)
    wrong += [message for check in (*whole, layers.problems) for message in check(root)]
    wrong += check_front.order(chapters.all(root), root)
    try:
        tasks = list(grading.chapter_exercises(chapter.slug).values())
    except ValueError as error:
        return [*wrong, *str(error).splitlines()]
    return [*wrong, *check_exercises.chapter(chapter, tasks)]


def _files(one: Work) -> Iterator[str]:
    """Files that every chapter has."""
    chapter, package = one.chapter, one.chapter.front.get("package", "")
    if not one.modules:
        yield f"{chapter.name} imports no module of aigc_course/{package}; its model belongs there"
    for name in one.modules:
        stem = Path(name).stem
        if not any(
            "def test_" in (chapter.root / path).read_text("utf-8") for path in one.tests if f"test_{stem}" in path
        ):
            yield f"{name} has no test; write tests/{package}/test_{stem}.py"
    path = chapter.root / MISTAKES / f"{chapter.slug}.yml"
    if not path.exists() or "file:" not in path.read_text(encoding="utf-8"):
        yield f"{MISTAKES}/{chapter.slug}.yml plants no mistake; list those that one could make"


def check(slug: str, most: int = SOME, root: Path = ROOT) -> int:
    """Run every step on a chapter and print what they found; return how many things are wrong or missing."""
    one, start = work(chapters.find(slug, root)), time.monotonic()
    lanes: list[dict[str, Callable[[], str]]] = [
        {"notebook": lambda: execute(one), "page": lambda: build(one)},
        {"lint": lambda: lint(one), "tests": lambda: test(one), "mistakes": lambda: mutate(one, most)},
    ]
    with ThreadPoolExecutor(len(lanes)) as pool:
        said = [problem for lane in pool.map(_run, lanes) for problem in lane]
    wanted = missing(one)
    print("\n".join(["", *said, *_summary(one, wanted, len(said), time.monotonic() - start)]), flush=True)
    return len(said) + len(wanted)


def _run(lane: dict[str, Callable[[], str]]) -> list[str]:
    """The problems of the steps of one lane."""
    problems = []
    for name, step in lane.items():
        start = time.monotonic()
        problem = step()
        print(f"{name:9} {'FAILED' if problem else 'ok':7}{seconds(time.monotonic() - start)}", flush=True)
        problems += [f"== {name}\n{problem}\n"] if problem else []
    return problems


def _summary(one: Work, wanted: list[str], failed: int, spent: float) -> Iterator[str]:
    yield f"{one.chapter.name}: {failed} steps failed, {len(wanted)} things are missing, {seconds(spent)}."
    yield from (f"  - {message}" for message in wanted)
    where = one.chapter.root / page.PLACE / one.chapter.slug / "out/html" / f"{one.chapter.docname}.html"
    if where.exists():
        yield f"The page is {where.relative_to(one.chapter.root)}"


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 when nothing is wrong and nothing is missing."""
    parser = argparse.ArgumentParser(prog="python -m book.tools.check_chapter", description="Check one chapter alone.")
    parser.add_argument("slug", help="the chapter")
    parser.add_argument("--mutants", default=str(SOME), help="how many mistakes to plant: a number, or `all`")
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder")
    options = parser.parse_args(arguments)
    try:
        most = 10**6 if options.mutants == "all" else max(1, int(options.mutants))
        return int(check(options.slug, most, options.root.resolve()) > 0)
    except ValueError:
        files.complain([f"--mutants is a number or `all`, not {options.mutants!r}"])
    except BookError as error:
        files.complain([str(error)])
    return 1


if __name__ == "__main__":
    sys.exit(main())
