"""What every family promises: samples of the data's shape, determinism, resuming, precision, and that learning learns.

A family is a model, its trainer, and what it learns from. The options that all trainers share reach each of them.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from aigc_course.core import data
from aigc_course.core.train import Algorithm, Trainer, fit
from aigc_course.gan.conditional import ConditionalGAN
from aigc_course.gan.dcgan import RECIPE, dcgan
from aigc_course.gan.gan import GAN, mlp_discriminator, mlp_generator
from aigc_course.gan.spectral import hinge_loss, lipschitz_bound, normalise
from aigc_course.gan.style import STYLE_RECIPE, style_gan
from aigc_course.gan.trainer import GANTrainer
from aigc_course.gan.wasserstein import WassersteinTrainer
from aigc_course.layers.pixelcnn import PixelCNN
from aigc_course.museum.exhibits import collect_evidence
from aigc_course.vae import conditional, convolutional, vqvae
from aigc_course.vae.annealing import annealed_trainer
from aigc_course.vae.linear_vae import LinearVAE
from aigc_course.vae.text import TextVAE
from aigc_course.vae.vae import fully_connected
from aigc_course.vae.vqvae import TwoStageVQVAE

SHAPE = (1, 32, 32)


class Family(NamedTuple):
    """How to make a model, how to make the trainer of a model, and the kind of data."""

    model: Callable[[], Any]
    trainer: Callable[..., Any]
    data: str = "images"


def descending(model, **options):
    return Trainer(model, model.loss, **options)


def dense_gan(discriminator=mlp_discriminator):
    generator = mlp_generator(latent_dim=4, shape=SHAPE, hidden=32, output=nn.Sigmoid())
    return GAN(generator, discriminator(shape=SHAPE, hidden=32), latent_dim=4)


def critic(**options):
    """A critic's last bias cancels in a difference of means, so it would never learn."""
    network = mlp_discriminator(**options)
    network[-2].bias = None
    return network


def with_prior(autoencoder):
    entries, _ = autoencoder.codebook.shape
    return TwoStageVQVAE(autoencoder, PixelCNN(codebook_size=entries, grid=autoencoder.grid, channels=16))


def small_vqvae():
    return vqvae.convolutional(codebook_size=16, embedding_dim=4, base_channels=4)


FAMILIES = {
    "linear vae": Family(lambda: LinearVAE(SHAPE, latent_dim=4), descending),
    "vae": Family(lambda: fully_connected(SHAPE, latent_dim=4, hidden=32), descending),
    "convolutional vae": Family(lambda: convolutional.vae(latent_dim=4, base_channels=4), descending),
    "conditional vae": Family(lambda: conditional.convolutional(latent_dim=4, base_channels=4), descending, "pairs"),
    "vq-vae": Family(small_vqvae, descending),
    "vq-vae with prior": Family(lambda: with_prior(small_vqvae()), descending),
    "pixelcnn": Family(lambda: PixelCNN(codebook_size=16, grid=(4, 4), channels=8), descending, "codes"),
    "sentence vae": Family(
        lambda: TextVAE(20, latent_dim=4, word_dropout=0.5, max_length=6, hidden=16),
        partial(annealed_trainer, warmup_steps=5),
        "sentences",
    ),
    "gan": Family(dense_gan, GANTrainer),
    "hinge gan": Family(
        lambda: dense_gan(lambda **options: normalise(critic(**options))), partial(GANTrainer, d_loss=hinge_loss)
    ),
    "dcgan": Family(lambda: dcgan(latent_dim=4, base_channels=4), partial(GANTrainer, **RECIPE)),
    "wasserstein gan": Family(lambda: dense_gan(critic), partial(WassersteinTrainer, critic_steps=3)),
    "style gan": Family(lambda: style_gan(latent_dim=4, base_channels=4), partial(GANTrainer, **STYLE_RECIPE), "pairs"),
}
EVERYTHING: dict[str, Any] = {
    "schedule": partial(OneCycleLR, max_lr=1e-2, total_steps=8),
    "ema_decay": 0.9,
    "clip": 0.5,
}
family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())


