"""The comparisons of ``families`` for the families that came later."""

from functools import partial

import torch

from aigc_course.core.train import batches
from aigc_course.foundations.vocabulary import PAD
from aigc_course.gan.style import STYLE_RECIPE, style_gan
from aigc_course.gan.trainer import GANTrainer
from aigc_course.gan.wasserstein import WassersteinTrainer
from aigc_course.vae import conditional, vqvae
from aigc_course.vae.text import TextVAE
from benchmarks import plain, plain_variants
from benchmarks.families import BF16, FUSED, OURS, Task, dense_networks, descents, fed, no_grad, unfused
from benchmarks.measure import Action

WORDS, LENGTH, DROPOUT = 500, 9, 0.3
SPEEDS = {name: STYLE_RECIPE[name] for name in ("lr_g", "lr_d", "betas")}  # without smoothing, penalty and average


def conditional_vae() -> list[Task]:
    """The convolutional VAE that is told the class: 32×32, batches of 64."""
    x, batch = (torch.rand(2048, 1, 32, 32), torch.randint(10, (2048,))), 64
    reference, models = plain_variants.ConditionalVAE(), [conditional.convolutional() for _ in range(3)]
    training: dict[str, Action] = {"plain": fed(plain.descent(reference, reference.loss), plain.loaded(batch, *x))}
    sampling: dict[str, Action] = {"plain": partial(reference.sample, batch), OURS: partial(models[0].sample, batch)}
    return [
        Task("conditional VAE 32×32, training", batch, training | descents(models, x, batch), repeat=5),
        Task("conditional VAE 32×32, sampling", batch, sampling, repeat=20),
    ]


def quantised_vae() -> list[Task]:
    """The VQ-VAE: 32×32 to a 4×4 grid, 64 entries, batches of 64."""
    x, batch = torch.rand(2048, 1, 32, 32), 64
    reference, models = plain_variants.VQVAE(), [vqvae.convolutional() for _ in range(3)]
    training: dict[str, Action] = {"plain": fed(plain.descent(reference, reference.loss), plain.loaded(batch, x))}
    sampling: dict[str, Action] = {"plain": partial(reference.sample, batch), OURS: partial(models[0].sample, batch)}
    return [
        Task("VQ-VAE 32×32, training", batch, training | descents(models, x, batch), repeat=5),
        Task("VQ-VAE 32×32, sampling", batch, sampling, repeat=20),
    ]


def sentence_vae() -> list[Task]:
    """The VAE of sentences: 500 words, nine to a sentence, batches of 64."""
    x, batch = torch.randint(PAD + 3, WORDS, (2048, LENGTH)), 64
    reference = plain_variants.TextVAE(WORDS, word_dropout=DROPOUT)
    models = [TextVAE(WORDS, word_dropout=DROPOUT, max_length=LENGTH, hidden=128) for _ in range(3)]
    training: dict[str, Action] = {"plain": fed(plain.descent(reference, reference.loss), plain.loaded(batch, x))}
    sampling: dict[str, Action] = {"plain": partial(reference.sample, batch, LENGTH)}
    sampling[OURS] = partial(models[0].sample, batch)
    return [
        Task("sentence VAE, training", batch, training | descents(models, x, batch), repeat=5),
        Task("sentence VAE, sampling", batch, sampling, repeat=20),
    ]


def wasserstein_gan() -> list[Task]:
    """WGAN-GP with dense networks: 32×32, five critic updates on 64 pictures each."""
    x, k, batch = torch.rand(2048, 1, 32, 32), 16, 5 * 64
    g, f = plain.dense_generator(k), plain.dense_discriminator()[:-1]
    trainers = [WassersteinTrainer(dense_networks(k)) for _ in range(2)]
    training: dict[str, Action] = {
        "plain": fed(plain_variants.wasserstein_step(g, f, k), plain.loaded(batch, x)),
        OURS: fed(unfused(trainers[0]).step, batches(x, batch, seed=0)),
        FUSED: fed(trainers[1].step, batches(x, batch, seed=0)),
    }
    return [Task("WGAN-GP 32×32, training", batch, training, repeat=5)]


def style_based_gan() -> list[Task]:
    """The class-conditional game of the style-based generator: 32×32, batches of 64."""
    x, k, batch = (2 * torch.rand(2048, 1, 32, 32) - 1, torch.randint(10, (2048,))), 16, 64
    g, d = plain_variants.StyleGenerator(k), plain_variants.ProjectionDiscriminator()
    trainers = [GANTrainer(style_gan(latent_dim=k), **SPEEDS, bf16=i == 2) for i in range(3)]
    training: dict[str, Action] = {
        "plain": fed(plain_variants.told_step(g, d, k), plain.loaded(batch, *x)),
        OURS: fed(unfused(trainers[0]).step, batches(x, batch, seed=0)),
        FUSED: fed(trainers[1].step, batches(x, batch, seed=0)),
        BF16: fed(trainers[2].step, batches(x, batch, seed=0)),
    }
    drawing = no_grad(lambda: g.eval()(torch.randn(batch, k), torch.randint(10, (batch,))))
    sampling: dict[str, Action] = {"plain": drawing, OURS: partial(trainers[1].gan.sample, batch)}
    return [
        Task("style-based GAN 32×32, training", batch, training),
        Task("style-based GAN 32×32, sampling", batch, sampling, repeat=5),
    ]


BUILDERS = (conditional_vae, quantised_vae, sentence_vae, wasserstein_gan, style_based_gan)
