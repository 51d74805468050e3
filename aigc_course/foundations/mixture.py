"""A mixture of Bernoulli distributions, fitted by expectation–maximisation (EM): a generator with an exact likelihood.

Dempster, Laird & Rubin (1977), *Maximum Likelihood from Incomplete Data via the EM Algorithm*.

Symbols
    b, n    images in a batch, samples
    d       binary pixels of an image, 1 is white
    k       mixture components, each with a weight and a probability of white for every pixel

Conventions: log-probabilities are in nats per image, summed over its pixels.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.train import Metrics

IMPOSSIBLE = 1e30  # nats that stand for infinity, far above the sum of any finite ones


class BernoulliMixture(nn.Module):
    """Sample one of ``k`` components, then each pixel independently, white with that component's probability."""

    weights: Tensor
    probabilities: Tensor

    def __init__(
        self, weights: Float[Tensor, " k"], probabilities: Float[Tensor, "k d"], *, pseudo_counts: float = 0.1
    ) -> None:
        """A mixture with given parameters; ``initialise`` makes one to start EM from.

        Args:
            weights: Mixing weights of the components, adding up to 1.
            probabilities: Probability of white, by component and pixel.
            pseudo_counts: White and black pixels, so many each, that EM adds to the counts of every component and
                pixel (a Beta prior), so that no probability becomes 0 or 1.
        """
        super().__init__()
        self.pseudo_counts = pseudo_counts
        self.register_buffer("weights", weights)
        self.register_buffer("probabilities", probabilities)

    def log_joint(self, x: Float[Tensor, "b d"]) -> Float[Tensor, "b k"]:
        """Log joint probability log p(x, component) in nats."""
        # log 0 becomes a huge finite number first, because 0 · ∞ would be NaN in the matrix product
        white, black = (c.log().clamp(min=-IMPOSSIBLE) for c in (self.probabilities, 1 - self.probabilities))
        pixels = x @ white.T + (1 - x) @ black.T
        return self.weights.log() + pixels.masked_fill(pixels <= -IMPOSSIBLE / 2, -math.inf)

    def log_prob(self, x: Float[Tensor, "b d"]) -> Float[Tensor, " b"]:
        """Log-likelihood log p(x) in nats, components summed by logsumexp."""
        return self.log_joint(x).logsumexp(dim=1)

    def responsibilities(self, x: Float[Tensor, "b d"]) -> Float[Tensor, "b k"]:
        """Posterior probability p(component | x) of each component (the E-step)."""
        return self.log_joint(x).softmax(dim=1)

    def step(self, x: Float[Tensor, "b d"], /) -> Metrics:
        """One iteration of EM on the whole training set ``x``.

        Returns:
            In nats per image before the update, ``nats``, the mean negative log-likelihood, and ``objective``, the same
            plus the negative log prior, which no iteration increases.
        """
        log_joint = self.log_joint(x)
        responsibilities = log_joint.softmax(dim=1)
        nats = -log_joint.logsumexp(dim=1).mean().item()
        row = {"nats": nats, "objective": nats + self.negative_log_prior() / len(x)}
        size = responsibilities.sum(dim=0)  # effective number of images of each component
        white = (responsibilities.T @ x + self.pseudo_counts) / (size.unsqueeze(1) + 2 * self.pseudo_counts).clamp(
            min=torch.finfo(x.dtype).tiny
        )
        self.probabilities = white.clamp(0, 1)  # rounding may leave 1 + 1e-16
        self.weights = size / len(x)
        return row

    def negative_log_prior(self) -> float:
        """Negative log density of the Beta prior in nats, up to a constant; 0 without pseudo-counts."""
        if self.pseudo_counts == 0:
            return 0.0
        return -self.pseudo_counts * (self.probabilities.log() + torch.log1p(-self.probabilities)).sum().item()

    def sample(self, n: int) -> tuple[Float[Tensor, "n d"], Int[Tensor, " n"]]:
        """Sample ``n`` binary images, and the component that each comes from."""
        component = torch.multinomial(self.weights, n, replacement=True)
        return torch.bernoulli(self.probabilities[component]), component

    def next_pixel(self, before: Float[Tensor, " i"]) -> float:
        """Probability that pixel ``i`` is white, given the pixels 0 to i - 1, for an arithmetic coder."""
        i = len(before)
        seen = self.probabilities[:, :i]
        log_weight = self.weights.log() + (torch.xlogy(before, seen) + torch.xlogy(1 - before, 1 - seen)).sum(dim=1)
        return float(log_weight.softmax(dim=0) @ self.probabilities[:, i])


def initialise(
    x: Float[Tensor, "b d"], *, components: int, seed: int = 0, pseudo_counts: float = 0.1
) -> BernoulliMixture:
    """A mixture to start EM from: equal weights, and components around randomly chosen training images.

    A chosen image's white pixels get probability 0.75, its black ones 0.25. A single component gets the mean image.

    Args:
        x: The training set.
        components: Number of components.
        seed: Of the choice of images.
        pseudo_counts: As for ``BernoulliMixture``.

    Raises:
        ValueError: ``components`` is below 1 or above the number of images.
    """
    if not 1 <= components <= len(x):
        raise ValueError(
            f"components={components}; choose a number of components from 1 to {len(x)}, the number of images"
        )
    chosen = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[:components]
    probabilities = 0.25 + 0.5 * x[chosen] if components > 1 else x.mean(dim=0, keepdim=True).clamp(0.01, 0.99)
    return BernoulliMixture(
        torch.full((components,), 1 / components, dtype=x.dtype), probabilities, pseudo_counts=pseudo_counts
    )
