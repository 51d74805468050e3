"""Word dropout, writing and training of the sentence VAE."""

import math

import pytest
import torch

from aigc_course.core.train import fit
from aigc_course.foundations.vocabulary import END, MASK, PAD, Vocabulary
from aigc_course.vae import text
from aigc_course.vae.annealing import annealed_trainer
from aigc_course.vae.text import LanguageModel, TextVAE
from aigc_course.vae.vae import Gaussian
from tests.vae.test_text import A, B, all_rows, deafen, tiny


@pytest.mark.equation("vae_text-dropout")
def test_words_are_blanked_with_the_right_probability():
    """Catches words kept and dropped turned over, a blanked beginning, and targets that are blanked too."""
    torch.manual_seed(0)
    x = torch.full((2000, 6), A)
    seen = text.drop_words(text.shift_right(x), 0.7)
    assert (seen[:, 0] == END).all()
    assert (seen[:, 1:] == A).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert ((seen[:, 1:] == A) | (seen[:, 1:] == MASK)).all()
    assert (text.drop_words(text.shift_right(x), 0.0) == text.shift_right(x)).all()
    assert (text.drop_words(text.shift_right(x), 1.0)[:, 1:] == MASK).all()


def test_a_blind_decoder_knows_only_the_position():
    """Catches dropout that does not reach the decoder: with word_dropout = 1 the words before do not matter."""
    model, z = tiny(), torch.ones(2, 1)
    rows = torch.tensor([[A, A, END], [B, A, END]])
    with torch.no_grad():
        blind = model.decoder(text.drop_words(text.shift_right(rows), 1.0), z, model.decoder.begin(z))[0]
        seeing = model.decoder(text.shift_right(rows), z, model.decoder.begin(z))[0]
    torch.testing.assert_close(blind[0], blind[1])
    assert (seeing[0, 1] - seeing[1, 1])[[A, B]].abs().max() > 1e-3


def test_dropout_acts_in_the_loss_and_not_in_the_bound():
    """Catches a model that is judged with blanked words, or trained without them."""
    rows = torch.tensor([[A, B, A, B, A, END]]).repeat(400, 1)
    losses = {}
    for word_dropout in (0.0, 1.0):
        model = tiny(word_dropout=word_dropout)
        deafen(model)
        with torch.no_grad():
            losses[word_dropout] = (model.loss(rows).item(), -model.elbo(rows).mean().item())
    assert losses[0.0][1] == pytest.approx(losses[1.0][1], abs=1e-4)
    assert losses[0.0][0] == pytest.approx(losses[0.0][1], abs=1e-4)
    assert abs(losses[1.0][0] - losses[1.0][1]) > 0.01


@pytest.mark.parametrize("word_dropout", [-0.1, 1.5])
def test_a_probability_out_of_range_is_named(word_dropout):
    with pytest.raises(ValueError, match=f"word_dropout={word_dropout}"):
        text.drop_words(torch.tensor([[END, A]]), word_dropout)


# Writing -------------------------------------------------------------------------------------------------------------


def test_drawn_sentences_follow_the_likelihood():
    """Catches a writer that sees another history or another code than the likelihood: frequencies against p(x|z)."""
    model, n = tiny(), 20_000
    torch.manual_seed(0)
    drawn = model.generate(torch.full((n, 1), 0.8))
    rows = all_rows(2)
    with torch.no_grad():
        p = model.log_likelihood_given(rows, torch.full((len(rows), 1), 0.8)).exp()
    seen = (drawn.unsqueeze(1) == rows.unsqueeze(0)).all(dim=2).float().mean(0)
    assert seen.sum().item() == pytest.approx(1, abs=1e-6)
    assert ((seen - p).abs() < 5 * (p * (1 - p) / n).sqrt() + 1e-4).all()


def test_greedy_takes_the_most_probable_word():
    """Catches a greedy writer that draws."""
    model, z = tiny(), torch.tensor([[0.8]])
    first = model.decoder(torch.tensor([[END]]), z, model.decoder.begin(z))[0][0, 0].argmax()
    assert model.generate(z, greedy=True)[0, 0] == first
    assert torch.equal(model.generate(z, greedy=True), model.generate(z, greedy=True))


def test_samples_are_written_from_normal_codes():
    """Catches codes from another prior, and a wish for the most probable words that is forgotten on the way."""
    model = TextVAE(40, latent_dim=4, max_length=6, hidden=16)
    for greedy in (True, False):
        torch.manual_seed(1)
        sampled = model.sample(50, greedy=greedy)
        torch.manual_seed(1)
        assert torch.equal(sampled, model.generate(torch.randn(50, 4), greedy=greedy))


