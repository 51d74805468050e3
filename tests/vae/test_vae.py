"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from aigc_course.core.train import Trainer, fit
from aigc_course.vae import vae
from aigc_course.vae.vae import VAE, Gaussian


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_posterior(b: int, latent_dim: int, seed: int = 0) -> Gaussian:
    g = generator(seed)
    return Gaussian(torch.randn(b, latent_dim, generator=g), torch.randn(b, latent_dim, generator=g))


class Tiny(nn.Module):
    """Two pixels from one number: small enough to integrate over z on a grid and to list all four images."""

    def forward(self, z):
        return torch.cat([2 * z - 0.5, 1.0 - z], dim=1)


class Fixed(nn.Module):
    """An encoder that gives every image the same posterior."""

    def __init__(self, mean: float, logvar: float) -> None:
        super().__init__()
        self.row = torch.tensor([[mean, logvar]])

    def forward(self, x):
        return self.row.expand(len(x), -1)


GRID = torch.linspace(-12, 12, 4801).unsqueeze(1)
CELL = math.log(24 / 4800)
IMAGES = torch.tensor(list(itertools.product([0.0, 1.0], repeat=2)))


def log_evidence(x: torch.Tensor) -> torch.Tensor:
    """Log p(x) of ``Tiny`` by adding up the joint density over the grid; torch's own distributions."""
    log_pixels = Bernoulli(logits=Tiny()(GRID)).log_prob(x.unsqueeze(1)).sum(-1)
    return torch.logsumexp(log_pixels + Normal(0.0, 1.0).log_prob(GRID).squeeze(1) + CELL, dim=1)


def tiny(mean: float = 0.3, logvar: float = -0.4) -> VAE:
    return VAE(Fixed(mean, logvar), Tiny(), latent_dim=1)


# Densities ---------------------------------------------------------------------------------------------------------


def test_log_density_is_that_of_torch():
    """Catches a variance used as a standard deviation, a missing log 2π, a wrong sign of the log-variance."""
    q, z = random_posterior(5, 3), torch.randn(5, 3, generator=generator(1))
    reference = Normal(q.mean, (0.5 * q.logvar).exp()).log_prob(z).sum(-1)
    torch.testing.assert_close(q.log_prob(z), reference)
    torch.testing.assert_close(vae.log_prior(z), Normal(0.0, 1.0).log_prob(z).sum(-1))


@pytest.mark.equation("vae-kl")
def test_kl_is_that_of_torch():
    """Catches every wrong sign, factor or missing term of the closed form, and a mean in place of the sum."""
    q = random_posterior(7, 3)
    reference = kl_divergence(Normal(q.mean, (0.5 * q.logvar).exp()), Normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(vae.kl_to_standard_normal(q), reference)


@pytest.mark.equation("vae-entropy", "vae-cross")
@given(st.floats(-2, 2), st.floats(-2, 1.5))
@settings(max_examples=20, deadline=None)
def test_both_halves_of_the_kl_are_their_integrals(mean, logvar):
    """Catches a lost σ² or μ² in E_q[log p], a lost ½ in the entropy: each half is integrated on a grid of its own."""
    normal = Normal(mean, math.exp(0.5 * logvar))
    weight = (normal.log_prob(GRID) + CELL).exp()
    own, prior = (weight * normal.log_prob(GRID)).sum(), (weight * Normal(0.0, 1.0).log_prob(GRID)).sum()
    assert own.item() == pytest.approx(-0.5 * (math.log(2 * math.pi) + logvar + 1), abs=1e-3)
    assert prior.item() == pytest.approx(-0.5 * (math.log(2 * math.pi) + mean**2 + math.exp(logvar)), abs=1e-3)
    q = Gaussian(torch.tensor([[mean]]), torch.tensor([[logvar]]))
    assert vae.kl_to_standard_normal(q).item() == pytest.approx((own - prior).item(), abs=2e-3)


# Reparameterisation ------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae-reparameterisation")
def test_draws_have_the_moments_and_gradients_of_their_posterior():
    """Catches exp(logvar) as standard deviation, and a draw through which no gradient flows.

    E[z²] = μ² + σ², so its derivatives are 2μ and, with respect to log σ², σ².
    """
    torch.manual_seed(0)
    n, mean, variance = 200_000, 2.0, 9.0
    mu = torch.tensor(mean, requires_grad=True)
    logvar = torch.tensor(math.log(variance), requires_grad=True)
    z = Gaussian(mu.expand(n, 1), logvar.expand(n, 1)).sample()
    assert z.mean().item() == pytest.approx(mean, abs=5 * 3 / n**0.5)
    assert z.std().item() == pytest.approx(3.0, rel=0.01)
    z.square().mean().backward()
    assert mu.grad is not None
    assert logvar.grad is not None
    assert mu.grad.item() == pytest.approx(2 * mean, abs=5 * 6 / n**0.5)
    assert logvar.grad.item() == pytest.approx(variance, abs=0.2)


# Pixels ------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae-bernoulli")
def test_pixels_are_independent_coins():
    """Catches a mean in place of the sum, probabilities in place of logits, a swapped target."""
    g = generator(0)
    x, logits = torch.randint(0, 2, (4, 1, 3, 3), generator=g).float(), torch.randn(4, 1, 3, 3, generator=g)
    reference = Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(vae.bernoulli_log_likelihood(x, logits), reference)


def test_probabilities_of_all_images_add_up_to_one():
    """Catches a likelihood that is no distribution, for example one with a dropped (1 − x) term."""
    logits = torch.randn(1, 2, generator=generator(0)).expand(4, 2)
    total = vae.bernoulli_log_likelihood(IMAGES, logits).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-6)


