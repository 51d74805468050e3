"""Folklore rows F03 to F07: the wrong version must fail and the right one must pass, on the same check."""

import math

import pytest
import torch

from aigc_course.core import data
from aigc_course.core.train import Trainer, fit
from aigc_course.vae import vae
from aigc_course.vae.linear_gaussian import LinearGaussian
from aigc_course.vae.linear_vae import LinearVAE
from aigc_course.vae.pitfalls import (
    CirculatedKL,
    NoNoise,
    PrintedLoss,
    SeparateLosses,
    SharedSigmoid,
    UnpairedLoss,
    circulated_kl,
    printed_log_q,
    unnormalised_log_q,
)
from aigc_course.vae.ppca import maximum_likelihood
from aigc_course.vae.vae import VAE, Gaussian, bernoulli_log_likelihood, kl_to_standard_normal

STEPS = 400


@pytest.fixture(scope="module")
def digits():
    return data.load("digits").x


def untrained(kind: type[VAE] = VAE) -> VAE:
    torch.manual_seed(0)
    plain = vae.fully_connected((1, 8, 8), latent_dim=4, hidden=64)
    return kind(plain.encoder, plain.decoder, latent_dim=4)


@pytest.fixture(scope="module")
def right(digits):
    model = untrained()
    fit(Trainer(model, model.loss), digits, steps=STEPS, batch_size=128)
    return model


@pytest.fixture(scope="module")
def shared(digits):
    model = untrained(SharedSigmoid)
    fit(Trainer(model, model.loss), digits, steps=STEPS, batch_size=128)
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
    assert history[-1]["KL"] > 1000 * history[0]["KL"]


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
    assert circulated_kl(wide).item() == pytest.approx(1 - math.e + 1)  # log σ = 1, and a mean over the code
    assert kl_to_standard_normal(far).item() == pytest.approx(4 * 5.0**2 / 2)
    assert kl_to_standard_normal(wide).item() > 0


@pytest.mark.folklore("F05")
def test_f05_codes_leave_the_prior(right, digits):
    """Trained with the circulated term (its sign mended), the codes spread far outside N(0, I); trained right, not."""
    wrong = untrained(CirculatedKL)
    fit(Trainer(wrong, wrong.loss), digits, steps=STEPS, batch_size=128)
    with torch.no_grad():
        assert wrong.encode(digits).mean.std() > 1.5
        assert right.encode(digits).mean.std() < 1.1


@pytest.mark.folklore("F05")
def test_f05_as_printed_has_no_minimum():
    """Minimising mean(log σ − σ + 1) rewards any σ that is extreme."""
    values = [circulated_kl(Gaussian(torch.zeros(1, 1), torch.full((1, 1), v))).item() for v in (0.0, 4.0, 8.0)]
    assert values[0] > values[1] > values[2]


@pytest.mark.folklore("F06")
def test_f06_codes_fill_a_corner_of_the_prior(right, shared, digits):
    """All means positive and below one, so that almost no draw of N(0, I) falls where the decoder was trained."""
    with torch.no_grad():
        means = shared.encode(digits).mean
        assert ((means > 0) & (means < 1)).all()
        torch.testing.assert_close((0.5 * shared.encode(digits).logvar).exp(), means)  # σ = μ, as printed
        assert (right.encode(digits).mean < 0).float().mean() > 0.3


@pytest.mark.folklore("F06")
def test_f06_decoder_hears_no_noise():
    """The wrong loss is the same whatever the random numbers; the right one is not."""
    x = torch.rand(4, 1, 8, 8)
    for kind, fixed in ((SharedSigmoid, True), (NoNoise, True), (VAE, False)):
        model = untrained(kind)
        values = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            values.append(model.loss(x).item())
        assert (values[0] == values[1]) is fixed


@pytest.mark.folklore("F06")
def test_f06_without_noise_the_codes_shrink(right, digits):
    """Half repaired: the copy is better, and the means huddle where draws of N(0, I) seldom fall."""
    quiet = untrained(NoNoise)
    fit(Trainer(quiet, quiet.loss), digits, steps=STEPS, batch_size=128)
    assert pixels(quiet, digits) < pixels(right, digits)
    with torch.no_grad():
        assert quiet.encode(digits).mean.std() < 0.75 * right.encode(digits).mean.std()


@pytest.mark.folklore("F06")
def test_f06_right_version_says_more_about_its_own_samples(right, shared):
    """Encode what the prior drew: the right model finds its codes again, the wrong one cannot (they were negative)."""
    errors = {}
    for name, model in {"right": right, "wrong": shared}.items():
        torch.manual_seed(1)
        z = torch.randn(500, 4)
        with torch.no_grad():
            errors[name] = (model.encode(model.decode(z).sigmoid()).mean - z).square().mean().item()
    assert errors["right"] < 0.5
    assert errors["wrong"] > 2 * errors["right"]


# F03 and F07 stand in the chapter on the theory, on the linear VAE whose best end is known ---------------------------


