"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import itertools
import math

import pytest
import torch
from torch.distributions import Categorical, Normal, kl_divergence

from aigc_course.foundations.vocabulary import END, PAD
from aigc_course.vae import text
from aigc_course.vae.text import TextVAE
from aigc_course.vae.vae import kl_to_standard_normal

A, B = 3, 4  # the only two words of the tiny models
GRID = torch.linspace(-8, 8, 1601).unsqueeze(1)
CELL = math.log(16 / 1600)


def tiny(kind=TextVAE, **options) -> TextVAE:
    torch.manual_seed(0)
    model = kind(5, latent_dim=1, max_length=3, hidden=8, **options)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.5 * torch.randn_like(p))
        model.encoder.embed.weight[PAD] = 0
        for p in model.encoder.head.parameters():
            p.mul_(0.2)  # so that the posteriors lie on the grid
    return model


def all_rows(length: int) -> torch.Tensor:
    """Every sentence of at most ``length`` words, and every beginning of ``length`` + 1 words that has not ended."""
    rows = []
    for words in range(length + 1):
        rows += [[*row, END] + [PAD] * (length - words) for row in itertools.product((A, B), repeat=words)]
    return torch.tensor(rows + [list(row) for row in itertools.product((A, B), repeat=length + 1)])


# The likelihood of a sentence ----------------------------------------------------------------------------------------


@pytest.mark.equation("vae_text-chain")
def test_probabilities_of_all_sentences_add_up_to_one():
    """Catches a decoder that sees the word it predicts, probability on padding or blanks, an END left out."""
    model, rows = tiny(), all_rows(3)
    with torch.no_grad():
        for z in (-1.0, 0.0, 2.0):
            each = model.log_likelihood_given(rows, torch.full((len(rows), 1), z)).exp()
            assert each.sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.equation("vae_text-chain")
def test_likelihood_is_the_product_over_words():
    """Catches a mean in place of the sum, a shift by one, padding that is counted: word by word with torch."""
    model, row, z = tiny(), torch.tensor([[B, A, END, PAD]]), torch.tensor([[0.7]])
    state, total = model.decoder.begin(z), 0.0
    for before, word in ((END, B), (B, A), (A, END)):
        logits, state = model.decoder(torch.tensor([[before]]), z, state)
        total += Categorical(logits=logits[0, 0]).log_prob(torch.tensor(word)).item()
    assert model.log_likelihood_given(row, z).item() == pytest.approx(total, abs=1e-5)


def test_padding_changes_nothing():
    """Catches an encoder that hears the padding, and costs for it."""
    model = tiny()
    short, long = torch.tensor([[B, A, END]]), torch.tensor([[B, A, END, PAD, PAD, PAD]])
    torch.testing.assert_close(model.encode(short).mean, model.encode(long).mean)
    z = torch.ones(1, 1)
    torch.testing.assert_close(model.log_likelihood_given(short, z), model.log_likelihood_given(long, z))


def test_the_order_of_words_is_read():
    """Catches an encoder that reads a bag of words."""
    model = tiny()
    codes = model.encode(torch.tensor([[A, A, B, END], [A, B, A, END]])).mean
    assert (codes[0] - codes[1]).abs().max() > 1e-3


# The bound -----------------------------------------------------------------------------------------------------------


def on_the_grid(model: TextVAE, rows: torch.Tensor) -> torch.Tensor:
    """Log p(x|z), one row per sentence, one column per point of the grid."""
    with torch.no_grad():
        return torch.stack([model.log_likelihood_given(row.expand(len(GRID), -1), GRID) for row in rows])


@pytest.mark.equation("vae_text-elbo")
def test_bound_is_an_expectation_over_the_posterior():
    """Catches a KL of the wrong sign, a code that is not drawn, word dropout left on: the integral by a grid."""
    model, rows = tiny(word_dropout=0.7), torch.tensor([[A, END, PAD], [B, A, END]])
    with torch.no_grad():
        q = model.encode(rows)
    weight = (Normal(q.mean, (0.5 * q.logvar).exp()).log_prob(GRID.T) + CELL).exp()
    kl = kl_divergence(Normal(q.mean, (0.5 * q.logvar).exp()), Normal(0.0, 1.0)).squeeze(1)
    exact = (weight * on_the_grid(model, rows)).sum(1) - kl
    torch.manual_seed(0)
    with torch.no_grad():
        draws = model.elbo(rows.repeat(5000, 1)).view(5000, 2)
    error = 5 * draws.std(0) / 5000**0.5
    assert ((draws.mean(0) - exact).abs() < error).all()


