"""A word-level tokenizer: sentences to rows of token ids and back.

Three ids are special tokens. ``PAD`` fills a row after its sentence. ``END`` ends a sentence, and stands before its
first word where a model needs a start token. ``MASK`` replaces a word that is hidden (word dropout; papers also use the
token of unknown words).
"""

from collections import Counter
from collections.abc import Iterable

import torch
from jaxtyping import Int
from torch import Tensor

PAD, END, MASK = 0, 1, 2
SPECIAL_TOKENS = ("<pad>", "<end>", "<mask>")


class Vocabulary:
    """The words of a corpus, split at spaces, with an id each: special tokens, then words from frequent to rare.

    Words of the same frequency are in alphabetical order, so that the ids do not depend on the order of the sentences.

    Attributes:
        words: The word of each id.
        ids: The id of each word.
    """

    def __init__(self, sentences: Iterable[str]) -> None:
        counts = Counter(word for sentence in sentences for word in sentence.split())
        self.words = [*SPECIAL_TOKENS, *sorted(counts, key=lambda word: (-counts[word], word))]
        self.ids = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        """Size of the vocabulary, special tokens included."""
        return len(self.words)

    def encode(self, sentences: list[str]) -> Int[Tensor, "n t"]:
        """Token ids, a row for each sentence: its words, ``END``, then ``PAD`` up to the longest sentence.

        Raises:
            ValueError: A word is not in the vocabulary.
        """
        unknown = sorted({word for sentence in sentences for word in sentence.split()} - self.ids.keys())
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not in the vocabulary; leave out sentences with unknown words")
        rows = [[self.ids[word] for word in sentence.split()] + [END] for sentence in sentences]
        width = max(map(len, rows))
        return torch.tensor([row + [PAD] * (width - len(row)) for row in rows])

    def decode(self, tokens: Int[Tensor, "n t"]) -> list[str]:
        """The sentences of rows of token ids, each up to its first ``END``; without one, all but its ``PAD``."""
        return [" ".join(self.words[i] for i in _until_end(row)) for row in tokens.tolist()]


def _until_end(row: list[int]) -> list[int]:
    return row[: row.index(END)] if END in row else [i for i in row if i != PAD]