@pytest.mark.equation("vae-grey")
def test_grey_pixels_are_a_mean_over_coin_tosses():
    """Catches a grey image scored by anything but the average over the black-or-white images it stands for."""
    grey, logits = torch.tensor([[0.3, 0.9]]), torch.tensor([[0.7, -1.2]])
    chances = (IMAGES * grey + (1 - IMAGES) * (1 - grey)).prod(dim=1)
    expected = (chances * vae.bernoulli_log_likelihood(IMAGES, logits.expand(4, 2))).sum()
    assert vae.bernoulli_log_likelihood(grey, logits).item() == pytest.approx(expected.item(), abs=1e-6)


def test_no_logits_beat_the_entropy_of_grey_pixels():
    """Catches a wrong floor: the best logits are those of the grey values themselves, and they reach it."""
    x = torch.rand(6, 1, 4, 4, generator=generator(0)) * 0.98 + 0.01
    floor = vae.pixel_entropy(x)
    torch.testing.assert_close(-vae.bernoulli_log_likelihood(x, x.logit()), floor)
    others = torch.randn(6, 1, 4, 4, generator=generator(1))
    assert (-vae.bernoulli_log_likelihood(x, others) > floor).all()
    assert vae.pixel_entropy(x.round()).tolist() == [0] * 6


def posterior_gap() -> float:
    """KL(q ‖ p(z|x)) in nats by the grid, for q = N(0.8, exp(-1)) and the second image."""
    log_q = Normal(0.8, math.exp(-0.5)).log_prob(GRID)
    log_joint = Bernoulli(logits=Tiny()(GRID)).log_prob(IMAGES[1]).sum(-1, keepdim=True) + Normal(0.0, 1.0).log_prob(
        GRID
    )
    log_posterior = log_joint - log_evidence(IMAGES[1:2])
    return ((log_q + CELL).exp() * (log_q - log_posterior)).sum().item()


# The bound ---------------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae-model")
def test_the_model_gives_every_image_its_share():
    """Catches a marginal that is not one: over all four images of two pixels, p(x) adds up to 1."""
    torch.manual_seed(0)
    by_prior = torch.stack(
        [vae.bernoulli_log_likelihood(x.expand(100_000, 2), Tiny()(torch.randn(100_000, 1))).exp() for x in IMAGES]
    )
    torch.testing.assert_close(by_prior.mean(1), log_evidence(IMAGES).exp(), atol=5e-3, rtol=0)
    assert log_evidence(IMAGES).exp().sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.equation("vae-elbo")
