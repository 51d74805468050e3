r"""The Wasserstein-1 distance, exact and estimated by a critic, and the GAN that minimises it.

Villani (2009), *Optimal Transport: Old and New*, Springer, Grundlehren 338 (duality).
Arjovsky, Chintala & Bottou (2017), *Wasserstein Generative Adversarial Networks*, arXiv:1701.07875 (the critic;
weights clipped).
Gulrajani et al. (2017), *Improved Training of Wasserstein GANs*, arXiv:1704.00028 (the gradient penalty).

Symbols: ``n`` examples ``x`` of the real distribution p, ``m`` examples ``y`` of the generated one q; the
*transport plan* holds how much mass goes from each x to each y; the *critic* f gives each example a number and should
be 1-Lipschitz.

Conventions: distances are in the unit of the data. A critic's output is no logit of a probability, so no logarithm and
no sigmoid occurs here. Losses are minimised: the critic's is minus its estimate of the distance.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, kron, vstack
from torch import Tensor, nn

from aigc_course.core.optimisation import Metrics, Objective, linear_decay
from aigc_course.core.train import Trainer, fit
from aigc_course.gan.gan import GAN, mlp_discriminator
from aigc_course.gan.trainer import GANTrainer

# ---- the distance -----------------------------------------------------------------------------------------------


def wasserstein_1d(x: Float[Tensor, " n"], y: Float[Tensor, " m"]) -> Float[Tensor, ""]:
    """Wasserstein-1 distance of two samples of equal size in one dimension: mean absolute difference of sorted values.

    Raises:
        ValueError: The sizes differ, or are 0.
    """
    if len(x) != len(y) or not len(x):
        raise ValueError(
            f"{len(x)} and {len(y)} numbers; pairing needs at least one, and as many of one as of the other"
        )
    return (x.sort().values - y.sort().values).abs().mean()


def cost_matrix(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """Euclidean distance from each ``x`` to each ``y``, without the cancellation of the expanded square."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def optimal_transport(
    cost: Float[Tensor, "n m"], p: Float[Tensor, " n"] | None = None, q: Float[Tensor, " m"] | None = None
) -> tuple[float, Float[Tensor, "n m"]]:
    """Optimal transport (Kantorovich): the least cost of moving ``p`` to ``q``, and the transport plan.

    The linear programme min Σ c π over π ≥ 0 with row sums p and column sums q. It has n·m unknowns: a few hundred
    examples on each side take about a second. Solved in float64 on the CPU, where the plan stays.

    Args:
        cost: Cost c of moving a unit of mass from each x to each y; with ``cost_matrix`` the result is W1.
        p: Weights of the x; uniform if None.
        q: Weights of the y; uniform if None.

    Raises:
        ValueError: A side is empty, a cost is not finite, or weights are negative or do not sum to 1.
    """
    cost = cost.detach().double().cpu()
    p, q = _weights(cost, p, q)
    sums = _sums(*cost.shape)
    found = _solve(cost.numpy().ravel(), A_eq=sums, b_eq=torch.cat([p, q]).numpy(), bounds=(0, None))
    return float(found.fun), torch.as_tensor(found.x).view(cost.shape)


def dual(
    cost: Float[Tensor, "n m"], p: Float[Tensor, " n"] | None = None, q: Float[Tensor, " m"] | None = None
) -> tuple[float, Float[Tensor, " n"], Float[Tensor, " m"]]:
    """Kantorovich dual max Σ p f + Σ q g with f_i + g_j ≤ c_ij: its value, and the dual potentials ``f`` and ``g``.

    By strong duality the value is that of ``optimal_transport``; arguments and errors as there.
    """
    cost = cost.detach().double().cpu()
    p, q = _weights(cost, p, q)
    sums = _sums(*cost.shape)
    below = cost.numpy().ravel()
    found = _solve(-torch.cat([p, q]).numpy(), A_ub=sums.T, b_ub=below, bounds=(None, None))
    potentials = torch.as_tensor(found.x)
    return -float(found.fun), potentials[: len(p)], potentials[len(p) :]


def c_transform(cost: Float[Tensor, "k m"], g: Float[Tensor, " m"]) -> Float[Tensor, " k"]:
    """c-transform of the potential ``g``: at each of k points, the least over j of (distance to y_j) - g_j.

    It extends ``dual``'s f to all points, and is 1-Lipschitz (Villani, 2009).
    """
    return (cost - g).amin(dim=1)


