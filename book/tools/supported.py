"""What the book runs on: the one place that README, `make doctor`, make's search for a Python and install.py read.

These are the Pythons and platforms for which every package of requirements.lock has a wheel; `make platforms` tries
each pair. `python -m book.tools.supported` says in one sentence what is wrong here, and what to do. Old Pythons run
this file to be told so: it keeps to what Python 3.6 understands.
"""

import platform
import sys
import sysconfig
from typing import NamedTuple

LEAST, LATEST = (3, 11), (3, 14)
PYTHONS = tuple("{}.{}".format(LEAST[0], minor) for minor in range(LEAST[1], LATEST[1] + 1))  # noqa: UP032
RECOMMENDED = "3.13"
MACOS = 14
ELSEWHERE = "use the container (Dockerfile) or open a chapter in Colab"


class Platform(NamedTuple):
    """A supported system: its name in the README, and what `platform` and uv call it."""

    name: str
    system: str
    machine: str
    uv: str


PLATFORMS = (
    Platform("Linux x86-64", "Linux", "x86_64", "x86_64-manylinux_2_28"),
    Platform("Linux arm64", "Linux", "aarch64", "aarch64-manylinux_2_28"),
    Platform("macOS 14 or newer, arm64", "Darwin", "arm64", "aarch64-apple-darwin"),
)


def python_problem(version: tuple, free_threaded: bool = False) -> str:
    """What is wrong with a Python of this version, and the cure; nothing when it is supported."""
    if LEAST <= version[:2] <= LATEST and not free_threaded:
        return ""
    found = "{}.{}{}".format(version[0], version[1], " without the global lock" if free_threaded else "")
    return (
        f"The book's packages are made for Python {PYTHONS[0]} to {PYTHONS[-1]}, and this is Python {found}: install "
        f"Python {RECOMMENDED} beside it (python.org, or your system's packages), then add "
        f"PYTHON=python{RECOMMENDED} to the same command."
    )


def platform_problem(system: str, machine: str, macos: str = "", libc: str = "glibc") -> str:
    """What is wrong with this system, and the cure; nothing when it is supported."""
    if (system, machine) == ("Darwin", "x86_64"):
        return (
            f"PyTorch is no longer made for Macs with Intel processors: {ELSEWHERE}; on a Mac with Apple's processor "
            f"install the arm64 build of Python {RECOMMENDED}."
        )
    if system == "Windows":
        return f"The book needs Linux or macOS: on Windows work inside WSL, or {ELSEWHERE}."
    if (system, machine) not in [(one.system, one.machine) for one in PLATFORMS] or libc == "musl":
        return f"PyTorch is not made for {system} on {machine}{' with musl' * (libc == 'musl')}: {ELSEWHERE}."
    if macos and int(macos.split(".")[0]) < MACOS:
        return f"PyTorch needs macOS {MACOS} or newer, and this is macOS {macos}: update it, or {ELSEWHERE}."
    return ""


def problem() -> str:
    """What is wrong with the Python and the system that run this, in one sentence; nothing when both are supported."""
    libc = "musl" if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")) else "glibc"
    here = platform_problem(platform.system(), platform.machine(), platform.mac_ver()[0], libc)
    return here or python_problem(sys.version_info, bool(sysconfig.get_config_var("Py_GIL_DISABLED")))


if __name__ == "__main__":
    said = problem()
    print(said)
    sys.exit(bool(said))