def test_bound_is_an_expectation_over_the_posterior():
    """Catches a KL of the wrong sign or weight: the average of many draws must equal the integral."""
    q = Gaussian(torch.tensor([[0.3]]), torch.tensor([[-0.4]]))
    normal = Normal(0.3, math.exp(-0.2))
    log_joint = Bernoulli(logits=Tiny()(GRID)).log_prob(IMAGES.unsqueeze(1)).sum(-1)
    log_joint = log_joint + Normal(0.0, 1.0).log_prob(GRID).squeeze(1)
    weight = (normal.log_prob(GRID) + CELL).exp().squeeze(1)
    exact = (weight * (log_joint - normal.log_prob(GRID).squeeze(1))).sum(dim=1)
    torch.manual_seed(0)
    wide = Gaussian(*(part.expand(100_000, 1) for part in q))
    for x, value in zip(IMAGES, exact, strict=True):
        draws = vae.elbo(x.expand(100_000, 2), Tiny()(wide.sample()), wide)
        assert draws.mean().item() == pytest.approx(value.item(), abs=5 * draws.std().item() / 100_000**0.5)


@given(st.floats(-2, 2), st.floats(-3, 1))
@settings(max_examples=20, deadline=None)
def test_bound_never_exceeds_the_evidence(mean, logvar):
    """Catches a bound that is none: the mean over draws stays below log p(x), five standard errors allowed."""
    torch.manual_seed(0)
    model, x = tiny(mean, logvar), IMAGES[1:2].expand(20_000, 2)
    with torch.no_grad():
        draws = model.elbo(x)
    assert draws.mean() <= log_evidence(IMAGES[1:2]) + 5 * draws.std() / 20_000**0.5


@pytest.mark.parametrize("beta", [0.0, 1.0, 8.0])
def test_the_bound_is_a_bound_whatever_the_weight_of_the_loss(beta):
    """Catches a β inside the bound: at β = 0 it would lie above the estimate of log p(x) that it should bound."""
    torch.manual_seed(0)
    model, x = VAE(Fixed(0.8, -1.0), Tiny(), latent_dim=1, beta=beta), IMAGES[1:2].expand(20_000, 2)
    draws, estimates = model.elbo(x), model.log_likelihood(x, num_samples=20)
    assert draws.mean() < estimates.mean() - 0.1
    exact = log_evidence(IMAGES[1:2]) - draws.mean()  # the gap, KL(q ‖ p(z|x)), does not depend on β
    assert exact.item() == pytest.approx(posterior_gap(), abs=0.02)


@pytest.mark.equation("vae-loss")
def test_loss_is_the_mean_negative_bound():
    """Catches a sum over the batch, a lost minus, a β that does not reach the loss: recomputed by hand, same noise."""
    x, eps = torch.tensor([[1.0, 0.0], [1.0, 1.0]]), None
    for beta in (1.0, 3.0):
        model = VAE(Fixed(0.3, -0.4), Tiny(), latent_dim=1, beta=beta)
        torch.manual_seed(5)
        loss = model.loss(x)
        torch.manual_seed(5)
        eps = torch.randn(2, 1)
        logits = Tiny()(0.3 + math.exp(-0.2) * eps)
        pixels = -Bernoulli(logits=logits).log_prob(x).sum() / 2
        kl = 0.5 * (0.3**2 + math.exp(-0.4) - 1 + 0.4)
        assert loss.item() == pytest.approx(pixels.item() + beta * kl, abs=1e-5)


