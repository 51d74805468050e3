"""Execute the book's notebooks: `python -m book.tools.execute` runs those that changed, `--all` every one.

Two run at a time with one thread each: on two cores that is faster than one with two. What a run saw is kept in
_build/executed, and the site publishes exactly that.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from book.tools import chapters, checks, files, heal, home, interrupts, job, record, speed
from book.tools.chapters import ROOT, BookError, Chapter
from book.tools.job import Job, Outcome
from book.tools.progress import Progress, seconds

POLL_S = 0.25
REPORT = "_build/reports/notebooks.json"  # of a run over all notebooks, for the summary


def profile() -> str:
    """The profile asked for by the environment: `cpu` unless AIGC_PROFILE says `gpu`."""
    return os.environ.get("AIGC_PROFILE") or "cpu"


class Runner:
    """Runs notebooks, `jobs` at a time, and reports on each."""

    def __init__(self, jobs: int, slower: float = 1.0) -> None:
        self.jobs, self.slower = jobs, slower
        self.progress = Progress()
        self.outcomes: list[Outcome] = []
        self.running: list[Job] = []
        self.total = 0
        self.folder = Path()

    def run(self, todo: list[Chapter], root: Path = ROOT) -> list[Outcome]:
        """Execute `todo`, longest first; on an interrupt end the children and say what is kept.

        Raises:
            DiskFull: Nothing more can be kept; the rest is not tried.
        """
        waiting = sorted(todo, key=_last_seconds, reverse=True)
        self.total, self.folder = len(waiting), job.new_run(root)
        try:
            while waiting or self.running:
                while waiting and len(self.running) < self.jobs:
                    self._start(waiting.pop(0))
                time.sleep(POLL_S)
                self._look()
        except KeyboardInterrupt:
            self.progress.line(self._interrupted())
            raise
        finally:
            for running in self.running:
                job.kill(running)
        self.progress.done()
        return self.outcomes

    def _start(self, chapter: Chapter) -> None:
        with interrupts.held():
            self.running.append(job.start(chapter, profile(), self.folder, self.slower))
        if not self.progress.live:
            self.progress.line(f"[{len(self.outcomes) + len(self.running)}/{self.total}] {chapter.name} started")

    def _look(self) -> None:
        for running in list(self.running):
            stopped = job.watch(running)
            if stopped or running.process.poll() is not None:
                job.kill(running)  # when pytest ended by itself, whatever is left of its kernel
                self.running.remove(running)
                self._finished(job.finish(running, stopped))
        self.progress.now([f"[{len(self.outcomes)}/{self.total} done] {running.status()}" for running in self.running])

    def _finished(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        how = "FAILED after" if outcome.problem else "done in"
        counted = f" = {self.slower:.2g} × {seconds(outcome.cpu_s / self.slower)}" if self.slower > 1 else ""
        self.progress.line(
            f"[{len(self.outcomes)}/{self.total}] {outcome.name} {how} {seconds(outcome.cpu_s)} of CPU{counted} "
            f"({seconds(outcome.seconds)} by the clock), {outcome.cells} code cells, peak {outcome.peak_mb} MB"
        )
        if outcome.warning:
            self.progress.line(outcome.warning)

    def _interrupted(self) -> str:
        done = sum(not outcome.problem for outcome in self.outcomes)
        return (
            f"Interrupted: {done} of {self.total} notebooks are done and kept; "
            f"the next `make book` resumes with the other {self.total - done}."
        )


def _last_seconds(chapter: Chapter) -> float:
    kept = record.read(chapter)
    return kept["cpu_s"] if kept else float("inf")


def execute(root: Path = ROOT, *, everything: bool = False, jobs: int = 2, only: str = "") -> list[Outcome]:
    """Execute the notebooks whose kept outputs are stale, all, or the chapter `only` (a slug) if it is stale.

    Raises:
        BookError: The source is wrong; nothing has been executed.
    """
    if problems := checks.source(root):
        raise BookError("\n\n".join(problems))
    book = chapters.all(root)
    for line in heal.heal(root, book):
        print(line, flush=True)
    _prune(book, root)
    book = [chapter for chapter in book if only in ("", chapter.slug)]
    todo = book if everything else [chapter for chapter in book if not record.is_done(chapter, profile())]
    if not todo:
        print(f"0 of {len(book)} notebooks to execute: nothing they depend on has changed.", flush=True)
        return []
    at_a_time = min(jobs, len(todo))
    print(f"Executing {len(todo)} of {len(book)} notebooks, {at_a_time} at a time, profile {profile()}.", flush=True)
    slower = speed.slower() if profile() == "cpu" else 1.0  # on a GPU the clock counts
    if slower > 1:
        print(f"A CPU second of the reference machine takes {slower:.2g} here; budgets count those.", flush=True)
    return Runner(jobs, slower).run(todo, root)


def _prune(book: list[Chapter], root: Path) -> None:
    """Drop what is kept of notebooks that the book no longer has."""
    wanted = {record.record_path(chapter).with_suffix(suffix) for chapter in book for suffix in (".json", ".ipynb")}
    for path in sorted((root / record.EXECUTED).rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in wanted:
            path.unlink()


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 when every notebook passed, 130 when interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m book.tools.execute", description="Execute the notebooks of the book."
    )
    parser.add_argument("--all", action="store_true", help="execute every notebook, changed or not")
    parser.add_argument("--only", default="", metavar="SLUG", help="execute this chapter alone, if it changed")
    parser.add_argument("--jobs", type=int, default=1 if profile() == "gpu" else 2, help="notebooks at a time")
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder")
    options = parser.parse_args(arguments)
    root, start = options.root.resolve(), time.monotonic()
    interrupts.interruptible()
    try:
        outcomes = _all_in_words(root, options.all, options.jobs, options.only)
        problems = [outcome.problem for outcome in outcomes if outcome.problem]
    except BookError as error:
        problems, outcomes = [str(error)], []
    except KeyboardInterrupt:
        return 130
    files.complain(problems)
    passed = sum(not outcome.problem for outcome in outcomes)
    print(f"{passed} notebooks passed, {len(problems)} failed, in {seconds(time.monotonic() - start)}.")
    return 1 if problems else 0


def _all_in_words(root: Path, everything: bool, jobs: int, only: str) -> list[Outcome]:
    """Execute; what the operating system refuses becomes a sentence. A run over everything leaves a report."""
    build, start = root / "_build", time.monotonic()
    with files.in_words(build), files.only_run(build):
        home.settle(build)
        outcomes = execute(root, everything=everything, jobs=jobs, only=only)
        if everything:
            spent = round(time.monotonic() - start, 1)
            files.write_json(root / REPORT, {"seconds": spent, "outcomes": [asdict(one) for one in outcomes]})
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
