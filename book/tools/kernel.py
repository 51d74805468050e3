"""The kernels of nbval's runs: they talk through files, what goes past Jupyter is kept, and a death is noticed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from traitlets import DottedObjectName, Unicode

from book.tools import processes

LOOK_S = 0.5  # between two looks at a kernel that says nothing
PAST_JUPYTER = "kernel.log"  # what the kernel's file descriptors 1 and 2 got: child processes and compiled code
NOTED = "kernel.json"
ARGUMENTS = ("--IPKernelApp.capture_fd_output=False", "--IPKernelApp.extensions=book.tools.assert_values")
# ipykernel's own words on a machine that is too busy; nothing is lost then
_HARMLESS = ("IOStream.flush timed out", "Flush failed")


class KernelDied(Exception):
    """The kernel's process ended while a cell was running; `status` as `subprocess` gives it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the kernel ended with {status}")
        self.status = status


class Client(BlockingKernelClient):
    """A client that does not wait for the answer of a dead kernel."""

    def get_shell_msg(self, *, timeout: float | None = None) -> dict[str, Any]:
        """The next reply; `Empty` after `timeout` seconds.

        Raises:
            KernelDied: There is no message and there will be none.
        """
        return self._while_alive(super().get_shell_msg, timeout)

    def get_iopub_msg(self, *, timeout: float | None = None) -> dict[str, Any]:
        """The next output, in the same way."""
        return self._while_alive(super().get_iopub_msg, timeout)

    def _while_alive(self, get: Callable[..., dict[str, Any]], timeout: float | None) -> dict[str, Any]:
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            try:
                return get(timeout=max(0.0, min(LOOK_S, end - time.monotonic())))
            except Empty:
                if (status := self.parent.status()) is not None:  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
                    raise KernelDied(status) from None
                if time.monotonic() >= end:
                    raise


class Kernels(KernelManager):
    """Starts a kernel for the run in the folder `keep`."""

    keep = Unicode()
    client_class = DottedObjectName("book.tools.kernel.Client")

    def start_kernel(self, **options: Any) -> None:
        """Start it with its file descriptors on a file, and write down which process it is."""
        if "stderr" in options:
            options["stderr"].close()  # nbval's, on /dev/null
        with (Path(self.keep) / PAST_JUPYTER).open("wb") as past:
            super().start_kernel(**options | {"stdout": past, "stderr": past, "extra_arguments": [*ARGUMENTS]})
        processes.note(Path(self.keep) / NOTED, self.process)

    @property
    def process(self) -> psutil.Process:
        """The kernel's process."""
        return psutil.Process(self.provisioner.pid)  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]

    def status(self) -> int | None:
        """How the kernel ended: its exit status, or minus the number of a signal; None while it is alive."""
        started = getattr(self.provisioner, "process", None)
        return started.poll() if started else None


class PastJupyter:
    """What a kernel's file descriptors received since the last look."""

    def __init__(self, folder: Path) -> None:
        self.path, self.read = folder / PAST_JUPYTER, 0

    def new(self) -> str:
        """The text that came since the last call, without ipykernel's own remarks."""
        with self.path.open("rb") as file:
            file.seek(self.read)
            content = file.read()
        self.read += len(content)
        lines = content.decode("utf-8", errors="replace").splitlines()
        return "\n".join(line for line in lines if line.strip() and not line.startswith(_HARMLESS))
