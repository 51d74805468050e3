"""An arithmetic benchmark for language models: questions with known answers, few-shot prompts, exact match."""

import random
import re
from dataclasses import dataclass
from typing import Any

import torch

EXAMPLES = "12 + 30 = 42\n3 × 15 = 45\n"  # two shots show the form of an answer, so that only the number can be wrong


@dataclass(frozen=True)
class Fact:
    """A question without its answer, such as "17 + 25 =", and the number that answers it."""

    question: str
    answer: int


def arithmetic(n: int, *, operator: str, digits: int, seed: int) -> list[Fact]:
    """``n`` random sums (``+``) or products (``×``) of two numbers with ``digits`` digits each.

    Raises:
        ValueError: Another operator.
    """
    if operator not in ("+", "×"):
        raise ValueError(f"operator={operator!r}; choose '+' or '×'")
    rng, low, high = random.Random(seed), 10 ** (digits - 1), 10**digits - 1
    pairs = [(rng.randint(low, high), rng.randint(low, high)) for _ in range(n)]
    return [Fact(f"{a} {operator} {b} =", _result(a, b, operator)) for a, b in pairs]


def _result(a: int, b: int, operator: str) -> int:
    return a + b if operator == "+" else a * b


@torch.inference_mode()
def continuations(tokenizer: Any, model: Any, questions: list[Fact], *, max_new_tokens: int = 8) -> list[str]:
    """Greedy continuations of a two-shot prompt with each question.

    Args:
        tokenizer: Of transformers; it gets its end token for padding when it has none.
        model: A causal language model of transformers.
        questions: One prompt each; all are generated in one batch, padded on the left.
        max_new_tokens: Length of a continuation, at most.
    """
    prompts = [EXAMPLES + fact.question for fact in questions]
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    encoded = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
    output = model.generate(
        **encoded, max_new_tokens=max_new_tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id
    )
    return tokenizer.batch_decode(output[:, encoded["input_ids"].shape[1] :], skip_special_tokens=True)


def first_number(reply: str) -> int | None:
    """The first integer in a reply, commas between thousands allowed; ``None`` when there is none."""
    found = re.search(r"-?\d[\d,]*", reply)
    return int(found[0].replace(",", "")) if found else None


def is_correct(fact: Fact, reply: str) -> bool:
    """Whether the first integer of the reply equals the answer (exact match)."""
    return first_number(reply) == fact.answer
