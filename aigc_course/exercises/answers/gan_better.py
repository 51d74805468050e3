"""Solutions and wrong answers of ``exercises.gan_better``: what the checker compares a learner's code with."""

from torch import Tensor


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
