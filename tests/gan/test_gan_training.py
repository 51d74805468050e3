"""The player: settings reach the network they are meant for, and its numbers are what they say."""

import pytest
import torch
from torch import nn

from aigc_course.core.train import fit
from aigc_course.gan import gan
from aigc_course.gan.dcgan import dcgan


def plane_game(**options):
    torch.manual_seed(0)
    networks = gan.mlp_generator(latent_dim=4, shape=(2,), hidden=8), gan.mlp_discriminator(shape=(2,), hidden=8)
    return gan.GAN(*networks, latent_dim=4, **options)


def norm(loss, network):
    """Length of the gradient of a loss in all weights of a network."""
    gradient = torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
    return torch.cat([g.flatten() for g in gradient]).norm().item()


def paint_sevens(network):
    """Set the last layer so that every example comes out as sevens."""
    weight, bias = list(network.parameters())[-2:]
    nn.init.zeros_(weight)
    nn.init.constant_(bias, 7.0)


def running_means(network):
    return [v.clone() for name, v in network.state_dict().items() if name.endswith("running_mean")]


def test_noise_is_standard_normal():
    """Catches uniform noise, which a short game does not mind: its share within one standard deviation differs."""
    torch.manual_seed(0)
    z = plane_game().noise(100_000)
    assert z.shape == (100_000, 4)
    assert z.mean().item() == pytest.approx(0, abs=0.01)
    assert z.std().item() == pytest.approx(1, abs=0.01)
    assert (z.abs() < 1).float().mean().item() == pytest.approx(0.6827, abs=0.005)


def test_each_player_moves_at_its_own_speed():
    """Adam's first step is as long as its step size, in every weight that has a gradient."""
    player = plane_game(lr_g=1e-3, lr_d=5e-3, betas=(0.0, 0.9))
    networks = {1e-3: player.generator, 5e-3: player.discriminator}
    before = {speed: nn.utils.parameters_to_vector(network.parameters()) for speed, network in networks.items()}
    player.step(torch.randn(32, 2))
    for speed, network in networks.items():
        moved = nn.utils.parameters_to_vector(network.parameters()) - before[speed]
        assert moved.abs().max().item() == pytest.approx(speed, rel=0.01)


def test_both_players_have_the_same_memory():
    player = plane_game(betas=(0.0, 0.9))
    assert [o.param_groups[0]["betas"] for o in (player.g_optimizer, player.d_optimizer)] == [(0.0, 0.9)] * 2


def test_norms_are_those_of_the_whole_gradient():
    """Catches the norm of one layer, of the other player, or of what an earlier update left behind."""
    player = plane_game()
    player.step(torch.randn(32, 2))
    x, fake = torch.randn(32, 2), player.generate(32)
    loss = gan.discriminator_loss(player.discriminator(x), player.discriminator(fake.detach()))
    expected = norm(loss, player.discriminator)
    assert player.discriminator_step(x, fake.detach())["gradient D"] == pytest.approx(expected, rel=1e-5)
    expected = norm(gan.non_saturating_loss(player.discriminator(fake)), player.generator)
    assert player.generator_step(fake)["gradient G"] == pytest.approx(expected, rel=1e-5)


def test_updates_are_counted_and_every_eighth_pays_the_penalty(monkeypatch):
    """Catches a count that stands still, with which every update pays eight times the penalty."""
    asked = []
    player = plane_game(penalty=0.1)
    penalty = gan.r1_penalty

    def noted(*given):
        asked.append(player.updates)
        return penalty(*given)

    monkeypatch.setattr(gan, "r1_penalty", noted)
    fit(player, torch.randn(64, 2), steps=17, batch_size=16)
    assert player.updates == 17
    assert asked == [0, 8, 16]


def test_samples_come_from_the_average_where_one_is_kept():
    for average, share in ((None, 0.0), (0.9, 1.0)):
        player = plane_game(ema_decay=average)
        if player.ema is not None:
            paint_sevens(player.ema)
        assert (player.sample(20) == 7).float().mean() == share


def test_updates_use_the_present_weights_and_not_the_average():
    player = plane_game(ema_decay=0.9)
    paint_sevens(player.ema)
    torch.manual_seed(1)
    fake = player.generate(5)
    torch.manual_seed(1)
    assert torch.equal(fake, player.generator(player.noise(5)))
    assert fake.requires_grad


def test_the_average_keeps_the_batch_statistics_too():
    """Averaged weights beside the statistics of the first batch would paint something else."""
    player = dcgan(latent_dim=4, base_channels=4, ema_decay=0.5)
    assert player.ema is not None
    before = {name: value.clone() for name, value in player.ema.state_dict().items()}
    player.step(torch.randn(16, 1, 32, 32))
    now = player.generator.state_dict()
    for name, value in player.ema.state_dict().items():
        expected = (before[name] + now[name]) / 2 if value.is_floating_point() else now[name]
        torch.testing.assert_close(value, expected, msg=name)
    assert any("running_mean" in name for name in before)


def test_a_look_rests_and_an_update_trains():
    """Batch norm: a look neither uses nor changes the statistics of its own batch; the update after it does both."""
    torch.manual_seed(0)
    player = dcgan(latent_dim=4, base_channels=4, ema_decay=None)
    norms = [m for m in player.generator.modules() if isinstance(m, nn.BatchNorm2d)]
    player.step(torch.randn(16, 1, 32, 32))
    kept = running_means(player.generator)
    player.sample(8)
    assert all(not m.training for m in norms)
    assert all(torch.equal(a, b) for a, b in zip(running_means(player.generator), kept, strict=True))
    player.generate(8)
    assert all(m.training for m in norms)
    assert not any(torch.equal(a, b) for a, b in zip(running_means(player.generator), kept, strict=True))
