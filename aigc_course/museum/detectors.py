r"""Six detectors: numbers that say whether a generator, or its training, has gone wrong, and in which way.

Meehan, Chaudhuri & Dasgupta (2020), *A Three Sample Hypothesis Test for Evaluating Generative Models*,
arXiv:2004.05675 (memorisation). Karras et al. (2020), *Training Generative Adversarial Networks with Limited Data*,
arXiv:2006.06676 (a judge is compared on training and on held-out images). Arjovsky & Bottou (2017), arXiv:1701.04862
(the fading gradient of a generator). The other three are the course's own.

Symbols: ``n`` samples of a generator; ``train`` what it learned from; ``held_out`` real examples that it never saw;
``on_train`` and ``on_held_out`` a judge's logits of the latter two; ``q`` the posteriors of a variational autoencoder.

Conventions: a detector is a pure function that returns one number without unit; the exception is posterior collapse,
in nats. ``LIMITS`` holds the value from which on it rings. The limits were set on seeds 0 to 9
of ``museum.exhibits``, between their sick and their cured runs, and are tested on other seeds. Other data deserve
limits of their own.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.metrics.modes import effective_number, nearest_distance
from aigc_course.vae.vae import Gaussian, kl_to_standard_normal

ANCHORS = 40  # training examples that samples are sorted by; a few for every kind that must not be missing
NORMS = ("gradient D", "gradient G", "loss")  # what a diverging run lets grow, whichever of them its history has
EXAMPLES = 500  # of each sort that are compared with each other


@dataclass(frozen=True)
class Limit:
    """The value at which a detector rings, when it is passed upwards (``above``) or downwards."""

    value: float
    above: bool


# In the order in which a report is read: a cause stands before the symptoms that it brings along.
LIMITS = {
    "divergence": Limit(100.0, above=True),
    "vanishing gradient": Limit(1e-3, above=False),
    "posterior collapse": Limit(0.1, above=False),
    "discriminator overfitting": Limit(0.6, above=True),
    "memorisation": Limit(0.75, above=True),
    "mode collapse": Limit(0.2, above=False),
}


@dataclass(frozen=True)
class Finding:
    """What one detector says of one run."""

    name: str
    value: float

    @property
    def fires(self) -> bool:
        """Whether the value is on the wrong side of its limit; a value that is no number is."""
        limit = LIMITS[self.name]
        return math.isnan(self.value) or (self.value > limit.value if limit.above else self.value < limit.value)


@dataclass(frozen=True)
class Evidence:
    """What a run leaves behind for the detectors; what a family does not have stays empty."""

    samples: Float[Tensor, "n *s"]
    train: Float[Tensor, "m *s"]
    held_out: Float[Tensor, "h *s"]
    history: Sequence[Mapping[str, float]] = ()
    on_train: Float[Tensor, " a"] | None = None
    on_held_out: Float[Tensor, " b"] | None = None
    q: Gaussian | None = None


def auroc(a: Float[Tensor, " n"], b: Float[Tensor, " m"]) -> float:
    """Probability that one of ``a`` is above one of ``b``, ties counted half: ½ when nothing tells them apart."""
    if not len(a) or not len(b):
        raise ValueError(f"{len(a)} and {len(b)} numbers; give at least one of each kind to compare")
    both = a.unsqueeze(1) - b
    return ((both > 0).double() + 0.5 * (both == 0).double()).mean().item()


def growth_factor(values: Sequence[float]) -> float:
    """By which factor a positive quantity grew: its median over the last tenth of a run, over that of the first.

    Infinite when any value is not a finite number, or when it grew from 0; 1 when it stayed at 0.
    """
    x = torch.tensor(values, dtype=torch.float64)
    if len(x) < 10:
        raise ValueError(f"{len(x)} values; a tenth of a run needs at least 10 of them")
    if not x.isfinite().all():
        return math.inf
    tenth = len(x) // 10
    first, last = x[:tenth].median().item(), x[-tenth:].median().item()
    if first == 0:
        return 1.0 if last == 0 else math.inf
    return last / first


def gradient_decay(gradients: Sequence[float]) -> float:
    """Median norm of the generator's gradient over the last tenth of a run, as a share of the largest in the run.

    0 when there was never any gradient.
    """
    x = torch.tensor(gradients, dtype=torch.float64)
    if len(x) < 10:
        raise ValueError(f"{len(x)} values; a tenth of a run needs at least 10 of them")
    largest = x.max().item()
    return x[-(len(x) // 10) :].median().item() / largest if largest != 0 else 0.0


def mean_kl(q: Gaussian) -> float:
    """Mean cost of the code, KL(q(z|x) || p(z)) in nats: at 0 every posterior is the prior and nothing is told.

    ``vae.collapse`` takes this number apart: what the code says, and what it wastes.
    """
    return kl_to_standard_normal(q).mean().item()


def overfitting_auc(on_train: Float[Tensor, " a"], on_held_out: Float[Tensor, " b"]) -> float:
    """Chance that the judge finds a training example more real than a held-out one; ½ for a fair judge."""
    return auroc(on_train, on_held_out)


def copying_auc(samples: Float[Tensor, "n *s"], train: Float[Tensor, "m *s"], held_out: Float[Tensor, "h *s"]) -> float:
    """Chance that a sample lies nearer to the training set than a held-out example does (Meehan et al.): ½ is fair."""
    return auroc(nearest_distance(held_out, train), nearest_distance(samples, train))


def mode_coverage(
    samples: Float[Tensor, "n *s"], held_out: Float[Tensor, "h *s"], anchors: Float[Tensor, "k *s"]
) -> float:
    """Effective number of anchors that samples fall to, over that of as many real examples: 1 is a full spread.

    Each example votes for the nearest anchor. Where modes have even shares, a generator that knows m of M gets m / M.
    """
    n = min(len(samples), len(held_out))
    return _effective_anchors(samples[:n], anchors) / _effective_anchors(held_out[:n], anchors)


def _effective_anchors(x: Float[Tensor, "n *s"], anchors: Float[Tensor, "k *s"]) -> float:
    nearest = torch.cdist(x.flatten(1), anchors.flatten(1)).argmin(dim=1)
    return effective_number(nearest.bincount(minlength=len(anchors)))


def diagnose(evidence: Evidence) -> dict[str, Finding]:
    """Every detector that the evidence allows, in the order of ``LIMITS``."""
    e, found = evidence, dict[str, float]()
    series = {name: [abs(row[name]) for row in e.history] for name in NORMS if e.history and name in e.history[0]}
    if series:
        found["divergence"] = max(growth_factor(values) for values in series.values())
    if "gradient G" in series:
        found["vanishing gradient"] = gradient_decay(series["gradient G"])
    if e.q is not None:
        found["posterior collapse"] = mean_kl(e.q)
    if e.on_train is not None and e.on_held_out is not None:
        found["discriminator overfitting"] = overfitting_auc(e.on_train, e.on_held_out)
    samples, train, held_out = e.samples[:EXAMPLES], e.train, e.held_out[:EXAMPLES]
    if samples.isfinite().all():
        found["memorisation"] = copying_auc(samples, train, held_out)
        found["mode collapse"] = mode_coverage(samples, held_out, train[:ANCHORS])
    return {name: Finding(name, found[name]) for name in LIMITS if name in found}


def cause(findings: Mapping[str, Finding]) -> str:
    """The first detector that rings, in the order in which a report is read; "none" when all are silent."""
    return next((name for name in LIMITS if name in findings and findings[name].fires), "none")