def _weights(cost: Tensor, p: Tensor | None, q: Tensor | None) -> tuple[Tensor, Tensor]:
    n, m = cost.shape
    if not n or not m:
        raise ValueError(f"costs between {n} and {m} examples; give at least one on each side")
    if not cost.isfinite().all():
        raise ValueError(f"{int((~cost.isfinite()).sum())} costs are infinite or NaN; look for a diverged model")
    p = torch.full((n,), 1 / n, dtype=torch.double) if p is None else p.detach().double().cpu()
    q = torch.full((m,), 1 / m, dtype=torch.double) if q is None else q.detach().double().cpu()
    if min(p.min(), q.min()) < 0 or max(abs(p.sum() - 1), abs(q.sum() - 1)) > 1e-6:
        raise ValueError(f"weights sum to {p.sum():.6g} and {q.sum():.6g}; give shares, none negative, that sum to 1")
    return p / p.sum(), q / q.sum()


def _sums(n: int, m: int) -> csr_array:
    """The matrix that sums a flattened plan along its ``n`` rows, then along its ``m`` columns."""
    rows, columns = kron(eye_array(n), np.ones((1, m))), kron(np.ones((1, n)), eye_array(m))
    return csr_array(vstack([rows, columns]))


def _solve(objective: np.ndarray, **constraints: Any) -> Any:
    found = linprog(objective, method="highs", **constraints)
    if not found.success:
        raise ValueError(f"no optimum: {found.message}; check that every cost is a finite number")
    return found


# ---- what critic and generator minimise -------------------------------------------------------------------------


def critic_loss(real: Float[Tensor, " b"], fake: Float[Tensor, " c"]) -> Float[Tensor, ""]:
    """Minus the critic's estimate of the distance, E f(G(z)) - E f(x), from its outputs (Arjovsky et al., 2017)."""
    return fake.mean() - real.mean()


def generator_loss(fake: Float[Tensor, " b"]) -> Float[Tensor, ""]:
    """Loss of the generator, -E f(G(z)): the part of the estimated distance that depends on it."""
    return -fake.mean()


def random_interpolates(real: Float[Tensor, "b *s"], fake: Float[Tensor, "b *s"]) -> Float[Tensor, "b *s"]:
    """A uniformly sampled point on the line from each real example to the generated one of the same row."""
    share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
    return share * real + (1 - share) * fake


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    real: Float[Tensor, "b *s"],
    fake: Float[Tensor, "b *s"],
    *,
    one_sided: bool = False,
) -> Float[Tensor, ""]:
    """Gradient penalty E (‖∇f‖ - 1)² at ``random_interpolates`` of both kinds of examples (Gulrajani et al., 2017).

    The result has a graph, so that it can be part of the critic's loss.

    Args:
        critic: From examples to numbers, each of its own example only.
        real: Real examples.
        fake: As many generated ones.
        one_sided: Whether gradient norms below 1 are not penalised, E max(0, ‖∇f‖ - 1)².
    """
    x = random_interpolates(real, fake).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    excess = gradient.flatten(1).norm(dim=1) - 1
    return (excess.relu() if one_sided else excess).square().mean()


def estimate(
    critic: Callable[[Tensor], Tensor], x: Float[Tensor, "n *s"], y: Float[Tensor, "m *s"]
) -> Float[Tensor, ""]:
    """A critic's estimate E f(x) - E f(y) of W1 between two samples; of a 1-Lipschitz critic, a lower bound."""
    return -critic_loss(critic(x), critic(y))


def train_critic(
    x: Float[Tensor, "n *s"],
    y: Float[Tensor, "n *s"],
    *,
    penalty: float = 10.0,
    one_sided: bool = False,
    weight_clip: float | None = None,
    hidden: int = 64,
    steps: int = 200,
) -> nn.Module:
    """Train a dense critic between two fixed samples with Adam, and freeze it.

    The learning rate decays linearly to 0, so that the estimate converges.

    Args:
        x: Examples of the first sample.
        y: As many of the second.
        penalty: Weight of ``gradient_penalty``.
        one_sided: See ``gradient_penalty``.
        weight_clip: Clip every weight to [-weight_clip, weight_clip] instead of the penalty.
        hidden: Units of each hidden layer.
        steps: Number of updates.
    """
    critic = mlp_discriminator(shape=tuple(x.shape[1:]), hidden=hidden)

    def loss(batch: tuple[Tensor, ...]) -> Tensor:
        real, fake = batch
        held = 0 if weight_clip is not None else penalty * gradient_penalty(critic, real, fake, one_sided=one_sided)
        return held - estimate(critic, real, fake)

    def clip(*_: object) -> None:
        if weight_clip is not None:
            clip_weights(critic, weight_clip)

    optimizer = torch.optim.Adam(critic.parameters(), lr=5e-3, betas=(0.9, 0.99), fused=True)
    trainer = Trainer(critic, loss, optimizer=optimizer, schedule=linear_decay(steps))
    fit(trainer, (x, y), steps=steps, batch_size=min(200, len(x)), on_step=clip)
    return critic.requires_grad_(False)