@pytest.fixture(scope="module")
def glyphs():
    return data.load("glyphs", n=200)


@pytest.fixture
def examples(family, glyphs):
    """What this family learns from."""
    numbers = torch.Generator().manual_seed(0)
    return {
        "images": lambda: glyphs.x,
        "pairs": lambda: (glyphs.x, glyphs.y),
        "codes": lambda: torch.randint(16, (200, 4, 4), generator=numbers),
        "sentences": lambda: torch.randint(3, 20, (200, 6), generator=numbers),
    }[family.data]()


def made(family, **options):
    torch.manual_seed(0)
    model = family.model()
    return model, family.trainer(model, **options)


def first(examples, n):
    """The first ``n`` examples, in the form of a batch."""
    return tuple(column[:n] for column in examples) if isinstance(examples, tuple) else examples[:n]


def in_double(examples):
    """Decimal numbers in float64; whole numbers as they are."""
    if isinstance(examples, tuple):
        return tuple(map(in_double, examples))
    return examples.double() if examples.is_floating_point() else examples


def numbers_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items()) and one.keys() == other.keys()


def finite(history):
    return all(torch.isfinite(torch.tensor(list(row.values()))).all() for row in history)


@torch.no_grad()
def look(model, algorithm, batch):
    """Everything that is measured while a model trains."""
    algorithm.averaged.sample(3)
    model.sample(3)
    columns = batch if isinstance(batch, tuple) else (batch,)
    for name in ("elbo", "log_prob", "bound", "encode"):
        if hasattr(model, name):
            getattr(model, name)(*columns[: 1 if name == "encode" else 2])
    if hasattr(model, "log_likelihood"):
        model.log_likelihood(*columns, num_samples=2)
    if hasattr(model, "reconstruct"):
        model.reconstruct(*columns)
    if isinstance(model, GAN) and not isinstance(model, ConditionalGAN):
        collect_evidence(algorithm.averaged, columns[0], columns[0], [])
    if any("parametrizations" in name for name, _ in model.named_parameters()):
        lipschitz_bound(model.discriminator)


# ---- samples ------------------------------------------------------------------------------------------------------


@family
def test_it_is_an_algorithm(family):
    assert isinstance(made(family)[1], Algorithm)


@family
def test_it_samples_the_shape_and_type_of_the_data(family, examples):
    columns = examples if isinstance(examples, tuple) else (examples,)
    for model, dtype in ((made(family)[0], columns[0].dtype), (made(family)[0].double(), in_double(columns[0]).dtype)):
        samples = model.sample(5)
        assert samples.shape == (5, *columns[0].shape[1:])
        assert samples.dtype == dtype
        assert not samples.requires_grad


@family
def test_samples_follow_the_seed(family):
    model, _ = made(family)
    samples = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        samples.append(model.sample(3))
    assert torch.equal(samples[0], samples[1])
    assert not torch.equal(samples[0], samples[2])


# ---- learning -----------------------------------------------------------------------------------------------------


@family
def test_every_weight_learns(family, examples):
    """A detached, frozen or forgotten part keeps its first weights."""
    model, algorithm = made(family)
    before = {name: p.clone() for name, p in model.named_parameters() if p.requires_grad}
    fit(algorithm, examples, steps=3, batch_size=32)
    still = [name for name, p in model.named_parameters() if name in before and torch.equal(p, before[name])]
    assert still == []


@pytest.mark.parametrize("name", ["vae", "convolutional vae", "conditional vae", "vq-vae"])
def test_it_overfits_one_batch(name, glyphs):
    _, algorithm = made(FAMILIES[name])
    batch = (glyphs.x[:16], glyphs.y[:16]) if FAMILIES[name].data == "pairs" else glyphs.x[:16]
    history = fit(algorithm, batch, steps=200, batch_size=16)
    before, after = (sum(row["loss"] for row in rows) / len(rows) for rows in (history[:5], history[-5:]))
    assert after < 0.5 * before


