"""Exhibits are data: one setting is changed, and what a setting says is what is trained."""

import pytest
import torch

from aigc_course.gan import wasserstein
from aigc_course.gan.augmentation import AugmentedDiscriminator
from aigc_course.museum import exhibits
from aigc_course.museum.exhibits import EXHIBITS, FAMILIES, LOSSES, Setting, examine, run


@pytest.mark.parametrize("name", EXHIBITS)
def test_a_cure_changes_one_setting(name):
    """Catches a cure that works because something else was changed along with it."""
    exhibit = EXHIBITS[name]
    broken, repaired = vars(exhibit.setting(repaired=False)), vars(exhibit.setting(repaired=True))
    changed = {k for k in broken if k != "gan" and broken[k] != repaired[k]}
    of_game = {k for k in broken["gan"] | repaired["gan"] if broken["gan"].get(k) != repaired["gan"].get(k)}
    assert len(changed | of_game) == 1


def test_merging_keeps_what_is_not_changed():
    """Catches a change that replaces the whole game, and one that alters the broken setting itself."""
    broken = Setting("ring", gan={"lr_g": 1.0, "lr_d": 2.0})
    repaired = broken | {"gan": {"lr_d": 3.0}, "steps": 7}
    assert dict(repaired.gan) == {"lr_g": 1.0, "lr_d": 3.0}
    assert (repaired.steps, repaired.data) == (7, "ring")
    assert dict(broken.gan) == {"lr_g": 1.0, "lr_d": 2.0}


@pytest.mark.parametrize(("family", "setting"), [("gan", Setting("digits", n=40)), ("vae", Setting("digits", n=40))])
def test_a_run_depends_on_its_seed_alone(family, setting):
    short = setting | {"steps": 12, "hidden": 8, "batch_size": 20}
    one, two, other = (examine(family, short, seed) for seed in (3, 3, 4))
    assert torch.equal(one.evidence.samples, two.evidence.samples)
    assert one.findings == two.findings
    assert not torch.equal(one.evidence.samples, other.evidence.samples)
    assert one.evidence.train.shape[0] == 40


def test_batches_depend_on_the_seed(monkeypatch):
    """Catches a seed that decides on the first weights alone: ten seeds would then share the order of the batches."""
    seeds = []
    monkeypatch.setattr(exhibits, "fit", lambda *args, seed=0, **options: seeds.append(seed) or [])
    examine("vae", Setting("digits", n=40, hidden=8), 5)
    assert seeds == [5]


@pytest.mark.parametrize(("loss", "of_generator"), LOSSES.items())
def test_the_losses_of_a_game_are_those_of_its_setting(loss, of_generator):
    """Catches a saturating game that is played without saturation, and a critic that is trained as a judge."""
    _, player = FAMILIES["gan"](Setting("ring", hidden=4, gan={"loss": loss}))
    assert player.g_loss is of_generator
    assert (player.d_loss is wasserstein.critic_loss) == (loss == "critic")


def test_evidence_holds_what_the_family_has():
    gan = examine("gan", Setting("digits", n=40, steps=12, hidden=8, batch_size=20, augment=True), 0)
    vae = examine("vae", Setting("digits", n=40, steps=12, hidden=8, batch_size=20), 0)
    assert gan.evidence.q is None
    assert isinstance(gan.model.discriminator, AugmentedDiscriminator)
    assert gan.model.discriminator.training
    assert gan.evidence.on_train is not None
    assert len(gan.evidence.on_train) == 40
    assert vae.evidence.on_train is None
    assert vae.evidence.q is not None
    assert gan.evidence.held_out.shape == vae.evidence.held_out.shape == (297, 1, 8, 8)


def test_the_judge_is_asked_without_augmentation():
    """Catches evidence taken with holes and shifts: the same images would then get other logits."""
    run = examine("gan", Setting("digits", n=40, steps=12, hidden=8, batch_size=20, augment=True), 0)
    discriminator = run.model.discriminator.eval()
    with torch.no_grad():
        assert run.evidence.on_held_out is not None
        torch.testing.assert_close(discriminator(run.evidence.held_out), run.evidence.on_held_out)


def test_an_unknown_exhibit_says_which_there_are():
    with pytest.raises(ValueError, match="mode collapse"):
        run("overheating", 0)