@pytest.mark.equation("vae_text-prices")
def test_the_bound_pays_three_prices():
    """Catches a price left out or counted twice: entropy of the data, error of the model, error of the encoder."""
    model = tiny()
    rows, p = torch.tensor([[A, END, PAD], [B, END, PAD], [A, B, END]]), torch.tensor([0.5, 0.2, 0.3])
    log_x_given_z, log_z = on_the_grid(model, rows), Normal(0.0, 1.0).log_prob(GRID.T)
    log_x = (log_x_given_z + log_z + CELL).logsumexp(1)
    with torch.no_grad():
        q = model.encode(rows)
    log_q = Normal(q.mean, (0.5 * q.logvar).exp()).log_prob(GRID.T)
    weight = (log_q + CELL).exp()
    paid = kl_to_standard_normal(q) - (weight * log_x_given_z).sum(1)
    entropy, model_error = -(p * p.log()).sum(), (p * (p.log() - log_x)).sum()
    encoder_error = (p * (weight * (log_q - (log_x_given_z + log_z - log_x.unsqueeze(1)))).sum(1)).sum()
    assert (p * paid).sum().item() == pytest.approx((entropy + model_error + encoder_error).item(), abs=1e-3)
    assert min(model_error, encoder_error) > 0.01


def deafen(model: TextVAE) -> None:
    """The collapsed point: the encoder says the prior, the decoder does not listen."""
    with torch.no_grad():
        for p in (model.encoder.head.weight, model.encoder.head.bias, model.decoder.start.weight):
            p.zero_()
        model.decoder.recur.weight_ih_l0[:, model.decoder.embed.embedding_dim :].zero_()


@pytest.mark.equation("vae_text-collapse")
def test_a_collapsed_model_has_a_tight_bound():
    """Catches a claim that collapse costs something by itself: the bound equals log p(x) for every draw."""
    model, rows = tiny(), all_rows(2)
    deafen(model)
    with torch.no_grad():
        values = torch.stack([model.elbo(rows) for _ in range(3)])
        truth = (on_the_grid(model, rows) + Normal(0.0, 1.0).log_prob(GRID.T) + CELL).logsumexp(1)
    torch.testing.assert_close(values, truth.expand(3, -1), atol=1e-4, rtol=0)


@pytest.mark.equation("vae_text-stationary")
def test_nothing_pulls_out_of_collapse():
    """Catches a hidden pull: no gradient for the encoder, none on average for the decoder's ear."""
    model, rows = tiny(), torch.tensor([[A, END, PAD], [B, A, END]])
    deafen(model)
    model.loss(rows).backward()
    assert model.encoder.head.weight.grad.abs().max() < 1e-6
    assert model.encoder.head.bias.grad.abs().max() < 1e-6
    model.zero_grad()
    z = torch.randn(2, 1)
    for code in (z, -z):  # the mean of the prior is zero, and so is that of these two draws
        (-model.log_likelihood_given(rows, code)).sum().backward()
    assert model.decoder.start.weight.grad.abs().max() < 1e-5
    assert model.decoder.recur.weight_ih_l0.grad[:, model.decoder.embed.embedding_dim :].abs().max() < 1e-5


def test_importance_weights_climb_to_the_evidence():
    """Catches a weight without its prior or its posterior."""
    model, rows = tiny(), torch.tensor([[A, B, END]])
    with torch.no_grad():
        model.encoder.head.weight.zero_()
        model.encoder.head.bias.copy_(torch.tensor([-0.3, 0.5]))  # wide, or the weights have no variance
    truth = (on_the_grid(model, rows) + Normal(0.0, 1.0).log_prob(GRID.T) + CELL).logsumexp(1).item()
    torch.manual_seed(0)
    many = model.log_likelihood(rows.repeat(500, 1), num_samples=300)
    with torch.no_grad():
        one = model.elbo(rows.repeat(2000, 1))
    assert many.mean().item() == pytest.approx(truth, abs=0.03)
    assert one.mean() < truth + 5 * one.std() / 2000**0.5


@pytest.mark.equation("vae_text-perplexity")
def test_perplexity_counts_words_and_not_sentences():
    """Catches a mean over sentences of different lengths, and an END that is not counted."""
    rows = torch.tensor([[A, END, PAD], [B, A, END]])
    assert text.lengths(rows).tolist() == [2, 3]
    uniform = text.lengths(rows) * math.log(7)
    assert text.perplexity(uniform, text.lengths(rows)).item() == pytest.approx(7, rel=1e-5)
    assert text.perplexity(torch.tensor([2.0, 0.0]), torch.tensor([2.0, 3.0])).item() == pytest.approx(math.exp(0.4))


def test_unigram_is_a_distribution():
    """Catches probability on padding, counts of the test text, a missing pseudo-count."""
    counted = torch.tensor([[A, A, END], [A, END, PAD]])
    costs = [text.unigram_nll(torch.tensor([[word]]), counted, vocab_size=5).item() for word in (END, A, B)]
    assert sum(math.exp(-c) for c in costs) == pytest.approx(1, abs=1e-6)
    assert costs[1] == pytest.approx(-math.log(4 / 8), abs=1e-6)
    assert text.unigram_nll(torch.tensor([[A, PAD]]), counted, vocab_size=5).item() == pytest.approx(costs[1], abs=1e-6)


# Word dropout --------------------------------------------------------------------------------------------------------
