"""Code of the exercises in ``probability.yml``: random inputs, solutions and wrong answers."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_course.exercises._draws import size


def _two_lists(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    p, q = torch.rand(2, size(generator, 4, 7), generator=generator) + 0.05
    return p / p.sum(), q / q.sum()


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """Average over p of the logarithm of the ratio."""
    return (p * (p / q).log()).sum()


def divergence_turned_over(p: Tensor, q: Tensor) -> Tensor:
    """The sign of folklore F08."""
    return -divergence(p, q)


def divergence_swapped(p: Tensor, q: Tensor) -> Tensor:
    """The other order."""
    return divergence(q, p)


def divergence_averaged(p: Tensor, q: Tensor) -> Tensor:
    """A mean over the outcomes in place of the sum."""
    return (p * (p / q).log()).mean()


def divergence_without_entropy(p: Tensor, q: Tensor) -> Tensor:
    """The cross-entropy."""
    return -(p * q.log()).sum()


def divergence_in_bits(p: Tensor, q: Tensor) -> Tensor:
    """The wrong unit."""
    return divergence(p, q) / math.log(2)


def divergence_of_probabilities(p: Tensor, q: Tensor) -> Tensor:
    """``F.kl_div`` with q where it expects log q."""
    return F.kl_div(q, p, reduction="sum")


def divergence_of_two_logarithms(p: Tensor, q: Tensor) -> Tensor:
    """``F.kl_div`` with log p where it expects p."""
    return F.kl_div(q.log(), p.log(), reduction="sum")


def divergence_of_probabilities_swapped(p: Tensor, q: Tensor) -> Tensor:
    """``F.kl_div`` with the arguments as they are written, and p where it expects log q."""
    return F.kl_div(p, q, reduction="sum")


def _regression(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    x, f = torch.randn(2, size(generator, 5, 8), size(generator, 3, 5), generator=generator)
    return x, f, 0.2 + 0.5 * float(torch.rand((), generator=generator))


def nll(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """Squares over twice the variance, plus the normaliser, for every number."""
    return 0.5 * ((x - f) ** 2 / variance + math.log(2 * math.pi * variance)).sum(dim=1)


def nll_without_normaliser(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """The constant left out, which is none once the variance is learned."""
    return 0.5 * ((x - f) ** 2 / variance).sum(dim=1)


def nll_averaged(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """A mean over the numbers of an example."""
    return nll(x, f, variance) / x.shape[1]


def nll_of_everything(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """A mean over numbers and examples."""
    return nll(x, f, variance).mean() / x.shape[1]


def nll_of_the_batch(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """One sum over numbers and examples."""
    return nll(x, f, variance).sum()


def likelihood(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """The sign forgotten."""
    return -nll(x, f, variance)


def nll_with_deviation(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """The variance read as a standard deviation."""
    return nll(x, f, variance**2)


def nll_without_half(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """Squares over the variance; half of the normaliser kept."""
    return ((x - f) ** 2 / variance + 0.5 * math.log(2 * math.pi * variance)).sum(dim=1)


def nll_normaliser_once(x: Tensor, f: Tensor, variance: float) -> Tensor:
    """One normaliser for the whole row."""
    return 0.5 * ((x - f) ** 2 / variance).sum(dim=1) + 0.5 * math.log(2 * math.pi * variance)


def _samples(generator: torch.Generator) -> tuple[Tensor]:
    return (2 + 3 * torch.randn(size(generator, 30, 40), generator=generator),)


def with_error(draws: Tensor) -> tuple[Tensor, Tensor]:
    """The standard deviation of one draw, over the root of their number."""
    return draws.mean(), draws.std() / len(draws) ** 0.5


def with_error_of_one_draw(draws: Tensor) -> tuple[Tensor, Tensor]:
    """The spread of the draws, not of their mean."""
    return draws.mean(), draws.std()


def with_error_of_the_biased_variance(draws: Tensor) -> tuple[Tensor, Tensor]:
    """The squares divided by n, although the mean was fitted to the same draws."""
    return draws.mean(), draws.std(correction=0) / len(draws) ** 0.5


def with_error_over_n(draws: Tensor) -> tuple[Tensor, Tensor]:
    """Divided by n instead of its root."""
    return draws.mean(), draws.std() / len(draws)


def with_error_squared(draws: Tensor) -> tuple[Tensor, Tensor]:
    """The variance of the mean."""
    return draws.mean(), draws.var() / len(draws)


def with_interval(draws: Tensor) -> tuple[Tensor, Tensor]:
    """Half of the 95 % interval."""
    return draws.mean(), 1.96 * draws.std() / len(draws) ** 0.5
