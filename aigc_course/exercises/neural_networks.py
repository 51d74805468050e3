"""Code of the exercises in ``neural_networks.yml``: random inputs, solutions and wrong answers."""

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_course.exercises._draws import size


def _layer(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    n = size(generator, 3, 6)
    weights = torch.randn(n, n, generator=generator)
    return weights, torch.randn(n, generator=generator), torch.randn(n, generator=generator)


def hidden_delta(weights: Tensor, delta: Tensor, z: Tensor) -> Tensor:
    """Back through the weights, then times the slope of tanh."""
    return (weights.T @ delta) * (1 - z.tanh() ** 2)


def delta_without_slope(weights: Tensor, delta: Tensor, z: Tensor) -> Tensor:
    """The slope forgotten."""
    return weights.T @ delta


def delta_divided(weights: Tensor, delta: Tensor, z: Tensor) -> Tensor:
    """The slope divided out (F09)."""
    return (weights.T @ delta) / (1 - z.tanh() ** 2)


def delta_untransposed(weights: Tensor, delta: Tensor, z: Tensor) -> Tensor:
    """The weights used in the forward direction."""
    return (weights @ delta) * (1 - z.tanh() ** 2)


def delta_of_activation(weights: Tensor, delta: Tensor, z: Tensor) -> Tensor:
    """Z taken for the activation."""
    return (weights.T @ delta) * (1 - z**2)


def delta_of_tangent(weights: Tensor, delta: Tensor, z: Tensor) -> Tensor:
    """The slope of tan in place of tanh."""
    return (weights.T @ delta) * (1 + z.tanh() ** 2)


def delta_of_sigmoid(weights: Tensor, delta: Tensor, z: Tensor) -> Tensor:
    """The slope of the sigmoid, a (1 − a)."""
    return (weights.T @ delta) * z.tanh() * (1 - z.tanh())


def delta_without_square(weights: Tensor, delta: Tensor, z: Tensor) -> Tensor:
    """The square forgotten."""
    return (weights.T @ delta) * (1 - z.tanh())


def _logits(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n, c = size(generator, 5, 8), size(generator, 3, 5)
    return 2 * torch.randn(n, c, generator=generator), torch.randint(c, (n,), generator=generator)


def softmax_gradient(logits: Tensor, classes: Tensor) -> Tensor:
    """Probabilities minus one-hot labels, over the batch size."""
    return (logits.softmax(dim=1) - torch.eye(logits.shape[1])[classes]) / len(logits)


def softmax_negative(logits: Tensor, classes: Tensor) -> Tensor:
    """The other sign."""
    return -softmax_gradient(logits, classes)


def softmax_summed(logits: Tensor, classes: Tensor) -> Tensor:
    """The gradient of the sum over the batch."""
    return softmax_gradient(logits, classes) * len(logits)


def softmax_without_label(logits: Tensor, classes: Tensor) -> Tensor:
    """The gradient of the first term only."""
    return logits.softmax(dim=1) / len(logits)


def softmax_along_the_batch(logits: Tensor, classes: Tensor) -> Tensor:
    """The softmax over the examples."""
    return (logits.softmax(dim=0) - torch.eye(logits.shape[1])[classes]) / len(logits)


def softmax_twice(logits: Tensor, classes: Tensor) -> Tensor:
    """The gradient of ``F.cross_entropy`` at probabilities, which it takes for logits."""
    p = logits.softmax(dim=1)
    outer = softmax_gradient(p, classes)
    return p * (outer - (p * outer).sum(dim=1, keepdim=True))


def softmax_of_softmax(logits: Tensor, classes: Tensor) -> Tensor:
    """Probabilities taken for logits in the formula."""
    return softmax_gradient(logits.softmax(dim=1), classes)


def softmax_over_all_numbers(logits: Tensor, classes: Tensor) -> Tensor:
    """Divided by the number of logits."""
    return softmax_gradient(logits, classes) / logits.shape[1]


def softmax_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """The loss in place of its gradient."""
    return F.cross_entropy(logits, classes)


def _moments(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, int]:
    n = size(generator, 4, 7)
    theta, m = torch.randn(n, generator=generator), torch.randn(n, generator=generator)
    v = m**2 * 0.1 + torch.rand(n, generator=generator) * 0.1 + 0.01
    m[0], v[0] = 3e-5, 1e-9  # where gradients are tiny, the place of ε shows
    return theta, m, v, size(generator, 2, 8)


def adam_step(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """Both averages corrected, then the quotient."""
    return theta - 0.1 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)


def adam_uncorrected(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """No correction."""
    return theta - 0.1 * m / (v.sqrt() + 1e-8)


def adam_half_corrected(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """Only the mean corrected."""
    return theta - 0.1 * (m / (1 - 0.9**t)) / (v.sqrt() + 1e-8)


def adam_without_root(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """The mean square itself as the divisor."""
    return theta - 0.1 * (m / (1 - 0.9**t)) / (v / (1 - 0.999**t) + 1e-8)


def adam_uphill(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """The other direction."""
    return 2 * theta - adam_step(theta, m, v, t)


def adam_change(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """The change alone."""
    return adam_step(theta, m, v, t) - theta


def adam_eps_under_root(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """The small number added before the root is taken."""
    return theta - 0.1 * (m / (1 - 0.9**t)) / (v / (1 - 0.999**t) + 1e-8).sqrt()


def adam_swapped(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """Each average with the other's correction."""
    return theta - 0.1 * (m / (1 - 0.999**t)) / ((v / (1 - 0.9**t)).sqrt() + 1e-8)


def adam_one_step_early(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """Steps counted from 0 in both corrections."""
    return adam_step(theta, m, v, t - 1)


def adam_one_step_late(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """Steps counted from 2 in both corrections."""
    return adam_step(theta, m, v, t + 1)


def adam_mean_one_step_early(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """Steps counted from 0 in the correction of the mean."""
    return theta - 0.1 * (m / (1 - 0.9 ** (t - 1))) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)


def adam_square_one_step_early(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """Steps counted from 0 in the correction of the mean square."""
    return theta - 0.1 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999 ** (t - 1))).sqrt() + 1e-8)


def adam_multiplied(theta: Tensor, m: Tensor, v: Tensor, t: int) -> Tensor:
    """Multiplied by the corrections."""
    return theta - 0.1 * (m * (1 - 0.9**t)) / ((v * (1 - 0.999**t)).sqrt() + 1e-8)
