import pytest
import torch

from aigc_course.foundations.vocabulary import END, MASK, PAD, SPECIAL_TOKENS, Vocabulary

SENTENCES = ["return the list", "sort the list in place", "return"]


def test_there_and_back():
    """Catches a lost END, padding that becomes words, numbers that collide with the reserved ones."""
    vocabulary = Vocabulary(SENTENCES)
    rows = vocabulary.encode(SENTENCES)
    assert rows.shape == (3, 6)
    assert rows[2].tolist() == [vocabulary.ids["return"], END, PAD, PAD, PAD, PAD]
    assert vocabulary.decode(rows) == SENTENCES
    assert vocabulary.words[: len(SPECIAL_TOKENS)] == list(SPECIAL_TOKENS)
    assert vocabulary.ids["list"] > max(PAD, END, MASK)


def test_frequent_words_come_first_and_the_order_is_fixed():
    """Catches numbers that depend on the order of the sentences."""
    vocabulary = Vocabulary(SENTENCES)
    assert vocabulary.words[3:6] == ["list", "return", "the"]
    assert vocabulary.words == Vocabulary(SENTENCES[::-1]).words
    assert len(vocabulary) == 3 + 6


def test_unknown_words_are_named():
    with pytest.raises(ValueError, match="'heap' is not in the vocabulary"):
        Vocabulary(SENTENCES).encode(["sort the heap"])


def test_what_stands_after_the_end_is_not_read():
    """Catches a decoder whose draws go on behind END."""
    vocabulary = Vocabulary(SENTENCES)
    three = vocabulary.ids["list"]
    assert vocabulary.decode(torch.tensor([[three, END, three], [three, three, three]])) == ["list", "list list list"]
