"""Has the posterior collapsed? What the code costs, taken apart into what it says and what it wastes.

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
    """The mean KL term as a sum: ``information`` I(x; z) in nats, and ``mismatch`` KL(q(z) || p(z)) in nats."""

    information: float
    mismatch: float


def collapsed(q: Gaussian, *, nats: float = 0.1) -> bool:
    """Whether the code carries nothing: less than ``nats`` on average, and no unit whose mean follows the data.

    ``q`` are the posteriors of at least two examples (a hundred or more, to be trusted).
    """
    if len(q.mean) < 2:
        raise ValueError(f"{len(q.mean)} posterior; give those of at least two examples, or nothing can vary")
    cheap = kl_to_standard_normal(q).mean() < nats
    return bool(cheap and not active_units(q.mean).any())


def aggregate_log_prob(z: Float[Tensor, "m k"], q: Gaussian) -> Float[Tensor, " m"]:
    """Log density of the aggregate posterior, the mean of q(z|x) over its examples, at each ``z``."""
    every = Gaussian(*(full_precision(part).unsqueeze(0) for part in q))
    squares = (full_precision(z).unsqueeze(1) - every.mean).square() * (-every.logvar).exp()
    densities = -0.5 * (math.log(2 * math.pi) + every.logvar + squares).sum(dim=2)
    return densities.logsumexp(dim=1) - math.log(len(q.mean))


def split_rate(q: Gaussian, *, num_samples: int = 20) -> Rate:
    """Monte Carlo estimate of both parts of the mean KL term, for examples that are all equally likely.

    The information cannot exceed the logarithm of the number of examples.
    """
    told = torch.stack([q.log_prob(z) - aggregate_log_prob(z, q) for z in (q.sample() for _ in range(num_samples))])
    information = told.mean().item()
    return Rate(information, kl_to_standard_normal(q).mean().item() - information)


def label_information(q: Gaussian, labels: Int[Tensor, " n"], *, num_samples: int = 20) -> float:
    """Monte Carlo estimate of I(y; z): what the code says about a label, at most the label's entropy."""
    parts = [Gaussian(q.mean[labels == label], q.logvar[labels == label]) for label in labels.unique()]
    told = 0.0
    for part in parts:
        z = torch.cat([part.sample() for _ in range(num_samples)])
        nats = (aggregate_log_prob(z, part) - aggregate_log_prob(z, q)).mean().item()
        told += nats * len(part.mean) / len(q.mean)
    return told
