"""Mistakes planted on purpose, one at a time: do the tests notice? `make mutants` plants them all.

A mistake is a row of ``mistakes/*.yml``: a ``file`` of the library, the text that ``was`` there (once), what stands
there ``now``, ``why`` in a few words what went wrong, and the ``tests`` that must notice.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = 0.95  # of the mistakes must be caught
MISTAKES = Path(__file__).parent / "mistakes"


@dataclass(frozen=True)
class Mistake:
    file: str
    was: str
    now: str
    why: str
    tests: str

    def plant(self, source: str) -> str:
        """The source with the mistake in it."""
        if (times := source.count(self.was)) != 1:
            raise ValueError(f"{self.file}: {self.was!r} occurs {times} times; a mistake needs a place of its own")
        return source.replace(self.was, self.now)


def read(folder: Path = MISTAKES, chapter: str = "*") -> list[Mistake]:
    """All mistakes, in the order of the files, or those of one chapter's file."""
    paths = sorted(folder.glob(f"{chapter}.yml"))
    return [Mistake(**row) for path in paths for row in yaml.safe_load(path.read_text())]
