r"""What a discriminator estimates: the density ratio of two distributions, and a lower bound on their divergence.

Goodfellow et al. (2014), *Generative Adversarial Nets*, arXiv:1406.2661 (the value at D* is a Jensen–Shannon
divergence). Nowozin et al. (2016), *f-GAN*, arXiv:1606.00709 (any discriminator gives a lower bound). Arjovsky &
Bottou (2017), arXiv:1701.04862 (what the non-saturating generator descends on).

Symbols: real examples ``x`` with density ``p``, generated ones with density ``q``, their mixture ``m = (p + q) / 2``;
discriminator's logit ``l``, so that ``D = sigmoid(l)``; ``n`` cells of a grid, each of size ``cell``.

Conventions: nats. Both kinds of examples weigh the same, however many of each there are.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from aigc_course.core.train import Metrics, Trainer, fit
from aigc_course.foundations.estimate import Estimate, monte_carlo
from aigc_course.foundations.information import kl
from aigc_course.gan.gan import discriminator_loss, mlp_discriminator, optimal_discriminator


def js_bound(real: Float[Tensor, " b"], fake: Float[Tensor, " c"]) -> Estimate:
    """Estimate of a lower bound on the Jensen–Shannon divergence in nats, ½ (V + log 4), with its standard error.

    The standard error is that of sampling. It says nothing about the gap between this discriminator and the optimal
    one, see ``value_gap``.

    Args:
        real: Logits of real examples on which the discriminator was not trained.
        fake: Logits of such generated examples.
    """
    of_real, of_fake = monte_carlo(F.logsigmoid(real)), monte_carlo(F.logsigmoid(-fake))
    error = (of_real.standard_error.square() + of_fake.standard_error.square()).sqrt()
    return Estimate((of_real.mean + of_fake.mean + math.log(4)) / 2, error / 2)


def value_gap(
    logit: Float[Tensor, " n"], p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float
) -> Float[Tensor, ""]:
    """How far the value of a discriminator is below that of the optimal D*, in nats: ∫ (p + q) KL(D* ‖ D).

    The KL divergence is that of Bernoulli distributions. All arguments are values at the cells of a grid.
    """
    seen = p + q > 0  # elsewhere D* is undefined, and the integrand is 0
    logit, p, q = logit[seen], p[seen], q[seen]
    best = optimal_discriminator(p, q)
    other = optimal_discriminator(q, p)  # 1 - best would round to 0
    surplus = torch.xlogy(best, best) - best * F.logsigmoid(logit)
    surplus = surplus + torch.xlogy(other, other) - other * F.logsigmoid(-logit)
    return cell * ((p + q) * surplus).sum()


def non_saturating_divergence(
    p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0
) -> Float[Tensor, ""]:
    """What the non-saturating generator loss minimises at D = D*, in nats: 2 KL(m ‖ p) = KL(q ‖ p) − 2 JSD(p ‖ q)."""
    return 2 * kl((p + q) / 2, p, cell=cell)


def importance_weights(logit: Float[Tensor, " b"]) -> Float[Tensor, " b"]:
    """Self-normalised importance weights of generated examples, proportional to p/q = exp(logit) and adding up to 1."""
    return logit.softmax(dim=0)


def effective_sample_size(weights: Float[Tensor, " b"]) -> float:
    """Effective sample size (Σ w)² / Σ w² of importance weights: n for n equal ones, 1 if one has all the weight."""
    return (weights.sum().square() / weights.square().sum()).item()


def calibration_curve(
    real: Float[Tensor, " b"], fake: Float[Tensor, " b"], *, bins: int = 10
) -> list[tuple[float, float, int]]:
    """Reliability of D = sigmoid(logit): mean D, share of real examples, and number of examples in each bin of D.

    The ``bins`` are of equal width in [0, 1]; empty ones are left out.
    """
    answer = torch.cat([real, fake]).sigmoid()
    label = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    which = (answer * bins).long().clamp(max=bins - 1)
    return [
        (answer[inside].mean().item(), label[inside].mean().item(), int(inside.sum()))
        for inside in (which == i for i in range(bins))
        if inside.any()
    ]


def train_discriminator(
    real: Float[Tensor, "n *s"],
    fake: Float[Tensor, "n *s"],
    *,
    hidden: int = 32,
    steps: int = 400,
    batch_size: int = 500,
    lr: float = 5e-3,
    seed: int = 0,
    on_step: Callable[[nn.Module, int], None] | None = None,
) -> nn.Module:
    """Train a dense discriminator on real and generated examples with Adam, and freeze it.

    Args:
        real: Real examples.
        fake: As many generated examples.
        hidden: Units of each hidden layer.
        steps: Number of updates.
        batch_size: Examples of each kind per update, at most all.
        lr: Learning rate.
        seed: Of the initial weights and the order of the examples.
        on_step: Called with the discriminator and the number of updates made, after each update.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        discriminator = mlp_discriminator(shape=tuple(real.shape[1:]), hidden=hidden)

    def loss(batch: tuple[Tensor, Tensor]) -> Tensor:
        return discriminator_loss(discriminator(batch[0]), discriminator(batch[1]))

    def watch(k: int, metrics: Metrics) -> None:
        if on_step is not None:
            on_step(discriminator, k + 1)

    descent = Trainer(discriminator, loss, optimizer=torch.optim.Adam(discriminator.parameters(), lr=lr, fused=True))
    fit(descent, (real, fake), steps=steps, batch_size=min(batch_size, len(real)), seed=seed, on_step=watch)
    return discriminator.requires_grad_(False)
