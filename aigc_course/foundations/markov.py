"""Markov chains, and Markov models of text (also: n-gram language models), estimated by counting and sampled.

Markov (1913), *An Example of Statistical Investigation of the Text Eugene Onegin* (English in Science in Context 19(4),
2006); Shannon (1948), *A Mathematical Theory of Communication*, sections 3 to 7.

Symbols
    i, j    a state and the next one, from 0 to s - 1
    P       transition matrix, P[i, j] = p(j | i), rows add up to 1
    pi      stationary distribution, pi P = pi
    c       context: the ``order`` symbols (characters, or words) before the next

Conventions: information in nats. A model of order k is an n-gram model with n = k + 1. The first symbols of a text have
shorter contexts.
"""

import copy
import random
from collections import Counter
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor


def stationary_distribution(transition: Float[Tensor, "s s"]) -> Float[Tensor, " s"]:
    """The stationary distribution pi of a transition matrix, pi P = pi, by least squares in float64.

    Raises:
        ValueError: Negative entries, or rows that do not add up to 1; or pi is not unique, because the chain is
            reducible into several closed classes.
    """
    _check_rows(transition)
    states = len(transition)
    rows = transition.double()
    rows = rows / rows.sum(dim=1, keepdim=True)  # rounded rows would hide that a chain falls into parts
    # pi (P - I) = 0 has one equation too few; that the probabilities add up to 1 is the missing one
    balance = torch.cat([rows.T - torch.eye(states), torch.ones(1, states)])
    if torch.linalg.matrix_rank(balance, rtol=1e-9) < states:
        raise ValueError("the chain falls into parts that never meet; give each part a matrix of its own")
    target = torch.zeros(states + 1, 1, dtype=torch.float64)
    target[-1] = 1
    return torch.linalg.lstsq(balance, target).solution.squeeze(1).clamp(min=0).to(transition.dtype)


def entropy_rate(transition: Float[Tensor, "s s"]) -> Float[Tensor, ""]:
    """Entropy rate of the stationary chain in nats per step, -Σ pi_i P_ij log P_ij (Shannon, 1948, section 7)."""
    row_entropy = -torch.xlogy(transition, transition).sum(dim=1)
    return stationary_distribution(transition) @ row_entropy


def sample_path(transition: Float[Tensor, "s s"], steps: int, *, seed: int) -> Int[Tensor, " steps"]:
    """Sample a path of ``steps`` states, the first one from the stationary distribution."""
    rng, states = random.Random(seed), range(len(transition))
    rows = transition.tolist()
    path = rng.choices(states, stationary_distribution(transition).tolist())
    while len(path) < steps:
        path += rng.choices(states, rows[path[-1]])
    return torch.tensor(path)


def count_transitions(path: Int[Tensor, " n"], *, states: int) -> Float[Tensor, "s s"]:
    """Transition counts of a path: entry (i, j) says how often state ``j`` follows state ``i``.

    Raises:
        ValueError: The path holds a number that is not from 0 to ``states`` - 1.
    """
    outside = path[(path < 0) | (path >= states)]
    if len(outside) > 0:
        raise ValueError(f"the path visits state {int(outside[0])}; they go from 0 to {states - 1}")
    pairs = path[:-1] * states + path[1:]
    return torch.bincount(pairs, minlength=states**2).view(states, states).float()


def estimate_transition_matrix(counts: Float[Tensor, "s s"]) -> Float[Tensor, "s s"]:
    """Maximum likelihood estimate of the transition matrix: each row of ``counts`` over its sum.

    Raises:
        ValueError: A state has no outgoing transition, so that its row is undetermined.
    """
    sums = counts.sum(dim=1, keepdim=True)
    if (sums == 0).any():
        raise ValueError(f"state {int(sums.argmin())} was never left; give a longer path, or drop the state")
    return counts / sums


def apply_temperature(weights: Sequence[float], temperature: float) -> list[float]:
    """Probabilities proportional to weights^(1 / temperature): sharper below 1, closer to uniform above 1.

    Raises:
        ValueError: The temperature is not above 0.
    """
    if temperature <= 0:
        raise ValueError(f"temperature={temperature}; it must be above 0")
    top = max(weights)  # scaled to at most 1, so that a small temperature cannot overflow
    powers = [(w / top) ** (1 / temperature) for w in weights]
    total = sum(powers)
    return [p / total for p in powers]


