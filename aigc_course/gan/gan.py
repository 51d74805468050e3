r"""The adversarial game: its objectives, the pair of networks, and small networks to play with.

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
    """Three dense layers from ``latent_dim`` numbers to an example of ``shape``; ``output`` bounds its range."""
    layers = [nn.Linear(latent_dim, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, hidden), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(hidden, math.prod(shape)), output or nn.Identity(), nn.Unflatten(1, shape))


def mlp_discriminator(*, shape: tuple[int, ...], hidden: int = 128) -> nn.Module:
    """Three dense layers from an example of ``shape`` to one logit."""
    layers = [nn.Linear(math.prod(shape), hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden), nn.LeakyReLU(0.2)]
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(hidden, 1), nn.Flatten(0))


def value(real: Float[Tensor, " b"], fake: Float[Tensor, " c"]) -> Float[Tensor, ""]:
    """The game's value E log D(x) + E log(1 - D(G(z))), from the logits of real and generated examples."""
    return F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean()


def discriminator_loss(
    real: Float[Tensor, " b"], fake: Float[Tensor, " c"], *, smoothing: float = 0.0
) -> Float[Tensor, ""]:
    """Cross-entropy with labels ``1 - smoothing`` for real and 0 for generated; without smoothing, ``-value``."""
    if not 0 <= smoothing < 0.5:
        raise ValueError(f"smoothing={smoothing}; the label of real examples, 1 - smoothing, must stay above one half")
    of_real = (1 - smoothing) * F.logsigmoid(real) + smoothing * F.logsigmoid(-real)
    return -of_real.mean() - F.logsigmoid(-fake).mean()


def saturating_loss(fake: Float[Tensor, " b"]) -> Float[Tensor, ""]:
    """What the generator minimises in the zero-sum game: E log(1 - D(G(z)))."""
    return F.logsigmoid(-fake).mean()


def non_saturating_loss(fake: Float[Tensor, " b"]) -> Float[Tensor, ""]:
    """What it minimises in practice: -E log D(G(z))."""
    return -F.logsigmoid(fake).mean()


def r1_penalty(discriminator: Callable[[Tensor], Tensor], real: Float[Tensor, "b *s"]) -> Float[Tensor, ""]:
    """Mean squared slope of the logit at real examples, ½ E |∇ l(x)|²; Mescheder et al. call it R1."""
    x = real.detach().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return slope.square().flatten(1).sum(dim=1).mean() / 2


def optimal_discriminator(
    p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, smoothing: float = 0.0
) -> Float[Tensor, " n"]:
    """The best D where real examples have density ``p`` and generated ones ``q``: (1 - smoothing) p / (p + q)."""
    return (1 - smoothing) * p / (p + q)


class GAN(nn.Module):
    """A generator and a discriminator; ``gan.trainer`` plays one against the other."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, *, latent_dim: int) -> None:
        """``generator`` makes examples from noise (b, latent_dim), ``discriminator`` logits (b,) from examples."""
        super().__init__()
        self.generator, self.discriminator, self.latent_dim = generator, discriminator, latent_dim

    def noise(self, n: int) -> Float[Tensor, "n k"]:
        """``n`` standard normal latents, of the generator's type and on its device."""
        weight = next(self.generator.parameters())
        return torch.randn(n, self.latent_dim, device=weight.device, dtype=weight.dtype)

    def generate(self, n: int, *given: Tensor) -> Tensor:
        """``n`` examples for an update: with their graph, and in the generator's present mode.

        ``given`` is what the generator is told beside the noise: nothing here, a class in other chapters.
        """
        return self.generator(self.noise(n), *given)

    def sample(self, n: int) -> Tensor:
        """Generate ``n`` examples, without a graph and in evaluation mode."""
        return self.decode(self.noise(n))

    @torch.no_grad()
    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """The examples that given noise turns into, in evaluation mode: batch norm uses its running statistics."""
        with evaluation_mode(self.generator):
            return self.generator(z)
