"""The later references, too, are the library's networks: same weights, same seeds, same losses, step by step."""

import pytest
import torch
from torch import nn

from aigc_course.core.train import Trainer
from aigc_course.gan.gan import GAN, mlp_discriminator, mlp_generator
from aigc_course.gan.style import style_gan
from aigc_course.gan.trainer import GANTrainer
from aigc_course.gan.wasserstein import WassersteinTrainer
from aigc_course.vae import conditional, vqvae
from aigc_course.vae.text import TextVAE
from benchmarks import families, plain, plain_variants, variants
from tests.benchmarks.test_plain import copied


def conditional_vae():
    ours = conditional.convolutional()
    batch = torch.rand(16, 1, 32, 32), torch.randint(10, (16,))
    return ours, copied(plain_variants.ConditionalVAE(), ours), batch


def quantised_vae():
    ours = vqvae.convolutional()
    return ours, copied(plain_variants.VQVAE(), ours), torch.rand(16, 1, 32, 32)


def sentence_vae():
    ours, theirs = TextVAE(50, word_dropout=0.3, hidden=128), plain_variants.TextVAE(50, word_dropout=0.3)
    read, write = ours.encoder, ours.decoder
    pairs = [(theirs.read_embed, read.embed), (theirs.read, read.read), (theirs.head, read.head)]
    pairs += [(theirs.embed, write.embed), (theirs.start, write.start), (theirs.gru, write.recur)]
    for reference, mine in [*pairs, (theirs.project, write.project)]:
        copied(reference, mine)
    return ours, theirs, torch.randint(3, 50, (16, 9))


@pytest.mark.parametrize("make", [conditional_vae, quantised_vae, sentence_vae])
def test_a_model_and_its_reference_walk_together(make):
    torch.manual_seed(0)
    ours, reference, batch = make()
    rule = torch.optim.Adam(ours.parameters(), lr=1e-3)
    mine = Trainer(ours, ours.loss, optimizer=rule).step
    theirs = plain.descent(reference, reference.loss)
    for seed in range(3):
        torch.manual_seed(seed)
        loss = mine(batch)["loss"]
        torch.manual_seed(seed)
        assert theirs(batch) == pytest.approx(loss, rel=1e-4)


def test_wasserstein_and_its_reference_walk_together():
    torch.manual_seed(0)
    generator = mlp_generator(latent_dim=16, shape=(1, 32, 32), output=nn.Sigmoid())
    critic = mlp_discriminator(shape=(1, 32, 32))
    trainer = WassersteinTrainer(GAN(generator, critic, latent_dim=16), critic_steps=2, lr=2e-4)
    g, f = copied(plain.dense_generator(16), generator), copied(plain.dense_discriminator(), critic)
    theirs = plain_variants.wasserstein_step(g, f[:-1], 16, critic_steps=2, lr=2e-4)
    x = torch.rand(32, 1, 32, 32)
    for seed in range(3):
        torch.manual_seed(seed)
        mine = trainer.step(x)
        torch.manual_seed(seed)
        assert theirs(x) == pytest.approx((mine["distance"], mine["loss G"]), rel=1e-3, abs=1e-5)


def test_the_style_based_game_and_its_reference_walk_together():
    """The reference makes one kernel for each picture; ours scales the channels instead, to the same effect."""
    torch.manual_seed(0)
    model = style_gan()
    trainer = GANTrainer(model, **variants.SPEEDS)
    g, d = plain_variants.StyleGenerator(), copied(plain_variants.ProjectionDiscriminator(), model.discriminator)
    mapping, synthesis = model.generator.mapping, model.generator.synthesis
    g.start.data = synthesis.start.data.clone()
    mine = [mapping.class_embedding, mapping.layers[0], mapping.layers[2], *synthesis.layers, synthesis.colour]
    for reference, part in zip((g.class_embedding, g.one, g.two, *g.layers), mine, strict=True):
        copied(reference, part)
    theirs = plain_variants.told_step(g, d, 16)
    x, y = 2 * torch.rand(16, 1, 32, 32) - 1, torch.randint(10, (16,))
    for seed in range(2):
        torch.manual_seed(seed)
        losses = trainer.step((x, y))
        torch.manual_seed(seed)
        assert theirs((x, y)) == pytest.approx((losses["loss D"], losses["loss G"]), rel=2e-3)


def test_every_table_starts_with_the_reference_and_runs():
    for build in variants.BUILDERS:
        for task in build():
            assert next(iter(task.variants)) == "plain"
            assert families.OURS in task.variants
            assert task.rounds >= 20
            for action in task.variants.values():
                action()
