"""Markov chains, and texts written by them: the oldest generator of this book.

Markov (1913), *An Example of Statistical Investigation of the Text Eugene Onegin* (English in Science in Context 19(4),
2006); Shannon (1948), *A Mathematical Theory of Communication*, sections 3 to 7.

Symbols: state ``i``, next state ``j``, transition matrix ``P`` with rows that add up to 1, stationary distribution
``pi``; text ``x`` of symbols (characters, or words in a tuple), context ``c`` of the ``order`` symbols before the next.

Conventions: information in nats. The first symbols of a text have shorter contexts.
"""

import copy
import math
import random
from collections import Counter
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

BITS = 1 / math.log(2)  # bits in a nat


def stationary_distribution(transition: Float[Tensor, "s s"]) -> Float[Tensor, " s"]:
    """The distribution that one step of the chain leaves as it is: ``pi P = pi``; it must be the only one."""
    _check_rows(transition)
    states = len(transition)
    rows = transition.double()
    rows = rows / rows.sum(dim=1, keepdim=True)  # rounded rows would hide that a chain falls into parts
    balance = torch.cat([rows.T - torch.eye(states), torch.ones(1, states)])
    if torch.linalg.matrix_rank(balance, rtol=1e-9) < states:
        raise ValueError("the chain falls into parts that never meet; give each part a matrix of its own")
    goal = torch.zeros(states + 1, 1, dtype=torch.float64)
    goal[-1] = 1
    return torch.linalg.lstsq(balance, goal).solution.squeeze(1).clamp(min=0).to(transition.dtype)


def entropy_rate(transition: Float[Tensor, "s s"]) -> Float[Tensor, ""]:
    """Mean surprise of the next state in nats, in the long run (Shannon, section 7)."""
    surprise = -torch.xlogy(transition, transition).sum(dim=1)
    return stationary_distribution(transition) @ surprise


def sample_path(transition: Float[Tensor, "s s"], steps: int, *, seed: int) -> Int[Tensor, " steps"]:
    """``steps`` states of the chain, the first one drawn from the stationary distribution."""
    chance, states = random.Random(seed), range(len(transition))
    rows = transition.tolist()
    path = chance.choices(states, stationary_distribution(transition).tolist())
    while len(path) < steps:
        path += chance.choices(states, rows[path[-1]])
    return torch.tensor(path)


def count_transitions(path: Int[Tensor, " n"], *, states: int) -> Float[Tensor, "s s"]:
    """How often each state ``j`` comes right after each state ``i``, in row ``i`` and column ``j``."""
    outside = path[(path < 0) | (path >= states)]
    if len(outside) > 0:
        raise ValueError(f"the path visits state {int(outside[0])}; they go from 0 to {states - 1}")
    pairs = path[:-1] * states + path[1:]
    return torch.bincount(pairs, minlength=states**2).view(states, states).float()


def estimate(counts: Float[Tensor, "s s"]) -> Float[Tensor, "s s"]:
    """The transition matrix under which the counted path is most probable: each row of counts over its sum."""
    sums = counts.sum(dim=1, keepdim=True)
    if (sums == 0).any():
        raise ValueError(f"state {int(sums.argmin())} was never left; give a longer path, or drop the state")
    return counts / sums


def apply_temperature(weights: Sequence[float], temperature: float) -> list[float]:
    """Probabilities proportional to ``weights ** (1 / temperature)``: below 1 bolder, above 1 more even."""
    if temperature <= 0:
        raise ValueError(f"temperature={temperature}; it must be above 0")
    top = max(weights)
    powers = [(w / top) ** (1 / temperature) for w in weights]
    total = sum(powers)
    return [p / total for p in powers]


