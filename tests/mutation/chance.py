"""Changes at random places of the library: who notices? An estimate of what the tests miss that nobody thought of."""

import ast
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from book.tools.dependencies import EXERCISES, PACKAGE
from tests.mutation import ENOUGH, ROOT
from tests.mutation.changes import Change, places
from tests.mutation.near import nearest, wider
from tests.mutation.tester import Answer, Tester, testers

FREE = Path(__file__).with_name("free.yml")
EACH = 60  # CPU seconds; a test that takes longer does not end
NEAR, WIDE = 120, 90  # CPU seconds; after these no further test begins
RAN = (0, 2, 5)  # pytest's status where nothing failed: all passed, the time was over, no test was left
NOTHING = "\npass\n"  # a change of the text and of the syntax tree that changes nothing


@dataclass(frozen=True)
class Free:
    """A change that may survive: the lines of a function before and after it, and why nothing is wrong then."""

    file: str
    function: str
    was: str
    now: str
    why: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it has in common with the change that it allows."""
        return self.file, self.function, " ".join(self.was.split()), " ".join(self.now.split())


@dataclass(frozen=True)
class Mutant:
    """One change of one file of the library."""

    file: str
    source: str
    change: Change

    @property
    def key(self) -> tuple[str, str, str, str]:
        """File, function, and the lines before and after: they stay what they are when others move."""
        return self.file, self.change.function, *self.change.lines(self.source)

    def __str__(self) -> str:
        old = self.source.encode()[self.change.start : self.change.end].decode()
        words = (" ".join(text.split()) or "nothing" for text in (old, self.change.new))
        return f"{self.file}:{self.change.line(self.source)}  {self.change.kind}: {' → '.join(words)}"

    def shown(self) -> str:
        """Where it stands and its lines, as a reader of the report needs them."""
        _, function, was, now = self.key
        return f"{self}\n    in {function or 'the module'}\n    - {was}\n    + {now}"


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    verdict: str
    by: str = ""


def free(path: Path = FREE) -> list[Free]:
    """The changes that are known to be equivalent, or a free choice."""
    return [Free(**row) for row in yaml.safe_load(path.read_text(encoding="utf-8")) or []]


def library(root: Path = ROOT, words: Sequence[str] = ()) -> list[str]:
    """Files of the library whose name contains the words; the exercises have tests of another kind."""
    files = [path.relative_to(root).as_posix() for path in sorted((root / PACKAGE).rglob("*.py"))]
    exercises = EXERCISES.replace(".", "/")
    return [file for file in files if not file.startswith(exercises) and all(word in file for word in words)]


def commands(file: str, root: Path = ROOT) -> frozenset[str]:
    """Functions that run only as a command, under `if __name__ == "__main__"`, and that no test names."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    _, found, block = text.partition('\nif __name__ == "__main__":')
    called = set(re.findall(r"\w+", block)) if found else set()
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (root / "tests").rglob("test_*.py")) if called else ""
    named = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    return frozenset(name for name in named & called if f"{path.stem}.{name}" not in tests)


def sample(n: int, *, seed: int, root: Path = ROOT, words: Sequence[str] = ()) -> list[Mutant]:
    """`n` mutants: each place of the library is as likely, and each change that is possible at the place.

    A smaller `n` gives the first of them. What is no Python, or the same program as before, is left out.
    """
    sources = {file: (root / file).read_text(encoding="utf-8") for file in library(root, words)}
    found = [(file, place) for file, source in sources.items() for place in places(source, commands(file, root))]
    chance = random.Random(seed)
    chance.shuffle(found)
    mutants: list[Mutant] = []
    for file, place in found:
        if len(mutants) == n:
            break
        mutant = Mutant(file, sources[file], chance.choice(place))
        if mutant.change.means_something(mutant.source):
            mutants.append(mutant)
    return mutants


