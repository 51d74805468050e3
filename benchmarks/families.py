"""What is compared: for each family the plain reference, the library as it is without tricks, and each trick added.

Every variant is a function without arguments that does one update or draws one batch; rows of a table build upon each
other, so that the ratio of two neighbours is what one trick brings.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import nn

from aigc_course.core import profile
from aigc_course.core.train import Trainer, batches
from aigc_course.gan.dcgan import dcgan
from aigc_course.gan.gan import GAN, mlp_discriminator, mlp_generator
from aigc_course.gan.trainer import GANTrainer
from aigc_course.vae import convolutional
from aigc_course.vae.vae import fully_connected
from benchmarks import plain
from benchmarks.measure import Action

MEMORY = "batches from memory"
OURS = "ours, untuned"
FUSED = "+ fused Adam"
LAST = "+ channels last"
BF16 = "+ bfloat16"


class Task(NamedTuple):
    """One table: variants in order, the first is the reference; ``examples`` go through in one action."""

    name: str
    examples: int
    variants: dict[str, Action]
    rounds: int = 25
    repeat: int = 1


def vae() -> list[Task]:
    """The VAE with dense layers: 784-400-20, batches of 128."""
    x, batch = torch.rand(2048, 1, 28, 28), 128
    models = [fully_connected((1, 28, 28), latent_dim=20) for _ in range(3)]
    reference = plain.VAE()
    training = {
        "plain": fed(plain.vae_step(reference), plain.loaded(batch, x)),
        MEMORY: fed(plain.vae_step(plain.VAE()), batches(x, batch, seed=0)),
    } | descents(models, x, batch)
    sampling: dict[str, Action] = {"plain": partial(reference.sample, batch), OURS: partial(models[0].sample, batch)}
    sampling[BF16] = in_bf16(partial(models[0].sample, batch))
    return [
        Task("VAE 784-400-20, training", batch, training, repeat=20),
        Task("VAE 784-400-20, sampling", batch, sampling, repeat=50),
    ]


def convolutional_vae() -> list[Task]:
    """The convolutional VAE of the chapter: 32×32, batches of 64."""
    x, batch = torch.rand(2048, 1, 32, 32), 64
    models = [convolutional.vae() for _ in range(3)]
    reference = plain.Stencil()
    training = {"plain": fed(plain.vae_step(reference), plain.loaded(batch, x))} | descents(models, x, batch)
    sampling: dict[str, Action] = {"plain": partial(reference.sample, batch), OURS: partial(models[0].sample, batch)}
    sampling[BF16] = in_bf16(partial(models[0].sample, batch))
    return [
        Task("convolutional VAE 32×32, training", batch, training, repeat=5),
        Task("convolutional VAE 32×32, sampling", batch, sampling, repeat=20),
    ]


def dense_gan() -> list[Task]:
    """The GAN with dense layers: 32×32, batches of 64."""
    x, batch, k = torch.rand(2048, 1, 32, 32), 64, 16
    g, d = plain.dense_generator(k), plain.dense_discriminator()
    trainers = [GANTrainer(dense_networks(k)) for _ in range(2)]
    training = {"plain": fed(plain.gan_step(g, d, k), plain.loaded(batch, x))}
    training |= {OURS: fed(unfused(trainers[0]).step, batches(x, batch, seed=0))}
    training |= {FUSED: fed(trainers[1].step, batches(x, batch, seed=0))}
    sampling: dict[str, Action] = {
        "plain": no_grad(lambda: g(torch.randn(batch, k))),
        OURS: partial(trainers[0].gan.sample, batch),
    }
    return [
        Task("dense GAN 32×32, training", batch, training, repeat=20),
        Task("dense GAN 32×32, sampling", batch, sampling, repeat=50),
    ]


def deep_convolutional_gan() -> list[Task]:
    """Radford et al.'s DCGAN: 64×64 in colour, 100 numbers of noise, width 64, batches of 64."""
    x, batch, k = 2 * torch.rand(256, 3, 64, 64) - 1, 64, 100
    trainers = [_dcgan(k, bf16=i == 3) for i in range(4)]
    models = [trainer.gan for trainer in trainers]
    for model in models[:2]:
        model.to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]
    g = plain.dcgan_generator(k)
    steps = [fed(one.step, batches(x, batch, seed=0)) for one in (*map(unfused, trainers[:1]), *trainers[1:])]
    training = {
        "plain": fed(plain.gan_step(g, plain.dcgan_discriminator(), k), plain.loaded(batch, x)),
        OURS: steps[0],
        FUSED: steps[1],
        LAST: steps[2],
        BF16: steps[3],
    }
    sampling: dict[str, Action] = {
        "plain": no_grad(lambda: g.eval()(torch.randn(batch, k))),
        OURS: partial(models[0].sample, batch),
    }
    sampling |= {LAST: partial(models[2].sample, batch), BF16: in_bf16(partial(models[3].sample, batch))}
    return [Task("DCGAN 64×64, training", batch, training), Task("DCGAN 64×64, sampling", batch, sampling)]


def dense_networks(latent_dim: int) -> GAN:
    """Three dense layers each, for images of 32×32."""
    generator = mlp_generator(latent_dim=latent_dim, shape=(1, 32, 32), output=nn.Sigmoid())
    return GAN(generator, mlp_discriminator(shape=(1, 32, 32)), latent_dim=latent_dim)


def _dcgan(latent_dim: int, *, bf16: bool = False) -> GANTrainer:
    networks = dcgan(latent_dim=latent_dim, base_channels=64, channels=3, size=64, batch_norm=True)
    return GANTrainer(networks, lr_g=2e-4, lr_d=2e-4, betas=(0.5, 0.999), bf16=bf16)


def descents(models: list[Any], x: Any, batch: int) -> dict[str, Action]:
    """One update of a model with a loss: with the optimiser's defaults, fused, and in bfloat16 as well."""
    rules = [torch.optim.Adam(model.parameters(), lr=1e-3, fused=i > 0) for i, model in enumerate(models)]
    runs = [
        fed(Trainer(model, model.loss, optimizer=rule, bf16=i == 2).step, batches(x, batch, seed=0))
        for i, (model, rule) in enumerate(zip(models, rules, strict=True))
    ]
    return {OURS: runs[0], FUSED: runs[1], BF16: runs[2]}


def fed(step: Callable[[Any], object], source: Any) -> Action:
    """A step together with fetching its batch."""
    return lambda: step(next(source))


def unfused(trainer: GANTrainer) -> GANTrainer:
    """The same training with the optimiser's defaults."""
    for update in (trainer.g_update, trainer.d_update):
        update.optimizer = torch.optim.Adam(update.parameters, lr=2e-4, betas=(0.5, 0.999))
    return trainer


def in_bf16(action: Action) -> Action:
    """The same in bfloat16 where it helps at all."""

    def run() -> object:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return action()

    return run


def no_grad(action: Action) -> Action:
    """The same without a graph."""
    return torch.no_grad()(action)


def without_slow_tricks(task: Task) -> Task:
    """Without bfloat16 on a processor that only emulates it."""
    if profile.bf16_is_fast():
        return task
    return task._replace(variants={name: run for name, run in task.variants.items() if name != BF16})


def steps_up(ratios: list[float]) -> list[float]:
    """What each row brings to the one above it."""
    return [1.0, *(after / before for before, after in pairwise(ratios))]


BUILDERS = (vae, convolutional_vae, dense_gan, deep_convolutional_gan)
