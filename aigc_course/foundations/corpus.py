"""English text that every Python carries: the language reference, in the standard library as ``pydoc_data.topics``.

Part of CPython's documentation, under the PSF licence, version 2. The text grows a little with every version of Python.
"""

import random
import re

LETTERS = " ',-.:;abcdefghijklmnopqrstuvwxyz"
_NO_PROSE = re.compile(r"^ |::=|\*\*\*|===|---|>>>|\|")


def paragraphs() -> list[str]:
    """Every paragraph of prose as it stands; program text, grammar and headings are left out."""
    from pydoc_data.topics import topics

    found = (part for name in sorted(topics) for part in re.split(r"\n\s*\n", topics[name]))
    return [part for part in found if len(part) > 80 and not _NO_PROSE.search(part)]


def clean(paragraph: str) -> str:
    """Small letters and a little punctuation; everything else becomes a space."""
    small = " ".join(paragraph.lower().replace("’", "'").replace("‘", "'").split())
    letters = re.sub(f"[^{LETTERS}]+", " ", small)
    return " ".join(re.sub(r" +([.,:;])", r"\1", letters).split()).lstrip(" .,:;-'")


def split(texts: list[str], *, held_out: float = 0.1, seed: int = 0) -> tuple[str, str]:
    """Shuffle, join, and put a share aside for testing; a paragraph that occurs twice stays on one side."""
    once = list(dict.fromkeys(texts))
    random.Random(seed).shuffle(once)
    cut = round(len(once) * (1 - held_out))
    return " ".join(once[:cut]), " ".join(once[cut:])
