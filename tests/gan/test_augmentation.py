"""Augmentation moves and deletes pixels, differently for each image, and lets the gradient through."""

import pytest
import torch
from torch import nn

from aigc_course.gan.augmentation import AugmentedDiscriminator, cutout_mask, random_shift


def test_a_shift_moves_whole_images_by_at_most_far():
    """Catches a shift shared by the batch, one that wraps around, and rows taken for columns."""
    x = torch.zeros(400, 1, 5, 6)
    x[:, :, 2, 3] = 1
    moved = random_shift(x, max_shift=1)
    assert (moved.sum(dim=(1, 2, 3)) == 1).all()
    where = {tuple(place) for place in moved.nonzero()[:, 2:].tolist()}
    assert where == {(row, column) for row in (1, 2, 3) for column in (2, 3, 4)}


def test_what_leaves_the_image_is_gone():
    x = torch.zeros(300, 1, 4, 4)
    x[:, :, 0, 0] = 1
    left = random_shift(x, max_shift=1).sum(dim=(1, 2, 3))
    assert left.mean().item() == pytest.approx(4 / 9, abs=0.1)
    assert set(left.tolist()) == {0.0, 1.0}


def test_every_image_stays_in_its_place_of_the_batch():
    """Catches images exchanged: a label or a code that belongs to one would then belong to another."""
    x = torch.arange(1.0, 51).view(50, 1, 1, 1).expand(50, 1, 4, 4)
    assert torch.equal(random_shift(x, max_shift=1).amax(dim=(1, 2, 3)), torch.arange(1.0, 51))


def test_channels_move_together():
    x = torch.rand(1, 1, 6, 6).expand(8, 3, 6, 6)
    moved = random_shift(x, max_shift=2)
    assert torch.equal(moved[:, 0], moved[:, 2])


def test_the_hole_is_a_square_inside_the_image():
    """Catches a hole that hangs over the edge, or that never reaches it."""
    mask = cutout_mask(torch.zeros(500, 1, 5, 7), cutout_size=3)
    assert (mask.sum(dim=(1, 2, 3)) == 9).all()
    assert mask.any(dim=0).all()
    corners = {tuple(one.nonzero()[0].tolist()) for one in mask[:, 0]}
    assert corners == {(row, column) for row in range(3) for column in range(5)}


def test_the_judge_sees_another_hole_in_every_image():
    """Catches one hole for the whole batch."""
    torch.manual_seed(0)
    seen = []
    discriminator = AugmentedDiscriminator(nn.Module(), max_shift=0)
    discriminator.discriminator.forward = lambda x: seen.append(x) or x.flatten(1)[:, 0]
    discriminator(torch.ones(30, 1, 8, 8))
    assert len(seen[0].flatten(1).unique(dim=0)) > 10


def test_a_hole_larger_than_the_image_says_so():
    with pytest.raises(ValueError, match="cutout_size=9"):
        cutout_mask(torch.zeros(2, 1, 8, 8), cutout_size=9)


def test_the_judge_is_augmented_in_training_only():
    torch.manual_seed(0)
    discriminator = AugmentedDiscriminator(nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0)))
    x = torch.rand(4, 1, 8, 8)
    assert not torch.equal(discriminator(x), discriminator(x))
    discriminator.eval()
    assert torch.equal(discriminator(x), discriminator.discriminator(x))


def test_the_gradient_reaches_the_pixels_that_were_kept():
    """Catches a detached copy: the generator would learn nothing from an augmented judge."""
    x = torch.rand(6, 1, 8, 8, requires_grad=True)
    discriminator = AugmentedDiscriminator(nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0)))
    discriminator(x).sum().backward()
    assert x.grad is not None
    # a shift takes at most 15 pixels away and the hole at most 9
    reached = (x.grad != 0).sum(dim=(1, 2, 3))
    assert (reached >= 64 - 15 - 9).all()
    assert (reached <= 64).all()
