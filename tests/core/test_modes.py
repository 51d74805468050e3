"""Two states of a network that hold for a moment: each test says what would not be restored."""

import pytest
import torch
from torch import nn

from aigc_course.core.modes import evaluation_mode, frozen


def test_evaluation_mode_reaches_every_layer_and_wakes_only_those_that_trained():
    """Catches ``network.train()`` at the end: it also wakes the layer that the caller had put to rest."""
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Sequential(nn.Dropout()))
    network[1].eval()
    before = [layer.training for layer in network.modules()]
    with evaluation_mode(network):
        assert not any(layer.training for layer in network.modules())
    assert [layer.training for layer in network.modules()] == before == [True, True, False, True, True]
    with pytest.raises(ZeroDivisionError), evaluation_mode(network):
        raise ZeroDivisionError
    assert [layer.training for layer in network.modules()] == before


def test_frozen_weights_pass_the_gradient_on_and_keep_none():
    """Catches ``requires_grad_(True)`` for all at the end: it also thaws the weight that the caller had frozen."""
    network, x = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)), torch.randn(3, 2, requires_grad=True)
    network[0].weight.requires_grad_(False)
    with frozen(network.parameters()):
        y = network(x).sum()
    y.backward()
    assert x.grad is not None
    assert all(weight.grad is None for weight in network.parameters())
    assert [weight.requires_grad for weight in network.parameters()] == [False, True, True, True]
    with pytest.raises(ZeroDivisionError), frozen(network.parameters()):
        raise ZeroDivisionError
    assert [weight.requires_grad for weight in network.parameters()] == [False, True, True, True]
