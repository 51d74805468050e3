"""Solutions and wrong answers of ``exercises.what_is_aigc``: what the checker compares a learner's code with."""

from torch import Tensor


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


def cost(chances: Tensor) -> Tensor:
    """Mean surprise."""
    return -chances.log().mean()


def cost_total(chances: Tensor) -> Tensor:
    """The sum."""
    return -chances.log().sum()


def cost_in_bits(chances: Tensor) -> Tensor:
    """The other unit."""
    return -chances.log2().mean()


def cost_of_mean(chances: Tensor) -> Tensor:
    """The logarithm outside."""
    return -chances.mean().log()


def cost_negative(chances: Tensor) -> Tensor:
    """The sign forgotten."""
    return chances.log().mean()


def cost_perplexity(chances: Tensor) -> Tensor:
    """Its exponential."""
    return (-chances.log().mean()).exp()


def cost_entropy(chances: Tensor) -> Tensor:
    """The entropy formula: each surprise weighted with its own probability."""
    return -(chances * chances.log()).sum()


def cost_entropy_averaged(chances: Tensor) -> Tensor:
    """The same, averaged."""
    return -(chances * chances.log()).mean()


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
