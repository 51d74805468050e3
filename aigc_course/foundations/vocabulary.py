"""Words and their numbers: sentences become rows of tokens, and rows become sentences again.

Three numbers are reserved. ``PAD`` fills a row after its sentence, ``END`` closes a sentence (and stands before its
first word, where a model has to begin with something), ``BLANK`` hides a word.
"""

from collections import Counter
from collections.abc import Iterable

import torch
from jaxtyping import Int
from torch import Tensor

PAD, END, BLANK = 0, 1, 2
RESERVED = ("<pad>", "<end>", "<blank>")


class Vocabulary:
    """The words of a corpus, the most frequent first; equally frequent ones in the order of the alphabet."""

    def __init__(self, sentences: Iterable[str]) -> None:
        counts = Counter(word for sentence in sentences for word in sentence.split())
        self.words = [*RESERVED, *sorted(counts, key=lambda word: (-counts[word], word))]
        self.number = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        """How many numbers there are, the reserved ones included."""
        return len(self.words)

    def encode(self, sentences: list[str]) -> Int[Tensor, "n t"]:
        """One row for each sentence: its words, ``END``, and ``PAD`` up to the longest row.

        Raises:
            ValueError: A word is not in the vocabulary.
        """
        unknown = sorted({word for sentence in sentences for word in sentence.split()} - self.number.keys())
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not in the vocabulary; leave out sentences with unknown words")
        rows = [[self.number[word] for word in sentence.split()] + [END] for sentence in sentences]
        width = max(map(len, rows))
        return torch.tensor([row + [PAD] * (width - len(row)) for row in rows])

    def decode(self, tokens: Int[Tensor, "n t"]) -> list[str]:
        """Sentences up to their ``END``."""
        return [" ".join(self.words[i] for i in _until_end(row)) for row in tokens.tolist()]


def _until_end(row: list[int]) -> list[int]:
    return row[: row.index(END)] if END in row else [i for i in row if i != PAD]
