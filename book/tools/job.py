"""One notebook at work: a pytest with nbval in a process of its own, watched for time and memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from book.tools import dependencies, files
from book.tools.chapters import ROOT, Chapter, load
from book.tools.progress import seconds

EXECUTED = "_build/executed"
RUNNING = "_build/running"
PATIENCE = 3  # a budget is missed for good beyond this many times itself
TRACEBACK_LINES = 12
MB = 1_000_000


@dataclass
class Job:
    """A running notebook."""

    chapter: Chapter
    profile: str
    key: str
    folder: Path
    process: subprocess.Popen[bytes]
    began: float = field(default_factory=time.time)
    peak_mb: float = 0.0

    @property
    def state(self) -> dict[str, Any]:
        """The cell at work (from 1), how many there are, when the first began; empty while the kernel starts."""
        return files.read_json(self.folder / "state.json") or {}

    @property
    def spent_s(self) -> float:
        """Seconds since its first cell began, 0 while the kernel starts."""
        return time.time() - self.state["began"] if self.state else 0.0

    def status(self) -> str:
        """How it stands, for the progress line."""
        state = self.state
        where = f"code cell {state['cell']}/{state['of']}" if state else "starting"
        return f"{self.chapter.name} {seconds(time.time() - self.began)}, {where}"


@dataclass(frozen=True)
class Outcome:
    """How a notebook ended: its measured figures, and what went wrong (nothing when `problem` is empty)."""

    name: str
    seconds: float
    peak_mb: int
    cells: int
    problem: str = ""


def start(chapter: Chapter, profile: str) -> Job:
    """Start nbval on `chapter`, one thread, in a session of its own so that Ctrl-C reaches only the runner."""
    folder = chapter.root / RUNNING / chapter.docname.replace("/", "__")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
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
    return Job(chapter, profile, key, folder, process)


def _environment(root: Path, profile: str) -> dict[str, str]:
    """The caller's environment less what would change outputs, one thread, and the library of `root` before others."""
    dropped = ("MPLBACKEND", "PYTHONWARNINGS", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "AIGC_PROFILE": profile,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([str(root), str(ROOT)])),
        # only nbval is needed, and the other plugins take seconds to import
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def watch(job: Job) -> str:
    """Measure the kernel's memory; return why the job must stop, or nothing."""
    used = 0.0
    try:
        for child in psutil.Process(job.process.pid).children(recursive=True):
            used += child.memory_info().rss / MB
    except psutil.Error:  # it ended while we looked
        pass
    job.peak_mb = max(job.peak_mb, used)
    return over_budget(job.chapter, job.profile, job.spent_s, job.peak_mb)


def over_budget(chapter: Chapter, profile: str, spent_s: float, peak_mb: float) -> str:
    """Which declared budget (`cpu_s` or `gpu_s`, `ram_mb`) is exceeded more than threefold, in words, or nothing."""
    budget = chapter.front.get("budget", {})
    limits = ((spent_s, "gpu_s" if profile == "gpu" else "cpu_s", "s"), (peak_mb, "ram_mb", "MB"))
    for used, name, unit in limits:
        if name in budget and used > PATIENCE * budget[name]:
            return (
                f"{chapter.name}: {used:.0f} {unit} is more than {PATIENCE} times its budget of {budget[name]} {unit}; "
                f"make the notebook lighter or correct metadata.aigc.budget.{name}"
            )
    return ""


def kill(job: Job) -> None:
    """End the notebook's process tree: the kernel has a session of its own, one signal to a group is not enough."""
    try:
        parent = psutil.Process(job.process.pid)
        family = [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        family = []
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    job.process.wait()


def finish(job: Job, stopped: str = "") -> Outcome:
    """Keep what an ended job made, or say why it failed."""
    times = files.read_json(job.folder / "times.json") or []
    spent = round(sum(times) if times else job.spent_s, 1)
    problem = stopped or _problem(job) or over_budget(job.chapter, job.profile, spent, job.peak_mb)
    outcome = Outcome(job.chapter.name, spent, round(job.peak_mb), job.state.get("of", 0), problem)
    if problem:
        # an older success must not be published after a failure
        record_path(job.chapter).unlink(missing_ok=True)
    else:
        _keep(job, outcome)
        shutil.rmtree(job.folder)
    return outcome


def _problem(job: Job) -> str:
    """Why the run of a job that ended by itself does not count, or nothing."""
    name, failure = job.chapter.name, files.read_json(job.folder / "failure.json")
    if failure and failure["cell"]:
        return _in_cell(name, failure)
    if job.process.returncode or not (job.folder / "notebook.ipynb").exists():
        tail = (job.folder / "pytest.log").read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        reason = failure["message"] if failure else f"pytest ended with {job.process.returncode}"
        at = f", code cell {job.state['cell']}" if job.state else ""
        return "\n".join([f"{name}{at}: {reason}", *(f"    {line}" for line in tail)])
    if dependencies.key(load(job.chapter.path, job.chapter.root), job.profile) != job.key:
        return f"{name}: it, or the library it uses, was edited while it was executed; run again"
    return ""


def _in_cell(name: str, failure: dict[str, Any]) -> str:
    """The message about a failing cell: where, what, its source, the end of the traceback."""
    source = [f"    {line}" for line in failure["source"].splitlines()]
    end = [f"    {line}" for line in failure["traceback"].strip().splitlines()[-TRACEBACK_LINES:]]
    return "\n".join(
        [f"{name}, code cell {failure['cell']}: {failure['message']}", *source, "  which ended with", *end]
    )


def record_path(chapter: Chapter) -> Path:
    """Where the measured figures of an executed chapter stand; its notebook lies beside, with suffix `.ipynb`."""
    return chapter.root / EXECUTED / f"{chapter.docname}.json"


def _keep(job: Job, outcome: Outcome) -> None:
    """Publish notebook and record; the record comes last, so that its presence means both are whole."""
    record = record_path(job.chapter)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.unlink(missing_ok=True)
    (job.folder / "notebook.ipynb").replace(record.with_suffix(".ipynb"))
    figures = {"key": job.key, "profile": job.profile, "seconds": outcome.seconds, "peak_mb": outcome.peak_mb}
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    files.write_json(record, figures | {"cells": outcome.cells, "finished": finished})


def is_done(chapter: Chapter, profile: str) -> bool:
    """Whether the kept outputs belong to the notebook, the library, the lock and the profile as they are now."""
    record = files.read_json(record_path(chapter))
    return bool(record) and record["key"] == dependencies.key(chapter, profile)
