"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import math

import pytest
import torch

from aigc_course.core.train import fit
from aigc_course.foundations.vocabulary import Vocabulary
from aigc_course.vae import two_topics
from aigc_course.vae.annealing import annealed_trainer
from aigc_course.vae.collapse import label_information
from aigc_course.vae.text import TextVAE
from aigc_course.vae.vae import Gaussian


def scalar(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


@pytest.mark.equation("vae_text-toy-entropy")
def test_the_entropy_is_that_of_the_list():
    """Catches a topic that is not counted, words shared by both topics, sentences that occur twice."""
    found = two_topics.sentences()
    assert len(set(found)) == 162
    assert math.log(162) == pytest.approx(two_topics.ENTROPY)
    weather, baking = ({word for s in half for word in s.split()} for half in (found[:81], found[81:]))
    assert weather.isdisjoint(baking)
    assert len(weather) == len(baking) == 3 * two_topics.WORDS


@pytest.mark.equation("vae_text-evidence")
@pytest.mark.parametrize(("word_dropout", "expected"), [(0.0, 1.0), (1.0, 4.0), (0.5, 1.875)])
def test_words_written_blind(word_dropout, expected):
    """Catches words kept and dropped turned over, and a first word that is not counted: also by tossing the coins."""
    assert two_topics.words_unseen(word_dropout) == pytest.approx(expected)
    torch.manual_seed(0)
    hidden = torch.rand(50_000, 3) < word_dropout
    blind = 1 + hidden.long().cumprod(dim=1).sum(dim=1)
    assert blind.float().mean().item() == pytest.approx(expected, abs=0.03)


@pytest.mark.equation("vae_text-saddle", "vae_text-threshold")
@pytest.mark.parametrize(("words_unseen", "weight"), [(1.0, 1.0), (4.0, 1.0), (1.875, 1.0), (1.0, 0.3), (2.0, 3.0)])
def test_collapse_is_a_hilltop_when_the_price_is_high(words_unseen, weight):
    """Catches a wrong curvature of the gain at the collapsed code: it must be (evidence − weight) / 2."""
    a = 0.02
    gain = two_topics.objective(scalar(a), scalar(1.0), words_unseen=words_unseen, weight=weight).item()
    assert gain / a**2 == pytest.approx((words_unseen - weight) / 2, abs=2e-3)
    assert two_topics.objective(
        scalar(0.0), scalar(1.0), words_unseen=words_unseen, weight=weight
    ).item() == pytest.approx(0)


def test_the_topic_is_told_as_measured():
    """Catches a wrong sign or scale of the odds: the formula against a Monte Carlo estimate of the information."""
    labels = torch.arange(2).repeat_interleave(200)
    q = Gaussian(torch.where(labels == 0, 0.9, -0.9).unsqueeze(1), torch.full((400, 1), 2 * math.log(0.5)))
    torch.manual_seed(0)
    measured = label_information(q, labels, num_samples=50)
    assert two_topics.topic_information(scalar(0.9), scalar(0.5)).item() == pytest.approx(measured, abs=0.01)
    assert two_topics.topic_information(scalar(5.0), scalar(0.2)).item() == pytest.approx(math.log(2), abs=1e-6)


def test_the_best_code_speaks_only_above_the_threshold():
    """Catches a search that misses the collapsed code or the other one."""
    assert two_topics.optimal_posterior(words_unseen=1.0).topic_information == pytest.approx(0, abs=1e-9)
    assert two_topics.optimal_posterior(words_unseen=1.0, weight=1.2).topic_information == pytest.approx(0, abs=1e-9)
    topic_information = [two_topics.optimal_posterior(words_unseen=m).topic_information for m in (1.2, 2.0, 4.0)]
    assert 0.1 < topic_information[0] < topic_information[1] < topic_information[2] < math.log(2)
    assert two_topics.optimal_posterior(words_unseen=1.0, weight=0.5) == two_topics.optimal_posterior(words_unseen=2.0)


def trained(word_dropout: float) -> tuple[TextVAE, torch.Tensor]:
    vocabulary = Vocabulary(two_topics.sentences())
    x = vocabulary.encode(two_topics.sentences())
    torch.manual_seed(0)
    model = TextVAE(len(vocabulary), latent_dim=1, word_dropout=word_dropout, max_length=5, hidden=32)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    fit(annealed_trainer(model, warmup_steps=1, optimizer=optimizer), x, steps=150, batch_size=162)
    return model, x


@pytest.mark.parametrize(("word_dropout", "low", "high"), [(0.0, -0.02, 0.15), (1.0, 0.5, math.log(2) + 0.01)])
def test_trained_networks_find_the_known_answer(word_dropout, low, high):
    """Catches any mistake that lets a seeing decoder use the code, or a blind one ignore it."""
    model, x = trained(word_dropout)
    torch.manual_seed(0)
    with torch.no_grad():
        topic_information = label_information(model.encode(x), torch.arange(162) // 81)
    assert low < topic_information < high
