import itertools

import pytest
import torch
from torch import nn

from aigc_course.vae.gaussian import VAE
from aigc_course.vae.restoration import damage, damaged_log_likelihood, restore


@pytest.mark.equation("vae-channel")
def test_likelihood_sums_out_the_flips():
    """Catches flip and keep swapped, or a flip applied to one colour only: every way to get y is listed."""
    flip, chance = 0.2, torch.tensor([[0.7, 0.4]])
    total = 0.0
    for y in itertools.product([0.0, 1.0], repeat=2):
        expected = 1.0
        for pixel, p in zip(y, chance[0].tolist(), strict=True):
            white = p * (1 - flip) + (1 - p) * flip
            expected *= white if pixel else 1 - white
        value = damaged_log_likelihood(torch.tensor([y]), chance.logit(), flip=flip).exp().item()
        assert value == pytest.approx(expected, abs=1e-6)
        total += value
    assert total == pytest.approx(1, abs=1e-6)


def test_damage_flips_the_share_it_says():
    """Catches grey left in the scan, and flips that only darken."""
    torch.manual_seed(0)
    x = torch.rand(1, 1, 300, 300)
    y = damage(x, flip=0.15)
    assert set(y.unique().tolist()) == {0.0, 1.0}
    for colour in (0.0, 1.0):
        share = (y != x.round())[x.round() == colour].float().mean().item()
        assert share == pytest.approx(0.15, abs=0.01)


class Stripes(nn.Module):
    """One number decides between two known pictures of 16 pixels."""

    def forward(self, z):
        return 4 * z.tanh() * torch.tensor([1.0, -1.0]).repeat(8)


class AlwaysZero(nn.Module):
    def forward(self, x):
        return torch.zeros(len(x), 2)


def test_restoring_finds_the_code_that_explains_the_scan():
    """Catches a search that climbs the wrong way or ignores the scan; the encoder here knows nothing."""
    model = VAE(AlwaysZero(), Stripes(), k=1)
    truth = torch.tensor([[1.0, 0.0] * 8, [0.0, 1.0] * 8])
    torch.manual_seed(0)
    scan = damage(truth, flip=0.2)
    assert not torch.equal(scan, truth)
    restored, evidence = restore(model, scan, flip=0.2)
    assert torch.equal(restored.round(), truth)
    unlike, low = restore(model, torch.tensor([[1.0, 1.0, 0.0, 0.0] * 4]), flip=0.2)
    assert low < evidence.min()
    assert unlike.shape == (1, 16)
    assert not any(p.grad is not None for p in model.parameters())
