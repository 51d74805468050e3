"""Single precision, at least, for objectives: what a network may compute in bfloat16, a loss may not.

bfloat16 keeps eight bits of a number. A log-likelihood of 200 nats is then known to half a nat, and a sum of many small
terms stops growing when it is 256 times as large as the next term. So networks run under autocast, and every density,
divergence and distance is computed on numbers that ``full_precision`` has widened.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor


def full_precision(x: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """float16 and bfloat16 as float32; float32 and float64 as they are. Gradients pass."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


@contextmanager
def no_autocast() -> Iterator[None]:
    """Matrix products inside keep the precision of their inputs, on any device; also as a decorator ``@no_autocast()``.

    Autocast turns the inputs of each matrix product to bfloat16, whatever they were: widen them, then compute in here.
    """
    with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
        yield
