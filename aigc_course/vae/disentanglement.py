"""Disentanglement: how well single latent dimensions stand for single factors of the data, by two published scores.

The mutual information gap is from Chen, Li, Grosse & Duvenaud (2018), arXiv:1802.04942; the score by votes from Kim &
Mnih (2018), *Disentangling by Factorising*, arXiv:1802.05983.

Symbols
    n, k, f  examples, latent dimensions, factors
    v, g     votes, examples in the group behind a vote
    means    posterior means, what the scores read

Conventions: information is in nats. Numbers are cut into bins that hold equally many examples, so that a score does
not change under any increasing function of a latent dimension or a factor. Equal values always share a bin.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.synthetic import draw_sprites
from aigc_course.vae.vae import VAE


def squares_vae(*, latent_dim: int = 5, hidden: int = 128, beta: float = 1.0) -> VAE:
    """A VAE for the 1 × 16 × 16 images of ``upright_squares``, with two hidden layers in encoder and decoder."""
    encoder = nn.Sequential(nn.Flatten(), *_two_layers(256, hidden), nn.Linear(hidden, 2 * latent_dim))
    decoder = nn.Sequential(*_two_layers(latent_dim, hidden), nn.Linear(hidden, 256), nn.Unflatten(1, (1, 16, 16)))
    return VAE(encoder, decoder, latent_dim=latent_dim, beta=beta)


def _two_layers(inputs: int, hidden: int) -> tuple[nn.Module, ...]:
    return nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()


def rotated_gap(angle: Float[Tensor, "*s"], *, noise: float) -> Float[Tensor, "*s"]:
    """Mutual information gap in nats of a toy: two N(0, 1) factors, rotated by ``angle``, plus Gaussian noise.

    Args:
        angle: In radians.
        noise: Standard deviation of the noise.
    """
    best, second = angle.cos().square(), angle.sin().square()
    return gaussian_information(best, noise=noise) - gaussian_information(second, noise=noise)


def gaussian_information(share: Float[Tensor, "*s"], *, noise: float) -> Float[Tensor, "*s"]:
    """Mutual information in nats of a Gaussian factor and a Gaussian latent of variance 1 + noise².

    ``share`` of that variance, out of 1, is due to the factor.
    """
    return -0.5 * torch.log1p(-share / (1 + noise**2))


def equal_bins(values: Float[Tensor, "n d"], *, bins: int) -> Int[Tensor, "n d"]:
    """Number, below ``bins``, of the bin of each value within its column: bins of equally many examples, by rank.

    Equal values share the bin of their middle rank. So a constant column is one bin and carries no information; ranks
    that tell equal values apart would number them in the order of the examples, and a sorted factor would explain that.
    """
    columns = values.T.contiguous()
    ordered = columns.sort(dim=1).values
    first, after = (torch.searchsorted(ordered, columns, right=right) for right in (False, True))
    return ((first + after - 1) * bins // (2 * len(values))).T


def mutual_information(a: Int[Tensor, " n"], b: Int[Tensor, " n"]) -> Float[Tensor, ""]:
    """Mutual information in nats of two columns of whole numbers ≥ 0, from their joint frequencies; never negative."""
    pairs = a * (int(b.max()) + 1) + b
    joint = torch.bincount(pairs, minlength=(int(a.max()) + 1) * (int(b.max()) + 1)).double() / len(a)
    joint = joint.view(int(a.max()) + 1, -1)
    apart = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    return (torch.xlogy(joint, joint) - torch.xlogy(joint, apart)).sum().clamp(min=0).float()


def mutual_information_table(
    means: Float[Tensor, "n k"], factors: Float[Tensor, "n f"], *, bins: int = 20, factor_bins: int = 10
) -> Float[Tensor, "k f"]:
    """Mutual information of each latent dimension and each factor, divided by the factor's entropy: from 0 to 1.

    Raises:
        ValueError: A factor is constant, so that its entropy is 0 and no share of it can be given.
    """
    latents, truth = equal_bins(means, bins=bins), equal_bins(factors, bins=factor_bins)
    nats = [[mutual_information(unit, factor) for factor in truth.T] for unit in latents.T]
    entropies = torch.stack([mutual_information(factor, factor) for factor in truth.T])
    if not entropies.all():
        still = int((entropies == 0).nonzero()[0])
        raise ValueError(f"factor {still} is the same for all {len(factors)} examples; leave it out")
    return torch.tensor(nats) / entropies


def mutual_information_gap(table: Float[Tensor, "k f"]) -> Float[Tensor, " f"]:
    """Mutual information gap of each factor: the largest entry of its column of the table minus the second largest.

    Raises:
        ValueError: There is one latent dimension only.
    """
    if len(table) < 2:
        raise ValueError(f"a latent of {len(table)} dimension has no second best; give at least 2")
    best, second = table.topk(2, dim=0).values
    return best - second


def fixed_factor_groups(
    factors: Float[Tensor, "n f"], *, votes: int, group: int
) -> tuple[Float[Tensor, "v g f"], Int[Tensor, " v"]]:
    """``votes`` groups of ``group`` examples' factors that agree in one random factor, and the number of that factor.

    All factors are sampled from the rows of ``factors``.
    """
    fixed = torch.randint(factors.shape[1], (votes,))
    rows = factors[torch.randint(len(factors), (votes, group))]
    same = F.one_hot(fixed, factors.shape[1]).bool().unsqueeze(1)
    return torch.where(same, rows[:, :1], rows), fixed


def least_varying_latent(means: Float[Tensor, "v g k"]) -> Int[Tensor, " v"]:
    """The latent dimension that varies least within each group, relative to its variance over all groups.

    A dimension that is constant over all groups carries nothing and gets no vote.
    """
    every = means.flatten(0, 1)
    still = every.amin(dim=0) == every.amax(dim=0)  # the variance of equal numbers is rarely 0: their mean is rounded
    return (means.var(dim=1) / every.var(dim=0)).masked_fill(still, math.inf).argmin(dim=1)


def factorvae_score(quietest: Int[Tensor, " v"], fixed: Int[Tensor, " v"]) -> float:
    """FactorVAE score: accuracy of the majority-vote classifier from ``least_varying_latent`` to the fixed factor.

    The classifier is fitted to the first half of the votes and scored on the second.
    """
    half, kinds = len(fixed) // 2, int(max(quietest.max(), fixed.max())) + 1
    counts = torch.zeros(kinds, kinds).index_put_((quietest[:half], fixed[:half]), torch.ones(half), accumulate=True)
    return (counts.argmax(dim=1)[quietest[half:]] == fixed[half:]).float().mean().item()


def upright_squares(factors: Float[Tensor, "n 3"]) -> Float[Tensor, "n 1 16 16"]:
    """Images of upright squares, of which each row of ``factors`` gives size, place to the right and place down.

    They are the course's sprites with shape and angle fixed, at half their resolution.
    """
    size, right, down = factors.unbind(dim=1)
    square = torch.zeros(len(factors), dtype=torch.long)
    return F.avg_pool2d(draw_sprites(square, size, torch.zeros_like(size), right, down), 2)
