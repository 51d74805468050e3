import pytest
import torch

from aigc_course.core import data
from aigc_course.metrics import features
from aigc_course.metrics.frechet import frechet_distance


@pytest.mark.parametrize(("name", "at_least"), [("glyphs", 0.99), ("digits", 0.97)])
def test_the_features_come_from_a_classifier_that_knows_held_out_digits(name, at_least):
    x, y, _ = data.load(name, split="test")
    right = features.digit_probabilities(x).argmax(1) == y
    assert right.float().mean() >= at_least


def test_worse_samples_lie_further_away():
    """Blur, then a missing class, then noise: the distance must rank them as a reader would."""
    x, y, _ = data.load("glyphs", n=1500)
    reference = features.digit_features(data.load("glyphs", split="test").x)

    def distance(images):
        return frechet_distance(features.digit_features(images), reference)

    blurred = torch.nn.functional.avg_pool2d(x, 5, 1, 2)
    noise = torch.rand(1000, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    clean, blur, missing, random = map(distance, (x, blurred, x[y != 3], noise))
    assert clean < blur < missing < random
    assert random > 30 * clean


def test_a_fine_pattern_becomes_grey_when_it_is_made_smaller():
    """Catches resizing without antialiasing, which reads the two middle columns of four, here the white ones."""
    fine = torch.tensor([0.0, 1.0, 1.0, 0.0]).repeat(32).expand(1, 1, 128, 128)
    small = features.resize_to_32(fine)[..., 1:-1]  # the border has fewer neighbours
    torch.testing.assert_close(small, torch.full((1, 1, 32, 30), 0.5), atol=0.1, rtol=0)


def test_features_do_not_depend_on_the_batch():
    x = data.load("glyphs", n=7).x
    together = features.digit_features(x)
    alone = torch.cat([features.digit_features(image.unsqueeze(0)) for image in x])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_probabilities_add_up_to_one():
    x = torch.rand(9, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(features.digit_probabilities(x).sum(dim=1), torch.ones(9))


def test_the_classifier_learns_from_noisy_pixels_too():
    """A flat grey image stays flat under blur: what is left of its spread is the noise, of every strength to 0.15."""
    torch.manual_seed(0)
    spread = features._augmented(torch.full((200, 1, 32, 32), 0.5)).flatten(1).std(dim=1)
    assert spread.min() < 0.03
    assert 0.12 < spread.max() < 0.17


def test_training_from_scratch_works(monkeypatch):
    """A quarter of the glyphs is enough for as many steps as this."""
    load = data.load
    monkeypatch.setattr(data, "load", lambda name, **asked: load(name, **asked | ({"n": 3000} if "n" in asked else {})))
    model = features.train_classifier(steps=100)
    x, y, _ = data.load("glyphs", split="test", n=500)
    assert (model(x).argmax(1) == y).float().mean() > 0.9


def test_missing_weights_say_how_to_make_them(tmp_path, monkeypatch):
    features._trained.cache_clear()
    monkeypatch.setattr(features, "WEIGHTS", tmp_path / "none.pt")
    with pytest.raises(FileNotFoundError, match=r"python -m aigc_course.metrics.features"):
        features.digit_features(torch.zeros(1, 1, 32, 32))


def test_a_damaged_file_of_weights_is_named_with_its_cure(tmp_path, monkeypatch):
    cut = tmp_path / "digit_features.pt"
    cut.write_bytes(features.WEIGHTS.read_bytes()[:5000])
    monkeypatch.setattr(features, "WEIGHTS", cut)
    with pytest.raises(ValueError, match=r"digit_features\.pt is cut short"):
        features._trained.__wrapped__("cpu")
    cut.unlink()
    with pytest.raises(FileNotFoundError, match=r"make it with `python -m aigc_course.metrics.features`"):
        features._trained.__wrapped__("cpu")
