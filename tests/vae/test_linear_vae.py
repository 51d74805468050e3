import math

import pytest
import torch
from sklearn.decomposition import PCA

from aigc_course.core import data
from aigc_course.core.optimisation import cosine_decay
from aigc_course.core.train import Trainer, fit
from aigc_course.vae.linear_vae import LinearVAE
from aigc_course.vae.ppca import maximum_likelihood, principal_angles
from aigc_course.vae.vae import kl_to_standard_normal


def made(**options) -> LinearVAE:
    torch.manual_seed(0)
    return LinearVAE((1, 8, 8), latent_dim=4, **options)


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return data.load("digits").x


def trained(model: LinearVAE, x: torch.Tensor, *, steps: int, rate: float, batch_size: int) -> LinearVAE:
    rule = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    descent = Trainer(model, model.loss, optimizer=rule, schedule=cosine_decay(steps))
    fit(descent, x, steps=steps, batch_size=batch_size)
    return model


def test_one_draw_estimates_the_exact_bound(digits):
    """Catches a draw with the wrong spread and a KL counted twice: many draws average to the bound."""
    model, x = made(), digits[:20]
    torch.manual_seed(1)
    with torch.no_grad():
        draws = torch.stack([model.elbo(x) for _ in range(4000)])
        exact = model.exact_elbo(x)
    assert ((draws.mean(dim=0) - exact).abs() < 5 * draws.std(dim=0) / 4000**0.5).all()
    assert (exact < model.ppca().evidence(x.flatten(1))).all()


def test_loss_is_the_mean_negative_bound(digits):
    """Catches a sum over the batch and a lost minus."""
    exact = made(exact=True)
    assert exact.loss(digits[:7]).item() == pytest.approx(-exact.exact_elbo(digits[:7]).mean().item())
    drawn = made()
    torch.manual_seed(2)
    loss = drawn.loss(digits[:7])
    torch.manual_seed(2)
    assert loss.item() == pytest.approx(-drawn.elbo(digits[:7]).mean().item())


@pytest.mark.equation("vae_theory-ml", "vae_theory-best")
def test_training_ends_at_the_closed_form(digits):
    """Catches every mistake that leaves the loss descending to another place; the evidence, σ² and the space agree.

    The third opinion is scikit-learn's, which divides by n − 1.
    """
    flat, n = digits.flatten(1), len(digits)
    model = trained(made(exact=True), digits, steps=400, rate=1e-1, batch_size=n)
    best = maximum_likelihood(flat.double(), latent_dim=4)
    top = best.evidence(flat.double()).mean().item()
    with torch.no_grad():
        bound, p = model.exact_elbo(digits).mean().item(), model.ppca()
        assert bound <= p.evidence(flat).mean().item() + 1e-4
    assert top - 0.02 < bound <= top + 1e-3
    assert p.variance.item() == pytest.approx(best.variance.item(), rel=2e-3)
    assert principal_angles(p.weight.detach().double(), best.weight).max() < 0.5
    pca = PCA(4, svd_solver="full").fit(flat.numpy())
    assert p.variance.item() * n / (n - 1) == pytest.approx(pca.noise_variance_, rel=2e-3)
    assert bound == pytest.approx(pca.score(flat.numpy()), abs=0.03)


def test_training_with_one_draw_ends_near_it(digits):
    """Catches a reparameterised draw through which the wrong gradient flows."""
    model = trained(made(), digits, steps=500, rate=5e-2, batch_size=250)
    best = maximum_likelihood(digits.flatten(1), latent_dim=4)
    with torch.no_grad():
        bound = model.exact_elbo(digits).mean().item()
    assert best.evidence(digits.flatten(1)).mean().item() - bound < 0.15
    assert kl_to_standard_normal(model.encode(digits)).mean() > 3


def test_samples_are_decoded_codes_of_the_prior(digits):
    """Catches noise in the means, a code of the wrong scale (the posterior's), a flattened picture."""
    model = made()
    torch.nn.init.constant_(model.logvar, -2.0)
    torch.manual_seed(3)
    x = model.sample(100_000)
    assert x.shape == (100_000, 1, 8, 8)
    expected = model.decoder.weight.detach().square().sum(dim=1)
    torch.testing.assert_close(x.flatten(1).var(dim=0), expected, rtol=0.05, atol=1e-3)
    assert model.double().sample(2).dtype == torch.float64  # in place: the model counts in float64 from here on


def test_reconstructions_are_decoded_posterior_means(digits):
    """Catches a draw in place of the mean: twice the same, and the two matrices one after the other."""
    model, x = made(), digits[:5]
    with torch.no_grad():
        expected = model.decoder(model.encoder(x.flatten(1))).view(5, 1, 8, 8)
    torch.testing.assert_close(model.reconstruct(x), expected)


def test_the_decoder_is_the_model_that_it_says():
    """Catches log σ² read as log σ: a caller who sets the noise gets that noise."""
    model = made()
    torch.nn.init.constant_(model.log_variance, math.log(0.25))
    p = model.ppca()
    assert p.variance.item() == pytest.approx(0.25)
    assert p.weight is model.decoder.weight
    assert p.mean is model.decoder.bias
