"""Code of the exercises in ``what_is_aigc.yml``: random inputs, solutions and wrong answers."""

import torch
from torch import Tensor

from aigc_course.exercises._draws import size


def _two_probabilities(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 3, 6)
    return torch.rand(n, generator=generator) * 0.8 + 0.1, torch.rand(n, generator=generator) * 0.8 + 0.1


def share(after_vowel: Tensor, after_consonant: Tensor) -> Tensor:
    """What flows in from the consonants over what flows both ways."""
    return after_consonant / (after_consonant + 1 - after_vowel)


def share_of_consonants(after_vowel: Tensor, after_consonant: Tensor) -> Tensor:
    """The other state."""
    return 1 - share(after_vowel, after_consonant)


def share_averaged(after_vowel: Tensor, after_consonant: Tensor) -> Tensor:
    """Both contexts taken for equally frequent."""
    return (after_vowel + after_consonant) / 2


def share_normalised(after_vowel: Tensor, after_consonant: Tensor) -> Tensor:
    """A ratio of two numbers that belong to different contexts."""
    return after_consonant / (after_consonant + after_vowel)


def _counts(generator: torch.Generator) -> tuple[Tensor]:
    n = size(generator, 3, 5)
    return (torch.randint(1, 50, (n, n), generator=generator).float(),)


def transitions(counts: Tensor) -> Tensor:
    """Each row over its own sum."""
    return counts / counts.sum(dim=1, keepdim=True)


def transitions_by_column(counts: Tensor) -> Tensor:
    """Where a state came from, in place of where it goes."""
    return counts / counts.sum(dim=0, keepdim=True)


def transitions_of_pairs(counts: Tensor) -> Tensor:
    """Probabilities of pairs."""
    return counts / counts.sum()


def transitions_broadcast(counts: Tensor) -> Tensor:
    """Row sums laid along the columns."""
    return counts / counts.sum(dim=1)


def _probabilities(generator: torch.Generator) -> tuple[Tensor]:
    return (torch.rand(size(generator, 7, 11), generator=generator) * 0.9 + 0.05,)


def cost(probabilities: Tensor) -> Tensor:
    """Mean surprise."""
    return -probabilities.log().mean()


def cost_total(probabilities: Tensor) -> Tensor:
    """The sum."""
    return -probabilities.log().sum()


def cost_in_bits(probabilities: Tensor) -> Tensor:
    """The other unit."""
    return -probabilities.log2().mean()


def cost_of_mean(probabilities: Tensor) -> Tensor:
    """The logarithm outside."""
    return -probabilities.mean().log()


def cost_negative(probabilities: Tensor) -> Tensor:
    """The sign forgotten."""
    return probabilities.log().mean()


def cost_perplexity(probabilities: Tensor) -> Tensor:
    """Its exponential."""
    return (-probabilities.log().mean()).exp()


def cost_entropy(probabilities: Tensor) -> Tensor:
    """The entropy formula: each surprise weighted with its own probability."""
    return -(probabilities * probabilities.log()).sum()


def cost_entropy_averaged(probabilities: Tensor) -> Tensor:
    """The same, averaged."""
    return -(probabilities * probabilities.log()).mean()


def _context(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    n = size(generator, 4, 7)
    shorter = torch.rand(n, generator=generator) + 0.1
    strength = 1 + 9 * torch.rand((), generator=generator).item()
    return torch.randint(1, 9, (n,), generator=generator).float(), shorter / shorter.sum(), strength


def smooth(counts: Tensor, shorter: Tensor, strength: float) -> Tensor:
    """Counts and made-up counts, over the sum of both."""
    return (counts + strength * shorter) / (counts.sum() + strength)


def smooth_one_each(counts: Tensor, shorter: Tensor, strength: float) -> Tensor:
    """The same for every symbol."""
    return (counts + strength) / (counts.sum() + strength * len(counts))


def smooth_leaking(counts: Tensor, shorter: Tensor, strength: float) -> Tensor:
    """Not divided by the made-up counts."""
    return (counts + strength * shorter) / counts.sum()


def smooth_not(counts: Tensor, shorter: Tensor, strength: float) -> Tensor:
    """The maximum likelihood estimate."""
    return counts / counts.sum()
