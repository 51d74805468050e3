"""The six detectors on cases whose answer is known. Each test names the mistake that it catches."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from aigc_course.core import data
from aigc_course.gan import gan
from aigc_course.museum import detectors, toys
from aigc_course.museum.detectors import THRESHOLDS, Evidence, Finding, cause, diagnose
from aigc_course.vae.vae import Gaussian

RING, HELD = data.load("ring").x, data.load("ring", split="test", n=500).x


@pytest.mark.equation("failure_museum-chance")
def test_chance_is_that_of_two_libraries():
    """Catches swapped arguments and ties that count whole or not at all; half of the numbers are tied here."""
    a, b = torch.randint(6, (40,)).float(), torch.randint(1, 8, (30,)).float()
    found = detectors.auroc(a, b)
    assert found == pytest.approx(mannwhitneyu(a, b).statistic / (40 * 30), abs=1e-12)
    labels = torch.cat([torch.ones(40), torch.zeros(30)])
    assert found == pytest.approx(roc_auc_score(labels, torch.cat([a, b])), abs=1e-12)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=8), st.lists(st.integers(-3, 3), min_size=1, max_size=8))
def test_both_chances_add_up_to_one(a, b):
    """Catches a > b turned into a ≥ b on one side."""
    x, y = torch.tensor(a).float(), torch.tensor(b).float()
    assert detectors.auroc(x, y) + detectors.auroc(y, x) == pytest.approx(1)


@pytest.mark.equation("failure_museum-shift")
@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0, -1.0])
def test_an_overfitted_judge(shift):
    """Catches seen and unseen swapped, and the √2 of a difference of two normals left out."""
    seen, unseen = torch.randn(3_000) + shift, torch.randn(3_000)
    assert detectors.overfitting_auc(seen, unseen) == pytest.approx(toys.binormal_auc(shift), abs=0.025)


@pytest.mark.equation("failure_museum-copies")
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_copies(share):
    """Catches train and held swapped (copies would then look far) and a distance to the wrong set."""
    train, fresh, held_out = torch.randn(3, 600, 4).unbind()
    samples = toys.partly_copied(fresh, train, share=share)
    assert detectors.copying_auc(samples, train, held_out) == pytest.approx(toys.expected_copying_auc(share), abs=0.05)


@pytest.mark.equation("failure_museum-spread", "failure_museum-modes")
@pytest.mark.parametrize("m", [1, 2, 4, 8])
def test_a_generator_that_knows_some_modes(m):
    """Catches an entropy for its exponential, and a ratio turned over."""
    kept = toys.keep_modes(data.load("ring", seed=5).x, m=m)
    anchors = RING[: detectors.ANCHORS]
    assert detectors.mode_coverage(kept, HELD[: len(kept)], anchors) == pytest.approx(m / 8, abs=0.12)


def test_spread_is_the_ratio_of_two_exponentials():
    """By hand: samples at one of two anchors, real ones shared 3 : 1 between them."""
    anchors = torch.tensor([[0.0], [1.0]])
    held_out = torch.tensor([[0.1], [0.2], [0.0], [0.9]])
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert detectors.mode_coverage(torch.full((4, 1), 0.4), held_out, anchors) == pytest.approx(
        math.exp(-entropy), abs=1e-6
    )


@pytest.mark.equation("failure_museum-growth")
@pytest.mark.parametrize("factor", [0.99, 1.0, 1.02])
def test_a_quantity_that_grows_by_a_factor(factor):
    """Catches the ratio turned over, and windows at the wrong ends."""
    values = [factor**t for t in range(400)]
    assert detectors.growth_factor(values) == pytest.approx(toys.expected_growth(factor, n=400), rel=1e-6)


@pytest.mark.parametrize(("first", "last", "said"), [(0.0, 0.0, 1.0), (0.0, 1.0, math.inf), (1.0, 0.0, 0.0)])
def test_growth_from_and_to_nothing(first, last, said):
    """Catches 0 / 0: a run that stood still from the start has not diverged."""
    assert detectors.growth_factor([first] * 20 + [last] * 20) == said


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_what_is_no_number_has_diverged(broken):
    assert detectors.growth_factor([1.0] * 50 + [broken]) == math.inf
    assert Finding("divergence", math.inf).fires


def test_a_gradient_that_fades():
    """Catches a mean, which one spike spoils, in the place of the median; and the first tenth for the last."""
    gradients = [4.0] + [1.0] * 79 + [1e-3] * 15 + [3.0] + [1e-3] * 4
    assert detectors.gradient_decay(gradients) == pytest.approx(1e-3 / 4)


def test_a_gradient_that_never_was():
    assert detectors.gradient_decay([0.0] * 20) == 0


def test_nothing_cannot_be_compared():
    with pytest.raises(ValueError, match="0 and 3 numbers"):
        detectors.auroc(torch.zeros(0), torch.zeros(3))


def test_only_as_many_samples_vote_as_real_examples():
    """Catches an effective number that grows with the number of samples."""
    anchors, held_out = torch.arange(6.0).unsqueeze(1), torch.tensor([[0.0], [1.0], [2.0]])
    samples = torch.tensor([[0.0], [0.0], [1.0], [3.0], [4.0], [5.0]])
    assert detectors.mode_coverage(samples, held_out, anchors) == pytest.approx(
        detectors.mode_coverage(samples[:3], held_out, anchors)
    )


@pytest.mark.parametrize("detector", [detectors.growth_factor, detectors.gradient_decay])
def test_too_short_a_run_says_so(detector):
    with pytest.raises(ValueError, match="9 values"):
        detector([1.0] * 9)


def test_a_decoder_that_is_told_nothing():
    """Catches a sum over the examples: twice as many cost the same on average."""
    q = Gaussian(torch.full((10, 2), 1.0), torch.zeros(10, 2))
    assert detectors.mean_kl(q) == pytest.approx(1.0)
    assert detectors.mean_kl(Gaussian(torch.zeros(10, 2), torch.zeros(10, 2))) == 0


@pytest.mark.parametrize("name", THRESHOLDS)
def test_limits_have_a_right_and_a_wrong_side(name):
    """Catches a comparison turned over."""
    limit = THRESHOLDS[name]
    beyond, within = (2.0, 0.5) if limit.above else (0.5, 2.0)
    assert Finding(name, limit.value * beyond).fires
    assert not Finding(name, limit.value * within).fires
    assert Finding(name, math.nan).fires


def healthy_history(n=100):
    return [{"gradient D": 1.0, "gradient G": 0.5 + 0.1 * (i % 3)} for i in range(n)]


def test_a_healthy_report_is_silent():
    """Catches a detector that is fed with the wrong part of the evidence."""
    logits = torch.randn(500)
    samples = data.load("ring", seed=9, n=500).x
    found = diagnose(Evidence(samples, RING, HELD, healthy_history(), on_train=logits, on_held_out=torch.randn(500)))
    assert list(found) == [name for name in THRESHOLDS if name != "posterior collapse"]
    assert cause(found) == "none"


def test_every_detector_gets_its_own_evidence():
    """Catches seen and unseen, samples and held-out examples, or the two players' gradients exchanged in the report."""
    torch.manual_seed(0)
    samples, seen, unseen = RING[:200] + 0.01, torch.randn(300) + 1, torch.randn(200)
    history = [{"gradient D": 1.0 + i, "gradient G": 3.0 - 0.02 * i} for i in range(100)]
    q = Gaussian(torch.ones(4, 2), torch.zeros(4, 2))
    found = diagnose(Evidence(samples, RING, HELD, history, on_train=seen, on_held_out=unseen, q=q))
    assert {name: finding.value for name, finding in found.items()} == pytest.approx(
        {
            "divergence": detectors.growth_factor([row["gradient D"] for row in history]),
            "vanishing gradient": detectors.gradient_decay([row["gradient G"] for row in history]),
            "posterior collapse": detectors.mean_kl(q),
            "discriminator overfitting": detectors.overfitting_auc(seen, unseen),
            "memorisation": detectors.copying_auc(samples, RING, HELD),
            "mode collapse": detectors.mode_coverage(samples, HELD, RING[: detectors.ANCHORS]),
        }
    )


