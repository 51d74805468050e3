"""Code of the exercises in ``gan.yml``: random inputs, solutions and wrong answers."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_course.exercises._draws import size


def _logits(generator: torch.Generator) -> tuple[Tensor]:
    return (2 * torch.randn(size(generator, 10, 13), generator=generator),)


def ratio(logit: Tensor) -> Tensor:
    """D / (1 - D), and that is the exponential of the logit."""
    return logit.exp()


def ratio_upside_down(logit: Tensor) -> Tensor:
    """Generated over real."""
    return (-logit).exp()


def ratio_as_share(logit: Tensor) -> Tensor:
    """D itself."""
    return logit.sigmoid()


def ratio_as_logarithm(logit: Tensor) -> Tensor:
    """Its logarithm."""
    return logit.clone()


def ratio_of_sum(logit: Tensor) -> Tensor:
    """D / (1 + D)."""
    return logit.sigmoid() / (1 + logit.sigmoid())


def _two_batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 6, 9)
    return torch.randn(n, generator=generator) + 1, torch.randn(n, generator=generator) - 1


def losses(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy for D; -log D(G(z)) for G."""
    of_d = F.softplus(-real).mean() + F.softplus(fake).mean()
    return of_d, F.softplus(-fake).mean()


def losses_saturating(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """The zero-sum generator."""
    return losses(real, fake)[0], -F.softplus(fake).mean()


def losses_against_zero(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """A generator that wants to be caught."""
    return losses(real, fake)[0], F.softplus(fake).mean()


def losses_swapped_labels(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """A discriminator that calls real what is generated."""
    return F.softplus(real).mean() + F.softplus(-fake).mean(), losses(real, fake)[1]


def losses_all_real(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Generated examples labelled real in D's loss."""
    return F.softplus(-real).mean() + F.softplus(-fake).mean(), losses(real, fake)[1]


def losses_all_generated(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Real examples labelled generated in D's loss."""
    return F.softplus(real).mean() + F.softplus(fake).mean(), losses(real, fake)[1]


def losses_of_real(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """The generator's loss taken at the real examples."""
    return losses(real, fake)[0], F.softplus(-real).mean()


def losses_halved(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of D's two parts in place of their sum."""
    of_d, of_g = losses(real, fake)
    return of_d / 2, of_g


def losses_summed(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Sums in place of means."""
    return F.softplus(-real).sum() + F.softplus(fake).sum(), F.softplus(-fake).sum()


def losses_two_sigmoids(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Probabilities given where logits are expected."""
    return losses(real.sigmoid(), fake.sigmoid())


def _three_distances(generator: torch.Generator) -> tuple[float, float, float]:
    u = torch.rand(3, generator=generator).tolist()
    return 1 + 8 * u[0], 0.1 + 0.5 * u[1], 30 + 40 * u[2]


def progress(value: float, floor: float, noise: float) -> float:
    """Share of the way in logarithms."""
    return math.log(noise / value) / math.log(noise / floor)


def progress_linear(value: float, floor: float, noise: float) -> float:
    """Share of the way, linearly."""
    return (noise - value) / (noise - floor)


def progress_left(value: float, floor: float, noise: float) -> float:
    """Share that is left."""
    return math.log(value / floor) / math.log(noise / floor)


def progress_upside_down(value: float, floor: float, noise: float) -> float:
    """The fraction turned over."""
    return math.log(noise / floor) / math.log(noise / value)


def progress_negative(value: float, floor: float, noise: float) -> float:
    """One of the two differences turned round."""
    return -progress(value, floor, noise)


def progress_of_ratios(value: float, floor: float, noise: float) -> float:
    """Floor over value."""
    return floor / value
