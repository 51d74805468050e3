"""One notebook at work: a pytest with nbval in a process of its own, watched for time, memory and life."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from book.tools import dependencies, failure, files, processes, record
from book.tools.chapters import ROOT, Chapter, load
from book.tools.failure import Problem
from book.tools.kernel import NOTED
from book.tools.processes import Usage
from book.tools.progress import seconds

RUNNING = "_build/running"
PYTEST = "pytest.json"
LONGEST_LOOK_S = 5.0  # more between two looks means that the machine slept, or that the runner was stopped


@dataclass
class Job:
    """A running notebook, on a machine `slower` times slower than the reference.

    Its clock does not count while the machine sleeps; `waited_s` counts while no CPU is used.
    """

    chapter: Chapter
    profile: str
    key: str
    folder: Path
    process: subprocess.Popen[bytes]
    slower: float = 1.0
    looked: float = field(default_factory=lambda: time.monotonic())
    wall_s: float = 0.0
    cells_wall_s: float = 0.0
    waited_s: float = 0.0
    cpu_s: float = 0.0
    mb: float = 0.0
    peak_mb: float = 0.0

    @property
    def state(self) -> dict[str, Any]:
        """The cell at work (from 1), how many there are, when the first began; empty while the kernel starts."""
        return files.read_json(self.folder / "state.json") or {}

    @property
    def last_mb(self) -> float:
        """The kernel's memory when last seen, by us or, in a cell too short for that, at the cell's start."""
        return self.mb or self.state.get("mb", 0.0)

    def status(self) -> str:
        """How it stands, for the progress line."""
        state = self.state
        where = f"code cell {state['cell']}/{state['of']}" if state else "starting"
        return f"{self.chapter.name} {seconds(self.wall_s)}, CPU {seconds(self.cpu_s)}, {where}"


@dataclass(frozen=True)
class Outcome:
    """How a notebook ended: its measured figures, and what went wrong (nothing when `problem` is empty)."""

    name: str
    cpu_s: float
    seconds: float
    peak_mb: int
    cells: int
    slower: float = 1.0
    problem: str = ""
    warning: str = ""


def new_run(root: Path) -> Path:
    """A folder for this run alone: what an earlier one left behind is ended and cannot write into it."""
    running = root / RUNNING
    left = [process for path in running.rglob("*.json") if (process := _left(path))]
    if count := processes.end(left):
        print(f"Ended {count} processes that an earlier run had left behind.", flush=True)
    shutil.rmtree(running, ignore_errors=True)
    running.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="run-", dir=running))


def _left(path: Path) -> psutil.Process | None:
    return processes.noted(path) if path.name in (PYTEST, NOTED) else None


def start(chapter: Chapter, profile: str, run: Path, slower: float = 1.0) -> Job:
    """Start nbval on `chapter`, one thread, in a session of its own so that Ctrl-C reaches only the runner."""
    folder = Path(tempfile.mkdtemp(prefix=f"{chapter.path.stem[:40]}-", dir=run))
    key = dependencies.key(chapter, profile)
    command = [sys.executable, "-m", "pytest", "-c", str(Path(__file__).with_name("nbval.ini"))]
    command += ["--rootdir", str(chapter.root), "--noconftest", "-p", "no:cacheprovider", "-x", "-q"]
    command += ["-p", "nbval.plugin", "-p", "book.tools.keep_outputs", "--keep", str(folder)]
    command += ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "86400", str(chapter.path)]
    with (folder / "pytest.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=chapter.root,
            env=_environment(chapter.root, profile),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        processes.note(folder / PYTEST, psutil.Process(process.pid))
    return Job(chapter, profile, key, folder, process, slower)


def _environment(root: Path, profile: str) -> dict[str, str]:
    """The caller's environment less what would change outputs, one thread, and the library of `root` before others."""
    dropped = ("MPLBACKEND", "PYTHONWARNINGS", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "AIGC_PROFILE": profile,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([str(root), str(ROOT)])),
        # a crash in compiled code says in which line
        "PYTHONFAULTHANDLER": "1",
        # only nbval is needed, and the other plugins take seconds to import
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def watch(job: Job) -> Problem | None:
    """Measure the kernel's time and memory; return why the job must stop, or nothing."""
    now, state = time.monotonic(), job.state
    passed, job.looked = min(now - job.looked, LONGEST_LOOK_S), now
    job.wall_s += passed
    if not state:
        return None
    job.cells_wall_s += passed
    used, before = _usage(job), job.cpu_s
    job.cpu_s = max(job.cpu_s, used.cpu_s - state["cpu_began"])
    # on the most crowded machine, what wants to run gets a hundredth of a second in each look
    job.waited_s += passed if job.cpu_s == before else 0.0
    job.mb = used.mb or job.mb
    job.peak_mb = max(job.peak_mb, used.mb)
    over = failure.over_budget(job.chapter, job.profile, job.cpu_s, job.cells_wall_s, job.peak_mb, job.slower)
    return over or failure.hangs(job.chapter, job.profile, job.waited_s, job.slower)


