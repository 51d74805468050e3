"""A mixture of independent coins, fitted by expectation–maximisation: a generator with an exact likelihood.

Dempster, Laird & Rubin (1977), *Maximum Likelihood from Incomplete Data via the EM Algorithm*.

Symbols: ``b`` images of ``d`` black-or-white pixels; ``k`` components, each with a weight and a probability of white
for every pixel. Log-probabilities are in nats per image, summed over its pixels.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.train import Metrics

IMPOSSIBLE = 1e30  # nats that stand for infinity


class BernoulliMixture(nn.Module):
    """Sample one of ``k`` components, then each pixel independently, white with that component's probability."""

    weights: Tensor
    probabilities: Tensor

    def __init__(
        self, weights: Float[Tensor, " k"], probabilities: Float[Tensor, "k d"], *, pseudo_counts: float = 0.1
    ) -> None:
        """Given parameters; ``pseudo_counts`` imaginary white and black pixels keep every probability off 0 and 1."""
        super().__init__()
        self.pseudo_counts = pseudo_counts
        self.register_buffer("weights", weights)
        self.register_buffer("probabilities", probabilities)

    def log_joint(self, x: Float[Tensor, "b d"]) -> Float[Tensor, "b k"]:
        """Log p(x, component) for every component."""
        # where a chance is 0 its logarithm is a huge number first, because 0 · ∞ is no number in a matrix product
        white, black = (c.log().clamp(min=-IMPOSSIBLE) for c in (self.probabilities, 1 - self.probabilities))
        pixels = x @ white.T + (1 - x) @ black.T
        return self.weights.log() + pixels.masked_fill(pixels <= -IMPOSSIBLE / 2, -math.inf)

    def log_prob(self, x: Float[Tensor, "b d"]) -> Float[Tensor, " b"]:
        """Log p(x): the components' shares added up without leaving the logarithms."""
        return self.log_joint(x).logsumexp(dim=1)

    def responsibilities(self, x: Float[Tensor, "b d"]) -> Float[Tensor, "b k"]:
        """Posterior probability of each component, given the picture (the E-step)."""
        return self.log_joint(x).softmax(dim=1)

    def step(self, x: Float[Tensor, "b d"], /) -> Metrics:
        """One round of EM on all pictures; returns the nats per picture before it, and what the round lowers."""
        log_joint = self.log_joint(x)
        share = log_joint.softmax(dim=1)
        nats = -log_joint.logsumexp(dim=1).mean().item()
        row = {"nats": nats, "objective": nats + self.log_prior() / len(x)}
        size = share.sum(dim=0)
        white = (share.T @ x + self.pseudo_counts) / (size.unsqueeze(1) + 2 * self.pseudo_counts).clamp(
            min=torch.finfo(x.dtype).tiny
        )
        self.probabilities = white.clamp(0, 1)  # rounding may leave 1 + 1e-16
        self.weights = size / len(x)
        return row

    def log_prior(self) -> float:
        """What the imaginary pixels cost, in nats for the whole training set; 0 without them."""
        if self.pseudo_counts == 0:
            return 0.0
        return -self.pseudo_counts * (self.probabilities.log() + torch.log1p(-self.probabilities)).sum().item()

    def sample(self, n: int) -> tuple[Float[Tensor, "n d"], Int[Tensor, " n"]]:
        """Pictures from the model, every pixel tossed, and the component of each."""
        component = torch.multinomial(self.weights, n, replacement=True)
        return torch.bernoulli(self.probabilities[component]), component

    def next_pixel(self, before: Float[Tensor, " i"]) -> float:
        """Chance that the next pixel is white, given those before it in reading order."""
        i = len(before)
        seen = self.probabilities[:, :i]
        log_weight = self.weights.log() + (torch.xlogy(before, seen) + torch.xlogy(1 - before, 1 - seen)).sum(dim=1)
        return float(log_weight.softmax(dim=0) @ self.probabilities[:, i])


def initialise(
    x: Float[Tensor, "b d"], *, components: int, seed: int = 0, pseudo_counts: float = 0.1
) -> BernoulliMixture:
    """A mixture of ``components`` soft copies of randomly chosen training pictures, all equally likely."""
    if not 1 <= components <= len(x):
        raise ValueError(
            f"components={components}; choose a number of components from 1 to {len(x)}, the number of pictures"
        )
    chosen = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[:components]
    chances = 0.25 + 0.5 * x[chosen] if components > 1 else x.mean(dim=0, keepdim=True).clamp(0.01, 0.99)
    return BernoulliMixture(
        torch.full((components,), 1 / components, dtype=x.dtype), chances, pseudo_counts=pseudo_counts
    )


def bits(nats: float) -> float:
    """The same amount of information in bits."""
    return nats / math.log(2)