@pytest.mark.folklore("F04")
def test_gradient_of_the_pixels_reaches_both_networks():
    """Catches a detached code (F04): with β = 0 only the pixels speak, and the encoder must hear them."""
    torch.manual_seed(0)
    model = vae.fully_connected((1, 4, 4), latent_dim=2, hidden=8)
    model.beta = 0.0
    model.loss(torch.rand(8, 1, 4, 4)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


# Importance weighting ----------------------------------------------------------------------------------------------


@pytest.mark.equation("vae-importance")
def test_more_draws_climb_from_the_bound_to_the_evidence():
    """Catches a mean of logarithms in place of the logarithm of the mean, a lost log s, a weight turned over."""
    torch.manual_seed(0)
    model, n = tiny(mean=0.3, logvar=0.2), 20_000  # wider than the posterior, or the weights have no variance
    x, truth = IMAGES[1:2].expand(n, 2), log_evidence(IMAGES[1:2]).item()
    one, five, many = (model.log_likelihood(x, num_samples=s) for s in (1, 5, 100))
    bound = model.elbo(x).detach()
    assert one.mean().item() == pytest.approx(bound.mean().item(), abs=5 * (one.std() + bound.std()).item() / n**0.5)
    assert one.mean() < five.mean() < many.mean()
    assert many.mean().item() == pytest.approx(truth, abs=0.01)
    assert one.exp().mean().item() == pytest.approx(math.exp(truth), rel=0.03)  # the weight itself is unbiased


def test_importance_bound_of_equal_weights_is_their_value():
    """Catches a lost or doubled log s."""
    log_weights = torch.tensor([[-700.0, 2.0]]).expand(50, 2)
    torch.testing.assert_close(vae.iwae_bound(log_weights), torch.tensor([-700.0, 2.0]))


@pytest.mark.equation("vae-active")
def test_active_units_are_those_whose_mean_moves():
    """Catches standard deviation for variance, and a mean over the code in place of one per unit."""
    means = torch.randn(4000, 3, generator=generator(0)) * torch.tensor([1.0, 0.05, 0.2]) + 3
    assert vae.active_units(means).tolist() == [True, False, True]


# The model ---------------------------------------------------------------------------------------------------------


def test_shapes_and_ranges():
    """Catches a lost channel, a flattened image, a missing sigmoid, codes interpolated along the wrong axis."""
    torch.manual_seed(0)
    model = vae.fully_connected((1, 8, 8), latent_dim=3, hidden=16)
    x = torch.rand(5, 1, 8, 8)
    samples = model.sample(4)
    assert samples.shape == (4, 1, 8, 8)
    assert ((samples > 0) & (samples < 1)).all()
    assert model.reconstruct(x).shape == x.shape
    path = model.interpolate(x, x.flip(0), steps=7)
    assert path.shape == (5, 7, 1, 8, 8)
    torch.testing.assert_close(path[:, 0], model.reconstruct(x))
    torch.testing.assert_close(path[:, -1], model.reconstruct(x.flip(0)))
    middle = model.decode((model.encode(x).mean + model.encode(x.flip(0)).mean) / 2).sigmoid()
    torch.testing.assert_close(path[:, 3], middle)


def test_samples_come_from_the_prior():
    """Catches codes of the wrong scale: a decoder that changes nothing shows them."""
    same = nn.Linear(2, 2, bias=False)
    nn.init.eye_(same.weight)
    torch.manual_seed(0)
    codes = VAE(nn.Identity(), same, latent_dim=2).sample(50_000).logit()
    torch.testing.assert_close(codes.mean(0), torch.zeros(2), atol=0.03, rtol=0)
    torch.testing.assert_close(codes.std(0), torch.ones(2), atol=0.03, rtol=0)


def test_training_recovers_the_evidence_of_known_data():
    """Catches any mistake that leaves the loss descending to the wrong place.

    Two pixels, always equal: log 2 = 0.69 nats per image is the best, and pixels without a code pay 2 log 2 = 1.39.
    """
    x = torch.tensor([[0.0, 0.0], [1.0, 1.0]]).repeat(64, 1)
    torch.manual_seed(0)
    model = vae.fully_connected((2,), latent_dim=1, hidden=32)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    fit(Trainer(model, model.loss, optimizer=optimizer), x, steps=300, batch_size=128)
    value = -model.log_likelihood(x, num_samples=100).mean().item()
    assert math.log(2) - 0.02 < value < math.log(2) + 0.15
