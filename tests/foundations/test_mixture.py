"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import itertools
import math

import pytest
import torch
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily

from aigc_course.core import data
from aigc_course.core.train import fit
from aigc_course.foundations import mixture
from aigc_course.foundations.mixture import BernoulliMixture

ALL = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4)), dtype=torch.float64)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_mixture(components: int = 3, d: int = 4, seed: int = 0, pseudo_counts: float = 0.1) -> BernoulliMixture:
    g = generator(seed)
    weights = torch.rand(components, generator=g, dtype=torch.float64) + 0.2
    chances = 0.05 + 0.9 * torch.rand(components, d, generator=g, dtype=torch.float64)
    return BernoulliMixture(weights / weights.sum(), chances, pseudo_counts=pseudo_counts)


def by_torch(model: BernoulliMixture) -> MixtureSameFamily:
    return MixtureSameFamily(Categorical(model.weights), Independent(Bernoulli(model.probabilities), 1))


def digits(n: int = 400) -> torch.Tensor:
    return (data.load("digits", n=n).x.flatten(1) > 0.5).double()


@pytest.mark.equation("probability-mixture")
def test_likelihood_is_that_of_torch_and_adds_up_to_one():
    """Catches a forgotten weight, a dropped (1 − x) term, a mean over the pixels."""
    model = random_mixture()
    torch.testing.assert_close(model.log_prob(ALL), by_torch(model).log_prob(ALL))
    assert model.log_prob(ALL).exp().sum().item() == pytest.approx(1)


@pytest.mark.equation("probability-responsibility")
def test_responsibilities_are_bayes_rule():
    """Catches a softmax over the pictures, and weights that are left out."""
    model = random_mixture()
    likelihoods = torch.stack([Independent(Bernoulli(c), 1).log_prob(ALL).exp() for c in model.probabilities], dim=1)
    joint = model.weights * likelihoods
    torch.testing.assert_close(model.responsibilities(ALL), joint / joint.sum(dim=1, keepdim=True))


@pytest.mark.equation("probability-em-bound")
def test_the_bound_holds_for_every_guess_and_touches_at_the_responsibilities():
    """Catches a bound above the likelihood, or one that does not touch it where EM starts."""
    model = random_mixture()
    joint, exact = model.log_joint(ALL), model.log_prob(ALL)

    def bound(r):
        return (r * (joint - r.log())).sum(dim=1)

    torch.testing.assert_close(bound(model.responsibilities(ALL)), exact)
    for seed in range(5):
        guess = torch.rand(16, 3, generator=generator(seed), dtype=torch.float64)
        assert (bound(guess / guess.sum(dim=1, keepdim=True)) < exact).all()


@pytest.mark.equation("probability-em")
def test_a_round_of_em_lands_on_the_top_of_its_bound():
    """Catches a wrong count in either formula: no weights or chances near the new ones give a higher bound."""
    model, x = random_mixture(components=2, pseudo_counts=0.3), ALL[[0, 3, 3, 7, 9, 15, 15]]
    share = model.responsibilities(x)
    model.step(x)

    def height(weights, probabilities):
        moved = BernoulliMixture(weights / weights.sum(), probabilities, pseudo_counts=0.3)
        return ((share * moved.log_joint(x)).sum() - moved.negative_log_prior()).item()

    top = height(model.weights, model.probabilities)
    for seed in range(10):
        g = generator(seed)
        nudge = [
            1 + 0.01 * torch.randn(t.shape, generator=g, dtype=torch.float64)
            for t in (model.weights, model.probabilities)
        ]
        assert height(model.weights * nudge[0], model.probabilities) < top
        assert height(model.weights, model.probabilities * nudge[1]) < top


@pytest.mark.parametrize("pseudo_counts", [0.0, 0.1, 1.0])
def test_every_round_lowers_the_objective(pseudo_counts):
    """Catches any mistake of a round that is not an ascent of likelihood and prior."""
    x = digits()
    history = fit(mixture.initialise(x, components=12, pseudo_counts=pseudo_counts), x, steps=15, batch_size=len(x))
    values = torch.tensor([row["objective"] for row in history], dtype=torch.float64)
    assert (values.diff() <= 1e-9).all()
    assert values[-1] < values[0] - 1


