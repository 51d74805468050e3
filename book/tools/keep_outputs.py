"""A pytest plugin for nbval's runs: keep the outputs it saw, refuse what a cell writes on stderr, say how far it is.

`execute.py` starts one pytest for each notebook with `-p book.tools.keep_outputs --keep DIR`. DIR gets `kernel.json`
(which process the kernel is), `state.json` (the cell at work), and at the end `times.json` and `notebook.ipynb` (the
notebook with its outputs) or `failure.json`.
"""

from __future__ import annotations

import copy
import functools
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import nbval.kernel
import pytest
from nbval.plugin import IPyNbCell, NbCellError

from book.tools import assert_values, files, processes
from book.tools.kernel import KernelDied, Kernels, PastJupyter

VALUES = "values.json"  # what a failing assert compared
PAST = (
    "wrote past Jupyter (a child process, or compiled code): no page would show it; take it with "
    "subprocess.run(..., capture_output=True, text=True) and print it, or send it to subprocess.DEVNULL"
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# tqdm: "name: 40%|####    | 2/5 [00:01<00:02, 1.5it/s, loss=0.1]" or, without a total, "7it [00:01, 5.1it/s]"
_BAR = re.compile(r"([^|]*?\d+%\|[^|]*\| *\S+/\S+ \[[^\]]*\]|([^|]*: )?\S+it \[[^\]]*\])\s*")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--keep DIR`."""
    parser.addoption("--keep", metavar="DIR", help="keep the notebook as nbval ran it, and how it went, in DIR")


def pytest_configure(config: pytest.Config) -> None:
    """Start keeping when asked to."""
    if folder := config.getoption("--keep"):
        config.pluginmanager.register(_Keeper(Path(folder)))
        os.environ[assert_values.FILE] = str(Path(folder) / VALUES)
        sockets = tempfile.TemporaryDirectory(prefix="kernel-")  # its path must stay below 100 characters
        config.add_cleanup(sockets.cleanup)
        nbval.kernel.KernelManager = _kernels_in(sockets.name, folder)


def _kernels_in(sockets: str, keep: str) -> Any:
    """Kernels that talk through files: of two that start together on ports, both may be given the same one."""
    return functools.partial(Kernels, transport="ipc", connection_file=f"{sockets}/kernel.json", keep=keep)


def unexpected(outputs: list[Any]) -> str:
    """What `outputs` wrote on stderr besides progress bars."""
    text = "".join(
        out["text"] for out in outputs or () if out.get("output_type") == "stream" and out["name"] == "stderr"
    )
    lines = [_ANSI.sub("", line).strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not _BAR.fullmatch(line))


class _Keeper:
    """Follows the cells of one notebook."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cells, self.began, self.used = 0, 0.0, 0.0
        self.times: list[dict[str, float]] = []
        self.outputs: dict[int, list[Any]] = {}
        self.notebook: Any = None
        self.past = PastJupyter(folder)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.cells = len(session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        assert isinstance(item, IPyNbCell)
        self._before(item)
        start = time.perf_counter()
        yield
        self._after(item, round(time.perf_counter() - start, 3))

    def _before(self, item: Any) -> None:
        """Write down which cell is at work; a notebook's time is that of its cells, so that it begins here."""
        used = processes.usage(item.parent.kernel.km.process)
        if not self.began:
            self.began, self.used = time.monotonic(), used.cpu_s
            self.past.new()
        (self.folder / VALUES).unlink(missing_ok=True)
        state = {"cell": item.cell_num + 1, "of": self.cells, "began": self.began, "cpu_began": self.used}
        files.write_json(self.folder / "state.json", state | {"mb": round(used.mb)})

    def _after(self, item: Any, spent: float) -> None:
        """Take the cell's outputs and times, and refuse what it should not have written."""
        cpu = processes.usage(item.parent.kernel.km.process).cpu_s - self.used - sum(one["cpu_s"] for one in self.times)
        self.times.append({"seconds": spent, "cpu_s": round(cpu, 3)})
        self.notebook, self.outputs[item.cell_num] = item.parent.nb, item.test_outputs or []
        if noise := unexpected(self.outputs[item.cell_num]):
            raise NbCellError(item.cell_num, "wrote on stderr, or printed a warning", item.cell.source, noise)
        if noise := self.past.new():
            raise NbCellError(item.cell_num, PAST, item.cell.source, noise)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        report = yield
        if call.excinfo and not isinstance(call.excinfo.value, pytest.skip.Exception):
            values = files.read_json(self.folder / VALUES) or []
            files.write_json(self.folder / "failure.json", _failure(item, call.excinfo.value) | {"values": values})
        return report

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus == 0 and self.notebook is not None:
            executed = with_outputs(self.notebook, self.outputs)
            files.write(self.folder / "notebook.ipynb", nbformat.writes(executed))
            files.write_json(self.folder / "times.json", self.times)


def with_outputs(notebook: Any, outputs: dict[int, list[Any]]) -> Any:
    """`notebook` with the outputs that nbval saw, by number of the code cell; cells without were skipped."""
    notebook, count = copy.deepcopy(notebook), 0
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        cell.outputs, cell.execution_count = [], None
        if outputs.get(number) is None:
            continue
        count += 1
        cell.execution_count = count
        for seen in outputs[number]:
            out: Any = nbformat.from_dict(seen)
            if out.output_type == "execute_result":
                out.execution_count = count
            cell.outputs.append(out)
    nbformat.validate(notebook)
    return notebook


def _failure(item: pytest.Item, error: BaseException) -> dict[str, Any]:
    """What the message needs: which code cell (from 1), what happened, the source, the traceback."""
    traceback = _ANSI.sub("", str(getattr(error, "inner_traceback", "") or ""))
    if isinstance(error, KernelDied) and isinstance(item, IPyNbCell):
        return {"cell": item.cell_num + 1, "died": error.status, "source": item.cell.source, "traceback": ""}
    if not isinstance(error, NbCellError):
        return {"cell": 0, "message": f"{type(error).__name__}: {error}", "source": "", "traceback": ""}
    return {"cell": error.cell_num + 1, "message": str(error), "source": error.source, "traceback": traceback}
