r"""Six exhibits: settings under which a generator fails, and the one setting that is changed to repair it.

Each exhibit is data. ``run`` trains any of them from any seed in a few seconds and returns what the detectors of
``museum.detectors`` read. Name and size of the training set are settings, so that "more data" is a change like others.

Symbols: ``data`` a name for ``core.data.load``; ``n`` training examples (all when ``None``); ``latent_dim`` numbers of
noise or of the latent. ``gan`` settings are those of ``gan.trainer.GANTrainer``; ``beta`` is the weight of a VAE's KL
term.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from aigc_course.core import data
from aigc_course.core.modes import evaluation_mode
from aigc_course.core.optimisation import Metrics
from aigc_course.core.train import Trainer, fit
from aigc_course.gan import gan, wasserstein
from aigc_course.gan.augmentation import AugmentedDiscriminator
from aigc_course.gan.trainer import GANTrainer
from aigc_course.museum.detectors import EXAMPLES, Evidence, Finding, diagnose
from aigc_course.vae.vae import VAE


@dataclass(frozen=True)
class Setting:
    """Everything that a run depends on beside its seed.

    Attributes:
        data: Name of the data set, as in ``core.data.load``.
        n: Number of training examples, all if None.
        latent_dim: Numbers in a latent.
        hidden: Units of each hidden layer.
        steps: Number of updates.
        batch_size: Examples in a batch, at most all.
        augment: Whether the discriminator is an ``AugmentedDiscriminator``.
        beta: Weight of the KL term of a VAE.
        gan: Options of ``GANTrainer``; and ``loss``, a key of ``LOSSES``.
    """

    data: str
    n: int | None = None
    latent_dim: int = 8
    hidden: int = 64
    steps: int = 600
    batch_size: int = 128
    augment: bool = False
    beta: float = 1.0
    gan: Mapping[str, Any] = field(default_factory=dict)

    def __or__(self, change: Mapping[str, Any]) -> "Setting":
        """A copy with some settings changed; the options in ``gan`` are merged with the present ones."""
        return replace(self, **{**change, "gan": {**self.gan, **change.get("gan", {})}})


@dataclass(frozen=True)
class Exhibit:
    """One failure, and the change that repairs it.

    Attributes:
        name: Of the detector that should fire, a key of ``detectors.THRESHOLDS``.
        family: ``"gan"`` or ``"vae"``, a key of ``FAMILIES``.
        broken: The settings under which training fails.
        change: The settings that differ in the repaired run.
        because: Why it fails, in a clause.
    """

    name: str
    family: str
    broken: Setting
    change: Mapping[str, Any]
    because: str

    def setting(self, *, repaired: bool) -> Setting:
        """The settings of the broken run, or of the repaired one."""
        return self.broken | self.change if repaired else self.broken


@dataclass(frozen=True)
class Run:
    """A finished run: the model, the evidence for the detectors, their findings, and the seconds of training."""

    model: Any
    evidence: Evidence
    findings: dict[str, Finding]
    seconds: float


LOSSES = {
    "saturating": gan.saturating_loss,
    "non-saturating": gan.non_saturating_loss,
    "critic": wasserstein.generator_loss,
}
_DIGITS: dict[str, Any] = {"data": "digits", "latent_dim": 16, "hidden": 128, "steps": 500, "batch_size": 64}
_FEW: dict[str, Any] = {"data": "digits", "n": 64, "latent_dim": 16, "hidden": 256, "steps": 800, "batch_size": 64}
EXHIBITS = {
    exhibit.name: exhibit
    for exhibit in (
        Exhibit(
            "divergence",
            "gan",
            Setting("ring", gan={"loss": "critic", "lr_g": 2e-4, "lr_d": 5e-3, "betas": (0.0, 0.9)}),
            {"gan": {"penalty": 1.0}},
            "the critic's loss falls with the norm of its gradient, and nothing limits it",
        ),
        Exhibit(
            "vanishing gradient",
            "gan",
            Setting(**_DIGITS, gan={"loss": "saturating", "lr_g": 2e-4, "lr_d": 5e-3}),
            {"gan": {"penalty": 1.0}},
            "where the discriminator is sure of every fake, the saturating loss has no gradient",
        ),
        Exhibit(
            "posterior collapse",
            "vae",
            Setting("digits", hidden=256, beta=64.0, steps=500, batch_size=64),
            {"beta": 1.0},
            "averaging over the 64 pixels instead of summing weighs the KL term 64 times as much",
        ),
        Exhibit(
            "discriminator overfitting",
            "gan",
            Setting(**_FEW, gan={"lr_g": 5e-3, "lr_d": 1e-2, "betas": (0.0, 0.99)}),
            {"augment": True},
            "the discriminator can memorise 64 images",
        ),
        Exhibit(
            "memorisation",
            "vae",
            Setting("digits", n=32, latent_dim=4, hidden=256, steps=800, batch_size=32),
            {"n": 1500},
            "with 32 images the best decoder memorises them and generates nothing else",
        ),
        Exhibit(
            "mode collapse",
            "gan",
            Setting("ring", gan={"lr_g": 2e-3, "lr_d": 1e-4}),
            {"gan": {"lr_d": 5e-3}},
            "a discriminator that learns too slowly lets the generator map all latents to one mode",
        ),
    )
}


def run(name: str, seed: int, *, repaired: bool = False) -> Run:
    """Train an exhibit from a seed, with its broken or its repaired settings, and apply the detectors.

    Raises:
        ValueError: There is no exhibit of that name.
    """
    if name not in EXHIBITS:
        raise ValueError(f"no exhibit called {name!r}; there are {', '.join(EXHIBITS)}")
    exhibit = EXHIBITS[name]
    return examine(exhibit.family, exhibit.setting(repaired=repaired), seed)


def examine(family: str, setting: Setting, seed: int) -> Run:
    """Train a model of a family (``gan`` or ``vae``) with any settings from a seed, and apply the detectors."""
    torch.manual_seed(seed)
    model, algorithm = FAMILIES[family](setting)
    train = data.load(setting.data, n=setting.n).x
    began = time.perf_counter()
    history = fit(algorithm, train, steps=setting.steps, batch_size=min(setting.batch_size, len(train)), seed=seed)
    seconds = time.perf_counter() - began
    torch.manual_seed(seed)
    evidence = collect_evidence(model, train, data.load(setting.data, split="test").x[:EXAMPLES], history)
    return Run(model, evidence, diagnose(evidence), seconds)


@torch.no_grad()
def collect_evidence(model: Any, train: Tensor, held_out: Tensor, history: list[Metrics]) -> Evidence:
    """The evidence for the detectors from a trained GAN or VAE: samples, logits or posteriors, and its history.

    A discriminator is evaluated without augmentation.
    """
    samples = model.sample(len(held_out))
    if isinstance(model, VAE):
        return Evidence(samples, train, held_out, history, q=model.encode(held_out))
    with evaluation_mode(model.discriminator):
        on_train, on_held_out = model.discriminator(train[:EXAMPLES]), model.discriminator(held_out)
    return Evidence(samples, train, held_out, history, on_train=on_train, on_held_out=on_held_out)


def _gan(setting: Setting) -> tuple[nn.Module, Any]:
    shape = tuple(data.load(setting.data, n=1).x.shape[1:])
    flat = len(shape) == 1
    g = gan.mlp_generator(
        latent_dim=setting.latent_dim, shape=shape, hidden=setting.hidden, output=None if flat else nn.Sigmoid()
    )
    d = gan.mlp_discriminator(shape=shape, hidden=setting.hidden)
    options = dict(setting.gan)
    loss = options.pop("loss", "non-saturating")
    d_loss = wasserstein.critic_loss if loss == "critic" else None
    discriminator = AugmentedDiscriminator(d) if setting.augment else d
    model = gan.GAN(g, discriminator, latent_dim=setting.latent_dim)
    return model, GANTrainer(model, g_loss=LOSSES[loss], d_loss=d_loss, **options)


def _vae(setting: Setting) -> tuple[nn.Module, Any]:
    d, hidden, latent_dim = 64, setting.hidden, setting.latent_dim
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent_dim))
    inner = nn.Sequential(
        nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, d)
    )
    model = VAE(encoder, nn.Sequential(inner, nn.Unflatten(1, (1, 8, 8))), latent_dim=latent_dim, beta=setting.beta)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, fused=True)
    return model, Trainer(model, model.loss, optimizer=optimizer)


FAMILIES = {"gan": _gan, "vae": _vae}
