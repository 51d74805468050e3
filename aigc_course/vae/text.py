"""The sentence VAE: a Gaussian code for a whole sentence, and a decoder that writes it word by word.

Bowman, Vilnis, Vinyals, Dai, Jozefowicz & Bengio (2016), *Generating Sentences from a Continuous Space*,
arXiv:1511.06349, cited as B. Code, posterior and bound are those of ``vae``; only the observation is new.

Symbols
    b, t    sentences in a batch, positions in a row of tokens (``END`` closes a sentence, ``PAD`` fills the row)
    v       words in the vocabulary
    x       tokens; x[:, i] is word i + 1
    k       numbers in a code
    z       codes, with prior N(0, I)
    logits  what the decoder returns: word i has the probability softmax(logits[:, i]), given z and the words before
    word_dropout  probability that a word that stands before is hidden from the decoder: a blank stands in its place

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
from aigc_course.foundations.vocabulary import BLANK, END, PAD
from aigc_course.vae.annealing import weighted_loss
from aigc_course.vae.vae import Gaussian, iwae_bound, kl_to_standard_normal, log_prior


class Encoder(nn.Module):
    """Tokens to 2k numbers: the mean and the log-variance of the code."""

    def __init__(self, words: int, *, latent_dim: int, embedding: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, embedding, padding_idx=PAD)
        self.read = nn.Conv1d(embedding, hidden, kernel_size=3, padding=1)
        self.head = nn.Linear(hidden, 2 * latent_dim)

    def forward(self, x: Int[Tensor, "b t"]) -> Float[Tensor, "b two_k"]:
        """The largest response of each feature in the sentence, whatever its position; padding has no say."""
        features = self.read(self.embed(x).transpose(1, 2)).relu()
        return self.head(features.masked_fill((x == PAD).unsqueeze(1), 0).amax(dim=2))


class Decoder(nn.Module):
    """A GRU that writes the next word from the words before and from the code, which it sees at every position."""

    def __init__(self, words: int, *, latent_dim: int, embedding: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, embedding)
        self.start = _dense(latent_dim, hidden)
        self.recur = nn.GRU(embedding + latent_dim, hidden, batch_first=True)
        self.project = nn.Linear(hidden, embedding)
        self.bias = nn.Parameter(torch.zeros(words))
        nn.init.normal_(self.embed.weight, std=0.1)  # also the output layer, which should begin undecided

    def begin(self, z: Float[Tensor, "b k"]) -> Float[Tensor, "1 b h"]:
        """The state before the first word."""
        return self.start(z).tanh().unsqueeze(0)

    def forward(
        self, previous: Int[Tensor, "b t"], z: Float[Tensor, "b k"], state: Float[Tensor, "1 b h"]
    ) -> tuple[Float[Tensor, "b t v"], Float[Tensor, "1 b h"]]:
        """Logits of the word after each of ``previous``, and the state; padding and blanks are never written."""
        outputs, state = self.read(previous, z, state)
        return self.logits(outputs), state

    def read(
        self, previous: Int[Tensor, "b t"], z: Float[Tensor, "b k"], state: Float[Tensor, "1 b h"]
    ) -> tuple[Float[Tensor, "b t h"], Float[Tensor, "1 b h"]]:
        """What the GRU remembers after each of ``previous``, and the state."""
        seen = torch.cat([self.embed(previous), z.unsqueeze(1).expand(-1, previous.shape[1], -1)], dim=2)
        return self.recur(seen, state)

    def logits(self, outputs: Float[Tensor, "*n h"]) -> Float[Tensor, "*n v"]:
        """Logits of the next word, from what the GRU remembers."""
        unwritten = torch.tensor([PAD, BLANK], device=self.bias.device)
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
    def generate(self, z: Float[Tensor, "b k"], *, longest: int, greedy: bool = False) -> Int[Tensor, "b t"]:
        """Sentences of at most ``longest`` symbols for given latents, word by word.

        Each word is sampled from its probabilities or, if ``greedy``, is the most probable one.
        """
        word = torch.full((len(z), 1), END, device=z.device)
        ended, state, written = torch.zeros_like(word, dtype=torch.bool), self.begin(z), []
        for _ in range(longest):
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
    """What stands before each word: ``END`` before the first."""
    return F.pad(x[:, :-1], (1, 0), value=END)


def drop_words(previous: Int[Tensor, "b t"], word_dropout: float) -> Int[Tensor, "b t"]:
    """Word dropout: every word is replaced by a blank with probability ``word_dropout`` (B)."""
    if not 0 <= word_dropout <= 1:
        raise ValueError(f"word_dropout={word_dropout}; it is the probability that a word is hidden, from 0 to 1")
    hidden = torch.rand(previous.shape, device=previous.device) < word_dropout
    hidden[:, 0] = False  # the mark of the beginning is no word
    return previous.masked_fill(hidden, BLANK)


def sentence_log_likelihood(x: Int[Tensor, "b t"], logits: Float[Tensor, "n v"]) -> Float[Tensor, " b"]:
    """Log p(x|z) in nats: the chain rule, summed over the words and the ``END`` of each sentence.

    ``logits`` has a row for each of these, sentence after sentence, and none for padding.
    """
    words = x != PAD
    nats = F.cross_entropy(full_precision(logits), x[words], reduction="none")
    return nats.new_zeros(len(x)).index_add(0, words.nonzero()[:, 0], -nats)


def lengths(x: Int[Tensor, "b t"]) -> Float[Tensor, " b"]:
    """Words of each sentence, its ``END`` included: what has to be predicted."""
    return (x != PAD).sum(dim=1).float()


def perplexity(cost: Float[Tensor, " n"], length: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """Exponential of nats per word, from nats and words per sentence; a bound on it when ``cost`` is one."""
    return (cost.sum() / length.sum()).exp()


def unigram_cost(x: Int[Tensor, "n t"], counted: Int[Tensor, "m u"], *, words: int) -> Float[Tensor, " n"]:
    """Nats per sentence when every word is drawn by its frequency in ``counted`` (one is added to each count)."""
    counts = torch.bincount(counted.flatten(), minlength=words).float() + 1
    counts[[PAD, BLANK]] = 0
    surprise = -(counts / counts.sum()).log()
    return surprise[x].masked_fill(x == PAD, 0).sum(dim=1)


class TextVAE(nn.Module):
    """An encoder of sentences, a decoder that writes, and the prior N(0, I) between them.

    ``word_dropout`` acts in training only; ``free`` nats of the KL term cost nothing there (free bits). ``longest`` is
    the length of what ``sample`` generates, ``END`` included.
    """

    def __init__(
        self,
        words: int,
        *,
        latent_dim: int = 16,
        word_dropout: float = 0.0,
        free: float = 0.0,
        longest: int = 9,
        hidden: int = 96,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = (
            Encoder(words, latent_dim=latent_dim, hidden=hidden),
            Decoder(words, latent_dim=latent_dim, hidden=hidden),
        )
        self.latent_dim, self.word_dropout, self.free, self.longest = latent_dim, word_dropout, free, longest

    def encode(self, x: Int[Tensor, "b t"]) -> Gaussian:
        """The posterior q(z|x)."""
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
        """What the words cost given one draw of the code, and what the code costs: both in nats per sentence."""
        q = self.encode(x)
        return -self.log_likelihood_given(x, q.sample(), word_dropout=word_dropout), kl_to_standard_normal(q)

    def elbo(self, x: Int[Tensor, "b t"]) -> Float[Tensor, " b"]:
        """One-draw estimate of the evidence lower bound in nats per sentence, every word shown."""
        words, kl = self.terms(x)
        return -(words + kl)

    def loss(self, x: Int[Tensor, "b t"], *, weight: float = 1.0) -> Float[Tensor, ""]:
        """What training minimises, with the KL term times ``weight`` and with this model's word dropout."""
        return weighted_loss(*self.terms(x, word_dropout=self.word_dropout), weight=weight, free=self.free)

    def generate(self, z: Float[Tensor, "b k"], *, greedy: bool = False) -> Int[Tensor, "b t"]:
        """Sentences for given latents: sampled word by word, or (``greedy``) always the most probable word."""
        return self.decoder.generate(z, longest=self.longest, greedy=greedy)

    def sample(self, n: int, *, greedy: bool = False) -> Int[Tensor, "n t"]:
        """Tokens of ``n`` sentences for codes drawn from the prior."""
        z = torch.randn_like(self.decoder.bias.new_empty(n, self.latent_dim))
        return self.generate(z, greedy=greedy)

    @torch.no_grad()
    def reconstruct(self, x: Int[Tensor, "b t"]) -> Int[Tensor, "b t2"]:
        """The most probable words, one after the other, at the posterior mean of each sentence."""
        return self.generate(self.encode(x).mean, greedy=True)

    @torch.no_grad()
    def interpolate(self, start: Int[Tensor, "1 t"], end: Int[Tensor, "1 t"], *, steps: int) -> Int[Tensor, "steps t2"]:
        """Greedy sentences for ``steps`` codes on the straight line between the posterior means of two sentences."""
        first, last = self.encode(start).mean, self.encode(end).mean
        weight = torch.linspace(0, 1, steps, device=first.device, dtype=first.dtype).unsqueeze(1)
        return self.generate(torch.lerp(first, last, weight), greedy=True)

    @torch.no_grad()
    def log_likelihood(self, x: Int[Tensor, "b t"], *, num_samples: int) -> Float[Tensor, " b"]:
        """Importance-weighted estimate of log p(x) in nats; a lower bound on average, tighter with more draws."""
        q = self.encode(x)
        return iwae_bound(torch.stack([self._log_weight(x, q) for _ in range(num_samples)]))

    def _log_weight(self, x: Int[Tensor, "b t"], q: Gaussian) -> Float[Tensor, " b"]:
        z = q.sample()
        return self.log_likelihood_given(x, z) + log_prior(z) - q.log_prob(z)


class LanguageModel(nn.Module):
    """The decoder of ``TextVAE`` alone, with a latent of no numbers: so log p(x) is exact.

    ``word_dropout`` acts in training only. ``longest`` is the length of what ``sample`` generates, ``END`` included.
    """

    free = 0.0  # there is no KL term of which a part could be free

    def __init__(self, words: int, *, word_dropout: float = 0.0, longest: int = 9, hidden: int = 96) -> None:
        super().__init__()
        self.decoder = Decoder(words, latent_dim=0, hidden=hidden)
        self.word_dropout, self.longest = word_dropout, longest

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
        return self.decoder.generate(self._empty(n), longest=self.longest, greedy=greedy)

    def _empty(self, n: int) -> Float[Tensor, "n k"]:
        return self.decoder.bias.new_empty(n, 0)