def test_a_loss_may_grow_through_zero():
    """Catches a sign that makes growth look negative."""
    history = [{"loss": -1.0}] * 50 + [{"loss": 1000.0}] * 50
    assert cause(diagnose(Evidence(HELD, RING, HELD, history))) == "divergence"


def test_a_generator_that_never_got_a_gradient_has_not_diverged():
    history = [{"gradient D": 1.0, "gradient G": 0.0}] * 100
    assert cause(diagnose(Evidence(HELD, RING, HELD, history))) == "vanishing gradient"


def test_the_cause_stands_before_its_symptoms():
    """A generator whose gradient died also draws one thing only: the report must name the gradient."""
    history = [{"gradient D": 1.0, "gradient G": 1.0 if i < 10 else 1e-6} for i in range(100)]
    found = diagnose(Evidence(torch.full((500, 2), 0.1) + 1e-3 * torch.randn(500, 2), RING, HELD, history))
    assert found["mode collapse"].fires
    assert cause(found) == "vanishing gradient"


def test_samples_that_are_no_numbers_end_in_divergence():
    history = [{"loss": 1.0}] * 50 + [{"loss": math.nan}] * 50
    found = diagnose(Evidence(torch.full((5, 2), math.nan), RING, HELD, history))
    assert cause(found) == "divergence"
    assert list(found) == ["divergence"]


def test_evidence_without_a_history_is_enough_for_the_samples():
    assert list(diagnose(Evidence(HELD, RING, HELD))) == ["memorisation", "mode collapse"]


@pytest.mark.equation("failure_museum-sure")
def test_a_sure_judge_bounds_the_saturating_gradient():
    """Catches the bound with 1 - D for D: the norm of the gradient is at most max D times the mean slope's norm."""
    g = gan.mlp_generator(latent_dim=2, shape=(3,), hidden=8)
    d = gan.mlp_discriminator(shape=(3,), hidden=8)
    for shift in (0.0, -5.0, -20.0):
        z = torch.randn(16, 2)
        weights = list(g.parameters())
        logits = d(g(z)) + shift
        norm = _norm(torch.autograd.grad(gan.saturating_loss(logits), weights, retain_graph=True))
        slopes = [_norm(torch.autograd.grad(logit, weights, retain_graph=True)) for logit in logits]
        assert norm <= logits.sigmoid().max() * sum(slopes) / 16 + 1e-12
        assert norm > 0


def _norm(gradients):
    return torch.cat([v.flatten() for v in gradients]).norm()
