"""The references are the library's networks: with the same weights they have the same losses, step by step."""

import pytest
import torch
from torch import nn

from aigc_course.core.train import Trainer
from aigc_course.gan import dcgan
from aigc_course.gan.gan import GAN, mlp_discriminator, mlp_generator
from aigc_course.gan.trainer import GANTrainer
from aigc_course.vae import convolutional
from aigc_course.vae.vae import fully_connected
from benchmarks import families, plain


def copied(to, source):
    """Weights in order; the shapes must agree one by one."""
    with torch.no_grad():
        for p, q in zip(to.parameters(), source.parameters(), strict=True):
            p.copy_(q)
    return to


def dense_vae():
    ours, reference = fully_connected((1, 28, 28), latent_dim=20), plain.VAE()
    heads = nn.Linear(400, 40)
    heads.weight.data, heads.bias.data = ours.encoder[3].weight.data, ours.encoder[3].bias.data
    order = [ours.encoder[1], ours.decoder[0], ours.decoder[2]]
    for mine, theirs in zip(order, (reference.hidden, reference.up, reference.out), strict=True):
        copied(theirs, mine)
    for part, head in enumerate((reference.mean, reference.logvar)):
        head.weight.data = heads.weight.data[20 * part : 20 * part + 20].clone()
        head.bias.data = heads.bias.data[20 * part : 20 * part + 20].clone()
    return ours, reference, torch.rand(16, 1, 28, 28)


def image_vae():
    ours = convolutional.vae()
    return ours, copied(plain.Stencil(), ours), torch.rand(16, 1, 32, 32)


@pytest.mark.parametrize("make", [dense_vae, image_vae])
def test_a_vae_and_its_reference_walk_together(make):
    torch.manual_seed(0)
    ours, reference, x = make()
    rule = torch.optim.Adam(ours.parameters(), lr=1e-3)
    mine, theirs = Trainer(ours, ours.loss, optimizer=rule).step, plain.vae_step(reference)
    for seed in range(3):
        torch.manual_seed(seed)
        a = mine(x)["loss"]
        torch.manual_seed(seed)
        assert theirs(x) == pytest.approx(a, rel=1e-4)


def dense_game():
    networks = (
        mlp_generator(latent_dim=16, shape=(1, 32, 32), output=nn.Sigmoid()),
        mlp_discriminator(shape=(1, 32, 32)),
    )
    return (
        GANTrainer(GAN(*networks, latent_dim=16)),
        plain.dense_generator(16),
        plain.dense_discriminator(),
        torch.rand(16, 1, 32, 32),
    )


def deep_game():
    model = dcgan.dcgan(latent_dim=16, base_channels=4, channels=3, size=64, batch_norm=True)
    g, d = plain.dcgan_generator(16, 4), plain.dcgan_discriminator(4)
    return GANTrainer(model), g, d, 2 * torch.rand(16, 3, 64, 64) - 1


@pytest.mark.parametrize("make", [dense_game, deep_game])
def test_a_game_and_its_reference_walk_together(make):
    torch.manual_seed(0)
    trainer, g, d, x = make()
    theirs = plain.gan_step(copied(g, trainer.gan.generator), copied(d, trainer.gan.discriminator), 16)
    families.unfused(trainer)
    for seed in range(3):
        torch.manual_seed(seed)
        mine = trainer.step(x)
        torch.manual_seed(seed)
        assert theirs(x) == pytest.approx((mine["loss D"], mine["loss G"]), rel=1e-3)


def test_the_benchmarked_dcgan_is_the_one_of_the_paper():
    """64×64, 100 numbers of noise, 64 channels at the wide end, batch norm in both; the reference's weights."""
    trainer = families._dcgan(100)
    for ours, reference in (
        (trainer.gan.generator, plain.dcgan_generator()),
        (trainer.gan.discriminator, plain.dcgan_discriminator()),
    ):
        assert [p.shape for p in ours.parameters()] == [p.shape for p in reference.parameters()]
    assert trainer.penalty == 0
    assert trainer.ema is None


def test_every_table_starts_with_the_reference_and_runs():
    for task in families.vae() + families.dense_gan():
        assert next(iter(task.variants)) == "plain"
        assert families.OURS in task.variants
        assert task.rounds >= 20
        for action in task.variants.values():
            action()
