r"""Six detectors of failed training: statistics of samples, logits, posteriors and history, each with a threshold.

Meehan, Chaudhuri & Dasgupta (2020), *A Three Sample Hypothesis Test for Evaluating Generative Models*,
arXiv:2004.05675 (memorisation). Karras et al. (2020), *Training Generative Adversarial Networks with Limited Data*,
arXiv:2006.06676 (a discriminator's logits on training and on held-out images). Arjovsky & Bottou (2017),
arXiv:1701.04862 (a generator's vanishing gradient). The other three are the course's own.

Symbols
    samples                examples from a generator
    train, held_out        real examples, those that it was trained on and others
    on_train, on_held_out  logits of a discriminator at these
    q                      approximate posteriors q(z|x) of a variational autoencoder

Conventions: a detector is a pure function that returns one number without a unit, or in nats (posterior collapse).
``THRESHOLDS`` holds the value beyond which it fires. The thresholds were set between the failed and the repaired runs
of ``museum.exhibits`` on seeds 0 to 9 and are tested on other seeds. Other data need thresholds of their own.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.metrics.modes import effective_number, nearest_distance
from aigc_course.vae.vae import Gaussian, kl_to_standard_normal

ANCHORS = 40  # training examples as anchors of ``mode_coverage``: a few for every mode that must not be missing
NORMS = ("gradient D", "gradient G", "loss")  # columns of a history that grow in a diverging run
EXAMPLES = 500  # samples and held-out examples that are compared, at most: distances take n · m numbers


@dataclass(frozen=True)
class Threshold:
    """The value above which (``above=True``) or below which a detector fires."""

    value: float
    above: bool


# Ordered as ``cause`` reads them: a cause before the symptoms that it entails.
THRESHOLDS = {
    "divergence": Threshold(100.0, above=True),
    "vanishing gradient": Threshold(1e-3, above=False),
    "posterior collapse": Threshold(0.1, above=False),
    "discriminator overfitting": Threshold(0.6, above=True),
    "memorisation": Threshold(0.75, above=True),
    "mode collapse": Threshold(0.2, above=False),
}


@dataclass(frozen=True)
class Finding:
    """The value of one detector, a key of ``THRESHOLDS``, for one run."""

    name: str
    value: float

    @property
    def fires(self) -> bool:
        """Whether the value is beyond its threshold; NaN counts as beyond."""
        limit = THRESHOLDS[self.name]
        return math.isnan(self.value) or (self.value > limit.value if limit.above else self.value < limit.value)


@dataclass(frozen=True)
class Evidence:
    """What a finished run gives to the detectors; what a family does not have stays empty.

    Attributes:
        samples: Samples of the trained generator.
        train: Its training set.
        held_out: Real examples outside the training set.
        history: Metrics of each update; a column in ``NORMS`` enables the detectors of divergence.
        on_train: Logits of the discriminator at training examples.
        on_held_out: Its logits at held-out examples.
        q: Posteriors of a variational autoencoder at held-out examples.
    """

    samples: Float[Tensor, "n *s"]
    train: Float[Tensor, "m *s"]
    held_out: Float[Tensor, "h *s"]
    history: Sequence[Mapping[str, float]] = ()
    on_train: Float[Tensor, " a"] | None = None
    on_held_out: Float[Tensor, " b"] | None = None
    q: Gaussian | None = None


def auroc(a: Float[Tensor, " n"], b: Float[Tensor, " m"]) -> float:
    """Area under the ROC curve: P(a > b) + ½ P(a = b) for a random element of each; ½ when they are indistinguishable.

    Raises:
        ValueError: ``a`` or ``b`` is empty.
    """
    if not len(a) or not len(b):
        raise ValueError(f"{len(a)} and {len(b)} numbers; give at least one of each kind to compare")
    both = a.unsqueeze(1) - b
    return ((both > 0).double() + 0.5 * (both == 0).double()).mean().item()


def growth_factor(values: Sequence[float]) -> float:
    """Median of a positive quantity over the last tenth of a run, divided by its median over the first tenth.

    Infinite when any value is infinite or NaN, or when it grew from 0; 1 when it stayed at 0.

    Raises:
        ValueError: Fewer than ten values.
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
    """Median norm of the generator's gradient over the last tenth of a run, divided by its maximum over the run.

    0 when the gradient was always 0.

    Raises:
        ValueError: Fewer than ten values.
    """
    x = torch.tensor(gradients, dtype=torch.float64)
    if len(x) < 10:
        raise ValueError(f"{len(x)} values; a tenth of a run needs at least 10 of them")
    largest = x.max().item()
    return x[-(len(x) // 10) :].median().item() / largest if largest != 0 else 0.0


def mean_kl(q: Gaussian) -> float:
    """Mean KL(q(z|x) ‖ p(z)) in nats, the rate; at 0 every posterior equals the prior (posterior collapse).

    ``vae.collapse`` splits it into mutual information and KL(q(z) ‖ p(z)) of the aggregate posterior.
    """
    return kl_to_standard_normal(q).mean().item()


def overfitting_auc(on_train: Float[Tensor, " a"], on_held_out: Float[Tensor, " b"]) -> float:
    """AUC of the discriminator's logits, training against held-out examples: ½ without overfitting."""
    return auroc(on_train, on_held_out)


def copying_auc(samples: Float[Tensor, "n *s"], train: Float[Tensor, "m *s"], held_out: Float[Tensor, "h *s"]) -> float:
    """Probability that a sample is nearer to the training set than a held-out example is (Meehan et al., 2020).

    Distances are Euclidean, to the nearest neighbour. ½ without copying, 1 when every sample is a copy.
    """
    return auroc(nearest_distance(held_out, train), nearest_distance(samples, train))


def mode_coverage(
    samples: Float[Tensor, "n *s"], held_out: Float[Tensor, "h *s"], anchors: Float[Tensor, "k *s"]
) -> float:
    """Effective number of anchors that are nearest to samples, over the same of as many held-out examples.

    1 for the spread of the data; about m / M for a generator that covers m of M equally frequent modes. The effective
    number is ``metrics.modes.effective_number`` of the counts by nearest anchor.
    """
    n = min(len(samples), len(held_out))
    return _effective_anchors(samples[:n], anchors) / _effective_anchors(held_out[:n], anchors)


def _effective_anchors(x: Float[Tensor, "n *s"], anchors: Float[Tensor, "k *s"]) -> float:
    nearest = torch.cdist(x.flatten(1), anchors.flatten(1)).argmin(dim=1)
    return effective_number(nearest.bincount(minlength=len(anchors)))


def diagnose(evidence: Evidence) -> dict[str, Finding]:
    """Findings of all detectors for which the evidence has the data, in the order of ``THRESHOLDS``."""
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
    return {name: Finding(name, found[name]) for name in THRESHOLDS if name in found}


def cause(findings: Mapping[str, Finding]) -> str:
    """The first detector in the order of ``THRESHOLDS`` that fires; "none" when none does."""
    return next((name for name in THRESHOLDS if name in findings and findings[name].fires), "none")
