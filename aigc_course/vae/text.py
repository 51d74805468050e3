"""The sentence VAE: a Gaussian latent for a whole sentence, and an autoregressive decoder of its words.

Bowman, Vilnis, Vinyals, Dai, Jozefowicz & Bengio (2016), *Generating Sentences from a Continuous Space*,
arXiv:1511.06349, cited as B. Latent, posterior and bound are those of ``vae``; only the observation is new.

Symbols
    b, t    sentences in a batch, positions in a row of tokens (``END`` closes a sentence, ``PAD`` fills the row)
    v       words in the vocabulary
    x       tokens; x[:, i] is word i + 1
    k       latent dimensions; 0 in a language model
    z       latents, with prior N(0, I)
    logits  what the decoder returns: word i has the probability softmax(logits[:, i]), given z and the words before
    word_dropout  probability that a previous word is replaced by ``MASK`` in the decoder's input

Conventions: nats per sentence, summed over its words and its ``END``, never averaged over them. B reads and writes with
LSTMs; here a convolution reads (three words at a time, then a maximum over positions) and a GRU writes, which take
half the time. B calls the setting ``word_dropout = 1`` an inputless decoder.
"""

import warnings

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.precision import full_precision
from aigc_course.foundations.vocabulary import END, MASK, PAD
from aigc_course.vae.annealing import weighted_loss
from aigc_course.vae.vae import Gaussian, iwae_bound, kl_to_standard_normal, log_prior


class Encoder(nn.Module):
    """From tokens (b, t) to 2k numbers: mean and log-variance of the posterior."""

    def __init__(self, vocab_size: int, *, latent_dim: int, embedding: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embedding, padding_idx=PAD)
        self.read = nn.Conv1d(embedding, hidden, kernel_size=3, padding=1)
        self.head = nn.Linear(hidden, 2 * latent_dim)

    def forward(self, x: Int[Tensor, "b t"]) -> Float[Tensor, "b two_k"]:
        """Maximum of each feature over the positions of a sentence, padding excluded, through a dense layer."""
        features = self.read(self.embed(x).transpose(1, 2)).relu()
        return self.head(features.masked_fill((x == PAD).unsqueeze(1), 0).amax(dim=2))


class Decoder(nn.Module):
    """A GRU that predicts the next word from the words before and from the latent, which is an input at each position.

    Input and output embeddings are shared. With ``latent_dim=0`` it is a language model.
    """

    def __init__(self, vocab_size: int, *, latent_dim: int, embedding: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embedding)
        self.start = _dense(latent_dim, hidden)
        self.recur = nn.GRU(embedding + latent_dim, hidden, batch_first=True)
        self.project = nn.Linear(hidden, embedding)
        self.bias = nn.Parameter(torch.zeros(vocab_size))
        nn.init.normal_(self.embed.weight, std=0.1)  # also the output layer, which should begin undecided

    def begin(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "1 b h"]:
        """The GRU's state before the first word, a function of the latent."""
        return self.start(z).tanh().unsqueeze(0)

    def forward(
        self, previous: Int[Tensor, "b t"], z: Float[Tensor, "b k"], state: Float[Tensor, "1 b h"]
    ) -> tuple[Float[Tensor, "b t v"], Float[Tensor, "1 b h"]]:
        """Logits of the word after each of ``previous``, and the state after the last; −∞ for padding and blanks."""
        outputs, state = self.read(previous, z, state)
        return self.logits(outputs), state

    def read(
        self, previous: Int[Tensor, "b t"], z: Float[Tensor, "b k"], state: Float[Tensor, "1 b h"]
    ) -> tuple[Float[Tensor, "b t h"], Float[Tensor, "1 b h"]]:
        """The GRU's output after each of ``previous``, and its state after the last."""
        seen = torch.cat([self.embed(previous), z.unsqueeze(1).expand(-1, previous.shape[1], -1)], dim=2)
        return self.recur(seen, state)

    def logits(self, outputs: Float[Tensor, "*n h"]) -> Float[Tensor, "*n v"]:
        """Logits of the next word from the GRU's outputs; −∞ for padding and blanks."""
        unwritten = torch.tensor([PAD, MASK], device=self.bias.device)
        bias = self.bias.index_fill(0, unwritten, -torch.inf)
        return F.linear(self.project(outputs), self.embed.weight, bias)

    def log_likelihood(
        self, x: Int[Tensor, "b t"], z: Float[Tensor, "b k"], *, word_dropout: float = 0.0
    ) -> Float[Tensor, " b"]:
        """Log p(x|z) in nats per sentence, previous words hidden with probability ``word_dropout``."""
        previous = shift_right(x) if word_dropout == 0 else drop_words(shift_right(x), word_dropout)
        outputs, _ = self.read(previous, z, self.begin(z))
        return sentence_log_likelihood(x, self.logits(outputs[x != PAD]))

    @torch.no_grad()
    def generate(self, z: Float[Tensor, "b k"], *, max_length: int, greedy: bool = False) -> Int[Tensor, "b t"]:
        """Sentences of at most ``max_length`` symbols for given latents, word by word.

        Each word is sampled from its probabilities or, if ``greedy``, is the most probable one.
        """
        word = torch.full((len(z), 1), END, device=z.device)
        ended, state, written = torch.zeros_like(word, dtype=torch.bool), self.begin(z), []
        for _ in range(max_length):
            logits, state = self(word, z, state)
            word = logits[:, 0].argmax(1, keepdim=True) if greedy else torch.multinomial(logits[:, 0].softmax(1), 1)
            written.append(word.masked_fill(ended, PAD))
            ended |= word == END
        return torch.cat(written, dim=1)


