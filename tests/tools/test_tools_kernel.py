"""One kernel, as the runner starts it: what it uses, what goes past Jupyter, what a failing assert compared."""

import json
import signal
import textwrap
import time
from contextlib import contextmanager

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from book.tools import assert_values, processes
from book.tools.kernel import KernelDied, Kernels, PastJupyter

BURN = "import time\nend = time.process_time() + 1\nwhile time.process_time() < end: pass"


class Running:
    """A kernel, and what it says of a cell."""

    def __init__(self, folder):
        self.values, self.past = folder / "values.json", PastJupyter(folder)
        self.manager = Kernels(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(),
            transport="ipc",
            connection_file=str(folder / "kernel.ipc"),
            keep=str(folder),
        )
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)
        self.past.new()

    def run(self, *lines):
        """The outputs of a cell: texts of streams, and of errors the traceback."""
        asked = self.client.execute(textwrap.dedent("\n".join(lines)), store_history=False)
        found = []
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            content = message["content"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            if content.get("execution_state") == "idle":
                return "\n".join(found)
            found += [content["text"]] if "text" in content else content.get("traceback", [])


@contextmanager
def started(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(assert_values.FILE, str(folder / "values.json"))
        running = Running(folder)
    yield running
    running.client.stop_channels()
    running.manager.shutdown_kernel(now=True)
    running.client.context.destroy(linger=0)
    running.manager.context.destroy(linger=0)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with started(tmp_path_factory.mktemp("k")) as running:
        yield running


@pytest.fixture
def doomed(tmp_path):
    with started(tmp_path) as running:
        yield running


def test_the_seconds_of_a_child_that_has_ended_count_and_sleeping_does_not(kernel):
    start, before = time.monotonic(), processes.usage(kernel.manager.process).cpu_s
    kernel.run("import subprocess, sys, time", f"subprocess.run([sys.executable, '-c', {BURN!r}])", "time.sleep(0.5)")
    used = processes.usage(kernel.manager.process).cpu_s - before
    assert 1 <= used < time.monotonic() - start - 0.3


def test_the_memory_and_the_seconds_of_a_child_that_still_runs_count(kernel):
    before = processes.usage(kernel.manager.process)
    code = f"{BURN}\nx = bytearray(100_000_000)\nprint(flush=True)\ninput()"
    kernel.run(
        f"child = subprocess.Popen([sys.executable, '-c', {code!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)",
        "child.stdout.read(1)",
    )
    now = processes.usage(kernel.manager.process)
    kernel.run("_ = child.communicate(b'.')")
    assert now.cpu_s - before.cpu_s >= 1
    assert now.mb - before.mb >= 100


def test_what_goes_past_jupyter_is_kept_apart(kernel):
    said = kernel.run("import os", "print('shown')", "_ = os.system('echo past >&2')", "os.write(1, b'too\\n');")
    assert said == "shown\n"
    assert kernel.past.new() == "past\ntoo"
    kernel.run("os.write(2, b'IOStream.flush timed out\\n');")
    assert kernel.past.new() == ""


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("gap = 0.5\nassert abs(gap) < 0.1, 'wide'", {"gap": "0.5", "abs(gap)": "0.5"}),
        ("assert all(x < 3 for x in [1, 2, 5, 1])", {"x": "5"}),
        ("ready = []\nassert ready", {"ready": "[]"}),
        ("assert 1 <= gap < 2 or not len('ab')", {"gap": "0.5", "len('ab')": "2"}),
        ("def f(x):\n    assert x == [gap]\nf(range(3))", {"x": "range(0, 3)", "[gap]": "[0.5]"}),
        ("assert 'a' * 999 == 1", {"'a' * 999": f"'{'a' * 219} … {'a' * 14}'"}),
        (
            "class R:\n    def __repr__(self): 1 / 0\nr = R()\nassert r == 1",
            {"r": "<R, whose repr raises ZeroDivisionError>"},
        ),
    ],
)
def test_a_failing_assert_leaves_the_values_it_compared(kernel, cell, values):
    kernel.values.unlink(missing_ok=True)
    assert "AssertionError" in kernel.run(cell)
    assert dict(json.loads(kernel.values.read_text())) == values


@pytest.mark.parametrize("cell", ["assert 1 + 1 == 2", "1 / 0", "import unittest; unittest.TestCase().fail('x')"])
def test_nothing_is_left_where_no_assert_of_the_notebook_failed(kernel, cell):
    kernel.values.unlink(missing_ok=True)
    kernel.run(cell)
    assert not kernel.values.exists()


def test_asserts_say_on_the_page_what_they_say_without_the_runner(kernel):
    cell = (
        "seen = []",
        "def f(x):",
        "    seen.append(x)",
        "    return 3 * x",
        "assert f(2) == 6 and f(f(1)) < 1, f'{seen}'",
    )
    noting = "get_ipython().ast_transformers"
    ours = kernel.run(*cell)
    names = kernel.run("print(sorted(globals()))")
    kernel.run(f"kept = {noting}[:]; {noting}.clear()")
    assert kernel.run(*cell) == ours
    assert "AssertionError" in ours
    assert "[2, 1, 3]" in ours
    assert kernel.run("del kept; print(sorted(globals()))") == names


def test_an_answer_is_not_awaited_from_a_dead_kernel(doomed):
    # `Empty` after two minutes would be the other way to end
    with pytest.raises(KernelDied) as died:
        doomed.run("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)")
    assert died.value.status == -signal.SIGKILL