class Markov:
    """A text model: the next symbol depends on the last ``order`` symbols only."""

    def __init__(
        self, text: Sequence[str], *, order: int, smoothing: float = 0.0, uniform: bool = False, alphabet: str = ""
    ) -> None:
        """Count a text.

        Args:
            text: The training text: a string of characters, or a tuple of words.
            order: How many symbols the model looks back.
            smoothing: Observations that are made up for every context; 0 gives the maximum likelihood estimate.
            uniform: Spread them evenly over the alphabet; otherwise as the context shorter by one symbol predicts.
            alphabet: The symbols that can occur; those of the text by default.
        """
        if order < 0 or smoothing < 0:
            raise ValueError(f"order={order}, smoothing={smoothing}; neither may be negative")
        if len(text) <= order:
            raise ValueError(f"{len(text)} symbols of text for order {order}; give a longer text")
        self.order, self.smoothing, self.uniform = order, smoothing, uniform
        self.alphabet = sorted({*alphabet, *text})
        self.counts: list[dict[Sequence[str], Counter[str]]] = [_count(text, k) for k in range(order + 1)]
        self.totals = [{context: seen.total() for context, seen in level.items()} for level in self.counts]

    def with_order(self, order: int) -> "Markov":
        """The model of a smaller order from the same counts."""
        if not 0 <= order <= self.order:
            raise ValueError(f"order={order}; these counts reach from 0 to {self.order}")
        shorter = copy.copy(self)
        shorter.order = order
        return shorter

    def probability(self, symbol: str, context: Sequence[str]) -> float:
        """Probability that ``symbol`` follows ``context``, of which the last ``order`` symbols count.

        Without smoothing a context that was never seen gives every symbol the probability 0.
        """
        length = min(self.order, len(context))
        context = context[len(context) - length :]
        n = self.totals[length].get(context, 0)
        seen = self.counts[length][context][symbol] if n else 0
        if n + self.smoothing == 0:
            return 0.0
        if self.smoothing == 0:
            return seen / n
        return (seen + self.smoothing * self._guess(symbol, context)) / (n + self.smoothing)

    def _guess(self, symbol: str, context: Sequence[str]) -> float:
        """What the made-up observations say."""
        if self.uniform or len(context) == 0:
            return float(symbol in self.alphabet) / len(self.alphabet)
        return self.probability(symbol, context[1:])

    def surprisals(self, text: Sequence[str]) -> Float[Tensor, " n"]:
        """Surprise ``-log p`` of each symbol of a text in nats; infinite where the model said "impossible"."""
        contexts = (text[max(0, t - self.order) : t] for t in range(len(text)))
        chances = [self.probability(symbol, context) for symbol, context in zip(text, contexts, strict=True)]
        return -torch.tensor(chances, dtype=torch.float64).log().float()

    def log_likelihood(self, text: Sequence[str]) -> float:
        """Logarithm of the probability of a text in nats: the sum over its symbols."""
        return -self.surprisals(text).sum().item()

    def cross_entropy(self, text: Sequence[str]) -> float:
        """Mean surprise in nats per symbol; e to this power is called perplexity."""
        if len(text) == 0:
            raise ValueError("the text has no symbols, so it has no mean surprise; give at least one")
        return self.surprisals(text).mean().item()

    def sample(self, n: int, *, seed: int, start: Sequence[str] = "", temperature: float = 1.0) -> list[str]:
        """``n`` symbols that continue ``start``, drawn from the counts alone; a context never seen is shortened.

        The made-up observations of ``smoothing`` are for ``probability`` and what is built on it.
        """
        chance, written = random.Random(seed), list(start)
        for _ in range(n):
            seen = self._followers(written)
            weights = apply_temperature([float(n) for n in seen.values()], temperature)
            written += chance.choices(list(seen), weights)
        return written[len(start) :]

    def _followers(self, written: list[str]) -> Counter[str]:
        for length in range(min(self.order, len(written)), -1, -1):
            tail = written[len(written) - length :]
            key = "".join(tail) if "" in self.counts[0] else tuple(tail)
            if key in self.counts[length]:
                return self.counts[length][key]
        raise AssertionError("the empty context has always been seen")


def longest_copy(text: str, source: str) -> int:
    """Length of the longest run of characters of ``text`` that stands in ``source`` word for word."""
    best, start = 0, 0
    while start + best < len(text):
        if text[start : start + best + 1] in source:
            best += 1
        else:
            start += 1
    return best


def _count(text: Sequence[str], order: int) -> dict[Sequence[str], Counter[str]]:
    level: dict[Sequence[str], Counter[str]] = {}
    for run, times in Counter(text[t : t + order + 1] for t in range(len(text) - order)).items():
        level.setdefault(run[:order], Counter())[run[order]] = times
    return level


def _check_rows(transition: Float[Tensor, "s s"]) -> None:
    if (transition < 0).any() or (transition.sum(dim=1) - 1).abs().max() > 1e-5:
        raise ValueError("a transition matrix has no negative entries and rows that add up to 1")
