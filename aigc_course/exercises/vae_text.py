"""Code of the exercises in ``vae_text.yml``: random inputs, solutions and wrong answers."""

import torch
from torch import Tensor

from aigc_course.exercises._draws import size


def _knob(generator: torch.Generator) -> tuple[float, int]:
    word_dropout = 0.9 - 0.3 * torch.rand(1, generator=generator).item()
    return word_dropout, size(generator, 4, 8)


def words_unseen(word_dropout: float, words: int) -> float:
    """Word i is generated unseen when all i − 1 words before it are hidden."""
    return sum(word_dropout**i for i in range(words))


def words_unseen_seen(word_dropout: float, words: int) -> float:
    """The share that is shown in place of the share that is hidden."""
    return sum((1 - word_dropout) ** i for i in range(words))


def words_unseen_without_first(word_dropout: float, words: int) -> float:
    """The first word forgotten."""
    return sum(word_dropout**i for i in range(1, words))


def words_unseen_late(word_dropout: float, words: int) -> float:
    """Counted from 1 in place of 0."""
    return sum(word_dropout**i for i in range(1, words + 1))


def words_unseen_last_only(word_dropout: float, words: int) -> float:
    """Every word counted as unseen when the word just before is hidden."""
    return 1 + (words - 1) * word_dropout


def words_unseen_hidden(word_dropout: float, words: int) -> float:
    """Hidden words counted, in place of words that are written without help."""
    return words * word_dropout


MASK = 2


def _tokens(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    shape = (size(generator, 9, 12), size(generator, 5, 7))
    previous = torch.randint(3, 20, shape, generator=generator)
    word_dropout = 0.2 + 0.25 * size(generator, 0, 2) + 0.1 * torch.rand(1, generator=generator).item()
    return previous, torch.rand(shape, generator=generator), word_dropout


def drop(previous: Tensor, noise: Tensor, word_dropout: float) -> Tensor:
    """Blank where the number is below ``word_dropout``, the first column aside."""
    hidden = noise < word_dropout
    hidden[:, 0] = False
    return previous.masked_fill(hidden, MASK)


def drop_turned(previous: Tensor, noise: Tensor, word_dropout: float) -> Tensor:
    """The words that stay blanked in place of the others."""
    hidden = noise >= word_dropout
    hidden[:, 0] = False
    return previous.masked_fill(hidden, MASK)


def drop_beginning(previous: Tensor, noise: Tensor, word_dropout: float) -> Tensor:
    """The mark of the beginning blanked as well."""
    return previous.masked_fill(noise < word_dropout, MASK)


def drop_to_padding(previous: Tensor, noise: Tensor, word_dropout: float) -> Tensor:
    """Padding in place of the blank."""
    hidden = noise < word_dropout
    hidden[:, 0] = False
    return previous.masked_fill(hidden, 0)


def drop_to_end(previous: Tensor, noise: Tensor, word_dropout: float) -> Tensor:
    """The end in place of the blank."""
    hidden = noise < word_dropout
    hidden[:, 0] = False
    return previous.masked_fill(hidden, 1)


def drop_whole(previous: Tensor, noise: Tensor, word_dropout: float) -> Tensor:
    """One decision for a whole sentence."""
    hidden = (noise[:, :1] < word_dropout).expand_as(previous).clone()
    hidden[:, 0] = False
    return previous.masked_fill(hidden, MASK)


def _costs(generator: torch.Generator) -> tuple[Tensor, Tensor, float, float]:
    n, low = size(generator, 6, 9), size(generator, 0, 1)
    words, kl = 20 + 5 * torch.rand(n, generator=generator), (8 - 3 * low) * torch.rand(n, generator=generator)
    # above and below the mean in turn, so that both sides of the threshold are tried
    free_bits = kl.mean().item() + (-0.7 if low else 0.7)
    return words, kl, 0.2 + 0.5 * torch.rand(1, generator=generator).item(), free_bits


def loss(words: Tensor, kl: Tensor, weight: float, free_bits: float) -> Tensor:
    """The mean cost of the code counts from ``free_bits`` upwards only."""
    return words.mean() + weight * kl.mean().clamp(min=free_bits)


def loss_each(words: Tensor, kl: Tensor, weight: float, free_bits: float) -> Tensor:
    """Free nats for each sentence."""
    return (words + weight * kl.clamp(min=free_bits)).mean()


def loss_excess(words: Tensor, kl: Tensor, weight: float, free_bits: float) -> Tensor:
    """The same gradients, another value: only the nats beyond the free ones."""
    return words.mean() + weight * (kl.mean() - free_bits).clamp(min=0)


def loss_weighed_first(words: Tensor, kl: Tensor, weight: float, free_bits: float) -> Tensor:
    """The weighted term compared with the free nats."""
    return words.mean() + (weight * kl.mean()).clamp(min=free_bits)


def loss_subtracted(words: Tensor, kl: Tensor, weight: float, free_bits: float) -> Tensor:
    """A target in place of a threshold."""
    return words.mean() + weight * (kl.mean() - free_bits).abs()


def loss_without_free(words: Tensor, kl: Tensor, weight: float, free_bits: float) -> Tensor:
    """The free nats forgotten."""
    return words.mean() + weight * kl.mean()


def loss_capped(words: Tensor, kl: Tensor, weight: float, free_bits: float) -> Tensor:
    """The smaller in place of the larger."""
    return words.mean() + weight * kl.mean().clamp(max=free_bits)


def loss_weighted_words(words: Tensor, kl: Tensor, weight: float, free_bits: float) -> Tensor:
    """The weight on the words."""
    return weight * words.mean() + kl.mean().clamp(min=free_bits)


def _lengths(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 7, 10)
    length = torch.randint(2, 10, (n,), generator=generator).float()
    return 2 + 1.2 * length + torch.rand(n, generator=generator), length


def per_word(cost: Tensor, length: Tensor) -> Tensor:
    """All nats over all symbols, then the exponential."""
    return (cost.sum() / length.sum()).exp()


def per_word_of_sentences(cost: Tensor, length: Tensor) -> Tensor:
    """A mean over sentences of nats per symbol: short sentences count too much."""
    return (cost / length).mean().exp()


def per_word_of_exponentials(cost: Tensor, length: Tensor) -> Tensor:
    """The mean of perplexities."""
    return (cost / length).exp().mean()


def per_word_in_nats(cost: Tensor, length: Tensor) -> Tensor:
    """The exponential forgotten."""
    return cost.sum() / length.sum()


def per_word_from_bits(cost: Tensor, length: Tensor) -> Tensor:
    """2 to the power of nats."""
    return 2 ** (cost.sum() / length.sum())


def per_word_negative(cost: Tensor, length: Tensor) -> Tensor:
    """The costs taken for log-probabilities."""
    return (-cost.sum() / length.sum()).exp()


def per_word_of_sentence(cost: Tensor, length: Tensor) -> Tensor:
    """Nats per sentence."""
    return cost.mean().exp()
