r"""What the generator feels: the pull of a judge at its examples, exactly known where both densities are normal.

Goodfellow et al. (2014), arXiv:1406.2661 (two losses for the generator). Arjovsky & Bottou (2017), *Towards Principled
Methods for Training Generative Adversarial Networks*, arXiv:1701.04862 (vanishing gradients).

Symbols: real examples from N(0, 1); a generator ``G(z) = theta + z`` with standard normal ``z``, so that its examples
come from N(theta, 1); ``p`` and ``q`` are these densities, ``l`` is the logit of D*.

Conventions: slopes are derivatives of a loss in nats by ``theta``, with the judge held still.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.foundations.information import jensen_shannon, normal_density

_Z = torch.linspace(-12.0, 12.0, 4801, dtype=torch.float64)
_CELL = 24 / 4800


def optimal_logit(x: Float[Tensor, "*b"], theta: float) -> Float[Tensor, "*b"]:
    """Logit of D* for real N(0, 1) and generated N(theta, 1): log p - log q, a straight line."""
    return theta * (theta / 2 - x)


def sample_gradients(
    discriminator: Callable[[Tensor], Tensor], x: Float[Tensor, "b *s"], loss: Callable[[Tensor], Tensor]
) -> Float[Tensor, "b *s"]:
    """Derivative of each example's own loss by that example; the judge stands still."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(discriminator(x)) * len(x), x)
    return gradient


def exact_generator_gradients(theta: float) -> tuple[float, float]:
    """Slopes against D* by quadrature: theta E D* of the saturating loss, theta E (1 - D*) of the other, x ~ q."""
    share = _CELL * (normal_density(_Z, 0.0, 1.0) * optimal_logit(theta + _Z, theta).sigmoid()).sum().item()
    return theta * share, theta * (1 - share)


def vanishing_bound(theta: float) -> float:
    """No slope of the saturating loss against D* is larger: ½ |theta| exp(-theta² / 8)."""
    return 0.5 * abs(theta) * math.exp(-(theta**2) / 8)


def shifted_js(theta: float, *, std: float = 1.0) -> float:
    """Jensen–Shannon divergence in nats of two normals with equal standard deviation, means ``theta`` apart."""
    middle, reach = theta / 2, abs(theta) / 2 + 12 * std
    grid = torch.linspace(middle - reach, middle + reach, 20_001, dtype=torch.float64)
    p, q = normal_density(grid, 0.0, std), normal_density(grid, theta, std)
    return jensen_shannon(p, q, cell=reach / 10_000).item()
