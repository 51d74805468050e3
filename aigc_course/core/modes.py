"""Context managers that change a network's state and restore it exactly: evaluation mode, frozen parameters."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """Put every layer in evaluation mode inside the block; on exit each has the mode that it had before.

    ``network.train()`` at the end would also change layers that the caller keeps in evaluation mode.
    """
    training = [layer for layer in network.modules() if layer.training]
    for layer in training:
        layer.training = False
    try:
        yield
    finally:
        for layer in training:
            layer.training = True


@contextmanager
def frozen(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """Freeze parameters inside the block: they get no gradient. On exit those that were trainable are so again."""
    learning = [weight for weight in parameters if weight.requires_grad]
    for weight in learning:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in learning:
            weight.requires_grad_(True)
