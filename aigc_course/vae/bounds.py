"""The importance-weighted bound where the evidence is known: weights, bounds from groups of draws, the expected gap.

Burda, Grosse & Salakhutdinov (2015), *Importance Weighted Autoencoders*, arXiv:1509.00519. Everything is in nats.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import Gaussian, iwae_bound

LogJoint = Callable[[Tensor, Tensor], Tensor]  # x (b, d) and z (b, k) to log p(x, z) (b,)


def log_weights(
    log_joint: LogJoint, x: Float[Tensor, "b d"], q: Gaussian, *, num_samples: int
) -> Float[Tensor, " draws"]:
    """Log p(x, z) − log q(z) at ``num_samples`` codes from ``q``, for one observation."""
    if len(x) != 1 or len(q.mean) != 1:
        raise ValueError(f"{len(x)} observations, {len(q.mean)} posteriors; give one of each")
    wide = Gaussian(q.mean.expand(num_samples, -1), q.logvar.expand(num_samples, -1))
    z = wide.sample()
    return log_joint(x.expand(num_samples, -1), z) - wide.log_prob(z)


def grouped_bounds(weights: Float[Tensor, " n"], *, s: int) -> Float[Tensor, " groups"]:
    """Independent importance-weighted bounds of ``s`` draws each, from ``n`` log weights; a ragged end is dropped."""
    if not 1 <= s <= len(weights):
        raise ValueError(f"s={s} draws to a group of {len(weights)}; choose from 1 to {len(weights)}")
    groups = len(weights) // s
    return iwae_bound(weights[: groups * s].view(groups, s).T)


def expected_gap(chi_square: Float[Tensor, "*b"], *, s: int) -> Float[Tensor, "*b"]:
    """Log p(x) minus the bound of ``s`` draws when ``s`` is large, χ²(p(z|x) ‖ q) / 2s; of no use where χ² is ∞."""
    return chi_square / (2 * s)
