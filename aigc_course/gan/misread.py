r"""Three misreadings of the game that circulate, runnable, so that the chapter can show where they lead.

Never import this module for work. F01: the discriminator is taken for a density. F02: both losses are added and
descended together. F15: the discriminator's loss sums over real examples only, and D is taken for the share of real
examples that pass.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from aigc_course.core.train import Metrics
from aigc_course.foundations.information import kl
from aigc_course.gan.game import GAN, discriminator_loss


def density_as_discriminator(p: Float[Tensor, " n"], q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """F01, wrong: D(x) = p(x), whatever the generator does."""
    return p.clone()


def real_only_loss(real: Float[Tensor, " b"], fake: Float[Tensor, " c"]) -> Float[Tensor, ""]:
    """F15, wrong: cross-entropy summed over the data set alone, -E log D(x); the generated examples are not read."""
    return -F.logsigmoid(real).mean()


def pass_rate(real: Float[Tensor, " b"]) -> float:
    """F15, the other half: the share of real examples that are called real, P(D > ½ | real). One number, no x."""
    return (real > 0).float().mean().item()


def summed_optimum(p: Float[Tensor, " n"], q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Where D goes when it descends L_D + L_G (non-saturating): (p + q) / (p + 2q), never below one half."""
    return (p + q) / (p + 2 * q)


def summed_divergence(p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """The divergence that descending the sum makes *large*: 2 KL(m ‖ M) + KL(q ‖ M), m = (p + q)/2, M = (p + 2q)/3."""
    m, mixed = (p + q) / 2, (p + 2 * q) / 3
    return 2 * kl(m, mixed, cell=cell) + kl(q, mixed, cell=cell)


class SummedGame(GAN):
    """F02, wrong: one loss, L_D + L_G, one backward pass, and both networks step along it."""

    def step(self, batch: Float[Tensor, "b *s"], /) -> Metrics:
        """Descend on the sum of both losses over the weights of both players."""
        of_real = self.discriminator(batch)
        of_fake = self.discriminator(self.fakes(len(batch)))
        loss = discriminator_loss(of_real, of_fake) + self.generator_loss(of_fake)
        for optimizer in (self.g_optimizer, self.d_optimizer):
            optimizer.zero_grad()
        loss.backward()
        for optimizer in (self.g_optimizer, self.d_optimizer):
            optimizer.step()
        return {"loss": loss.item(), "D(G(z))": of_fake.sigmoid().mean().item()}


def generator_gradient_of_the_sum(player: GAN, batch: Float[Tensor, "b *s"]) -> float:
    """Largest entry of the generator's gradient of L_D + L_G; exactly zero where L_G is the saturating loss."""
    of_fake = player.discriminator(player.fakes(len(batch)))
    loss = discriminator_loss(player.discriminator(batch), of_fake) + player.generator_loss(of_fake)
    gradients = torch.autograd.grad(loss, list(player.generator.parameters()))
    return max(g.abs().max().item() for g in gradients)