class Judge:
    """Tries mutants. Only a test that passes when the same file is changed without effect can notice one."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.sound: dict[tuple[str, str], bool] = {}

    def outcome(self, mutant: Mutant, tester: Tester) -> Outcome:
        """Caught, and by which test; or survived."""
        late = ""
        for tests, limit in ((nearest(mutant.file, self.root), NEAR), (wider(mutant.file, self.root), WIDE)):
            answer = self._first_failure(mutant, tests, limit, tester)
            if answer.failed or answer.ended:
                return Outcome(mutant, "caught", answer.failed or f"tests that came to a bad end, {answer.status}")
            if answer.status not in RAN:
                return Outcome(mutant, "BROKEN", f"pytest's status is {answer.status}")
            late = late or ("not all tests ran" if answer.status == RAN[1] else "")
        return Outcome(mutant, "SURVIVED", late)

    def _first_failure(self, mutant: Mutant, tests: Sequence[str], limit: float, tester: Tester) -> Answer:
        """A failure that says something, or that there is none."""
        left, deaf = list(tests), []
        while left:
            with tester.planted(mutant.file, mutant.change.apply(mutant.source)):
                answer = tester.run([*left, *deaf], each=EACH, whole=limit)
            if not answer.failed or self._is_sound(answer.failed, mutant, tester):
                return answer
            if answer.failed in left:  # it could not even be loaded
                left.remove(answer.failed)
            else:
                deaf += ["--deselect", answer.failed]
        return Answer(RAN[-1])

    def _is_sound(self, test: str, mutant: Mutant, tester: Tester) -> bool:
        """Whether a test passes where the file's text is another and its meaning is not."""
        if (test, mutant.file) not in self.sound:
            with tester.planted(mutant.file, mutant.source + NOTHING):
                answer = tester.run([test], each=EACH)
            self.sound[test, mutant.file] = answer.status == 0
        return self.sound[test, mutant.file]


def outcomes(
    mutants: Sequence[Mutant], root: Path = ROOT, workers: int = 2, known: Sequence[Free] = ()
) -> list[Outcome]:
    """One outcome for each mutant, printed as it comes; those that are known to be free are not tried."""
    keys = {row.key for row in known}
    found = [_said(Outcome(mutant, "free")) for mutant in mutants if mutant.key in keys]
    tried = [mutant for mutant in mutants if mutant.key not in keys]
    if not tried:
        return found
    judge = Judge(root)
    with testers(root, workers) as idle, ThreadPoolExecutor(workers) as pool:

        def one(mutant: Mutant) -> Outcome:
            tester, began = idle.pop(), time.perf_counter()
            try:
                return _said(judge.outcome(mutant, tester), time.perf_counter() - began)
            finally:
                idle.append(tester)

        return found + list(pool.map(one, tried))


def _said(outcome: Outcome, seconds: float = 0) -> Outcome:
    print(f"{outcome.verdict:9}{seconds:4.0f} s  {outcome.mutant}  {outcome.by}".rstrip(), flush=True)
    return outcome


def report(found: list[Outcome]) -> tuple[str, bool]:
    """What came out, by kind, with the survivors; and whether enough of those that count were caught."""
    count = Counter(outcome.verdict for outcome in found)
    tried = [outcome for outcome in found if outcome.verdict != "free"]
    kinds = Counter(outcome.mutant.change.kind for outcome in tried)
    caught = Counter(outcome.mutant.change.kind for outcome in tried if outcome.verdict == "caught")
    share = count["caught"] / len(tried) if tried else 1.0
    lines = [f"{o.verdict} {o.mutant.shown()}" + f"\n    ({o.by})" * bool(o.by) for o in tried if o.verdict != "caught"]
    lines += [f"{kind:12}{caught[kind]:3} of {kinds[kind]}" for kind in sorted(kinds)]
    lines += [f"{len(found)} random changes: " + ", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items()))]
    lines += [f"{share:.1%} of {len(tried)} that count were caught; at least {ENOUGH:.0%} must be."]
    return "\n".join(lines), share >= ENOUGH


def main(n: int, seed: int, words: Sequence[str] = (), workers: int = 2) -> int:
    """Plant, print, and fail when too few were caught."""
    mutants = sample(n, seed=seed, words=words)
    if not mutants:
        print(f"No file of the library matches {' '.join(words)!r}; leave the words out to choose among all.")
        return 1
    text, enough = report(outcomes(mutants, workers=workers, known=free()))
    print(text)
    return int(not enough)
