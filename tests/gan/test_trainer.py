"""The updates of a GAN: settings reach the network they are meant for, and the numbers are what they say."""

import pytest
import torch
from torch import nn

from aigc_course.core import data
from aigc_course.core.optimisation import linear_decay
from aigc_course.core.train import Algorithm, fit
from aigc_course.gan import gan, trainer
from aigc_course.gan.dcgan import dcgan
from aigc_course.gan.trainer import GANTrainer


def plane_gan(hidden=8):
    torch.manual_seed(0)
    networks = (gan.mlp_generator(latent_dim=4, shape=(2,), hidden=hidden),)
    return gan.GAN(*networks, gan.mlp_discriminator(shape=(2,), hidden=hidden), latent_dim=4)


def plane_trainer(**options):
    return GANTrainer(plane_gan(), **options)


def norm(loss, network):
    """Length of the gradient of a loss in all weights of a network."""
    gradient = torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
    return torch.cat([g.flatten() for g in gradient]).norm().item()


def paint_sevens(network):
    """Set the last layer so that every example comes out as sevens."""
    weight, bias = list(network.parameters())[-2:]
    nn.init.zeros_(weight)
    nn.init.constant_(bias, 7.0)


# ---- settings ---------------------------------------------------------------------------------------------------


def test_each_network_moves_at_its_own_speed():
    """Adam's first step is as long as its learning rate, in every weight that has a gradient."""
    algorithm = plane_trainer(lr_g=1e-3, lr_d=5e-3, betas=(0.0, 0.9))
    networks = {1e-3: algorithm.gan.generator, 5e-3: algorithm.gan.discriminator}
    before = {speed: nn.utils.parameters_to_vector(network.parameters()) for speed, network in networks.items()}
    algorithm.step(torch.randn(32, 2))
    for speed, network in networks.items():
        moved = nn.utils.parameters_to_vector(network.parameters()) - before[speed]
        assert moved.abs().max().item() == pytest.approx(speed, rel=0.01)


def test_both_optimisers_take_the_betas_asked_for():
    algorithm = plane_trainer(betas=(0.0, 0.9))
    for update in (algorithm.g_update, algorithm.d_update):
        assert update.optimizer.param_groups[0]["betas"] == (0.0, 0.9)


def test_both_networks_follow_the_schedule_and_the_limit():
    algorithm = plane_trainer(lr_g=1e-3, lr_d=4e-3, schedule=linear_decay(4), clip=0.5)
    fit(algorithm, torch.randn(64, 2), steps=3, batch_size=16)
    rates = [update.optimizer.param_groups[0]["lr"] for update in (algorithm.g_update, algorithm.d_update)]
    assert rates == pytest.approx([1e-3 / 4, 4e-3 / 4])
    assert algorithm.g_update.clip == algorithm.d_update.clip == 0.5


def test_updates_are_counted_and_every_eighth_pays_the_penalty(monkeypatch):
    """Catches a count that stands still, with which every update pays eight times the penalty."""
    asked = []
    algorithm = plane_trainer(penalty=0.1)
    penalty = gan.r1_penalty

    def noted(*given):
        asked.append(algorithm.d_update.updates)
        return penalty(*given)

    monkeypatch.setattr(trainer, "r1_penalty", noted)
    fit(algorithm, torch.randn(64, 2), steps=17, batch_size=16)
    assert algorithm.g_update.updates == algorithm.d_update.updates == 17
    assert asked == [0, 8, 16]


def test_penalty_is_taken_in_full_on_average():
    """Every eighth update, eight times: over eight updates the weight is that of eight updates."""
    held, plain = plane_trainer(penalty=0.5), plane_trainer()
    x = torch.randn(32, 2)
    fake = held.gan.generator(held.gan.noise(32)).detach()
    expected = trainer.PENALTY_EVERY * 0.5 * gan.r1_penalty(held.gan.discriminator, x).item()
    difference = held.discriminator_step(x, fake)["loss D"] - plain.discriminator_step(x, fake)["loss D"]
    assert difference == pytest.approx(expected, rel=1e-5)
    held, plain = plane_trainer(penalty=0.5), plane_trainer()
    held.d_update.updates = 1
    assert held.discriminator_step(x, fake)["loss D"] == plain.discriminator_step(x, fake)["loss D"]


# ---- steps --------------------------------------------------------------------------------------------------------