def descended(model: LinearVAE, x: torch.Tensor, *, steps: int) -> LinearVAE:
    rule = torch.optim.Adam(model.parameters(), lr=3e-2, fused=True)
    fit(Trainer(model, model.loss, optimizer=rule), x, steps=steps, batch_size=250)
    return model


def linear(kind: type[LinearVAE] = LinearVAE) -> LinearVAE:
    torch.manual_seed(0)
    return kind((1, 8, 8), latent_dim=4)


@pytest.mark.folklore("F03")
def test_f03_both_signs_are_turned(digits):
    """Catches a folklore row that shows another mistake: the printed loss is exactly minus the right one."""
    losses = []
    for kind in (PrintedLoss, LinearVAE):
        model = linear(kind)
        torch.manual_seed(1)
        losses.append(model.loss(digits[:9]).item())
    assert losses[0] == pytest.approx(-losses[1])


@pytest.mark.folklore("F03")
def test_f03_printed_signs_have_no_minimum(digits):
    """Wrong version: the longer it descends, the further the posterior is from the prior, and the loss has no end."""
    early, late = (descended(linear(PrintedLoss), digits, steps=steps) for steps in (30, 120))
    kls = [kl_to_standard_normal(m.encode(digits)).mean().item() for m in (early, late)]
    assert kls[1] > 3 * kls[0] > 3
    flat = digits.flatten(1)
    with torch.no_grad():
        assert late.exact_elbo(digits).mean() < early.exact_elbo(digits).mean() < linear().exact_elbo(digits).mean()
        assert late.ppca().evidence(flat).mean() < linear().ppca().evidence(flat).mean()


@pytest.mark.folklore("F03")
def test_f03_right_signs_reach_the_known_maximum(digits):
    """Right version, on the same check: the bound climbs close to the best log-likelihood, and the KL stays small."""
    model, flat = descended(linear(), digits, steps=400), digits.flatten(1)
    best = maximum_likelihood(flat, latent_dim=4).evidence(flat).mean()
    with torch.no_grad():
        assert best - 0.5 < model.exact_elbo(digits).mean() <= best + 1e-3
        assert kl_to_standard_normal(model.encode(digits)).mean() < 10


@pytest.mark.folklore("F03")
def test_f03_codes_of_other_pictures_teach_the_decoder_nothing(digits):
    """Signs mended, but z is not drawn from q(z|x): what is left is one round normal distribution around the mean."""
    model, flat = descended(linear(UnpairedLoss), digits, steps=400), digits.flatten(1)
    variance = (flat - flat.mean(dim=0)).square().mean().item()
    blind = -32 * (math.log(2 * math.pi * variance) + 1)
    with torch.no_grad():
        assert kl_to_standard_normal(model.encode(digits)).mean() < 0.05
        assert blind - 1 < model.ppca().evidence(flat).mean().item() < blind + 3
    assert maximum_likelihood(flat, latent_dim=4).evidence(flat).mean().item() > blind + 10


POINTS = torch.linspace(-40, 40, 8001).unsqueeze(1)


def area(log_q: torch.Tensor, *, width: float) -> float:
    """Integral over the codes from −width to width."""
    inside = POINTS.squeeze(1).abs() <= width
    return log_q[inside].exp().sum().item() * 80 / 8000


@pytest.mark.folklore("F07")
def test_f07_printed_density_is_none():
    """Wrong version: it does not contain z, so its integral grows with the range. Right version: 1, once it is wide."""
    one = torch.ones_like(POINTS)
    printed = printed_log_q(POINTS, 0.8 * one, 0.5 * one, std=0.3)
    assert printed.unique().numel() == 1
    assert area(printed, width=40) == pytest.approx(2 * area(printed, width=20), rel=1e-2)
    right = Gaussian(0.5 * one, 2 * math.log(0.3) * one).log_prob(POINTS)
    for width in (5, 20, 40):
        assert area(right, width=width) == pytest.approx(1, abs=1e-3)


@pytest.mark.folklore("F07")
def test_f07_without_the_normaliser_the_bound_is_none():
    """Half repaired: a narrow q now lifts the "bound" above the evidence; the right one stays below."""
    model, x = LinearGaussian(weight=2.0, noise=0.5), torch.full((20_000, 1), 1.7)
    exact = model.posterior(x)
    q = Gaussian(exact.mean, exact.logvar - 4)
    torch.manual_seed(0)
    z = q.sample()
    squares = (z - q.mean).square() / q.logvar.exp()
    torch.testing.assert_close(unnormalised_log_q(z, q), -0.5 * squares.sum(dim=1), atol=1e-4, rtol=1e-4)
    log_joint = model.log_likelihood(x, z) + vae.log_prior(z)
    evidence = model.evidence(x[:1]).item()
    assert (log_joint - unnormalised_log_q(z, q)).mean().item() > evidence + 0.1
    assert (log_joint - q.log_prob(z)).mean().item() < evidence - 1