def _dense(inputs: int, outputs: int) -> nn.Linear:
    """A dense layer that may have no inputs: then it is its bias, and torch need not warn of it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Initializing zero-element tensors")
        return nn.Linear(inputs, outputs)


def shift_right(x: Int[Tensor, "b t"]) -> Int[Tensor, "b t"]:
    """The token before each token: ``END`` before the first (teacher forcing)."""
    return F.pad(x[:, :-1], (1, 0), value=END)


def drop_words(previous: Int[Tensor, "b t"], word_dropout: float) -> Int[Tensor, "b t"]:
    """Word dropout: each word is replaced by ``MASK`` with probability ``word_dropout``, the first ``END`` never (B).

    Raises:
        ValueError: ``word_dropout`` is not from 0 to 1.
    """
    if not 0 <= word_dropout <= 1:
        raise ValueError(f"word_dropout={word_dropout}; it is the probability that a word is hidden, from 0 to 1")
    hidden = torch.rand(previous.shape, device=previous.device) < word_dropout
    hidden[:, 0] = False  # the mark of the beginning is no word
    return previous.masked_fill(hidden, MASK)


def sentence_log_likelihood(x: Int[Tensor, "b t"], logits: Float[Tensor, "n v"]) -> Float[Tensor, " b"]:
    """Log p(x|z) in nats per sentence: the chain rule, summed over the words and the ``END`` of each.

    Args:
        x: Tokens.
        logits: One row for each token that is no padding, sentence after sentence.
    """
    words = x != PAD
    nats = F.cross_entropy(full_precision(logits), x[words], reduction="none")
    return nats.new_zeros(len(x)).index_add(0, words.nonzero()[:, 0], -nats)


def lengths(x: Int[Tensor, "b t"]) -> Float[Tensor, " b"]:
    """Number of words to predict in each sentence, its ``END`` included."""
    return (x != PAD).sum(dim=1).float()


def perplexity(nll: Float[Tensor, " n"], length: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """Perplexity: the exponential of nats per word, averaged over words and not over sentences.

    Args:
        nll: −log p(x) in nats of each sentence, or an upper bound on it; then the result is an upper bound, too.
        length: Words of each sentence.
    """
    return (nll.sum() / length.sum()).exp()


def unigram_nll(x: Int[Tensor, "n t"], counted: Int[Tensor, "m u"], *, vocab_size: int) -> Float[Tensor, " n"]:
    """−log p(x) in nats per sentence under a unigram model of the tokens ``counted``, with add-one smoothing."""
    counts = torch.bincount(counted.flatten(), minlength=vocab_size).float() + 1
    counts[[PAD, MASK]] = 0
    surprise = -(counts / counts.sum()).log()
    return surprise[x].masked_fill(x == PAD, 0).sum(dim=1)


class TextVAE(nn.Module):
    """A VAE of sentences: a convolutional encoder, the prior N(0, I), and an autoregressive GRU decoder.

    Args:
        vocab_size: Words in the vocabulary.
        latent_dim: k.
        word_dropout: Probability that ``loss`` hides a previous word from the decoder; ``elbo`` hides none.
        free_bits: Nats of the mean KL term that cost nothing in ``loss`` (free bits).
        max_length: Length of generated sentences, ``END`` included.
        hidden: Units of the GRU and features of the encoder.
    """

    def __init__(
        self,
        vocab_size: int,
        *,
        latent_dim: int = 16,
        word_dropout: float = 0.0,
        free_bits: float = 0.0,
        max_length: int = 9,
        hidden: int = 96,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = (
            Encoder(vocab_size, latent_dim=latent_dim, hidden=hidden),
            Decoder(vocab_size, latent_dim=latent_dim, hidden=hidden),
        )
        self.latent_dim, self.word_dropout, self.free_bits, self.max_length = (
            latent_dim,
            word_dropout,
            free_bits,
            max_length,
        )

    def encode(self, x: Int[Tensor, "b t"]) -> Gaussian:
        """Parameters of the posterior q(z|x) of each sentence."""
        mean, logvar = self.encoder(x).chunk(2, dim=-1)
        return Gaussian(mean, logvar)

    def log_likelihood_given(
        self, x: Int[Tensor, "b t"], z: Float[Tensor, "b k"], *, word_dropout: float = 0.0
    ) -> Float[Tensor, " b"]:
        """Log p(x|z) in nats per sentence, previous words hidden with probability ``word_dropout``."""
        return self.decoder.log_likelihood(x, z, word_dropout=word_dropout)

    def terms(
        self, x: Int[Tensor, "b t"], *, word_dropout: float = 0.0
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
        """−log p(x|z) at one sample z of each posterior, and KL(q(z|x) ‖ p(z)): both in nats per sentence."""
        q = self.encode(x)
        return -self.log_likelihood_given(x, q.sample(), word_dropout=word_dropout), kl_to_standard_normal(q)

    def elbo(self, x: Int[Tensor, "b t"]) -> Float[Tensor, " b"]:
        """Estimate of the evidence lower bound in nats per sentence, from one sample; no word is hidden."""
        words, kl = self.terms(x)
        return -(words + kl)

    def loss(self, x: Int[Tensor, "b t"], *, weight: float = 1.0) -> Float[Tensor, ""]:
        """What training minimises: −log p(x|z) + ``weight`` · KL, batch mean, with word dropout and free bits."""
        return weighted_loss(*self.terms(x, word_dropout=self.word_dropout), weight=weight, free_bits=self.free_bits)

    def generate(self, z: Float[Tensor, "b k"], *, greedy: bool = False) -> Int[Tensor, "b t"]:
        """Sentences for given latents: sampled word by word, or (``greedy``) always the most probable word."""
        return self.decoder.generate(z, max_length=self.max_length, greedy=greedy)

    def sample(self, n: int, *, greedy: bool = False) -> Int[Tensor, "n t"]:
        """Tokens of ``n`` sentences for latents sampled from the prior."""
        z = torch.randn_like(self.decoder.bias.new_empty(n, self.latent_dim))
        return self.generate(z, greedy=greedy)

    @torch.no_grad()
    def reconstruct(self, x: Int[Tensor, "b t"]) -> Int[Tensor, "b t2"]:
        """Greedy sentences at the posterior mean of each sentence."""
        return self.generate(self.encode(x).mean, greedy=True)

    @torch.no_grad()
    def interpolate(self, start: Int[Tensor, "1 t"], end: Int[Tensor, "1 t"], *, steps: int) -> Int[Tensor, "steps t2"]:
        """Greedy sentences at ``steps`` latents on the line between the posterior means of two sentences."""
        first, last = self.encode(start).mean, self.encode(end).mean
        weight = torch.linspace(0, 1, steps, device=first.device, dtype=first.dtype).unsqueeze(1)
        return self.generate(torch.lerp(first, last, weight), greedy=True)

    @torch.no_grad()
    def log_likelihood(self, x: Int[Tensor, "b t"], *, num_samples: int) -> Float[Tensor, " b"]:
        """Importance-weighted estimate of log p(x) in nats per sentence; in expectation a lower bound on it."""
        q = self.encode(x)
        return iwae_bound(torch.stack([self._log_weight(x, q) for _ in range(num_samples)]))

    def _log_weight(self, x: Int[Tensor, "b t"], q: Gaussian) -> Float[Tensor, " b"]:
        z = q.sample()
        return self.log_likelihood_given(x, z) + log_prior(z) - q.log_prob(z)


class LanguageModel(nn.Module):
    """The decoder of ``TextVAE`` with a latent of dimension 0: an autoregressive model whose log p(x) is exact.

    Args:
        vocab_size: Words in the vocabulary.
        word_dropout: Probability that ``loss`` hides a previous word.
        max_length: Length of generated sentences, ``END`` included.
        hidden: Units of the GRU.
    """

    free_bits = 0.0  # there is no KL term of which a part could be free

    def __init__(self, vocab_size: int, *, word_dropout: float = 0.0, max_length: int = 9, hidden: int = 96) -> None:
        super().__init__()
        self.decoder = Decoder(vocab_size, latent_dim=0, hidden=hidden)
        self.word_dropout, self.max_length = word_dropout, max_length

    def log_likelihood(self, x: Int[Tensor, "b t"], *, word_dropout: float = 0.0) -> Float[Tensor, " b"]:
        """Log p(x) in nats per sentence, previous words hidden with probability ``word_dropout``."""
        return self.decoder.log_likelihood(x, self._empty(len(x)), word_dropout=word_dropout)

    def terms(
        self, x: Int[Tensor, "b t"], *, word_dropout: float = 0.0
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
        """−log p(x) in nats per sentence, and zeros: the KL term of a latent that is not there."""
        cost = -self.log_likelihood(x, word_dropout=word_dropout)
        return cost, torch.zeros_like(cost)

    def loss(self, x: Int[Tensor, "b t"]) -> Float[Tensor, ""]:
        """What training minimises: mean −log p(x) in nats per sentence, with this model's word dropout."""
        return -self.log_likelihood(x, word_dropout=self.word_dropout).mean()

    def sample(self, n: int, *, greedy: bool = False) -> Int[Tensor, "n t"]:
        """Tokens of ``n`` sentences; all equal if ``greedy``."""
        return self.decoder.generate(self._empty(n), max_length=self.max_length, greedy=greedy)

    def _empty(self, n: int) -> Float[Tensor, "n k"]:
        return self.decoder.bias.new_empty(n, 0)
