"""Copies of the project in which mistakes are planted, and the processes that run tests there."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation import ROOT

SERVER = Path(__file__).with_name("server.py")
OPTIONS = (
    *("-x", "-m", "not site and not gpu", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of plug-ins that are loaded before pytest
)
NEEDED = ("aigc_course", "benchmarks", "book", "chapters", "tests", "_config.yml", "pyproject.toml", "conftest.py")
HEAVY = (
    "torch",
    "torchvision",
    "scipy.stats",
    "sklearn.datasets",
    "skimage.io",
    "matplotlib.pyplot",
    "IPython.display",
    "hypothesis.strategies",
    "hypothesis.internal.observability",
    "beartype.claw",
    "jaxtyping",
)
PATIENCE = 900  # seconds by the clock; what waits for ever, without CPU time, has been noticed too
ENDLESS = 124  # the status of tests that had to be ended, as `timeout` has it


@dataclass(frozen=True)
class Answer:
    """Pytest's exit status (negative: the signal that ended it) and the test that failed first, if any."""

    status: int
    failed: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the tests were ended from outside: they found no end, or a signal found them."""
        return self.status < 0 or self.status == ENDLESS

    @property
    def verdict(self) -> str:
        """0 is "all passed", 1 "some failed"; anything else ran no test, unless it had to be ended."""
        return {0: "SURVIVED", 1: "caught", ENDLESS: "caught"}.get(self.status, "BROKEN")


def copy_project(to: Path, root: Path = ROOT) -> Path:
    """What the tests of the library need, away from the reader's files."""
    for name in NEEDED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, to / name)
    return to


class Tester:
    """Runs tests of one copy of the project; the libraries are loaded once and not for every mistake."""

    def __init__(self, project: Path, heavy: tuple[str, ...] = HEAVY) -> None:
        self.project, self.heavy = project, heavy
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[str]":
        quiet = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, SERVER, *self.heavy]
        pipe = subprocess.PIPE
        environment = os.environ | quiet
        return subprocess.Popen(
            command, cwd=self.project, env=environment, stdin=pipe, stdout=pipe, text=True, start_new_session=True
        )

    def run(self, tests: list[str], *, each: float | None = None, whole: float | None = None) -> Answer:
        """What the tests say of the project; `each` and `whole` are limits of the server, in CPU seconds."""
        assert self.process.stdin
        assert self.process.stdout
        asked = {"arguments": [*OPTIONS, *tests], "each": each, "whole": whole}
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.stop()
            self.process = self._start()
            return Answer(ENDLESS)
        return Answer(**json.loads(self.process.stdout.readline() or '{"status": 3}'))

    @contextlib.contextmanager
    def planted(self, file: str, text: str) -> Iterator[None]:
        """The file with another text, until the end of the block."""
        path = self.project / file
        source = path.read_text(encoding="utf-8")
        path.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(source, encoding="utf-8")

    def stop(self) -> None:
        """End the process and what it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@contextlib.contextmanager
def testers(root: Path, workers: int) -> Iterator[list[Tester]]:
    """As many testers, each with a copy of the project of its own."""
    with tempfile.TemporaryDirectory() as folder:
        heavy = HEAVY if root == ROOT else ()  # the small projects that test this machinery need none of them
        made = [Tester(copy_project(Path(folder) / str(i), root), heavy) for i in range(workers)]
        try:
            yield made
        finally:
            for tester in made:
                tester.stop()
