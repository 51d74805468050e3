"""Plant every mistake in a copy of the project, run the tests it names, and print who noticed.

python -m tests.mutation              all mistakes, two at a time
python -m tests.mutation gan/game     those whose file or reason contains the words
python -m tests.mutation --help       how to choose by chapter and number
"""

import argparse
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutation import ROOT, Mistake, read

SERVER = Path(__file__).with_name("server.py")
OPTIONS = ("-x", "-m", "not site and not gpu", "-p", "no:cacheprovider")
NEEDED = ("aigc_course", "book", "tests", "_config.yml", "pyproject.toml", "conftest.py")
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


class Tester:
    """Runs tests of one copy of the project; the libraries are loaded once and not for every mistake."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[str]":
        quiet = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, SERVER]
        pipe = subprocess.PIPE
        environment = os.environ | quiet
        return subprocess.Popen(
            command, cwd=self.project, env=environment, stdin=pipe, stdout=pipe, text=True, start_new_session=True
        )

    def run(self, tests: list[str]) -> str:
        """What the tests say of the project: "caught" when one fails, or when they do not end."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps([*OPTIONS, *tests]), file=self.process.stdin, flush=True)
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.stop()
            self.process = self._start()
            return "caught"
        return VERDICTS.get(int(self.process.stdout.readline() or -1), "BROKEN")

    def stop(self) -> None:
        """End the process and what it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def try_out(mistake: Mistake, tester: Tester) -> str:
    """Plant, test, and put the old text back."""
    path = tester.project / mistake.file
    source = path.read_text()
    path.write_text(mistake.plant(source))
    try:
        return tester.run(mistake.tests.split())
    finally:
        path.write_text(source)


@contextlib.contextmanager
def testers(root: Path, workers: int) -> Iterator[list[Tester]]:
    """As many testers, each with a copy of the project of its own."""
    with tempfile.TemporaryDirectory() as folder:
        made = [Tester(copy_project(Path(folder) / str(i), root)) for i in range(workers)]
        try:
            yield made
        finally:
            for tester in made:
                tester.stop()


def verdicts(mistakes: list[Mistake], root: Path = ROOT, workers: int = 2) -> list[str]:
    """One verdict for each mistake; every worker plants in a copy of its own."""
    with testers(root, workers) as free, ThreadPoolExecutor(workers) as pool:

        def one(mistake: Mistake) -> str:
            tester, began = free.pop(), time.perf_counter()
            try:
                verdict = try_out(mistake, tester)
            finally:
                free.append(tester)
            print(f"{verdict:9}{time.perf_counter() - began:4.0f} s  {mistake.file}: {mistake.why}", flush=True)
            return verdict

        return list(pool.map(one, mistakes))


def healthy(mistakes: list[Mistake], root: Path = ROOT) -> bool:
    """Without a mistake the tests pass; else every verdict would be worthless."""
    tests = sorted({test for mistake in mistakes for test in mistake.tests.split()})
    with testers(root, 1) as (tester,):
        return tester.run(tests) == "SURVIVED"


def some(mistakes: list[Mistake], most: int) -> list[Mistake]:
    """At most `most` of them, spread over the list."""
    return mistakes[:: -(-len(mistakes) // most)] if mistakes else []


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Plant mistakes, run the tests.")
    parser.add_argument("words", nargs="*", help="plant those whose file or reason contains the words")
    parser.add_argument("--chapter", default="*", metavar="SLUG", help="plant those of one chapter's list")
    parser.add_argument("--most", type=int, default=10**6, metavar="N", help="plant N of them, spread over the list")
    asked = parser.parse_args(arguments)
    found = [m for m in read(chapter=asked.chapter) if all(word in f"{m.file} {m.why}" for word in asked.words)]
    chosen = some(found, asked.most)
    if not chosen:
        print(f"No mistake matches {' '.join(arguments)!r}; leave the words out to plant all {len(read())}.")
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
