r"""The adversarial game: its objectives, the update that plays it, and small networks to play with.

Goodfellow et al. (2014), *Generative Adversarial Nets*, arXiv:1406.2661.
Salimans et al. (2016), *Improved Techniques for Training GANs*, arXiv:1606.03498 (one-sided label smoothing).
Mescheder et al. (2018), *Which Training Methods for GANs do actually Converge?*, arXiv:1801.04406 (gradient penalty).
Karras et al. (2020), *Analyzing and Improving the Image Quality of StyleGAN*, arXiv:1912.04958 (a lazy penalty).

Symbols: batch ``b``; noise ``z`` of ``latent_dim`` numbers; real example ``x`` with density ``p``; generated example
``G(z)`` with density ``q``; discriminator's *logit* ``l``, so that ``D(x) = sigmoid(l(x))`` is its probability of
"real".

Conventions: papers write the objectives in ``D``; code works with logits, where nothing overflows. Losses are in
nats, averaged over the batch, and minimised: the discriminator's loss is ``-V``.
"""

import copy
import math
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from aigc_course.core.train import Metrics, State

PENALTY_EVERY = 8  # lazy: it needs a second backward pass, so take it at every eighth update, eight times as strong


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
    """Generator, discriminator, and the update that plays one against the other."""

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        *,
        latent_dim: int,
        lr_g: float = 2e-4,
        lr_d: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        smoothing: float = 0.0,
        penalty: float = 0.0,
        g_loss: Callable[[Tensor], Tensor] = non_saturating_loss,
        d_loss: Callable[[Tensor, Tensor], Tensor] | None = None,
        ema_decay: float | None = None,
    ) -> None:
        """Set up the game.

        Args:
            generator: From noise of shape (b, k) to examples.
            discriminator: From examples to logits of shape (b,).
            latent_dim: Numbers of noise per example.
            lr_g: Adam's step size for the generator.
            lr_d: Adam's step size for the discriminator.
            betas: Adam's memory for the mean gradient and for its mean square, of both players.
            smoothing: See ``discriminator_loss``.
            penalty: Weight of ``r1_penalty``; 0 for none.
            g_loss: ``non_saturating_loss`` or ``saturating_loss``.
            d_loss: What the discriminator minimises in place of ``discriminator_loss``, from both kinds of logits.
            ema_decay: Share of the old value in the moving average of the generator's weights; ``None`` for no average.
        """
        super().__init__()
        if ema_decay is not None and not 0 <= ema_decay < 1:
            raise ValueError(f"ema_decay={ema_decay}; the share of the old value is at least 0 and below 1")
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim, self.penalty = latent_dim, penalty
        self.d_loss = d_loss or partial(discriminator_loss, smoothing=smoothing)
        self.g_loss, self.decay, self.updates = g_loss, ema_decay, 0
        self.ema = None if ema_decay is None else copy.deepcopy(generator).requires_grad_(False)
        self.g_optimizer = torch.optim.Adam(generator.parameters(), lr=lr_g, betas=betas, fused=True)
        self.d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=lr_d, betas=betas, fused=True)

    def step(self, batch: Float[Tensor, "b *s"], /) -> Metrics:
        """One update of the discriminator, then one of the generator, on the same generated batch."""
        fake = self.generate(len(batch))
        metrics = self.discriminator_step(batch, fake.detach()) | self.generator_step(fake)
        if self.ema is not None:
            self.update_ema()
        self.updates += 1
        return metrics

    def discriminator_step(self, real: Float[Tensor, "b *s"], fake: Float[Tensor, "b *s"], *given: Tensor) -> Metrics:
        """Descend on the discriminator's loss; ``fake`` must come detached, or gradients run on into the generator.

        ``given`` is what the discriminator is told beside the example: nothing here, a class in other chapters.
        """
        of_real, of_fake = self.discriminator(real, *given).float(), self.discriminator(fake, *given).float()
        loss = self.d_loss(of_real, of_fake)
        if self.penalty and self.updates % PENALTY_EVERY == 0:
            slope = r1_penalty(lambda x: self.discriminator(x, *given), real)
            loss = loss + PENALTY_EVERY * self.penalty * slope
        norm = descend(loss, self.d_optimizer)
        right = ((of_real > 0).float().mean() + (of_fake < 0).float().mean()) / 2
        means = {"D(x)": of_real.sigmoid().mean().item(), "D(G(z))": of_fake.sigmoid().mean().item()}
        return {"loss D": loss.item(), "gradient D": norm, "accuracy D": right.item()} | means

    def generator_step(self, fake: Float[Tensor, "b *s"], *given: Tensor) -> Metrics:
        """Descend on the generator's loss, through a discriminator whose weights stand still."""
        still = self.d_optimizer.param_groups[0]["params"]  # at hand, without a walk through the network
        for weight in still:
            weight.requires_grad_(False)
        loss = self.g_loss(self.discriminator(fake, *given).float())
        norm = descend(loss, self.g_optimizer)
        for weight in still:
            weight.requires_grad_(True)
        return {"loss G": loss.item(), "gradient G": norm}

    @torch.no_grad()
    def update_ema(self) -> None:
        """Move the averaged generator a little towards the present one, batch statistics included."""
        assert self.ema is not None
        assert self.decay is not None
        for mean, new in zip(self.ema.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(new, 1 - self.decay)
            else:
                mean.copy_(new)

    def noise(self, n: int) -> Float[Tensor, "n k"]:
        """``n`` standard normal draws."""
        (weight, *_) = self.g_optimizer.param_groups[0]["params"]  # at hand, without a walk through the network
        return torch.randn(n, self.latent_dim, device=weight.device)

    def generate(self, n: int, *given: Tensor) -> Tensor:
        """``n`` examples for an update: with their graph, by the present weights, in training mode."""
        if not self.generator.training:
            self.generator.train()
        return self.generator(self.noise(n), *given)

    def sample(self, n: int) -> Tensor:
        """Generate ``n`` examples, by the averaged weights where they are kept."""
        return self.decode(self.noise(n))

    @torch.no_grad()
    def decode(self, z: Float[Tensor, "n k"]) -> Tensor:
        """The examples that given noise turns into, in evaluation mode: batch norm uses its running statistics.

        The mode stays, since switching it takes a tenth of a small network's time; ``generate`` switches it back.
        """
        return self.at_rest()(z)

    def at_rest(self) -> nn.Module:
        """The generator to look at, which is the average where one is kept, in evaluation mode."""
        generator = self.generator if self.ema is None else self.ema
        return generator.eval() if generator.training else generator

    def get_extra_state(self) -> State:
        """Optimiser moments and the count of updates, so that ``state_dict`` is enough to resume."""
        return {"g": self.g_optimizer.state_dict(), "d": self.d_optimizer.state_dict(), "updates": self.updates}

    def set_extra_state(self, state: State) -> None:
        """Inverse of ``get_extra_state``."""
        self.g_optimizer.load_state_dict(state["g"])
        self.d_optimizer.load_state_dict(state["d"])
        self.updates = state["updates"]


def descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> float:
    """One step of an optimiser along one loss; returns the norm of the gradient."""
    optimizer.zero_grad()
    loss.backward()
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    optimizer.step()
    return torch.stack([gradient.norm() for gradient in gradients]).norm().item()