def test_the_objective_is_the_price_of_real_and_imaginary_pixels():
    """Catches a price per picture added to one for all pictures."""
    model, x = random_mixture(pseudo_counts=0.7), ALL[[0, 3, 9]]
    imaginary = -0.7 * (model.probabilities.log() + (1 - model.probabilities).log()).sum()
    assert model.step(x)["objective"] == pytest.approx(
        ((imaginary - by_torch(random_mixture()).log_prob(x).sum()) / 3).item()
    )


def test_a_component_that_takes_no_picture_stays_a_number():
    """Catches 0 / 0 in float32, where the smallest number of float64 is 0."""
    model = BernoulliMixture(torch.tensor([0.0, 1.0]), torch.full((2, 4), 0.5), pseudo_counts=0.0)
    x = ALL[[1, 5, 6]].float()
    model.step(x)
    assert model.probabilities.isfinite().all()
    torch.testing.assert_close(model.probabilities[1], x.mean(dim=0))


def test_very_unlikely_is_not_impossible():
    """Catches a limit for "never" that a picture of many unlikely pixels can reach."""
    model = BernoulliMixture(torch.ones(1).double(), torch.full((1, 400), 1e-300, dtype=torch.float64))
    white = torch.ones(1, 400).double()
    assert model.log_prob(white).item() == pytest.approx(-400 * 300 * math.log(10))


def test_without_imaginary_pixels_new_pictures_are_impossible_and_training_pictures_are_not():
    """Catches nan where a chance is 0 or 1, and a model that hides its infinite surprise."""
    x, new = digits(), (data.load("digits", split="test").x.flatten(1) > 0.5).double()
    model = mixture.initialise(x, components=20, pseudo_counts=0.0)
    fit(model, x, steps=10, batch_size=len(x))
    assert model.log_prob(x).isfinite().all()
    assert model.log_prob(new).isinf().any()
    assert not model.log_prob(new).isnan().any()


def test_em_finds_a_known_mixture():
    """Catches draws that are not the model's, and a fit that goes to the wrong place."""
    truth = random_mixture(components=2, d=12, seed=3)
    torch.manual_seed(0)
    x, component = truth.sample(4000)
    assert (component == 0).double().mean().item() == pytest.approx(truth.weights[0].item(), abs=0.03)
    model = mixture.initialise(x, components=2, seed=1)
    fit(model, x, steps=150, batch_size=len(x))
    order = model.weights.argsort() if truth.weights.diff() > 0 else model.weights.argsort(descending=True)
    torch.testing.assert_close(model.probabilities[order], truth.probabilities, atol=0.06, rtol=0)


def test_a_draw_names_its_own_component():
    """Catches pictures returned beside other pictures' components."""
    torch.manual_seed(0)
    chances = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    x, component = BernoulliMixture(torch.tensor([0.5, 0.5]), chances).sample(50)
    torch.testing.assert_close(x, chances[component])
    assert 0 < component.sum() < 50


def test_the_start_is_soft_copies_of_different_pictures_which_the_seed_chooses():
    """Catches a picture chosen twice, a seed without effect, and copies so hard that nothing else is possible."""
    x = ALL
    first = mixture.initialise(x, components=16, seed=1).probabilities
    assert sorted(first.tolist()) == sorted((0.25 + 0.5 * x).tolist())
    assert not torch.equal(
        mixture.initialise(x, components=5, seed=1).probabilities,
        mixture.initialise(x, components=5, seed=2).probabilities,
    )


def test_one_component_is_the_average_picture():
    """Catches imaginary pixels that are counted wrongly."""
    x = digits()
    model = mixture.initialise(x, components=1, pseudo_counts=0.5)
    torch.testing.assert_close(model.probabilities[0], x.mean(0).clamp(0.01, 0.99))
    model.step(x)
    torch.testing.assert_close(model.probabilities[0], (x.sum(0) + 0.5) / (len(x) + 1))


def test_next_pixels_multiply_to_the_likelihood():
    """Catches a chance that does not know the pixels before it."""
    model = random_mixture()
    for x in ALL[[0, 5, 11]]:
        chances = [model.next_pixel(x[:i]) for i in range(4)]
        product = math.prod(c if v else 1 - c for c, v in zip(chances, x.tolist(), strict=True))
        assert product == pytest.approx(model.log_prob(x[None]).exp().item())


@pytest.mark.parametrize("components", [0, 401])
def test_a_senseless_number_of_components_is_named(components):
    with pytest.raises(ValueError, match=f"components={components}"):
        mixture.initialise(digits(), components=components)
