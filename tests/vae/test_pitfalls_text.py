"""Folklore rows P14 and H07: the wrong version must fail and the right one must pass, on the same check."""

import pytest
import torch

from aigc_course.core.train import fit
from aigc_course.foundations.vocabulary import Vocabulary
from aigc_course.vae import two_topics
from aigc_course.vae.annealing import annealed_trainer
from aigc_course.vae.collapse import collapsed
from aigc_course.vae.pitfalls import FloatText, joined, rounded
from aigc_course.vae.text import LanguageModel, TextVAE
from aigc_course.vae.vae import kl_to_standard_normal

SENTENCES = two_topics.sentences()
VOCABULARY = Vocabulary(SENTENCES)
X = VOCABULARY.encode(SENTENCES)


def descend(model, warmup_steps=1, steps=200, rate=1e-2):
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    fit(annealed_trainer(model, warmup_steps=warmup_steps, optimizer=optimizer), X, steps=steps, batch_size=162)
    return model


@pytest.fixture(scope="module")
def right():
    torch.manual_seed(0)
    return descend(TextVAE(len(VOCABULARY), latent_dim=4, word_dropout=0.7, max_length=5, hidden=32), warmup_steps=100)


@pytest.fixture(scope="module")
def wrong():
    torch.manual_seed(0)
    model = FloatText(len(VOCABULARY), max_length=5, latent_dim=4, hidden=32)
    fit(model, X, steps=300, batch_size=162)
    return model


@pytest.mark.folklore("P14")
def test_p14_numbers_are_no_words(wrong):
    """As printed: the program stops."""
    with pytest.raises(TypeError, match="expected str instance"):
        joined(wrong.reconstruct(X[:1])[0])


@pytest.mark.folklore("P14")
def test_p14_rounded_numbers_are_the_average_word(wrong):
    """Patched by rounding: every sentence comes back as the same row, which is none of the corpus."""
    lines = rounded(wrong.reconstruct(X), VOCABULARY)
    assert len(set(lines)) <= 4
    assert not set(lines) & {f"{sentence} <end>" for sentence in SENTENCES}


@pytest.mark.folklore("P14")
def test_p14_the_encoder_learns_to_say_nothing(wrong, right):
    """Stepped separately, the encoder hears of no word."""
    assert collapsed(wrong.encode(X))
    assert not collapsed(right.encode(X))
    assert kl_to_standard_normal(right.encode(X)).mean() > 0.5


@pytest.mark.folklore("P14")
def test_p14_right_version_writes_sentences_of_the_corpus(right):
    torch.manual_seed(1)
    drawn = VOCABULARY.decode(right.sample(100))
    assert sum(sentence in SENTENCES for sentence in drawn) > 60
    back = VOCABULARY.decode(right.reconstruct(X))
    assert len(set(back)) > 4
    topics = [line.split()[0] in " ".join(SENTENCES[:81]) for line in back]
    assert sum(topics[:81]) + 81 - sum(topics[81:]) > 130


def test_p14_resumes_like_any_algorithm(tmp_path):
    def made():
        torch.manual_seed(0)
        return FloatText(len(VOCABULARY), max_length=5, latent_dim=2, hidden=8)

    history = fit(made(), X, steps=6, batch_size=32)
    fit(made(), X, steps=2, batch_size=32, checkpoint=tmp_path / "c.pt")
    assert fit(made(), X, steps=6, batch_size=32, checkpoint=tmp_path / "c.pt") == history


@pytest.mark.folklore("H07")
def test_h07_a_plain_text_vae_collapses_and_gains_nothing():
    """The circulated claim would need a code that helps: as usually trained, it says nothing, and the model without
    a code is as good."""
    torch.manual_seed(0)
    vae = descend(TextVAE(len(VOCABULARY), latent_dim=4, max_length=5, hidden=32), steps=120, rate=2e-2)
    torch.manual_seed(0)
    plain = descend(LanguageModel(len(VOCABULARY), max_length=5, hidden=32), steps=120, rate=2e-2)
    with torch.no_grad():
        assert kl_to_standard_normal(vae.encode(X)).mean() < 0.2
        bound, exact = -vae.elbo(X).mean(), plain.terms(X)[0].mean()
    assert exact.item() == pytest.approx(two_topics.ENTROPY, abs=0.05)
    assert bound > exact - 0.03


@pytest.mark.folklore("H07")
def test_h07_a_drawn_word_has_no_gradient():
    """What a GAN would need: the discriminator's wish cannot pass through a draw, while it passes through chances."""
    logits = torch.randn(3, 7, requires_grad=True)
    assert not torch.multinomial(logits.softmax(dim=1), 1).requires_grad
    assert logits.softmax(dim=1).requires_grad
