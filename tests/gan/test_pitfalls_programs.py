"""Folklore P01 to P13: each wrong program fails in the way the chapter says, and its repair does not."""

import math

import pytest
import torch
import torch.nn.functional as F

from aigc_course.gan import pitfalls
from aigc_course.gan.dcgan import to_pixels

pytestmark = pytest.mark.filterwarnings("ignore:Using a target size")


def run(program):
    with torch.random.fork_rng():
        return program(*pitfalls.players())


@pytest.mark.folklore("P01")
def test_p01_detached_generator_learns_nothing():
    assert run(pitfalls.p01_wrong) is None
    assert run(pitfalls.p01_right) > 0


@pytest.mark.folklore("P02")
def test_p02_whole_number_labels():
    with pytest.raises(RuntimeError, match="Found dtype Long but expected Float"):
        run(pitfalls.p02_wrong)
    assert math.isfinite(run(pitfalls.p02_right))


@pytest.mark.folklore("P03")
def test_p03_one_label_for_a_batch():
    with pytest.raises(ValueError, match="target size"):
        run(pitfalls.p03_wrong)
    assert math.isfinite(run(pitfalls.p03_right))


@pytest.mark.folklore("P04")
def test_p04_noise_outside_the_loop():
    with pytest.raises(NameError, match="'z' is not defined"):
        run(pitfalls.p04_undefined)
    assert run(pitfalls.p04_wrong) == 16
    assert run(pitfalls.p04_right) == 48


@pytest.mark.folklore("P05")
def test_p05_gradients_leak_into_the_generator():
    assert run(pitfalls.p05_wrong) > 0
    assert run(pitfalls.p05_right) is None


@pytest.mark.folklore("P05")
def test_p05_the_leak_points_away_from_the_generators_goal():
    g, d, x = pitfalls.players()
    z = torch.randn(16, pitfalls.K)
    leaked = torch.autograd.grad(pitfalls.discriminator_loss(d(x), d(g(z))), list(g.parameters()))
    wanted = torch.autograd.grad(pitfalls.non_saturating_loss(d(g(z))), list(g.parameters()))
    flat = [torch.cat([v.flatten() for v in vs]) for vs in (leaked, wanted)]
    assert F.cosine_similarity(*flat, dim=0) < -0.5


@pytest.mark.folklore("P06")
def test_p06_pictures_of_different_sizes():
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        run(pitfalls.p06_wrong)
    assert run(pitfalls.p06_right) == "2×1×32×32"


@pytest.mark.folklore("P07")
def test_p07_clipped_range():
    """Black is -1, and most of a glyph is black or grey."""
    assert run(pitfalls.p07_wrong) > 0.5
    assert run(pitfalls.p07_right) == 0


@pytest.mark.folklore("P08")
def test_p08_channels_that_do_not_fit():
    with pytest.raises(RuntimeError, match="to have 1 channels, but got 3 channels"):
        run(pitfalls.p08_wrong)
    assert math.isfinite(run(pitfalls.p08_right))


@pytest.mark.folklore("P09")
def test_p09_probabilities_expected_logits_given():
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        run(pitfalls.p09_wrong)
    assert run(pitfalls.p09_clipped) > 0.25
    assert run(pitfalls.p09_right) == 0


@pytest.mark.folklore("P10")
def test_p10_generator_step_that_teaches_the_discriminator():
    assert run(pitfalls.p10_wrong) > 0.2
    assert run(pitfalls.p10_right) == 0


@pytest.mark.folklore("P11")
def test_p11_twice_as_many_labels():
    with pytest.raises(ValueError, match="target size"):
        run(pitfalls.p11_wrong)
    assert math.isfinite(run(pitfalls.p11_right))


@pytest.mark.folklore("P12")
def test_p12_flatten_before_a_convolution():
    with pytest.raises(RuntimeError, match="Expected 3D"):
        run(pitfalls.p12_wrong)
    assert run(pitfalls.p12_right) == "2×1×8×8"


@pytest.mark.folklore("P13")
def test_p13_the_judge_does_not_matter():
    assert run(pitfalls.p13_wrong) == 0
    assert run(pitfalls.p13_right) > 0.1


@pytest.mark.folklore("P13")
def test_p13_the_target_is_a_black_page():
    g, _, _ = pitfalls.players()
    optimizer = torch.optim.Adam(g.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        fake = g(torch.randn(16, pitfalls.K))
        F.binary_cross_entropy(to_pixels(fake), torch.zeros_like(fake)).backward()
        optimizer.step()
    assert to_pixels(fake).mean() < 0.02


def test_the_report_runs_every_row():
    report = pitfalls.report(*pitfalls.ROWS)
    assert {line["row"] for line in report} == {f"P{i:02}" for i in range(1, 14)}
    assert report[0]["seen"] == "None"
    assert all(line["seen"] and line["looked at"] for line in report)
