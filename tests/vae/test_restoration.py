import itertools

import pytest
import torch
from torch import nn

from aigc_course.vae.restoration import damage, damaged_log_likelihood, restore
from aigc_course.vae.vae import VAE, log_prior


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


@pytest.mark.parametrize("flip", [0.0, 1.0, -0.2])
def test_an_impossible_share_of_flips_is_named(flip):
    with pytest.raises(ValueError, match=f"flip={flip}"):
        damaged_log_likelihood(torch.ones(1, 2), torch.zeros(1, 2), flip=flip)


class Stripes(nn.Module):
    """One number decides between two known pictures of 16 pixels."""

    def forward(self, z):
        return 4 * z.tanh() * torch.tensor([1.0, -1.0]).repeat(8)


def test_restoring_finds_the_code_that_explains_the_scan():
    """Catches a search that climbs the wrong way or ignores the scan."""
    model = VAE(nn.Identity(), Stripes(), latent_dim=1)
    truth = torch.tensor([[1.0, 0.0] * 8, [0.0, 1.0] * 8])
    torch.manual_seed(0)
    scan = damage(truth, flip=0.2)
    assert not torch.equal(scan, truth)
    restored, evidence = restore(model, scan, flip=0.2, num_samples=50)
    assert torch.equal(restored.round(), truth)
    unlike, low = restore(model, torch.tensor([[1.0, 1.0, 0.0, 0.0] * 4]), flip=0.2, num_samples=50)
    assert low < evidence.min()
    assert unlike.shape == (1, 16)
    assert not any(p.grad is not None for p in model.parameters())


def test_the_highest_of_all_draws_starts_the_climb():
    """Catches a pairing of scans with the wrong draws: without steps, the answer is the best draw by brute force."""
    model = VAE(nn.Identity(), Stripes(), latent_dim=1)
    scan = torch.tensor([[1.0, 0.0] * 8, [0.0, 1.0] * 8, [1.0, 0.0] * 7 + [0.0, 1.0]])
    torch.manual_seed(4)
    _, height = restore(model, scan, flip=0.2, num_samples=30, steps=0)
    torch.manual_seed(4)
    z = torch.randn(30, 1)
    pairs = [damaged_log_likelihood(y.expand(30, 16), model.decode(z), flip=0.2) + log_prior(z) for y in scan]
    torch.testing.assert_close(height, torch.stack([values.max() for values in pairs]))


def test_climbing_only_gains():
    """Catches a climb that leaves the highest point again, or returns another start's picture."""
    model = VAE(nn.Identity(), Stripes(), latent_dim=1)
    scan = torch.tensor([[1.0, 0.0] * 8, [1.0, 0.0] * 6 + [0.0, 1.0] * 2])
    torch.manual_seed(4)
    _, before = restore(model, scan, flip=0.2, num_samples=10, steps=0)
    torch.manual_seed(4)
    picture, after = restore(model, scan, flip=0.2, num_samples=10)
    assert (after > before).all()
    z = (picture.logit()[:, :1] / 4).atanh()
    found = damaged_log_likelihood(scan, model.decode(z), flip=0.2) + log_prior(z)
    torch.testing.assert_close(found, after, atol=1e-3, rtol=1e-3)
