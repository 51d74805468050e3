"""Code of the exercises in ``gan_better.yml``: random inputs, solutions and wrong answers."""

import torch
from torch import Tensor

from aigc_course.exercises._draws import size


def _samples(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 9, 12)
    return torch.randn(n, generator=generator), 2 * torch.randn(n, generator=generator) + 1


def distance(x: Tensor, y: Tensor) -> Tensor:
    """Sort, pair, average."""
    return (x.sort().values - y.sort().values).abs().mean()


def distance_unsorted(x: Tensor, y: Tensor) -> Tensor:
    """Pairs as they come."""
    return (x - y).abs().mean()


def distance_of_means(x: Tensor, y: Tensor) -> Tensor:
    """Gap between the means."""
    return (x.mean() - y.mean()).abs()


def distance_signed(x: Tensor, y: Tensor) -> Tensor:
    """Gaps with their signs."""
    return (x.sort().values - y.sort().values).mean()


def distance_squared(x: Tensor, y: Tensor) -> Tensor:
    """Root of the mean squared gap, the Wasserstein-2 distance."""
    return (x.sort().values - y.sort().values).square().mean().sqrt()


def distance_summed(x: Tensor, y: Tensor) -> Tensor:
    """Sum in place of the mean."""
    return (x.sort().values - y.sort().values).abs().sum()


def _gradients(generator: torch.Generator) -> tuple[Tensor]:
    return (0.7 * torch.randn(size(generator, 8, 11), size(generator, 3, 5), generator=generator),)


def penalty(gradient: Tensor) -> Tensor:
    """Length, minus one, squared, averaged."""
    return (gradient.norm(dim=1) - 1).square().mean()


def penalty_without_root(gradient: Tensor) -> Tensor:
    """Squared length in place of the length."""
    return (gradient.square().sum(dim=1) - 1).square().mean()


def penalty_one_sided(gradient: Tensor) -> Tensor:
    """Only what exceeds one."""
    return (gradient.norm(dim=1) - 1).relu().square().mean()


def penalty_to_zero(gradient: Tensor) -> Tensor:
    """Squared length, pulled to zero."""
    return gradient.square().sum(dim=1).mean()


def penalty_of_mean_length(gradient: Tensor) -> Tensor:
    """The mean length pulled to one."""
    return (gradient.norm(dim=1).mean() - 1).square()


def penalty_by_coordinate(gradient: Tensor) -> Tensor:
    """Every coordinate pulled to one."""
    return (gradient.abs() - 1).square().mean()


def penalty_over_points(gradient: Tensor) -> Tensor:
    """Lengths along the wrong dimension."""
    return (gradient.norm(dim=0) - 1).square().mean()


def penalty_of_the_batch(gradient: Tensor) -> Tensor:
    """One length for all points together."""
    return (gradient.norm() - 1).square()


def _distance_and_weight(generator: torch.Generator) -> tuple[float, float]:
    u = torch.rand(2, generator=generator).tolist()
    return 0.5 + 3 * u[0], 5 + 10 * u[1]


def overshoot(distance: float, weight: float) -> float:
    """Slope times distance."""
    return distance * (1 + distance / (2 * weight))


def overshoot_slope(distance: float, weight: float) -> float:
    """The slope alone."""
    return 1 + distance / (2 * weight)


def overshoot_doubled(distance: float, weight: float) -> float:
    """The two of the square forgotten."""
    return distance * (1 + distance / weight)


def overshoot_wrong_way(distance: float, weight: float) -> float:
    """The size of the other hilltop."""
    return distance * (1 - distance / (2 * weight))


def overshoot_objective(distance: float, weight: float) -> float:
    """What the critic maximises, at its best slope."""
    return distance + distance**2 / (4 * weight)


def overshoot_exact(distance: float, weight: float) -> float:
    """As if the penalty were a wall."""
    return distance


def _styles(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, float]:
    psi = 0.2 + 0.25 * torch.rand((), generator=generator).item()
    b, c, d = size(generator, 6, 9), size(generator, 3, 5), size(generator, 4, 6)
    y = torch.randint(c, (b,), generator=generator)
    return torch.randn(b, d, generator=generator), y, torch.randn(c, d, generator=generator), psi


def truncate(w: Tensor, y: Tensor, means: Tensor, psi: float) -> Tensor:
    """Towards the mean of the style's own class."""
    return means[y] + psi * (w - means[y])


def truncate_to_zero(w: Tensor, y: Tensor, means: Tensor, psi: float) -> Tensor:
    """Towards the origin."""
    return psi * w


def truncate_to_one_mean(w: Tensor, y: Tensor, means: Tensor, psi: float) -> Tensor:
    """Towards the mean of all classes."""
    centre = means.mean(dim=0)
    return centre + psi * (w - centre)


def truncate_turned_round(w: Tensor, y: Tensor, means: Tensor, psi: float) -> Tensor:
    """One minus psi of the way."""
    return w + psi * (means[y] - w)


def truncate_without_mean(w: Tensor, y: Tensor, means: Tensor, psi: float) -> Tensor:
    """The shortened difference alone."""
    return psi * (w - means[y])
