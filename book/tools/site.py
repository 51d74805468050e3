"""Build the site: `python -m book.tools.site`, which is `make book`.

Notebooks that changed are executed, what nbval saw goes into a jupyter-cache, Sphinx builds from that cache into a
temporary folder with warnings as errors, and only a finished site takes the place of the last one. Sphinx starts
afresh each time: pages show other pages' front matter, tests, exercises and library source, and a half-remembered
state would publish old ones. When nothing at all has changed it does not start.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from book.tools import chapters, execute, files, home, interrupts, manifest, places, record, serve
from book.tools.chapters import ROOT, BookError
from book.tools.manifest import KEY, SITE
from book.tools.progress import Progress, seconds

LOG = "_build/sphinx.log"
CACHE = "_build/.jupyter_cache"
SQLITE_PATH = 500  # it can open no file with a longer path
_SKIPPED = ("_build", "__pycache__", "node_modules")


def build(root: Path = ROOT, jobs: int = 2) -> list[str]:
    """Execute what changed, then bind the site if any input changed; return what went wrong."""
    start = time.monotonic()
    _refuse_long_path(root)
    recover(root)
    outcomes = execute.execute(root, jobs=jobs)
    if problems := [outcome.problem for outcome in outcomes if outcome.problem]:
        return problems
    key = inputs_key(root)
    if said := manifest.report(root, key):
        print(said, flush=True)
    if manifest.is_current(root, key):
        spent = seconds(time.monotonic() - start)
        print(f"The site is up to date: no notebook executed, no page built, {spent}.")
    else:
        if problem := _bind(root, key):
            return [problem]
        print(f"Built in {seconds(time.monotonic() - start)}; {len(outcomes)} notebooks executed.")
    port = os.environ.get("PORT") or serve.PORT
    print(f"The book is at {SITE}/index.html; `make serve` shows it at http://{serve.HOST}:{port}/")
    return []


def _refuse_long_path(root: Path) -> None:
    """Say before the notebooks run, not after, that SQLite could not open the cache of their outputs."""
    cache = os.fsencode(root / CACHE / "global.db")
    if len(cache) > SQLITE_PATH:
        spare = SQLITE_PATH - len(cache) + len(os.fsencode(root))
        raise BookError(
            f"the path of the project has {len(os.fsencode(root))} characters, and the cache of its outputs "
            f"works up to {spare}; move the project to a folder with a shorter path"
        )


def inputs_key(root: Path) -> str:
    """Digest of every file a page may show: the project, and the executed notebooks with their figures."""
    digest = hashlib.sha256()
    executed = sorted(path for path in (root / record.EXECUTED).rglob("*") if path.is_file())
    for path in [*_inputs(root), *executed]:
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _inputs(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _SKIPPED or path.suffix in (".tmp", ".egg-info"):
            continue
        if path.is_dir():
            yield from _inputs(path)
        elif path.is_file():
            yield path


def _bind(root: Path, key: str) -> str:
    """Build beside, then swap; return the problem, or nothing."""
    for leftover in (root / "_build").glob("site-new-*"):
        files.remove(leftover)
    with tempfile.TemporaryDirectory(prefix="site-new-", dir=root / "_build") as folder:
        fill_cache(root, root / CACHE)
        if problem := _sphinx(root, Path(folder)):
            return problem
        if inputs_key(root) != key:
            return "A file was edited while the site was built; the last good site stays. Run `make book` again."
        swap(Path(folder) / "html", root)
    manifest.write(root, key)
    return ""


def fill_cache(root: Path, folder: Path) -> None:
    """Make a jupyter-cache of exactly the outputs that nbval saw, and of nothing older."""
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    files.remove(folder)
    cache = get_cache(folder)
    for chapter in chapters.all(root):
        path = record.record_path(chapter)
        kept = record.read(chapter)
        if not kept:
            raise BookError(f"{chapter.name} has not run; run `make book` again")
        data = {"execution_seconds": kept["seconds"]}
        bundle = CacheBundleIn(merged(chapter.path, path.with_suffix(".ipynb")), str(chapter.path), data=data)
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def merged(source: Path, executed: Path) -> Any:
    """The notebook as it reads now (its prose, its tags) with the outputs of its execution."""
    import nbformat

    notebook: Any = nbformat.read(source, as_version=4)
    outputs: Any = nbformat.read(executed, as_version=4)
    now = [cell for cell in notebook.cells if cell.cell_type == "code"]
    then = [cell for cell in outputs.cells if cell.cell_type == "code"]
    if [cell.source for cell in now] != [cell.source for cell in then]:
        raise BookError(f"{executed} is not an execution of {source}; remove _build and run `make book` again")
    for cell, ran in zip(now, then, strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    return notebook


def _sphinx(root: Path, folder: Path) -> str:
    """Run Sphinx in a process of its own; return its warnings when it has any."""
    path = os.pathsep.join(dict.fromkeys([str(root), str(ROOT)]))
    command = [sys.executable, "-m", "book.tools.sphinx_build", str(root), str(folder)]
    progress, start = Progress(), time.monotonic()
    log = root / LOG
    warnings = folder / "warnings.log"
    with log.open("wb") as out, warnings.open("wb") as err:
        process = subprocess.Popen(
            command, cwd=root, env=os.environ | {"PYTHONPATH": path}, stdout=out, stderr=err, start_new_session=True
        )
        try:
            while process.poll() is None:
                time.sleep(0.25)
                progress.now([f"Building the pages, {seconds(time.monotonic() - start)}: {_last_line(log)}"])
        finally:
            _end(process)
            progress.done()
    if process.returncode:
        said = places.in_cells(_plain(warnings).strip(), root)
        if full := files.disk_full(root / "_build", said):
            raise full
        return f"Sphinx found these problems (its log is {LOG}); the last good site stays in place.\n{said}"
    return ""


def _last_line(log: Path) -> str:
    return next((line.strip() for line in reversed(_plain(log).splitlines()) if line.strip()), "starting")[:80]


def _plain(log: Path) -> str:
    """A log without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(encoding="utf-8", errors="replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        for child in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            child.kill()
        process.wait()


def swap(new: Path, root: Path) -> None:
    """Put a finished site in place of the last one."""
    if not (new / "index.html").exists():
        raise BookError(f"Sphinx ended well but wrote no index.html; see {LOG}")
    site, old = root / SITE, root / (SITE + "-old")
    (root / KEY).unlink(missing_ok=True)
    if site.exists():
        site.rename(old)
    try:
        new.rename(site)
    finally:
        recover(root)


def recover(root: Path) -> None:
    """Restore the last good site when a swap was cut short, and drop it once it has a successor."""
    site, old = root / SITE, root / (SITE + "-old")
    if old.exists() and not site.exists():
        old.rename(site)
    files.remove(old)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 when the site stands, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m book.tools.site", description="Build the book's site.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder")
    parser.add_argument("--jobs", type=int, default=1 if execute.profile() == "gpu" else 2, help="notebooks at a time")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    interrupts.interruptible()
    try:
        with files.in_words(root / "_build"), files.only_run(root / "_build"):
            home.settle(root / "_build")
            problems = build(root, options.jobs)
    except BookError as error:
        problems = [str(error)]
    except KeyboardInterrupt:
        print("Interrupted; the last good site, if there was one, is still in place.", flush=True)
        return 130
    files.complain(problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