class MarkovModel:
    """A Markov model of text: the next symbol depends on the last ``order`` symbols only (an n-gram model)."""

    def __init__(
        self, text: Sequence[str], *, order: int, smoothing: float = 0.0, uniform: bool = False, alphabet: str = ""
    ) -> None:
        """Count which symbol follows which context in a text.

        Args:
            text: The training text: a string of characters, or a tuple of words.
            order: Length of the context.
            smoothing: Pseudo-counts for every context; 0 gives the maximum likelihood estimate.
            uniform: Spread the pseudo-counts evenly over the alphabet (additive smoothing); otherwise as the context
                shorter by one symbol predicts (interpolation with lower orders).
            alphabet: Symbols that can occur beside those of the text.

        Raises:
            ValueError: ``order`` or ``smoothing`` is negative, or the text is not longer than ``order``.
        """
        if order < 0 or smoothing < 0:
            raise ValueError(f"order={order}, smoothing={smoothing}; neither may be negative")
        if len(text) <= order:
            raise ValueError(f"{len(text)} symbols of text for order {order}; give a longer text")
        self.order, self.smoothing, self.uniform = order, smoothing, uniform
        self.alphabet = sorted({*alphabet, *text})
        self.counts: list[dict[Sequence[str], Counter[str]]] = [_count(text, k) for k in range(order + 1)]
        self.totals = [{context: seen.total() for context, seen in level.items()} for level in self.counts]

    def with_order(self, order: int) -> "MarkovModel":
        """The model of a smaller order from the same counts.

        Raises:
            ValueError: The order is negative or above that of this model.
        """
        if not 0 <= order <= self.order:
            raise ValueError(f"order={order}; these counts reach from 0 to {self.order}")
        shorter = copy.copy(self)
        shorter.order = order
        return shorter

    def probability(self, symbol: str, context: Sequence[str]) -> float:
        """p(symbol | context), of which the last ``order`` symbols count.

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
        return (seen + self.smoothing * self._prior(symbol, context)) / (n + self.smoothing)

    def _prior(self, symbol: str, context: Sequence[str]) -> float:
        """The distribution of the pseudo-counts."""
        if self.uniform or len(context) == 0:
            return float(symbol in self.alphabet) / len(self.alphabet)
        return self.probability(symbol, context[1:])

    def surprisals(self, text: Sequence[str]) -> Float[Tensor, " n"]:
        """Surprisal -log p of each symbol given its context, in nats; infinite where p = 0."""
        contexts = (text[max(0, t - self.order) : t] for t in range(len(text)))
        probabilities = [self.probability(symbol, context) for symbol, context in zip(text, contexts, strict=True)]
        return -torch.tensor(probabilities, dtype=torch.float64).log().float()

    def log_likelihood(self, text: Sequence[str]) -> float:
        """Log probability of a text in nats: the sum over its symbols, by the chain rule."""
        return -self.surprisals(text).sum().item()

    def cross_entropy(self, text: Sequence[str]) -> float:
        """Cross-entropy of the model on a text, in nats per symbol; its exponential is the perplexity.

        Raises:
            ValueError: The text is empty.
        """
        if len(text) == 0:
            raise ValueError("the text has no symbols, so it has no mean surprisal; give at least one")
        return self.surprisals(text).mean().item()

    def sample(self, n: int, *, seed: int, start: Sequence[str] = "", temperature: float = 1.0) -> list[str]:
        """Sample ``n`` symbols that continue ``start`` from the unsmoothed counts, at a temperature.

        A context that was never seen is shortened until it was (backoff). ``smoothing`` affects ``probability`` and
        what is computed from it, not the samples.
        """
        rng, written = random.Random(seed), list(start)
        for _ in range(n):
            seen = self._followers(written)
            weights = apply_temperature([float(n) for n in seen.values()], temperature)
            written += rng.choices(list(seen), weights)
        return written[len(start) :]

    def _followers(self, written: list[str]) -> Counter[str]:
        for length in range(min(self.order, len(written)), -1, -1):
            tail = written[len(written) - length :]
            key = "".join(tail) if "" in self.counts[0] else tuple(tail)
            if key in self.counts[length]:
                return self.counts[length][key]
        raise AssertionError("the empty context has always been seen")


def longest_copy(text: str, source: str) -> int:
    """Length of the longest common substring of ``text`` and ``source``, in characters: a measure of memorisation."""
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
