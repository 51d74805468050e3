"""Code of the exercises in ``gan_theory.yml``: random inputs, solutions and wrong answers."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_course.exercises._draws import size


def _two_batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    real, fake = (torch.randn(size(generator, *sizes), generator=generator) for sizes in ((8, 11), (5, 7)))
    return 1.5 * real + 1, 1.5 * fake - 1


def bound(real: Tensor, fake: Tensor) -> Tensor:
    """Half of the value plus log 4."""
    return (F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean() + math.log(4)) / 2


def bound_doubled(real: Tensor, fake: Tensor) -> Tensor:
    """The half left out."""
    return 2 * bound(real, fake)


def bound_without_constant(real: Tensor, fake: Tensor) -> Tensor:
    """Half of the value."""
    return bound(real, fake) - math.log(2)


def bound_with_log_two(real: Tensor, fake: Tensor) -> Tensor:
    """Log 2 added before the division."""
    return bound(real, fake) - math.log(2) / 2


def bound_swapped(real: Tensor, fake: Tensor) -> Tensor:
    """The labels exchanged."""
    return bound(fake, real)


def bound_of_answers(real: Tensor, fake: Tensor) -> Tensor:
    """The logarithm of the mean answer in place of the mean logarithm."""
    return (real.sigmoid().mean().log() + (-fake).sigmoid().mean().log() + math.log(4)) / 2


def bound_pooled(real: Tensor, fake: Tensor) -> Tensor:
    """One mean over all examples of both kinds."""
    return F.logsigmoid(torch.cat([real, -fake])).mean() + math.log(2)


def bound_all_real(real: Tensor, fake: Tensor) -> Tensor:
    """Generated examples labelled real."""
    return (F.logsigmoid(real).mean() + F.logsigmoid(fake).mean() + math.log(4)) / 2


def _logits_and_shift(generator: torch.Generator) -> tuple[Tensor, float]:
    theta = 0.5 + 2 * float(torch.rand((), generator=generator))
    return -theta * torch.randn(size(generator, 18, 21), generator=generator) - theta**2 / 2, theta


def generator_gradients(logit: Tensor, theta: float) -> tuple[Tensor, Tensor]:
    """The derivative by the logit times the derivative of the logit, which is -theta, averaged."""
    d = logit.sigmoid()
    return theta * d.mean(), theta * (1 - d).mean()


def generator_gradients_exchanged(logit: Tensor, theta: float) -> tuple[Tensor, Tensor]:
    """The two losses taken for each other."""
    return generator_gradients(logit, theta)[1], generator_gradients(logit, theta)[0]


def generator_gradients_negative(logit: Tensor, theta: float) -> tuple[Tensor, Tensor]:
    """The sign of one factor lost."""
    return generator_gradients(logit, -theta)


def generator_gradients_in_the_logit(logit: Tensor, theta: float) -> tuple[Tensor, Tensor]:
    """The second factor of the chain left out."""
    d = logit.sigmoid()
    return -d.mean(), -(1 - d).mean()


def generator_gradients_of_the_answer(logit: Tensor, theta: float) -> tuple[Tensor, Tensor]:
    """Derivatives by D in place of the logit."""
    d = logit.sigmoid()
    return theta * (1 / (1 - d)).mean(), theta * (1 / d).mean()


def _place(generator: torch.Generator) -> tuple[float, float, float, float]:
    u = torch.rand(4, generator=generator).tolist()
    return 0.5 + u[0], -0.5 - u[1], 0.1 + 0.3 * u[2], 0.2 + u[3]


def update(theta: float, phi: float, step: float, penalty: float) -> tuple[float, float]:
    """The discriminator first, with its penalty; the generator answers to the new one."""
    phi = phi - step * (_d(theta, phi) * theta + penalty * phi)
    return theta + step * _d(theta, phi) * phi, phi


def update_simultaneous(theta: float, phi: float, step: float, penalty: float) -> tuple[float, float]:
    """Both at once."""
    d = _d(theta, phi)
    return theta + step * d * phi, phi - step * (d * theta + penalty * phi)


def update_generator_first(theta: float, phi: float, step: float, penalty: float) -> tuple[float, float]:
    """The other order."""
    theta = theta + step * _d(theta, phi) * phi
    return theta, phi - step * (_d(theta, phi) * theta + penalty * phi)


def update_rewarded(theta: float, phi: float, step: float, penalty: float) -> tuple[float, float]:
    """The penalty with the wrong sign."""
    return update(theta, phi, step, -penalty)


def update_unpenalised(theta: float, phi: float, step: float, penalty: float) -> tuple[float, float]:
    """The penalty forgotten."""
    return update(theta, phi, step, 0.0)


def update_helpful(theta: float, phi: float, step: float, penalty: float) -> tuple[float, float]:
    """A generator that lowers its own logit: it helps the discriminator."""
    moved = update(theta, phi, step, penalty)[1]
    return theta - step * _d(theta, moved) * moved, moved


def update_non_saturating(theta: float, phi: float, step: float, penalty: float) -> tuple[float, float]:
    """The generator's other loss."""
    moved = update(theta, phi, step, penalty)[1]
    return theta + step * (1 - _d(theta, moved)) * moved, moved


def update_stale(theta: float, phi: float, step: float, penalty: float) -> tuple[float, float]:
    """D of the old discriminator beside the new phi."""
    moved = update(theta, phi, step, penalty)[1]
    return theta + step * _d(theta, phi) * moved, moved


def _d(theta: float, phi: float) -> float:
    return 1 / (1 + math.exp(-phi * theta))
