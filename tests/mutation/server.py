"""Runs pytest once for each line of standard input, in a fork of a process that has loaded the heavy libraries.

The libraries are those of the command line.

A line holds, as JSON, pytest's ``arguments`` and two limits in CPU seconds or null, so that a crowded machine changes
no verdict: a test that takes longer than ``each`` fails, and after the ``whole`` time no further test begins. The
answer holds pytest's exit ``status`` and the test that ``failed`` first, or null. Nothing of the project is loaded
before the fork, so every line sees the files as they are then. Pytest loads its own plug-ins itself, after the fork.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

import pytest

MEMORY = 8 * 2**30  # bytes; a number too many must not take the machine along


class Watch:
    """A plug-in of pytest that notes the first failure and keeps the time."""

    def __init__(self, *, each: float | None, whole: float | None) -> None:
        self.each, self.failed = each, None
        self.end = None if whole is None else time.process_time() + whole

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        def late(_number: int, _frame: FrameType | None) -> None:
            raise TimeoutError(f"the test took more than {self.each} CPU seconds")

        signal.signal(signal.SIGPROF, late)
        signal.setitimer(signal.ITIMER_PROF, self.each or 0)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        with self._limited():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        with self._limited():
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_runtest_logfinish(self) -> None:
        if self.end is not None and time.process_time() > self.end:
            self.session.shouldstop = "the time is over"

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session


def run(arguments: list[str], *, each: float | None = None, whole: float | None = None) -> dict[str, int | str | None]:
    """Pytest's exit status, and what failed first, from a child whose output nobody sees."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _test(arguments, Watch(each=each, whole=whole), writing)
    os.close(writing)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.set_blocking(reading, False)  # a process that a test left behind may hold the other end open
    failed = b""
    with contextlib.suppress(BlockingIOError):
        failed = os.read(reading, 2**16)
    os.close(reading)
    return {"status": status, "failed": failed.decode() or None}


def _test(arguments: list[str], watch: Watch, writing: int) -> None:
    status = int(pytest.ExitCode.INTERNAL_ERROR)
    with contextlib.suppress(BaseException):
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        status = int(pytest.main(arguments, plugins=[watch]))
        os.write(writing, (watch.failed or "").encode())
    os._exit(status)


def main() -> None:
    """Answer until standard input ends."""
    for name in sys.argv[1:]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    main()