def _usage(job: Job) -> Usage:
    kernel = processes.noted(job.folder / NOTED)
    return processes.usage(kernel) if kernel else Usage()


def kill(job: Job) -> None:
    """End the notebook's processes: the kernel has a session of its own, one signal to a group is not enough."""
    noted = [processes.noted(job.folder / NOTED), processes.noted(job.folder / PYTEST)]
    processes.end([process for process in noted if process])
    job.process.kill()
    job.process.wait()


def finish(job: Job, stopped: Problem | None = None) -> Outcome:
    """Keep what an ended job made, or say why it failed.

    Raises:
        DiskFull: There was no room for what it had to write; what was kept before stays.
    """
    times = files.read_json(job.folder / "times.json") or [{"seconds": job.cells_wall_s, "cpu_s": job.cpu_s}]
    cpu, wall = (round(sum(one[name] for one in times), 1) for name in ("cpu_s", "seconds"))
    figures = (cpu, wall, job.peak_mb, job.slower)
    problem = stopped or _problem(job) or failure.over_budget(job.chapter, job.profile, *figures)
    mb, cells = round(max(job.peak_mb, job.last_mb)), job.state.get("of", 0)
    outcome = Outcome(job.chapter.name, cpu, wall, mb, cells, job.slower)
    if problem:
        return _failed(job, problem, outcome)
    warning = failure.near_budget(job.chapter, job.profile, *figures)
    measured = {"cpu_s": cpu, "slower": job.slower, "seconds": wall, "peak_mb": mb, "cells": cells}
    record.keep(job.chapter, job.folder / "notebook.ipynb", key=job.key, profile=job.profile, **measured)
    shutil.rmtree(job.folder)
    return replace(outcome, warning=warning)


def _failed(job: Job, problem: Problem, outcome: Outcome) -> Outcome:
    """An older success must not be published after the notebook's own failure, but it survives the machine's."""
    if full := files.disk_full(job.chapter.root / "_build", problem.text):
        raise full
    if problem.own:
        record.drop(job.chapter)
    return replace(outcome, problem=problem.text)


def _problem(job: Job) -> Problem | None:
    """Why the run of a job that ended by itself does not count, or nothing."""
    chapter, told = job.chapter, files.read_json(job.folder / "failure.json")
    if told and "died" in told:
        return failure.died(chapter, told, job.last_mb, max(job.peak_mb, job.last_mb), _log(job.folder / "kernel.log"))
    if told and told["cell"]:
        return failure.in_cell(chapter, told, job.last_mb)
    if job.process.returncode or not (job.folder / "notebook.ipynb").exists():
        reason = told["message"] if told else f"pytest ended with {job.process.returncode}"
        at = f", code cell {job.state['cell']}" if job.state else ""
        lines = [*_log(job.folder / "pytest.log"), *_log(job.folder / "kernel.log")]
        return Problem("\n".join([f"{chapter.name}{at}: {reason}", *(f"    {line}" for line in lines)]), own=False)
    if dependencies.key(load(chapter.path, chapter.root), job.profile) != job.key:
        text = f"{chapter.name}: it, or the library it uses, was edited while it was executed; run again"
        return Problem(text, own=False)
    return None


def _log(path: Path) -> list[str]:
    """The last lines of a log."""
    if not path.exists():
        return []
    return path.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
