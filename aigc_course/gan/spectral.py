r"""Discriminators whose Lipschitz constant is bounded by construction: spectral normalisation, and the hinge loss.

Miyato et al. (2018), *Spectral Normalization for Generative Adversarial Networks*, arXiv:1802.05957.
Lim & Ye (2017), *Geometric GAN*, arXiv:1705.02894 (hinge loss).

Symbols: a weight ``W`` as a matrix of ``o`` rows (outputs) and ``i`` columns; ``u`` and ``v`` its estimated singular
vectors on the side of the outputs and of the inputs; ``σ`` its largest singular value.

Conventions: a convolution's kernel (o, i, h, w) becomes the matrix (o, i·h·w), as in the paper and in torch. That
matrix sees one patch; ``operator_norm`` measures the whole map from image to image.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize

from aigc_course.core.precision import no_autocast


def as_matrix(weight: Float[Tensor, "o *rest"]) -> Float[Tensor, "o i"]:
    """A weight as a matrix with one row for each output."""
    return weight.flatten(1)


def power_iteration(
    matrix: Float[Tensor, "o i"], v: Float[Tensor, " i"], steps: int = 1
) -> tuple[Float[Tensor, " o"], Float[Tensor, " i"]]:
    """``steps`` times u from Wv and v from Wᵀu, each of length 1: they converge to the first singular vectors of W.

    Args:
        matrix: W.
        v: Where to start, not orthogonal to the first right singular vector.
        steps: Number of iterations.

    Returns:
        u and v.

    Raises:
        ValueError: ``steps`` is below 1.
    """
    if steps < 1:
        raise ValueError(f"steps={steps}; without a single step there is no u")
    u = matrix.new_empty(len(matrix))
    for _ in range(steps):
        u = F.normalize(matrix @ v, dim=0)
        v = F.normalize(matrix.T @ u, dim=0)
    return u, v


def singular_value(matrix: Float[Tensor, "o i"], u: Float[Tensor, " o"], v: Float[Tensor, " i"]) -> Float[Tensor, ""]:
    """Estimate σ = uᵀ W v of the largest singular value, exact once u and v are the first singular vectors."""
    return u @ matrix @ v


class SpectralNorm(nn.Module):
    """W / σ(W), where σ = uᵀ W v; ``advance`` turns u and v one step further towards the singular vectors of W.

    Reading the weight changes nothing. ``normalise`` lets each training pass advance once.
    """

    u: Tensor
    v: Tensor

    def __init__(self, weight: Float[Tensor, "o *rest"], *, warm_up: int = 15) -> None:
        super().__init__()
        matrix = as_matrix(weight.detach())
        u, v = power_iteration(matrix, torch.randn_like(matrix[0]), warm_up)
        self.register_buffer("u", u)
        self.register_buffer("v", v)

    @no_autocast()
    def forward(self, weight: Float[Tensor, "o *rest"]) -> Float[Tensor, "o *rest"]:
        """The normalised weight. Its gradient treats u and v as constants, and sees W in numerator and denominator."""
        # copies, because ``advance`` overwrites u and v in place, possibly before this pass is differentiated
        return weight / singular_value(as_matrix(weight), self.u.clone(), self.v.clone())

    @torch.no_grad()
    @no_autocast()
    def advance(self, weight: Float[Tensor, "o *rest"]) -> None:
        """One power iteration from where the last one ended: weights move little between updates, so one is enough."""
        u, v = power_iteration(as_matrix(weight), self.v)
        self.u.copy_(u)
        self.v.copy_(v)


def normalise(network: nn.Module) -> nn.Module:
    """Give every dense layer and convolution of ``network`` a ``SpectralNorm``, in place; returns the network.

    Each training pass of a layer first makes one power iteration. In evaluation, while a norm is measured and when
    ``layer.weight`` is read, the estimate stays as it is (torch's own parametrization advances at each reading).
    """
    for layer in list(network.modules()):
        if isinstance(layer, nn.Linear | nn.Conv2d):
            parametrize.register_parametrization(layer, "weight", SpectralNorm(layer.weight))
            layer.register_forward_pre_hook(_advance)
    return network


_measuring = False  # whether ``operator_norm`` is running: its passes are no training


def _advance(layer: nn.Module, _: Any) -> None:
    """A hook: before a training pass of a normalised layer, one power iteration."""
    if layer.training and not _measuring:
        parametrization: Any = layer.parametrizations
        parametrization.weight[0].advance(parametrization.weight.original)


@contextmanager
def _no_power_iteration() -> Iterator[None]:
    global _measuring
    before, _measuring = _measuring, True
    try:
        yield
    finally:
        _measuring = before


def lipschitz_bound(network: nn.Module) -> float:
    """Upper bound on the Lipschitz constant of dense layers with 1-Lipschitz activations: the product of their σ.

    Raises:
        ValueError: There is a convolution. σ of its kernel is not that of the map; take ``operator_norm``.
    """
    bound = torch.ones(())
    for layer in network.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d):
            raise ValueError(f"{layer} is no dense layer; take its operator_norm on images of their size")
        if isinstance(layer, nn.Linear):
            bound = bound * torch.linalg.matrix_norm(layer.weight.detach(), ord=2)
    return bound.item()


@_no_power_iteration()
def operator_norm(
    linear: Callable[[Float[Tensor, "1 *s"]], Tensor], shape: tuple[int, ...], *, steps: int = 100
) -> float:
    """Largest singular value of a linear map on inputs of ``shape``, by ``steps`` power iterations.

    Autograd applies the transpose of the map. The estimate is from below.

    Raises:
        ValueError: The map does not send 0 to 0, so that it is not linear.
    """
    x = torch.randn(1, *shape)
    if linear(torch.zeros_like(x)).any():
        raise ValueError("the map does not send 0 to 0; give it without its bias")
    for _ in range(steps):
        x = (x / x.norm()).requires_grad_()
        y = linear(x)
        (x,) = torch.autograd.grad(y, x, y.detach())
    return x.norm().sqrt().item()


def hinge_loss(real: Float[Tensor, " b"], fake: Float[Tensor, " c"]) -> Float[Tensor, ""]:
    """Hinge loss of the discriminator, E max(0, 1 − l(x)) + E max(0, 1 + l(G(z))), from logits (Lim & Ye, 2017).

    A logit beyond ±1 on the right side costs nothing.
    """
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_optimum(p: Float[Tensor, " n"], q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """The logit of least hinge loss where real examples have density ``p`` and generated ones ``q``: sign(p − q)."""
    return (p - q).sign()
