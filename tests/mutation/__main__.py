"""Plant every mistake in a copy of the project, run the tests it names, and print who noticed.

python -m tests.mutation              all mistakes, two at a time
python -m tests.mutation gan/game     those whose file or reason contains the words
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutation import ROOT, Mistake, read

NEEDED = ("aigc_course", "book", "tests", "pyproject.toml", "conftest.py")
VERDICTS = {0: "SURVIVED", 1: "caught"}  # pytest: 0 all passed, 1 some failed; anything else ran no test
ENOUGH = 0.95
PATIENCE = 300  # seconds; a loop that no longer ends has been noticed too


def copy_project(to: Path, root: Path = ROOT) -> Path:
    """What the tests of the library need, away from the reader's files."""
    for name in NEEDED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, to / name)
    return to


def run_tests(project: Path, tests: list[str]) -> str:
    """What the tests say of a project: "caught" when one fails."""
    quiet = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-m", "not site and not gpu", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=project, env=os.environ | quiet, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return "caught"
    return VERDICTS.get(done.returncode, "BROKEN")


def try_out(mistake: Mistake, project: Path) -> str:
    """Plant, test, and put the old text back."""
    path = project / mistake.file
    source = path.read_text()
    path.write_text(mistake.plant(source))
    try:
        return run_tests(project, mistake.tests.split())
    finally:
        path.write_text(source)


def verdicts(mistakes: list[Mistake], root: Path = ROOT, workers: int = 2) -> list[str]:
    """One verdict for each mistake; every worker plants in a copy of its own."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        free = [copy_project(Path(folder) / str(i), root) for i in range(workers)]

        def one(mistake: Mistake) -> str:
            project, began = free.pop(), time.perf_counter()
            try:
                verdict = try_out(mistake, project)
            finally:
                free.append(project)
            print(f"{verdict:9}{time.perf_counter() - began:4.0f} s  {mistake.file}: {mistake.why}", flush=True)
            return verdict

        return list(pool.map(one, mistakes))


def healthy(mistakes: list[Mistake], root: Path = ROOT) -> bool:
    """Without a mistake the tests pass; else every verdict would be worthless."""
    tests = sorted({test for mistake in mistakes for test in mistake.tests.split()})
    with tempfile.TemporaryDirectory() as folder:
        return run_tests(copy_project(Path(folder) / "project", root), tests) == "SURVIVED"


def main(words: list[str]) -> int:
    chosen = [m for m in read() if all(word in f"{m.file} {m.why}" for word in words)]
    if not chosen:
        print(f"No mistake matches {' '.join(words)!r}; leave the words out to plant all {len(read())}.")
        return 1
    if not healthy(chosen):
        print("The tests fail without any mistake. Run `make test` and mend that first.")
        return 1
    count = Counter(verdicts(chosen))
    share = count["caught"] / len(chosen)
    print(f"{len(chosen)} mistakes planted: " + ", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items())))
    print(f"{share:.1%} caught; at least {ENOUGH:.0%} must be.")
    return int(share < ENOUGH or count["BROKEN"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
