r"""Generative adversarial networks: objectives, the pair of networks, and small fully connected networks.

Goodfellow et al. (2014), *Generative Adversarial Nets*, arXiv:1406.2661.
Salimans et al. (2016), *Improved Techniques for Training GANs*, arXiv:1606.03498 (one-sided label smoothing).
Mescheder et al. (2018), *Which Training Methods for GANs do actually Converge?*, arXiv:1801.04406 (gradient penalty).

Symbols: batch ``b``; noise ``z`` of ``latent_dim`` numbers; real example ``x`` with density ``p``; generated example
``G(z)`` with density ``q``; discriminator's *logit* ``l``, so that ``D(x) = sigmoid(l(x))`` is its probability of
"real".

Conventions: papers write the objectives in ``D``; code works with logits, where nothing overflows. Losses are in
nats, averaged over the batch, and minimised: the discriminator's loss is ``-V``.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from aigc_course.core.modes import evaluation_mode


def mlp_generator(
    *, latent_dim: int, shape: tuple[int, ...], hidden: int = 128, output: nn.Module | None = None
) -> nn.Module:
    """Generator of three dense layers, from latents (b, latent_dim) to examples (b, *shape).

    Args:
        latent_dim: Numbers in a latent.
        shape: Of one example.
        hidden: Units of each hidden layer (ReLU).
        output: Output activation, such as a sigmoid; none if None.
    """
    layers = [nn.Linear(latent_dim, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, hidden), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(hidden, math.prod(shape)), output or nn.Identity(), nn.Unflatten(1, shape))


def mlp_discriminator(*, shape: tuple[int, ...], hidden: int = 128) -> nn.Module:
    """Discriminator of three dense layers (leaky ReLU, ``hidden`` units), from examples (b, *shape) to logits (b,)."""
    layers = [nn.Linear(math.prod(shape), hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden), nn.LeakyReLU(0.2)]
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(hidden, 1), nn.Flatten(0))


def value(real: Float[Tensor, " b"], fake: Float[Tensor, " c"]) -> Float[Tensor, ""]:
    """The game's value E log D(x) + E log(1 - D(G(z))) in nats, from the logits of real and generated examples."""
    return F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean()


def discriminator_loss(
    real: Float[Tensor, " b"], fake: Float[Tensor, " c"], *, smoothing: float = 0.0
) -> Float[Tensor, ""]:
    """Cross-entropy in nats with labels ``1 - smoothing`` for real and 0 for generated; ``-value`` without smoothing.

    One-sided label smoothing is from Salimans et al. (2016).

    Args:
        real: Logits of real examples.
        fake: Logits of generated ones.
        smoothing: What the label of real examples lacks of 1.

    Raises:
        ValueError: ``smoothing`` is not from 0 to below one half.
    """
    if not 0 <= smoothing < 0.5:
        raise ValueError(f"smoothing={smoothing}; the label of real examples, 1 - smoothing, must stay above one half")
    of_real = (1 - smoothing) * F.logsigmoid(real) + smoothing * F.logsigmoid(-real)
    return -of_real.mean() - F.logsigmoid(-fake).mean()


def saturating_loss(fake: Float[Tensor, " b"]) -> Float[Tensor, ""]:
    """Saturating loss of the generator in nats, E log(1 - D(G(z))), from logits: its part of the zero-sum game."""
    return F.logsigmoid(-fake).mean()


def non_saturating_loss(fake: Float[Tensor, " b"]) -> Float[Tensor, ""]:
    """Non-saturating loss of the generator in nats, -E log D(G(z)), from logits (Goodfellow et al., 2014)."""
    return -F.logsigmoid(fake).mean()


def r1_penalty(discriminator: Callable[[Tensor], Tensor], real: Float[Tensor, "b *s"]) -> Float[Tensor, ""]:
    """R1 penalty of Mescheder et al. (2018): ½ E ‖∇l(x)‖², half the mean squared gradient norm at real examples.

    The result has a graph, so that it can be part of the discriminator's loss. Each logit must depend on its own
    example only: no batch norm in training mode.
    """
    x = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return gradient.square().flatten(1).sum(dim=1).mean() / 2


def optimal_discriminator(
    p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, smoothing: float = 0.0
) -> Float[Tensor, " n"]:
    """D* = (1 - smoothing) p / (p + q), which minimises ``discriminator_loss`` (Goodfellow et al., 2014).

    ``p`` and ``q`` are the densities of real and of generated examples at the same points; NaN where both are 0.
    """
    return (1 - smoothing) * p / (p + q)


class GAN(nn.Module):
    """A generator and a discriminator as one module, without losses or optimisers: ``gan.trainer`` has those."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, *, latent_dim: int) -> None:
        """Keep both networks.

        Args:
            generator: From latents (b, latent_dim) to examples.
            discriminator: From examples to logits (b,).
            latent_dim: Numbers in a latent.
        """
        super().__init__()
        self.generator, self.discriminator, self.latent_dim = generator, discriminator, latent_dim

    def noise(self, n: int) -> Float[Tensor, "n k"]:
        """``n`` latents from N(0, I), of the generator's floating-point type and on its device."""
        weight = next(self.generator.parameters())
        return torch.randn(n, self.latent_dim, device=weight.device, dtype=weight.dtype)

    def generate(self, n: int, *given: Tensor) -> Tensor:
        """``n`` examples for an update: with their graph, and in the generator's present mode.

        ``given`` is what the generator is given beside the latents: nothing, or classes in a ``ConditionalGAN``.
        """
        return self.generator(self.noise(n), *given)

    def sample(self, n: int) -> Tensor:
        """Generate ``n`` examples, without a graph and in evaluation mode."""
        return self.decode(self.noise(n))

    @torch.no_grad()
    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """Examples G(z) for given latents, without a graph; evaluation mode, so running statistics in batch norm."""
        with evaluation_mode(self.generator):
            return self.generator(z)