def test_interpolation_starts_and_ends_at_the_reconstructions():
    """Catches a line between other points than the posterior means."""
    torch.manual_seed(3)
    model = TextVAE(40, latent_dim=4, max_length=6, hidden=16)
    rows = torch.randint(3, 40, (2, 6))
    path = model.interpolate(rows[:1], rows[1:], steps=5)
    assert path.shape == (5, 6)
    assert torch.equal(path[[0, -1]], model.reconstruct(rows))
    middle = (model.encode(rows[:1]).mean + model.encode(rows[1:]).mean) / 2
    assert torch.equal(path[2:3], model.generate(middle, greedy=True))


def test_language_model_has_no_code():
    """Catches a baseline with an encoder, with weights that nothing uses, or with a cost that is not exact."""
    torch.manual_seed(0)
    model, rows = LanguageModel(5, max_length=3, hidden=8), all_rows(2)
    assert not [name for name, _ in model.named_parameters() if not name.startswith("decoder.")]
    model.loss(rows).backward()
    assert all(p.grad is not None and (p.grad != 0).any() for p in model.parameters() if p.numel())
    with torch.no_grad():
        words, kl = model.terms(rows)
        assert torch.equal(words, model.terms(rows)[0])
    assert kl.tolist() == [0] * len(rows)
    with torch.no_grad():
        assert not torch.allclose(words, model.terms(rows, word_dropout=1.0)[0])
    assert (-words).exp().sum().item() == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(model.log_likelihood(rows), -words)


def test_a_language_model_generates_by_its_own_likelihood():
    """Catches sentences of another history than the likelihood's, and a greedy wish that is forgotten on the way."""
    torch.manual_seed(0)
    model, n, rows = LanguageModel(5, max_length=3, hidden=8), 20_000, all_rows(2)
    drawn = model.sample(n)
    with torch.no_grad():
        p = model.log_likelihood(rows).exp()
    seen = (drawn.unsqueeze(1) == rows.unsqueeze(0)).all(dim=2).float().mean(0)
    assert ((seen - p).abs() < 5 * (p * (1 - p) / n).sqrt() + 1e-4).all()
    greedy = model.sample(2, greedy=True)
    assert torch.equal(greedy[0], greedy[1])
    first = (END, A, B)
    assert greedy[0, 0] == first[int(model.log_likelihood(torch.tensor([[word] for word in first])).argmax())]


def test_a_language_model_trains_with_its_word_dropout():
    """Catches word dropout that does not reach the loss, and an evaluation that is made with it."""
    torch.manual_seed(0)
    model, rows = LanguageModel(5, word_dropout=1.0, hidden=8), torch.tensor([[A, B, A, B, END]]).repeat(4, 1)
    with torch.no_grad():
        blind = model.terms(rows, word_dropout=1.0)[0].mean().item()
        assert model.loss(rows).item() == pytest.approx(blind, rel=1e-5)
        assert abs(model.terms(rows)[0].mean().item() - blind) > 1e-3


def test_training_recovers_a_known_distribution():
    """Catches any mistake that leaves the loss descending to the wrong place: four sentences, so log 4 nats at best."""
    sentences = ["return the name", "return the list", "sort the list", "close it"]
    vocabulary = Vocabulary(sentences)
    x = vocabulary.encode(sentences * 32)
    torch.manual_seed(0)
    model = TextVAE(len(vocabulary), latent_dim=2, max_length=4, hidden=32)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    fit(annealed_trainer(model, warmup_steps=50, optimizer=optimizer), x, steps=150, batch_size=128)
    value = -model.log_likelihood(x, num_samples=20).mean().item()
    assert math.log(4) - 0.02 < value < math.log(4) + 0.1
    torch.manual_seed(0)
    drawn = vocabulary.decode(model.sample(400))
    assert all(abs(drawn.count(sentence) / 400 - 0.25) < 0.11 for sentence in sentences)


def test_the_loss_weighs_the_code():
    """Catches a weight that is lost: with the same draw, two losses differ by the weight times the KL term."""
    model, rows = tiny(), all_rows(2)
    losses = []
    for weight in (0.0, 0.25):
        torch.manual_seed(0)
        losses.append(model.loss(rows, weight=weight).item())
    kl = model.terms(rows)[1].mean().item()
    assert losses[1] - losses[0] == pytest.approx(0.25 * kl, rel=1e-3)


def test_gradient_of_the_words_reaches_the_encoder():
    """Catches a detached code (P14, F04): without the KL term only the words speak, and the encoder must hear them."""
    model = tiny()
    model.loss(torch.tensor([[A, B, END], [B, END, PAD]]), weight=0.0).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.encoder.parameters())


def test_posterior_is_mean_and_log_variance():
    """Catches halves turned over."""
    model, rows = tiny(), torch.tensor([[A, B, END]])
    with torch.no_grad():
        model.encoder.head.weight.zero_()
        model.encoder.head.bias.copy_(torch.tensor([3.0, -2.0]))
    assert model.encode(rows) == Gaussian(torch.tensor([[3.0]]), torch.tensor([[-2.0]]))
