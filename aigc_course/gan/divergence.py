r"""What a discriminator knows about two distributions: their ratio, and a lower bound on their divergence.

Goodfellow et al. (2014), *Generative Adversarial Nets*, arXiv:1406.2661 (the game's value is a Jensen–Shannon
divergence). Nowozin et al. (2016), *f-GAN*, arXiv:1606.00709 (any discriminator gives a lower bound). Arjovsky &
Bottou (2017), arXiv:1701.04862 (what the non-saturating generator descends on).

Symbols: real examples ``x`` with density ``p``, generated ones with density ``q``, their middle ``m = (p + q) / 2``;
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
    """Estimate ½ (V + log 4) from logits: at most the Jensen–Shannon divergence if the examples are new to the judge.

    The error is that of the draw of examples; it says nothing about how far the judge is from the best one.
    """
    of_real, of_fake = monte_carlo(F.logsigmoid(real)), monte_carlo(F.logsigmoid(-fake))
    error = (of_real.error.square() + of_fake.error.square()).sqrt()
    return Estimate((of_real.mean + of_fake.mean + math.log(4)) / 2, error / 2)


def value_gap(
    logit: Float[Tensor, " n"], p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float
) -> Float[Tensor, ""]:
    """By how many nats the value of a judge stays below that of D*: ∫ (p + q) KL(D* ‖ D), a KL of two coins."""
    seen = p + q > 0  # elsewhere D* is free, and no answer costs anything
    logit, p, q = logit[seen], p[seen], q[seen]
    best = optimal_discriminator(p, q)
    other = optimal_discriminator(q, p)  # 1 - best would round to 0
    surplus = torch.xlogy(best, best) - best * F.logsigmoid(logit)
    surplus = surplus + torch.xlogy(other, other) - other * F.logsigmoid(-logit)
    return cell * ((p + q) * surplus).sum()


def non_saturating_divergence(
    p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0
) -> Float[Tensor, ""]:
    """What -log D* descends on, in nats: 2 KL(m ‖ p), which equals KL(q ‖ p) - 2 JSD(p ‖ q)."""
    return 2 * kl((p + q) / 2, p, cell=cell)


def importance_weights(logit: Float[Tensor, " b"]) -> Float[Tensor, " b"]:
    """Weights ∝ p/q that add up to 1: a weighted average over generated examples estimates one over real ones."""
    return logit.softmax(dim=0)


def effective_sample_size(weights: Float[Tensor, " b"]) -> float:
    """To how many equal weights these come down: (Σ w)² / Σ w²."""
    return (weights.sum().square() / weights.square().sum()).item()


def calibration(
    real: Float[Tensor, " b"], fake: Float[Tensor, " b"], *, bins: int = 10
) -> list[tuple[float, float, int]]:
    """For each bin of answers: the mean answer D, the share of real examples among those who got it, their number."""
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
    """Train a dense discriminator from samples; ``on_step`` sees it and the number of updates after each of them."""
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
