"""Questions whose answers a program knows, to count what a language model gets wrong."""

import random
import re
from dataclasses import dataclass
from typing import Any

import torch

EXAMPLES = "12 + 30 = 42\n3 × 15 = 45\n"  # show the form of an answer, so that only the number can be wrong


@dataclass(frozen=True)
class Fact:
    """A question without its answer, "17 + 25 =", and the number that answers it."""

    question: str
    answer: int


def arithmetic(n: int, *, sign: str, digits: int, seed: int) -> list[Fact]:
    """``n`` sums (``+``) or products (``×``) of two random numbers with so many digits."""
    if sign not in ("+", "×"):
        raise ValueError(f"sign={sign!r}; choose '+' or '×'")
    chance, low, high = random.Random(seed), 10 ** (digits - 1), 10**digits - 1
    pairs = [(chance.randint(low, high), chance.randint(low, high)) for _ in range(n)]
    return [Fact(f"{a} {sign} {b} =", _result(a, b, sign)) for a, b in pairs]


def _result(a: int, b: int, sign: str) -> int:
    return a + b if sign == "+" else a * b


@torch.inference_mode()
def continuations(tokenizer: Any, model: Any, questions: list[Fact], *, tokens: int = 8) -> list[str]:
    """How a language model goes on after two solved examples and each question, the likeliest token each time."""
    prompts = [EXAMPLES + fact.question for fact in questions]
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    encoded = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
    output = model.generate(**encoded, max_new_tokens=tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id)
    return tokenizer.batch_decode(output[:, encoded["input_ids"].shape[1] :], skip_special_tokens=True)


def first_number(reply: str) -> int | None:
    """The first whole number in a reply, thousands separators allowed; ``None`` when there is none."""
    found = re.search(r"-?\d[\d,]*", reply)
    return int(found[0].replace(",", "")) if found else None


def is_correct(fact: Fact, reply: str) -> bool:
    """Whether the first number of the reply is the answer."""
    return first_number(reply) == fact.answer