@family
def test_what_the_caller_froze_stays_frozen(family, examples):
    """Half of the weights: catches a step that switches all of them on again."""
    model, algorithm = made(family, ema_decay=0.9)
    frozen = list(model.parameters())[::2]
    for weight in frozen:
        weight.requires_grad_(False)
    learning, before = [weight.requires_grad for weight in model.parameters()], [weight.clone() for weight in frozen]
    for _ in range(2):
        algorithm.step(first(examples, 12))
    assert [weight.requires_grad for weight in model.parameters()] == learning
    assert all(torch.equal(weight, old) for weight, old in zip(frozen, before, strict=True))


@family
def test_measuring_changes_neither_the_model_nor_what_it_learns(family, examples):
    """Weights, statistics, modes of each layer, and the updates that follow are those of a run that nobody watched."""
    watched, alone = (made(family, ema_decay=0.9) for _ in range(2))
    for model, algorithm in (watched, alone):
        list(model.modules())[-1].eval()  # the caller's own choice
        for seed in (1, 2):
            if model is watched[0]:
                before, modes = numbers_of(model), [layer.training for layer in model.modules()]
                look(model, algorithm, first(examples, 8))
                assert same(before, numbers_of(model))
                assert modes == [layer.training for layer in model.modules()]
            torch.manual_seed(seed)
            algorithm.step(first(examples, 24))
    assert same(numbers_of(watched[0]), numbers_of(alone[0]))


@family
def test_a_batch_of_one_works_or_says_why_not(family, examples):
    _, algorithm = made(family)
    if isinstance(algorithm, WassersteinTrainer):
        with pytest.raises(ValueError, match="1 examples for 3 critic updates; give a larger batch"):
            algorithm.step(first(examples, 1))
    assert finite([algorithm.step(first(examples, getattr(algorithm, "critic_steps", 1)))])


# ---- resuming -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, EVERYTHING], ids=["plain", "schedule, average and limit"])
@family
def test_resuming_equals_never_stopping(family, examples, options, tmp_path):
    _, whole = made(family, **options)
    expected = fit(whole, examples, steps=8, batch_size=16)
    fit(made(family, **options)[1], examples, steps=3, batch_size=16, checkpoint=tmp_path / "c.pt")
    _, resumed = made(family, **options)
    assert fit(resumed, examples, steps=8, batch_size=16, checkpoint=tmp_path / "c.pt") == expected
    assert same(numbers_of(whole.averaged), numbers_of(resumed.averaged))


# ---- precision ------------------------------------------------------------------------------------------------------


@family
def test_it_trains_in_float64(family, examples):
    """Every weight stays in float64, and the loss is finite."""
    torch.manual_seed(0)
    model = family.model().double()
    algorithm = family.trainer(model)
    history = [algorithm.step(in_double(first(examples, 12))) for _ in range(2)]
    assert finite(history)
    assert all(value.dtype != torch.float32 for value in model.state_dict().values())


@family
def test_in_bfloat16_objectives_stay_exact(family, examples):
    """The networks' products are in bfloat16, the sums of the objective are not: it stays within one per cent."""
    rows = []
    for bf16 in (False, True):
        _, algorithm = made(family, bf16=bf16)
        torch.manual_seed(1)
        rows.append(algorithm.step(first(examples, 24)))
        assert finite([rows[-1], algorithm.step(first(examples, 24))])
    for name in (name for name in rows[0] if "loss" in name or name == "KL"):
        assert rows[1][name] == pytest.approx(rows[0][name], rel=0.01, abs=0.01), name
    assert rows[0] != rows[1]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
@pytest.mark.parametrize("bf16", [False, True])
@family
def test_it_trains_and_samples_on_a_gpu(family, bf16, examples):
    torch.manual_seed(0)
    with torch.device("cuda"):
        model = family.model()
    algorithm = family.trainer(model, bf16=bf16, **EVERYTHING)
    assert finite(fit(algorithm, examples, steps=5, batch_size=32, device="cuda"))
    assert model.sample(3).device.type == algorithm.averaged.sample(3).device.type == "cuda"
