r"""The updates that play a GAN's game: one of the discriminator, one of the generator, an average of the generator.

Goodfellow et al. (2014), *Generative Adversarial Nets*, arXiv:1406.2661, algorithm 1 (with one discriminator step).
Mescheder et al. (2018), *Which Training Methods for GANs do actually Converge?*, arXiv:1801.04406 (R1, averaging).
Karras et al. (2020), *Analyzing and Improving the Image Quality of StyleGAN*, arXiv:1912.04958 (a lazy penalty).

Symbols: as in ``gan.gan``. ``given`` is what both networks are told beside the example: nothing, or a class.
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.core.checkpoint import State
from aigc_course.core.modes import frozen
from aigc_course.core.optimisation import EMA, Metrics, Objective, Schedule, Update
from aigc_course.core.precision import full_precision
from aigc_course.gan.gan import GAN, discriminator_loss, non_saturating_loss, r1_penalty

PENALTY_EVERY = 8  # lazy: it needs a second backward pass, so take it at every eighth update, eight times as strong


class GANTrainer:
    """The algorithm for a ``GAN``: one update for each network, and an average of the generator.

    Data are examples, or a pair (examples, classes) for a ``ConditionalGAN``.
    """

    def __init__(
        self,
        gan: GAN,
        *,
        lr_g: float = 2e-4,
        lr_d: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        smoothing: float = 0.0,
        penalty: float = 0.0,
        g_loss: Callable[[Tensor], Tensor] = non_saturating_loss,
        d_loss: Callable[[Tensor, Tensor], Tensor] | None = None,
        ema_decay: float | None = None,
        schedule: Schedule | None = None,
        clip: float | None = None,
        bf16: bool = False,
    ) -> None:
        """Set up the game.

        Args:
            gan: The two networks.
            lr_g: Adam's learning rate for the generator.
            lr_d: Adam's learning rate for the discriminator.
            betas: Adam's decay rates for the mean gradient and for its mean square, of both networks.
            smoothing: See ``discriminator_loss``.
            penalty: Weight of ``r1_penalty``; 0 for none.
            g_loss: What the generator minimises, from the logits of generated examples.
            d_loss: What the discriminator minimises in place of ``discriminator_loss``, from both kinds of logits.
            ema_decay: See ``EMA``, of the generator; ``None`` for no average.
            schedule: See ``Update``; both networks get one.
            clip: See ``Update``, for each network.
            bf16: See ``Update``.
        """
        self.gan, self.penalty, self.g_loss = gan, penalty, g_loss
        self.d_loss = d_loss or partial(discriminator_loss, smoothing=smoothing)
        rule: Any = partial(torch.optim.Adam, betas=betas, fused=True)
        options: Any = {"schedule": schedule, "clip": clip, "bf16": bf16}
        of_g, of_d = list(gan.generator.parameters()), list(gan.discriminator.parameters())
        self.g_update = Update(of_g, rule(of_g, lr=lr_g), **options)
        self.d_update = Update(of_d, rule(of_d, lr=lr_d), **options)
        self.ema = None if ema_decay is None else EMA(gan.generator, ema_decay)

    def step(self, batch: Tensor | tuple[Tensor, ...], /) -> Metrics:
        """One update of the discriminator, then one of the generator, on the same generated batch.

        With classes the generated examples are of the classes of the real ones.
        """
        real, *given = batch if isinstance(batch, tuple) else (batch,)
        fake = self.generate(len(real), *given)
        metrics = self.discriminator_step(real, fake.detach(), *given) | self.generator_step(fake, *given)
        if self.ema is not None:
            self.ema.update()
        return metrics

    def generate(self, n: int, *given: Tensor) -> Tensor:
        """``n`` examples with their graph, in the precision of the generator's update."""
        with self.g_update.autocast():
            return self.gan.generate(n, *given)

    def discriminator_step(self, real: Float[Tensor, "b *s"], fake: Float[Tensor, "b *s"], *given: Tensor) -> Metrics:
        """One step on the discriminator's loss; ``fake`` must come detached, or gradients run on into the generator."""
        found = self.d_update(lambda: self.discriminator_objective(real, fake, *given))
        return {"loss D": found.loss, "gradient D": found.gradient_norm} | found.metrics

    def discriminator_objective(
        self, real: Float[Tensor, "b *s"], fake: Float[Tensor, "b *s"], *given: Tensor
    ) -> Objective:
        """The discriminator's loss, with the penalty where it is due, and how well it tells the two kinds apart."""
        of_real, of_fake = self.logits(real, *given), self.logits(fake, *given)
        loss = self.d_loss(of_real, of_fake)
        if self.penalty and self.d_update.updates % PENALTY_EVERY == 0:
            loss = loss + PENALTY_EVERY * self.penalty * r1_penalty(lambda x: self.logits(x, *given), real)
        right = ((of_real > 0).float().mean() + (of_fake < 0).float().mean()) / 2
        means = {"D(x)": of_real.detach().sigmoid().mean(), "D(G(z))": of_fake.detach().sigmoid().mean()}
        return loss, {"accuracy D": right} | means

    def generator_step(self, fake: Float[Tensor, "b *s"], *given: Tensor) -> Metrics:
        """One step on the generator's loss, through a discriminator whose weights stand still."""
        found = self.g_update(lambda: self.generator_objective(fake, *given))
        return {"loss G": found.loss, "gradient G": found.gradient_norm}

    def generator_objective(self, fake: Float[Tensor, "b *s"], *given: Tensor) -> Tensor:
        """The generator's loss; the gradient passes through the discriminator and leaves none in its weights."""
        with frozen(self.d_update.parameters):
            return self.g_loss(self.logits(fake, *given))

    def logits(self, x: Float[Tensor, "b *s"], *given: Tensor) -> Float[Tensor, " b"]:
        """The discriminator's answers, in at least 32 bits also where it ran in bfloat16."""
        return full_precision(self.gan.discriminator(x, *given))

    @property
    def averaged(self) -> GAN:
        """The ``GAN`` to sample from, with the averaged generator where one is kept, else the one that is trained."""
        if self.ema is None:
            return self.gan
        generator, discriminator = self.gan.generator, self.gan.discriminator
        return copy.deepcopy(self.gan, {id(generator): self.ema.average, id(discriminator): discriminator})

    def state_dict(self) -> State:
        """Networks, the state of their updates, and the average."""
        average = {} if self.ema is None else {"ema": self.ema.state_dict()}
        updates = {"g": self.g_update.state_dict(), "d": self.d_update.state_dict()}
        return {"gan": self.gan.state_dict()} | updates | average

    def load_state_dict(self, state: State) -> None:
        """Inverse of ``state_dict``."""
        self.gan.load_state_dict(state["gan"])
        self.g_update.load_state_dict(state["g"])
        self.d_update.load_state_dict(state["d"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
