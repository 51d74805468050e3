"""English text that needs no network: Python's language reference, and the docstrings of installed packages.

The reference is ``pydoc_data.topics`` of the standard library, part of CPython's documentation, under the PSF licence,
version 2. The one-line summaries are the first sentences of docstrings in installed packages, under the packages'
licences. Both grow a little with every version.
"""

import importlib.util
import os
import random
import re
import sysconfig
from collections import Counter
from pathlib import Path

LETTERS = " ',-.:;abcdefghijklmnopqrstuvwxyz"
_NO_PROSE = re.compile(r"^ |::=|\*\*\*|===|---|>>>|\|")


def paragraphs() -> list[str]:
    """Paragraphs of prose of Python's language reference, unchanged; code, grammar and headings are left out."""
    from pydoc_data.topics import topics

    found = (part for name in sorted(topics) for part in re.split(r"\n\s*\n", topics[name]))
    return [part for part in found if len(part) > 80 and not _NO_PROSE.search(part)]


def clean(paragraph: str) -> str:
    """Normalise text to the 33 characters of ``LETTERS``: lower case, and a space for all other characters."""
    small = " ".join(paragraph.lower().replace("’", "'").replace("‘", "'").split())
    letters = re.sub(f"[^{LETTERS}]+", " ", small)
    return " ".join(re.sub(r" +([.,:;])", r"\1", letters).split()).lstrip(" .,:;-'")


def split(texts: list[str], *, held_out: float = 0.1, seed: int = 0) -> tuple[str, str]:
    """Split texts at random into training and test text, each joined by spaces.

    Args:
        texts: Paragraphs; duplicates are dropped, so that none is on both sides.
        held_out: Fraction of the paragraphs that goes to the test text.
        seed: Of the shuffle.
    """
    once = list(dict.fromkeys(texts))
    random.Random(seed).shuffle(once)
    cut = round(len(once) * (1 - held_out))
    return " ".join(once[:cut]), " ".join(once[cut:])


# Packages whose docstrings are read, with their licences: the standard library and dependencies of the course.
PACKAGES = (
    ("python", "PSF-2.0"),
    ("numpy", "BSD-3-Clause"),
    ("scipy", "BSD-3-Clause"),
    ("sympy", "BSD-3-Clause"),
    ("networkx", "BSD-3-Clause"),
    ("sklearn", "BSD-3-Clause"),
    ("skimage", "BSD-3-Clause"),
    ("matplotlib", "PSF-like"),
    ("torch", "BSD-3-Clause"),
    ("transformers", "Apache-2.0"),
)
NAMES = tuple(name for name, _ in PACKAGES)
_LEFT_OUT = {"site-packages", "dist-packages", "idlelib", "lib2to3", "turtledemo", "ensurepip", "test", "tests"}
# A string in triple quotes directly below a line that ends in a colon, up to its end or its first empty line.
_SUMMARY = re.compile(r':[ ]*(?:#[^\n]*)?\n[ \t]+[rRuU]?"""\s*(.+?)(?:"""|\n[ \t]*\n)', re.DOTALL)


def docstrings(packages: tuple[str, ...] = NAMES) -> list[str]:
    """First sentences of the docstrings of installed packages, in lower case, each once.

    The packages' source files are read as text and not imported. Sentences that hold numbers, code or commas are left
    out.

    Raises:
        ValueError: A package is not installed.
    """
    found = (
        plain(summary) for name in packages for file in _sources(name) for summary in _SUMMARY.findall(_read(file))
    )
    return list(dict.fromkeys(sentence for sentence in found if sentence))


def plain(summary: str) -> str:
    """First sentence of a docstring in lower case without markup; empty when it holds more than words."""
    first = re.split(r"(?<=\.)\s", " ".join(summary.split()))[0]
    words = first.replace("`", "").replace("*", "").replace("-", " ").lower()
    return " ".join(words.split()).rstrip(".") if re.fullmatch(r"[a-z' ]+\.?", words) else ""


def in_common_words(sentences: list[str], *, words: int, shortest: int = 3, longest: int = 8) -> list[str]:
    """Sentences of ``shortest`` to ``longest`` words, all of which are among the ``words`` most frequent ones.

    Frequencies are counted over the sentences of fitting length.
    """
    fitting = [s for s in sentences if shortest <= len(s.split()) <= longest]
    counts = Counter(word for s in fitting for word in s.split())
    common = {word for word, _ in counts.most_common(words)}
    return [s for s in fitting if common.issuperset(s.split())]


def _sources(package: str) -> list[Path]:
    """Python files of a package in a fixed order, its tests left out."""
    if package == "python":
        folder = Path(sysconfig.get_paths()["stdlib"])
    else:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ValueError(f"{package!r} is not installed; install it, or leave it out of `packages`")
        folder = Path(spec.origin).parent
    found = []
    for where, below, files in os.walk(folder):
        below[:] = set(below) - _LEFT_OUT  # not entered: other packages may lie there, by the thousand files
        found += [Path(where, name) for name in files if name.endswith(".py")]
    return sorted(found)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="ignore")
