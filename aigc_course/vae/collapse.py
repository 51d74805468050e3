"""Posterior collapse: detected, and the mean KL term split into mutual information and the aggregate's mismatch.

Active units are from Burda, Grosse & Salakhutdinov (2015), arXiv:1509.00519. All quantities are in nats per example.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from aigc_course.core.precision import full_precision
from aigc_course.vae.vae import Gaussian, active_units, kl_to_standard_normal


class Rate(NamedTuple):
    """The two parts of the mean KL term, in nats: mutual information I(x; z), and KL(q(z) ‖ p(z)) of the aggregate."""

    information: float
    mismatch: float


def collapsed(q: Gaussian, *, nats: float = 0.1) -> bool:
    """Whether the posterior has collapsed to the prior: a mean KL below ``nats``, and no active unit.

    Args:
        q: Posteriors of at least two examples; a hundred or more, to be trusted.
        nats: Threshold of the mean KL term.

    Raises:
        ValueError: There is one posterior only, so that nothing can vary.
    """
    if len(q.mean) < 2:
        raise ValueError(f"{len(q.mean)} posterior; give those of at least two examples, or nothing can vary")
    small = kl_to_standard_normal(q).mean() < nats
    return bool(small and not active_units(q.mean).any())


def aggregate_log_prob(z: Float[Tensor, "m k"], q: Gaussian) -> Float[Tensor, " m"]:
    """Log density in nats of the aggregate posterior, the mean of q(z|x) over the examples of ``q``, at each ``z``.

    Memory grows as m · n · k, for m points and n examples.
    """
    every = Gaussian(*(full_precision(part).unsqueeze(0) for part in q))
    squares = (full_precision(z).unsqueeze(1) - every.mean).square() * (-every.logvar).exp()
    densities = -0.5 * (math.log(2 * math.pi) + every.logvar + squares).sum(dim=2)
    return densities.logsumexp(dim=1) - math.log(len(q.mean))


def split_rate(q: Gaussian, *, num_samples: int = 20) -> Rate:
    """Monte Carlo estimate of both parts of the mean KL term, from ``num_samples`` samples of each posterior.

    The n examples count as equally likely, so that the information cannot exceed log n.
    """
    log_ratios = torch.stack(
        [q.log_prob(z) - aggregate_log_prob(z, q) for z in (q.sample() for _ in range(num_samples))]
    )
    information = log_ratios.mean().item()
    return Rate(information, kl_to_standard_normal(q).mean().item() - information)


def label_information(q: Gaussian, labels: Int[Tensor, " n"], *, num_samples: int = 20) -> float:
    """Monte Carlo estimate of the mutual information I(y; z) of label and latent, in nats; at most the label's entropy.

    Args:
        q: Posteriors of n examples.
        labels: Their labels.
        num_samples: Samples of each posterior.
    """
    parts = [Gaussian(q.mean[labels == label], q.logvar[labels == label]) for label in labels.unique()]
    information = 0.0
    for part in parts:
        z = torch.cat([part.sample() for _ in range(num_samples)])
        nats = (aggregate_log_prob(z, part) - aggregate_log_prob(z, q)).mean().item()
        information += nats * len(part.mean) / len(q.mean)
    return information