class WassersteinTrainer(GANTrainer):
    """WGAN-GP: several updates of the critic, on different real examples, to each update of the generator.

    The networks are a ``GAN`` whose discriminator is the critic: without batch norm, which couples examples.
    """

    def __init__(
        self,
        gan: GAN,
        *,
        critic_steps: int = 5,
        penalty: float = 10.0,
        one_sided: bool = False,
        weight_clip: float | None = None,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.0, 0.9),
        **options: Any,
    ) -> None:
        """Set up the training.

        Args:
            gan: Generator and critic.
            critic_steps: Updates of the critic to each update of the generator.
            penalty: Weight of ``gradient_penalty``.
            one_sided: See ``gradient_penalty``.
            weight_clip: Keep every weight of the critic in [-weight_clip, weight_clip] instead of the penalty.
            lr: Adam's learning rate for both.
            betas: Adam's decay rates, of both.
            options: ``ema_decay``, ``schedule``, ``clip`` and ``bf16`` of ``GANTrainer``.

        Raises:
            ValueError: ``critic_steps`` is below 1.
        """
        if critic_steps < 1:
            raise ValueError(f"critic_steps={critic_steps}; the critic must move at least once")
        losses: Any = {"g_loss": generator_loss, "d_loss": critic_loss}
        super().__init__(gan, lr_g=lr, lr_d=lr, betas=betas, penalty=penalty, **losses, **options)
        self.critic_steps, self.one_sided, self.weight_clip = critic_steps, one_sided, weight_clip
        self.d_update.period = critic_steps  # a schedule counts updates of the generator

    def step(self, batch: Tensor | tuple[Tensor, ...], /) -> Metrics:
        """One update of the generator after ``critic_steps`` of the critic, each on its own part of the batch.

        So a batch holds ``critic_steps`` times as many examples as one update uses, and no real example is seen twice.

        Returns:
            Metrics of the last critic update and of the generator's.

        Raises:
            ValueError: The batch has fewer examples than ``critic_steps``.
        """
        columns = batch if isinstance(batch, tuple) else (batch,)
        if len(columns[0]) < self.critic_steps:
            raise ValueError(f"{len(columns[0])} examples for {self.critic_steps} critic updates; give a larger batch")
        parts = list(zip(*(column.tensor_split(self.critic_steps) for column in columns), strict=True))
        metrics: Metrics = {}
        for real, *given in parts:
            metrics = self.discriminator_step(real, self.generate(len(real), *given).detach(), *given)
        real, *given = parts[-1]
        metrics |= self.generator_step(self.generate(len(real), *given), *given)
        if self.ema is not None:
            self.ema.update()
        return metrics

    def discriminator_step(self, real: Float[Tensor, "b *s"], fake: Float[Tensor, "b *s"], *given: Tensor) -> Metrics:
        """One update of the critic, with the gradient penalty or with weight clipping after it."""
        metrics = super().discriminator_step(real, fake, *given)
        if self.weight_clip is not None:
            clip_weights(self.gan.discriminator, self.weight_clip)
        return metrics

    def discriminator_objective(
        self, real: Float[Tensor, "b *s"], fake: Float[Tensor, "b *s"], *given: Tensor
    ) -> Objective:
        """The critic's loss, ``critic_loss`` plus the weighted penalty; metrics: estimated distance and penalty."""
        loss = self.d_loss(self.logits(real, *given), self.logits(fake, *given))
        penalty = loss.new_zeros(())
        if self.weight_clip is None:
            penalty = gradient_penalty(lambda x: self.logits(x, *given), real, fake, one_sided=self.one_sided)
        return self.penalty * penalty + loss, {"distance": -loss.detach(), "penalty": penalty.detach()}


@torch.no_grad()
def clip_weights(network: nn.Module, limit: float) -> None:
    """Clip every weight to [-limit, limit] in place, which bounds the Lipschitz constant (Arjovsky et al., 2017)."""
    for weight in network.parameters():
        weight.clamp_(-limit, limit)
