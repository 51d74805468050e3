"""Plant every mistake in a copy of the project, run the tests it names, and print who noticed.

python -m tests.mutation              all mistakes, two at a time
python -m tests.mutation gan/game     those whose file or reason contains the words
python -m tests.mutation --random 60  in place of them, 60 changes at random places of the library
python -m tests.mutation --help       how to choose by chapter and number
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutation import ENOUGH, ROOT, Mistake, chance, read
from tests.mutation.tester import Tester, testers


def try_out(mistake: Mistake, tester: Tester) -> str:
    """Plant, test, and put the old text back."""
    source = (tester.project / mistake.file).read_text(encoding="utf-8")
    with tester.planted(mistake.file, mistake.plant(source)):
        return tester.run(mistake.tests.split(), each=chance.EACH).verdict


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
        return tester.run(tests).verdict == "SURVIVED"


def some(mistakes: list[Mistake], most: int) -> list[Mistake]:
    """At most `most` of them, spread over the list."""
    return mistakes[:: -(-len(mistakes) // most)] if mistakes else []


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Plant mistakes, run the tests.")
    parser.add_argument("words", nargs="*", help="plant those whose file or reason contains the words")
    parser.add_argument("--chapter", default="*", metavar="SLUG", help="plant those of one chapter's list")
    parser.add_argument("--most", type=int, default=10**6, metavar="N", help="plant N of them, spread over the list")
    parser.add_argument(
        "--random", type=int, metavar="N", help="make N changes at random places instead (see chance.py)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which random places")
    parser.add_argument("--workers", type=int, default=2, metavar="W", help="how many are tried at a time")
    asked = parser.parse_args(arguments)
    if asked.random is not None:
        return chance.main(asked.random, asked.seed, asked.words, asked.workers)
    found = [m for m in read(chapter=asked.chapter) if all(word in f"{m.file} {m.why}" for word in asked.words)]
    chosen = some(found, asked.most)
    if not chosen:
        print(f"No mistake matches {' '.join(arguments)!r}; leave the words out to plant all {len(read())}.")
        return 1
    if not healthy(chosen):
        print("The tests fail without any mistake. Run `make test` and mend that first.")
        return 1
    count = Counter(verdicts(chosen, workers=asked.workers))
    share = count["caught"] / len(chosen)
    print(f"{len(chosen)} mistakes planted: " + ", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items())))
    print(f"{share:.1%} caught; at least {ENOUGH:.0%} must be.")
    return int(share < ENOUGH or count["BROKEN"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