def test_each_step_moves_one_network_only():
    """D's step on a detached batch leaves no gradient in G; G's step leaves none in D, and D's weights alone."""
    algorithm = plane_trainer()
    generator, discriminator = algorithm.gan.generator, algorithm.gan.discriminator
    x = torch.randn(32, 2)
    fake = generator(algorithm.gan.noise(32))
    algorithm.discriminator_step(x, fake.detach())
    assert all(p.grad is None for p in generator.parameters())
    of_d = list(discriminator.parameters())
    weights, gradients = [p.detach().clone() for p in of_d], [p.grad.clone() for p in of_d]
    algorithm.generator_step(fake)
    for p, weight, gradient in zip(of_d, weights, gradients, strict=True):
        assert torch.equal(p, weight)
        assert torch.equal(p.grad, gradient)
    assert all(p.requires_grad for p in discriminator.parameters())


def test_a_whole_step_detaches_the_generated_batch():
    """Catches the discriminator's loss running on into the generator: its gradient would be another one."""
    algorithm, by_hand = plane_trainer(), plane_trainer()
    x = torch.randn(32, 2)
    torch.manual_seed(1)
    algorithm.step(x)
    torch.manual_seed(1)
    fake = by_hand.gan.generate(32)
    by_hand.discriminator_step(x, fake.detach())
    by_hand.generator_step(fake)
    for p, q in zip(algorithm.gan.parameters(), by_hand.gan.parameters(), strict=True):
        assert torch.equal(p, q)
        assert torch.equal(p.grad, q.grad)


def test_the_steps_move_the_logits_the_right_way():
    """After a step of D on a fixed batch it tells the two apart better; after one of G on it, worse."""
    algorithm = plane_trainer(lr_g=1e-3, lr_d=1e-3)
    g, d = algorithm.gan.generator, algorithm.gan.discriminator
    x, z = torch.randn(256, 2) + 3, algorithm.gan.noise(256)
    before = gan.value(d(x), d(g(z)))
    for _ in range(20):
        algorithm.discriminator_step(x, g(z).detach())
    taught = gan.value(d(x), d(g(z)))
    for _ in range(20):
        algorithm.generator_step(g(z))
    assert before < taught
    assert gan.value(d(x), d(g(z))) < taught


def test_frozen_layers_stay_frozen():
    """Catches a generator's step that gives every weight of D back its gradient, also what the caller had frozen."""
    algorithm = plane_trainer(penalty=0.1, ema_decay=0.9)
    of_g, of_d = list(algorithm.gan.generator.parameters())[:2], list(algorithm.gan.discriminator.parameters())[:2]
    frozen = [p.requires_grad_(False) for p in of_g + of_d]
    before = [p.clone() for p in frozen]
    fit(algorithm, torch.randn(64, 2), steps=3, batch_size=16)
    assert not any(p.requires_grad for p in frozen)
    assert all(torch.equal(p, q) for p, q in zip(frozen, before, strict=True))


def test_a_step_that_fails_leaves_the_discriminator_as_it_was():
    def fail(logits):
        raise ZeroDivisionError

    algorithm = plane_trainer(g_loss=fail)
    with pytest.raises(ZeroDivisionError):
        algorithm.generator_step(algorithm.gan.generate(4))
    assert all(p.requires_grad for p in algorithm.gan.discriminator.parameters())


def test_metrics_are_what_they_say():
    algorithm = plane_trainer()
    x, discriminator = torch.randn(64, 2), algorithm.gan.discriminator
    fake = algorithm.gan.generate(64).detach()
    of_real, of_fake = discriminator(x), discriminator(fake)
    metrics = algorithm.discriminator_step(x, fake)
    assert metrics["loss D"] == pytest.approx(-gan.value(of_real, of_fake).item())
    assert metrics["D(x)"] == pytest.approx(of_real.sigmoid().mean().item())
    assert metrics["D(G(z))"] == pytest.approx(of_fake.sigmoid().mean().item())
    right = [*(of_real > 0), *(of_fake < 0)]
    assert metrics["accuracy D"] == pytest.approx(sum(right) / 128)


def test_norms_are_those_of_the_whole_gradient():
    """Catches the norm of one layer, of the other network, or of what an earlier update left behind."""
    algorithm = plane_trainer()
    algorithm.step(torch.randn(32, 2))
    model, x = algorithm.gan, torch.randn(32, 2)
    fake = model.generate(32)
    loss = gan.discriminator_loss(model.discriminator(x), model.discriminator(fake.detach()))
    expected = norm(loss, model.discriminator)
    assert algorithm.discriminator_step(x, fake.detach())["gradient D"] == pytest.approx(expected, rel=1e-5)
    expected = norm(gan.non_saturating_loss(model.discriminator(fake)), model.generator)
    assert algorithm.generator_step(fake)["gradient G"] == pytest.approx(expected, rel=1e-5)


