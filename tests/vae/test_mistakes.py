"""Folklore rows F04, F05 and F06: the wrong version must fail and the right one must pass, on the same check."""

import pytest
import torch

from aigc_course.core import data
from aigc_course.core.train import GradientDescent, fit
from aigc_course.vae import gaussian
from aigc_course.vae.gaussian import VAE, Gaussian, bernoulli_log_likelihood, kl_to_standard_normal
from aigc_course.vae.mistakes import CirculatedKL, SeparateLosses, SharedSigmoid, circulated_kl

STEPS = 400


@pytest.fixture(scope="module")
def digits():
    return data.load("digits").x


def untrained(kind: type[VAE] = VAE) -> VAE:
    torch.manual_seed(0)
    plain = gaussian.fully_connected((1, 8, 8), k=4, hidden=64)
    return kind(plain.encoder, plain.decoder, k=4)


@pytest.fixture(scope="module")
def right(digits):
    model = untrained()
    fit(GradientDescent(model, model.loss), digits, steps=STEPS, batch_size=128)
    return model


def pixels(model: VAE, x: torch.Tensor) -> float:
    with torch.no_grad():
        return -bernoulli_log_likelihood(x, model.decode(model.encode(x).mean)).mean().item()


def blind(x: torch.Tensor) -> float:
    """The best score of a model that draws the same picture for every image: the mean image."""
    mean = x.mean(0, keepdim=True).clamp(1e-4, 1 - 1e-4)
    return -bernoulli_log_likelihood(x, mean.logit().expand_as(x)).mean().item()


@pytest.mark.folklore("F04")
def test_f04_right_version_sees_the_image(right, digits):
    assert pixels(right, digits) < blind(digits) - 5


@pytest.mark.folklore("F04")
def test_f04_separate_losses_are_blind(digits):
    """Wrong version, with the sign it means: the code says nothing, and the pictures no more than the mean image."""
    model = untrained()
    fit(SeparateLosses(model), digits, steps=STEPS, batch_size=128)
    assert kl_to_standard_normal(model.encode(digits)).mean() < 0.01
    assert pixels(model, digits) > blind(digits) - 0.5


@pytest.mark.folklore("F04")
def test_f04_printed_sign_runs_away(digits):
    """Wrong version, as printed (minimise −KL): the posterior leaves the prior for good."""
    model = untrained()
    history = fit(SeparateLosses(model, sign=-1.0), digits, steps=100, batch_size=128)
    assert history[-1]["kl"] > 1000 * history[0]["kl"]


def test_f04_resumes_like_any_algorithm(digits, tmp_path):
    history = fit(SeparateLosses(untrained()), digits, steps=6, batch_size=128)
    fit(SeparateLosses(untrained()), digits, steps=2, batch_size=128, checkpoint=tmp_path / "c.pt")
    resumed = SeparateLosses(untrained())
    assert fit(resumed, digits, steps=6, batch_size=128, checkpoint=tmp_path / "c.pt") == history


@pytest.mark.folklore("F05")
def test_f05_circulated_term_ignores_the_mean_and_is_no_divergence():
    """The right term is 0 only at the prior and positive elsewhere; the circulated one fails both."""
    far = Gaussian(torch.full((1, 4), 5.0), torch.zeros(1, 4))
    wide = Gaussian(torch.zeros(1, 4), torch.full((1, 4), 2.0))
    assert circulated_kl(far).item() == 0
    assert circulated_kl(wide).item() < 0
    assert kl_to_standard_normal(far).item() == pytest.approx(4 * 5.0**2 / 2)
    assert kl_to_standard_normal(wide).item() > 0


@pytest.mark.folklore("F05")
def test_f05_codes_leave_the_prior(right, digits):
    """Trained with the circulated term (its sign mended), the codes spread far outside N(0, I); trained right, not."""
    wrong = untrained(CirculatedKL)
    fit(GradientDescent(wrong, wrong.loss), digits, steps=STEPS, batch_size=128)
    with torch.no_grad():
        assert wrong.encode(digits).mean.std() > 1.5
        assert right.encode(digits).mean.std() < 1.1


@pytest.mark.folklore("F05")
def test_f05_as_printed_has_no_minimum():
    """Minimising mean(log σ − σ + 1) rewards any σ that is extreme."""
    values = [circulated_kl(Gaussian(torch.zeros(1, 1), torch.full((1, 1), v))).item() for v in (0.0, 4.0, 8.0)]
    assert values[0] > values[1] > values[2]


@pytest.mark.folklore("F06")
def test_f06_codes_fill_a_corner_of_the_prior(right, digits):
    """All means positive and below one, so that almost no draw of N(0, I) falls where the decoder was trained."""
    wrong = untrained(SharedSigmoid)
    fit(GradientDescent(wrong, wrong.loss), digits, steps=STEPS, batch_size=128)
    with torch.no_grad():
        means = wrong.encode(digits).mean
        assert ((means > 0) & (means < 1)).all()
        assert (right.encode(digits).mean < 0).float().mean() > 0.3


@pytest.mark.folklore("F06")
def test_f06_decoder_hears_no_noise():
    """The wrong loss is the same whatever the random numbers; the right one is not."""
    x = torch.rand(4, 1, 8, 8)
    for kind, fixed in ((SharedSigmoid, True), (VAE, False)):
        model = untrained(kind)
        values = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            values.append(model.loss(x).item())
        assert (values[0] == values[1]) is fixed


@pytest.mark.folklore("F06")
def test_f06_right_version_says_more_about_its_own_samples(right, digits):
    """Encode what the prior drew: the right model finds its codes again, the wrong one cannot (they were negative)."""
    wrong = untrained(SharedSigmoid)
    fit(GradientDescent(wrong, wrong.loss), digits, steps=STEPS, batch_size=128)
    errors = {}
    for name, model in {"right": right, "wrong": wrong}.items():
        torch.manual_seed(1)
        z = torch.randn(500, 4)
        with torch.no_grad():
            errors[name] = (model.encode(model.decode(z).sigmoid()).mean - z).square().mean().item()
    assert errors["right"] < 0.5
    assert errors["wrong"] > 2 * errors["right"]
