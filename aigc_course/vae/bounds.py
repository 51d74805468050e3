"""The importance-weighted bound where the evidence is known: weights, bounds of groups of samples, the expected gap.

Burda, Grosse & Salakhutdinov (2015), *Importance Weighted Autoencoders*, arXiv:1509.00519. Everything is in nats.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from aigc_course.vae.vae import Gaussian, iwae_bound

LogJoint = Callable[[Tensor, Tensor], Tensor]  # from x (b, d) and z (b, k) to log p(x, z) (b,)


def log_weights(log_joint: LogJoint, x: Float[Tensor, "b d"], q: Gaussian, *, num_samples: int) -> Float[Tensor, " s"]:
    """Log importance weights log p(x, z) − log q(z) in nats, at ``num_samples`` samples of ``q``, for one observation.

    Args:
        log_joint: Log p(x, z) of the model, in nats.
        x: One observation, shape (1, d).
        q: Its posterior, shape (1, k).
        num_samples: Number of weights.

    Raises:
        ValueError: There is more than one observation or posterior.
    """
    if len(x) != 1 or len(q.mean) != 1:
        raise ValueError(f"{len(x)} observations, {len(q.mean)} posteriors; give one of each")
    wide = Gaussian(q.mean.expand(num_samples, -1), q.logvar.expand(num_samples, -1))
    z = wide.sample()
    return log_joint(x.expand(num_samples, -1), z) - wide.log_prob(z)


def grouped_bounds(weights: Float[Tensor, " n"], *, s: int) -> Float[Tensor, " groups"]:
    """Independent importance-weighted bounds of ``s`` samples each, in nats, from ``n`` log weights.

    Weights that do not fill the last group are left out.

    Raises:
        ValueError: ``s`` is below 1 or above ``n``.
    """
    if not 1 <= s <= len(weights):
        raise ValueError(f"s={s} samples to a group of {len(weights)}; choose from 1 to {len(weights)}")
    groups = len(weights) // s
    return iwae_bound(weights[: groups * s].view(groups, s).T)


def expected_gap(chi_square: Float[Tensor, "*b"], *, s: int) -> Float[Tensor, "*b"]:
    """What the bound of ``s`` samples lacks of log p(x) in nats, for large ``s``: χ²(p(z|x) ‖ q) / 2s.

    It is the first term of an expansion in 1/s, and does not hold where the χ² divergence is infinite.
    """
    return chi_square / (2 * s)
