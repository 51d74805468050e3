"""Questions whose answers a program knows, to count what a language model gets wrong."""

import random
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """A question, and the number that answers it."""

    question: str
    answer: int


def arithmetic(n: int, *, sign: str, digits: int, seed: int) -> list[Fact]:
    """``n`` sums (``+``) or products (``×``) of two random numbers with so many digits."""
    if sign not in ("+", "×"):
        raise ValueError(f"sign={sign!r}; choose '+' or '×'")
    chance, low, high = random.Random(seed), 10 ** (digits - 1), 10**digits - 1
    pairs = [(chance.randint(low, high), chance.randint(low, high)) for _ in range(n)]
    return [Fact(f"What is {a} {sign} {b}? Reply with the number only.", _result(a, b, sign)) for a, b in pairs]


def _result(a: int, b: int, sign: str) -> int:
    return a + b if sign == "+" else a * b


def final_number(reply: str) -> int | None:
    """The last whole number in a reply, thousands separators allowed; ``None`` when there is none."""
    found = re.findall(r"-?\d[\d,]*", reply)
    return int(found[-1].replace(",", "")) if found else None


def right(fact: Fact, reply: str) -> bool:
    """Whether the reply ends in the number that is the answer."""
    return final_number(reply) == fact.answer
