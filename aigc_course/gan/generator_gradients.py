r"""Gradients of the generator's losses: at single examples, and in closed form for two Gaussians.

Goodfellow et al. (2014), arXiv:1406.2661 (two losses for the generator). Arjovsky & Bottou (2017), *Towards Principled
Methods for Training Generative Adversarial Networks*, arXiv:1701.04862 (vanishing gradients).

Symbols: real examples from N(0, 1); a generator ``G(z) = theta + z`` with standard normal ``z``, so that its examples
come from N(theta, 1); ``p`` and ``q`` are these densities, ``l`` is the logit of D*.

Conventions: gradients are derivatives of a loss in nats by ``theta``, with the discriminator held fixed.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.foundations.information import jensen_shannon, normal_density

_Z = torch.linspace(-12.0, 12.0, 4801, dtype=torch.float64)  # outside, N(0, 1) has less than 1e-32 of its mass
_CELL = 24 / 4800


def optimal_logit(x: Float[Tensor, "*b"], theta: float) -> Float[Tensor, "*b"]:
    """Logit of D* for real N(0, 1) and generated N(theta, 1): log p(x) - log q(x), which is linear in x."""
    return theta * (theta / 2 - x)


def sample_gradients(
    discriminator: Callable[[Tensor], Tensor], x: Float[Tensor, "b *s"], loss: Callable[[Tensor], Tensor]
) -> Float[Tensor, "b *s"]:
    """Gradient of each example's own loss by that example, with the discriminator held fixed.

    Args:
        discriminator: From examples to logits, each of its own example only.
        x: Generated examples.
        loss: The generator's loss, a mean over the logits; it is multiplied by b to undo the mean.
    """
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(discriminator(x)) * len(x), x)
    return gradient


def exact_generator_gradients(theta: float) -> tuple[float, float]:
    """Derivatives by ``theta`` of the saturating and of the non-saturating loss at D = D*, by quadrature.

    They are theta E[D*(x)] and theta E[1 - D*(x)] for x ~ q; the losses are in nats.
    """
    share = _CELL * (normal_density(_Z, 0.0, 1.0) * optimal_logit(theta + _Z, theta).sigmoid()).sum().item()
    return theta * share, theta * (1 - share)


def vanishing_bound(theta: float) -> float:
    """Upper bound ½ |theta| exp(-theta² / 8) on the absolute derivative of the saturating loss at D = D*."""
    return 0.5 * abs(theta) * math.exp(-(theta**2) / 8)


def shifted_js(theta: float, *, std: float = 1.0) -> float:
    """Jensen–Shannon divergence in nats of N(0, std²) and N(theta, std²), by quadrature; at most log 2."""
    middle, reach = theta / 2, abs(theta) / 2 + 12 * std
    grid = torch.linspace(middle - reach, middle + reach, 20_001, dtype=torch.float64)
    p, q = normal_density(grid, 0.0, std), normal_density(grid, theta, std)
    return jensen_shannon(p, q, cell=reach / 10_000).item()
