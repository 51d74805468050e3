"""Code of the exercises in ``failure_museum.yml``: random inputs, solutions and wrong answers."""

import torch
from torch import Tensor

from aigc_course.exercises._draws import size


def _two_samples(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    a = torch.randint(1, 7, (size(generator, 28, 31),), generator=generator).float()
    return a, torch.randint(0, 5, (size(generator, 18, 22),), generator=generator).float()


def auc(a: Tensor, b: Tensor) -> Tensor:
    """Compare every pair; ties count half."""
    both = a.unsqueeze(1) - b
    return ((both > 0).float() + 0.5 * (both == 0).float()).mean()


def auc_without_ties(a: Tensor, b: Tensor) -> Tensor:
    """Ties count nothing."""
    return (a.unsqueeze(1) > b).float().mean()


def auc_with_whole_ties(a: Tensor, b: Tensor) -> Tensor:
    """Ties count whole."""
    return (a.unsqueeze(1) >= b).float().mean()


def auc_swapped(a: Tensor, b: Tensor) -> Tensor:
    """The other one above."""
    return auc(b, a)


def auc_of_means(a: Tensor, b: Tensor) -> Tensor:
    """Each against the other's mean."""
    return (a > b.mean()).float().mean()


def _votes(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 11, 14)
    samples = torch.randint(0, 30, (n,), generator=generator).float()
    samples[:5] = torch.tensor([0.0, 0.0, 0.0, 1.0, 90.0])
    return samples, torch.randint(10, 40, (n,), generator=generator).float()


def mode_coverage(samples: Tensor, real: Tensor) -> Tensor:
    """Ratio of two exponentials of entropies."""
    entropies = [torch.special.entr(votes / votes.sum()).sum() for votes in (samples, real)]
    return (entropies[0] - entropies[1]).exp()


def mode_coverage_of_entropies(samples: Tensor, real: Tensor) -> Tensor:
    """Ratio of the entropies themselves."""
    entropies = [torch.special.entr(votes / votes.sum()).sum() for votes in (samples, real)]
    return entropies[0] / entropies[1]


def mode_coverage_inverted(samples: Tensor, real: Tensor) -> Tensor:
    """The ratio turned over."""
    return mode_coverage(real, samples)


def mode_coverage_of_anchors(samples: Tensor, real: Tensor) -> Tensor:
    """Anchors with any vote at all."""
    return (samples > 0).sum() / (real > 0).sum()


def mode_coverage_with_log_of_zero(samples: Tensor, real: Tensor) -> Tensor:
    """Zero times the logarithm of zero."""
    entropies = [-(share * share.log()).sum() for share in (samples / samples.sum(), real / real.sum())]
    return (entropies[0] - entropies[1]).exp()


def mode_coverage_absolute(samples: Tensor, real: Tensor) -> Tensor:
    """Not compared with real examples."""
    share = samples / samples.sum()
    return torch.special.entr(share).sum().exp()


def _directions(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    n = size(generator, 7, 10)
    variance = 0.5 + 3 * torch.rand(n, generator=generator)
    noise = 0.4 + 0.5 * torch.rand(n, generator=generator)
    beta = 0.5 + 2 * torch.rand(n, generator=generator)
    variance[0], noise[0], beta[0] = 0.3, 0.9, 2.0
    return variance, noise, beta


def weight(variance: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
    """What the noise leaves, or nothing."""
    return (variance - beta * noise**2).clamp(min=0).sqrt()


def weight_without_beta(variance: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
    """The price forgotten."""
    return (variance - noise**2).clamp(min=0).sqrt()


def weight_of_deviation(variance: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
    """The noise not squared."""
    return (variance - beta * noise).clamp(min=0).sqrt()


def weight_squared(variance: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
    """The square of the weight."""
    return (variance - beta * noise**2).clamp(min=0)


def weight_without_floor(variance: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
    """Below the threshold the absolute value."""
    return (variance - beta * noise**2).abs().sqrt()


def weight_not_a_number(variance: Tensor, noise: Tensor, beta: Tensor) -> Tensor:
    """The root of a negative number below the threshold."""
    return (variance - beta * noise**2).sqrt()
