"""Two states of a network that hold for a moment and are then restored exactly, layer by layer and weight by weight."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """Every layer in evaluation mode; afterwards each one is in the mode in which it was found.

    ``network.train()`` would not do: it also wakes the layers that the caller had put to rest.
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
    """Weights that gradients pass by; afterwards those learn that learned before, and no others."""
    learning = [weight for weight in parameters if weight.requires_grad]
    for weight in learning:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in learning:
            weight.requires_grad_(True)
