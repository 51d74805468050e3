"""A toy corpus whose one bit is known: 162 sentences, half about the weather, half about baking.

A sentence has ``WORDS`` words. A coin picks the topic, then each position picks one of three words of that topic. So
the topic is all that one word says about another.

Symbols
    word_dropout  probability that a previous word is hidden from the decoder
    words_unseen  expected number of words that are predicted with all previous words hidden
    a, s      the posterior N(a, s²) of one topic and N(−a, s²) of the other
    weight    of the KL term

Conventions: nats per sentence.
"""

import itertools
import math
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from aigc_course.foundations.information import normal_kl

WORDS = 4
TOPICS = (
    (
        ("rain", "snow", "fog"),
        ("soaks", "covers", "hides"),
        ("quiet", "northern", "green"),
        ("roads", "hills", "fields"),
    ),
    (
        ("honey", "cream", "butter"),
        ("coats", "fills", "softens"),
        ("warm", "thin", "sweet"),
        ("bread", "cakes", "pastry"),
    ),
)
ENTROPY = math.log(2) + WORDS * math.log(3)


class Posterior(NamedTuple):
    """Posteriors N(±a, s²) of the two topics, and the mutual information in nats of topic and latent under them."""

    a: float
    s: float
    topic_information: float


def sentences() -> list[str]:
    """All 162 sentences, equally likely: the 81 about the weather, then the 81 about baking."""
    return [" ".join(words) for topic in TOPICS for words in itertools.product(*topic)]


def words_unseen(word_dropout: float, *, words: int = WORDS) -> float:
    """Expected number of words generated without having seen any: those for which all words before are hidden."""
    return sum(word_dropout**i for i in range(words))


def topic_information(a: Float[Tensor, "*g"], s: Float[Tensor, "*g"]) -> Float[Tensor, "*g"]:
    """Mutual information in nats of topic and latent: log 2 minus the conditional entropy of the topic given z.

    The log-odds of the topics at z are 2az/s². The expectation over z is a sum on a grid.
    """
    noise = torch.linspace(-6, 6, 241, dtype=torch.float64)
    density = (-0.5 * noise.square()).exp()
    a, s = a.double().unsqueeze(-1), s.double().unsqueeze(-1)
    cost = F.softplus(-2 * a * (a + s * noise) / s.square()) @ (density / density.sum())
    return math.log(2) - cost


def objective(
    a: Float[Tensor, "*g"], s: Float[Tensor, "*g"], *, words_unseen: float, weight: float = 1.0
) -> Float[Tensor, "*g"]:
    """Gain in nats over posterior collapse (a = 0, s = 1): what the latent saves in words, minus ``weight`` · KL."""
    a, s = a.double(), s.double()
    kl = normal_kl(a, s, torch.zeros_like(a), torch.ones_like(s))
    return words_unseen * topic_information(a, s) - weight * kl


def optimal_posterior(*, words_unseen: float, weight: float = 1.0) -> Posterior:
    """The posterior of the largest ``objective``, by search on a grid; accurate to 0.02."""
    a, s, information = _grid()
    kl = 0.5 * (a.square() + s.square() - 1 - s.square().log())
    best = int((words_unseen * information - weight * kl).argmax())
    return Posterior(a.flatten()[best].item(), s.flatten()[best].item(), information.flatten()[best].item())


@cache
def _grid() -> tuple[Tensor, Tensor, Tensor]:
    a = torch.arange(0, 1.21, 0.02, dtype=torch.float64)
    s = torch.arange(0.2, 1.01, 0.02, dtype=torch.float64)
    a, s = torch.meshgrid(a, s, indexing="ij")
    return a, s, topic_information(a, s)