# ---- the average ------------------------------------------------------------------------------------------------


def test_samples_come_from_the_average_where_one_is_kept():
    algorithm = plane_trainer(ema_decay=0.9)
    assert algorithm.ema is not None
    paint_sevens(algorithm.ema.average)
    assert (algorithm.averaged.sample(20) == 7).all()
    assert (algorithm.gan.sample(20) != 7).any()
    assert algorithm.averaged.discriminator is algorithm.gan.discriminator
    assert type(algorithm.averaged) is gan.GAN
    alone = plane_trainer()
    assert alone.averaged is alone.gan


def test_looking_at_the_average_copies_no_weights():
    """Catches an average that is frozen at the first look."""
    algorithm = plane_trainer(ema_decay=0.5)
    first = algorithm.averaged
    algorithm.step(torch.randn(16, 2))
    z = torch.randn(5, 4)
    assert torch.equal(first.decode(z), algorithm.averaged.decode(z))


def test_updates_use_the_present_weights_and_not_the_average():
    algorithm = plane_trainer(ema_decay=0.9)
    assert algorithm.ema is not None
    paint_sevens(algorithm.ema.average)
    torch.manual_seed(1)
    fake = algorithm.generate(5)
    torch.manual_seed(1)
    assert torch.equal(fake, algorithm.gan.generator(algorithm.gan.noise(5)))
    assert fake.requires_grad


def test_the_average_follows_the_generator_that_has_just_moved():
    """Batch statistics too: averaged weights beside the statistics of the first batch would paint something else."""
    algorithm = GANTrainer(dcgan(latent_dim=4, base_channels=4), ema_decay=0.75)
    assert algorithm.ema is not None
    before = {name: value.clone() for name, value in algorithm.ema.average.state_dict().items()}
    algorithm.step(torch.randn(16, 1, 32, 32))
    now = algorithm.gan.generator.state_dict()
    for name, value in algorithm.ema.average.state_dict().items():
        expected = 0.75 * before[name] + 0.25 * now[name] if value.is_floating_point() else now[name]
        torch.testing.assert_close(value, expected, msg=name)
    assert any("running_mean" in name for name in before)


# ---- whole runs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"ema_decay": 0.9, "penalty": 0.1, "clip": 0.3}], ids=["plain", "average, penalty and limit"]
)
def test_resuming_equals_never_stopping(options, tmp_path):
    """Five updates end between two penalties: a count that starts again would give another history."""
    x = data.load("ring", n=200).x
    options = options | {"schedule": linear_decay(12)}
    whole = plane_trainer(**options)
    assert isinstance(whole, Algorithm)
    history = fit(whole, x, steps=12)
    fit(plane_trainer(**options), x, steps=5, checkpoint=tmp_path / "c.pt")
    resumed = plane_trainer(**options)
    assert fit(resumed, x, steps=12, checkpoint=tmp_path / "c.pt") == history
    for p, q in zip(whole.averaged.parameters(), resumed.averaged.parameters(), strict=True):
        assert torch.equal(p, q)


@pytest.mark.parametrize("option", [{"lr_d": 1e-3}, {"smoothing": 0.2}, {"g_loss": gan.saturating_loss}, {"clip": 1.0}])
def test_a_run_with_another_setting_is_refused(option, tmp_path):
    x = torch.randn(64, 2)
    fit(plane_trainer(), x, steps=1, batch_size=16, checkpoint=tmp_path / "c.pt")
    with pytest.raises(ValueError, match="was made by another run"):
        fit(plane_trainer(**option), x, steps=2, batch_size=16, checkpoint=tmp_path / "c.pt")


def test_the_game_finds_a_known_normal():
    """A linear generator can be exactly right: the game must bring its mean and spread to those of the data."""
    torch.manual_seed(0)
    model = gan.GAN(nn.Linear(1, 1), gan.mlp_discriminator(shape=(1,), hidden=16), latent_dim=1)
    algorithm = GANTrainer(model, lr_g=1e-2, lr_d=2e-2, ema_decay=0.98)
    fit(algorithm, 1 + 0.5 * torch.randn(4000, 1), steps=600, batch_size=128)
    x = algorithm.averaged.sample(4000)
    assert x.mean().item() == pytest.approx(1, abs=0.1)
    assert x.std().item() == pytest.approx(0.5, abs=0.1)
