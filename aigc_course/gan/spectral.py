r"""Judges whose slope is bounded by construction: spectral normalisation, and the hinge loss that goes with it.

Miyato et al. (2018), *Spectral Normalization for Generative Adversarial Networks*, arXiv:1802.05957.
Lim & Ye (2017), *Geometric GAN*, arXiv:1705.02894 (hinge loss).

Symbols: a weight ``W`` as a matrix of ``o`` rows (outputs) and ``i`` columns; ``u`` and ``v`` its estimated singular
vectors on the side of the outputs and of the inputs; ``σ`` its largest singular value.

Conventions: a convolution's kernel (o, i, h, w) becomes the matrix (o, i·h·w), as in the paper and in torch. That
matrix sees one patch; ``operator_norm`` measures the whole map from image to image.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize


def as_matrix(weight: Float[Tensor, "o *rest"]) -> Float[Tensor, "o i"]:
    """A kernel with one row for each output channel."""
    return weight.flatten(1)


def power_iteration(
    matrix: Float[Tensor, "o i"], v: Float[Tensor, " i"], steps: int = 1
) -> tuple[Float[Tensor, " o"], Float[Tensor, " i"]]:
    """Turn ``v`` towards the first singular vector: u from Wv, then v from Wᵀu, each brought to length 1."""
    if steps < 1:
        raise ValueError(f"steps={steps}; without a single step there is no u")
    u = matrix.new_empty(len(matrix))
    for _ in range(steps):
        u = F.normalize(matrix @ v, dim=0)
        v = F.normalize(matrix.T @ u, dim=0)
    return u, v


def singular_value(matrix: Float[Tensor, "o i"], u: Float[Tensor, " o"], v: Float[Tensor, " i"]) -> Float[Tensor, ""]:
    """σ = uᵀ W v, exact once u and v are the singular vectors."""
    return u @ matrix @ v


class SpectralNorm(nn.Module):
    """W / σ(W), with σ from one power iteration in each training pass that starts where the last one ended."""

    u: Tensor
    v: Tensor

    def __init__(self, weight: Float[Tensor, "o *rest"], *, warm_up: int = 15) -> None:
        super().__init__()
        matrix = as_matrix(weight.detach())
        u, v = power_iteration(matrix, torch.randn_like(matrix[0]), warm_up)
        self.register_buffer("u", u)
        self.register_buffer("v", v)

    def forward(self, weight: Float[Tensor, "o *rest"]) -> Float[Tensor, "o *rest"]:
        """The gradient sees u and v as constants, and W both above and below the line."""
        matrix = as_matrix(weight)
        if self.training:
            with torch.no_grad():
                u, v = power_iteration(matrix, self.v)
                self.u.copy_(u)
                self.v.copy_(v)
        return weight / singular_value(matrix, self.u.clone(), self.v.clone())


def normalise(network: nn.Module) -> nn.Module:
    """Give every dense layer and convolution in a network a ``SpectralNorm``; returns the network."""
    for layer in list(network.modules()):
        if isinstance(layer, nn.Linear | nn.Conv2d):
            parametrize.register_parametrization(layer, "weight", SpectralNorm(layer.weight))
    return network


def lipschitz_bound(network: nn.Module) -> float:
    """No slope of a chain of dense layers and 1-Lipschitz activations exceeds the product of its layers' σ.

    A convolution is refused: σ of its kernel is not that of the map, see ``operator_norm``.
    """
    bound = torch.ones(())
    for layer in network.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d):
            raise ValueError(f"{layer} is no dense layer; take its operator_norm on images of their size")
        if isinstance(layer, nn.Linear):
            bound = bound * torch.linalg.matrix_norm(layer.weight.detach(), ord=2)
    return bound.item()


def operator_norm(
    linear: Callable[[Float[Tensor, "1 *s"]], Tensor], shape: tuple[int, ...], *, steps: int = 100
) -> float:
    """σ of any linear map on inputs of ``shape``, by power iteration; autograd applies its transpose."""
    x = torch.randn(1, *shape)
    if linear(torch.zeros_like(x)).any():
        raise ValueError("the map does not send 0 to 0; give it without its bias")
    for _ in range(steps):
        x = (x / x.norm()).requires_grad_()
        y = linear(x)
        (x,) = torch.autograd.grad(y, x, y.detach())
    return x.norm().sqrt().item()


def hinge_loss(real: Float[Tensor, " b"], fake: Float[Tensor, " c"]) -> Float[Tensor, ""]:
    """E max(0, 1 - l(x)) + E max(0, 1 + l(G(z))): an answer beyond ±1 on the right side costs nothing."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_optimum(p: Float[Tensor, " n"], q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """The best logit where real examples have density ``p`` and generated ones ``q``: the sign of p - q."""
    return (p - q).sign()
