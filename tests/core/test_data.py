import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from aigc_course.core import data, synthetic

OFFLINE = [d.name for d in data.DATASETS.values() if d.offline]
IMAGES = ["digits", "glyphs", "sprites", "patches"]


@pytest.mark.parametrize("name", OFFLINE)
def test_an_offline_set_has_two_sides_that_share_no_example(name):
    train, test = data.load(name, n=200), data.load(name, split="test", n=200)
    for side in (train, test):
        assert len(side.x) == len(side.y) == len(side.factors) == 200
        assert side.x.dtype == torch.float32
        assert side.factors.shape[1] == len(data.DATASETS[name].factors)
    both = torch.cat([train.x, test.x]).flatten(1)
    assert len(both.unique(dim=0)) >= (400 if name != "patches" else 395)


@pytest.mark.parametrize("name", IMAGES)
def test_images_fill_the_unit_interval(name):
    x = data.load(name, n=300).x
    assert x.min() >= 0
    assert x.max() <= 1
    assert x.max() > 0.95


@pytest.mark.parametrize("name", ["glyphs", "sprites", "patches", "ring", "spiral"])
def test_a_seed_names_a_draw(name):
    assert torch.equal(data.load(name, n=20, seed=4).x, data.load(name, n=20, seed=4).x)
    assert not torch.equal(data.load(name, n=20, seed=4).x, data.load(name, n=20, seed=5).x)


def test_without_a_seed_it_is_seed_zero():
    """Catches another default, with which every number of every chapter would change."""
    for name in ("glyphs", "ring"):
        assert torch.equal(data.load(name, n=20).x, data.load(name, n=20, seed=0).x)


def test_labels_of_points_number_the_parts_of_their_figure():
    parts = {"ring": 8, "grid": 25, "moons": 2, "spiral": 1}
    assert {name: data.load(name, n=2000).y.unique().tolist() for name in parts} == {
        name: list(range(n)) for name, n in parts.items()
    }


def test_a_spiral_has_the_same_noise_in_both_directions():
    """Catches one random number for both coordinates, which moves points along the diagonal only."""
    x = synthetic.TOYS["spiral"](4000, torch.Generator().manual_seed(3))[0]
    angle = 3 * math.pi * torch.rand(4000, generator=torch.Generator().manual_seed(3)).sqrt()
    curve = (angle / (1.5 * math.pi)).unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], 1)
    torch.testing.assert_close((x - curve).T.cov(), 0.05**2 * torch.eye(2), atol=3e-4, rtol=0)


def test_digits_are_scikit_learns():
    train, test = data.load("digits"), data.load("digits", split="test")
    assert train.x.shape == (1500, 1, 8, 8)
    assert len(test.x) == 297
    from sklearn.datasets import load_digits

    sums = sorted((load_digits().images.sum((1, 2)) / 16).tolist())
    assert sorted(torch.cat([train.x, test.x]).sum((1, 2, 3)).tolist()) == pytest.approx(sums)


def test_a_changed_package_is_noticed(monkeypatch):
    monkeypatch.setitem(data.DATASETS, "digits", replace(data.DATASETS["digits"], checksum="0" * 64))
    with pytest.raises(RuntimeError, match=r"expected 0000.*reinstall"):
        data.load("digits")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "imagenet"}, "no data set called 'imagenet'; there are digits"),
        ({"name": "digits", "split": "valid"}, "split='valid'"),
        ({"name": "digits", "n": 0}, "n=0"),
        ({"name": "digits", "n": 1501}, "n=1501, but this side of 'digits' has 1500"),
    ],
)
def test_a_bad_request_names_the_value_and_the_cure(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load(**arguments)


def test_a_changed_label_is_noticed(monkeypatch):
    import sklearn.datasets

    bunch = sklearn.datasets.load_digits()
    bunch.target[3] += 1
    monkeypatch.setattr(sklearn.datasets, "load_digits", lambda: bunch)
    with pytest.raises(RuntimeError, match=r"scikit-learn's digits has SHA-256 .*reinstall"):
        data.load("digits")


def test_glyph_factors_are_the_ones_drawn():
    """Put the drawn centre of mass back: shifts in half images of 16 pixels move it by 16 pixels each."""
    x, _, factors = data.load("glyphs", n=500)
    axis = torch.arange(32) - 15.5
    mass = x.sum((1, 2, 3))
    right = (x.sum((1, 2)) * axis).sum(1) / mass
    down = (x.sum((1, 3)) * axis).sum(1) / mass
    for measured, drawn in ((right, factors[:, 4]), (down, factors[:, 5])):
        slope, _ = np.polyfit(drawn.numpy(), measured.numpy(), 1)
        assert slope == pytest.approx(16, rel=0.15)


def test_every_typeface_and_digit_is_drawn_differently():
    masters = synthetic._masters().flatten(0, 1).flatten(1)
    distances = torch.cdist(masters, masters) + 99 * torch.eye(len(masters))
    assert distances.min() > 1


def test_a_bigger_glyph_has_more_ink():
    x, digit, factors = data.load("glyphs", n=2000)
    same = (digit == 8) & (factors[:, 0] == 0)
    slope, _ = np.polyfit(factors[same, 3].numpy(), x[same].sum((1, 2, 3)).numpy(), 1)
    assert slope > 0


@pytest.mark.parametrize(("shape", "area"), [(0, 1.6**2), (1, np.pi / 2), (2, 3 * np.sqrt(3) / 4)])
def test_a_sprite_has_the_area_of_its_shape(shape, area):
    """Square of side 1.6, ellipse of half axes 1 and ½, equilateral triangle of circumradius 1, times scale²."""
    one = torch.ones(1)
    for angle in (0.0, 0.7):
        x = synthetic.draw_sprites(torch.tensor([shape]), 0.5 * one, angle * one, 0 * one, 0 * one)
        assert x.sum().item() / 16**2 == pytest.approx(area * 0.25, rel=0.03)


def test_a_sprite_moves_by_its_factors():
    one = torch.ones(1)
    here = synthetic.draw_sprites(torch.tensor([1]), 0.4 * one, 0.3 * one, 0 * one, 0 * one)
    there = synthetic.draw_sprites(torch.tensor([1]), 0.4 * one, 0.3 * one, 0.25 * one, -0.125 * one)
    torch.testing.assert_close(there, here.roll((-2, 4), (2, 3)), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "modes", "spread"), [("ring", 8, 0.1), ("grid", 25, 0.05)])
def test_a_toys_modes_have_the_spread_that_is_stated(name, modes, spread):
    x, y, _ = data.load(name, n=4000)
    assert y.unique().tolist() == list(range(modes))
    inner = torch.stack([x[y == m].std(0) for m in range(modes)]).mean().item()
    assert inner == pytest.approx(spread, rel=0.1)
