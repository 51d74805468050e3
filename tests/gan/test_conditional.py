"""The class-conditional game, against closed forms and data whose classes are known."""

import pytest
import torch
from torch import nn

from aigc_course.core.train import Algorithm, fit
from aigc_course.gan import conditional, gan
from aigc_course.gan.trainer import PENALTY_EVERY, GANTrainer


class Shifts(nn.Module):
    """A generator that can be exactly right: one learned mean and width for each class."""

    def __init__(self):
        super().__init__()
        self.mean = nn.Embedding(2, 1)
        self.width = nn.Parameter(torch.ones(1))

    def forward(self, z, y):
        return self.mean(y) + self.width * z


class Judge(nn.Module):
    """Features from a dense layer, and the projection."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(1, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2))
        self.read_out, self.class_embedding = nn.Linear(32, 1), nn.Embedding(2, 32)

    def forward(self, x, y):
        h = self.features(x)
        return conditional.projection_logit(h, self.class_embedding(y), self.read_out(h).squeeze(1))


def two_classes(n=2000):
    """Class 0 around -1, class 1 around 1, both of width one half."""
    y = torch.randint(2, (n,))
    return (2.0 * y[:, None] - 1) + 0.5 * torch.randn(n, 1), y


def shifting_gan():
    torch.manual_seed(0)
    return conditional.ConditionalGAN(Shifts(), Judge(), latent_dim=1, classes=2)


def shifting_trainer(**options):
    settings = {"lr_g": 1e-2, "lr_d": 1e-2, "betas": (0.0, 0.99), "penalty": 0.1, "ema_decay": 0.95} | options
    return GANTrainer(shifting_gan(), **settings)


@pytest.mark.equation("gan_better-projection")
def test_the_logit_is_read_out_plus_inner_product():
    features, class_embedding, read_out = torch.randn(5, 8), torch.randn(5, 8), torch.randn(5)
    expected = [read_out[i].item() + sum((class_embedding[i] * features[i]).tolist()) for i in range(5)]
    found = conditional.projection_logit(features, class_embedding, read_out)
    torch.testing.assert_close(found, torch.tensor(expected))


@pytest.mark.equation("gan_better-projection", "gan_better-two-ratios")
def test_the_projection_is_the_optimal_logit_where_classes_are_linear_in_the_features():
    """A finite world: 30 pictures, 4 classes, softmax class probabilities; log p(x, y)/q(x, y) in full."""
    h, v, u = (torch.randn(n, 6, dtype=torch.double) for n in (30, 4, 4))
    p_x, q_x = torch.rand(2, 30, dtype=torch.double).softmax(dim=1)
    p = p_x[:, None] * (h @ v.T).softmax(dim=1)
    q = q_x[:, None] * (h @ u.T).softmax(dim=1)
    read_out = (p_x / q_x).log() - (h @ v.T).logsumexp(1) + (h @ u.T).logsumexp(1)
    for y in range(4):
        logit = conditional.projection_logit(h, (v - u)[y].expand(30, 6), read_out)
        torch.testing.assert_close(logit, (p / q).log()[:, y])


def test_the_discriminator_uses_the_class():
    discriminator = conditional.ProjectionDiscriminator(base_channels=4, classes=3, features=16)
    x = torch.randn(1, 1, 32, 32).expand(3, -1, -1, -1)
    assert discriminator(x, torch.arange(3)).unique().numel() == 3
    with torch.no_grad():
        discriminator.class_embedding.weight.zero_()
    assert discriminator(x, torch.arange(3)).std() < 1e-6


@pytest.mark.parametrize("labels", ["true", "shuffled"])
def test_the_game_learns_each_class_where_labels_are_true(labels):
    """Shuffled labels say nothing, so both classes must end alike: the class is learned from the pairing alone."""
    x, y = two_classes()
    if labels == "shuffled":
        y = y[torch.randperm(len(y))]
    algorithm = shifting_trainer(lr_g=2e-2, lr_d=2e-2)
    fit(algorithm, (x, y), steps=200, batch_size=64)
    means = [algorithm.averaged.sample(500, torch.full((500,), c)).mean().item() for c in (0, 1)]
    if labels == "true":
        assert means[0] == pytest.approx(-1, abs=0.4)
        assert means[1] == pytest.approx(1, abs=0.4)
    else:
        assert abs(means[0] - means[1]) < 0.8


def test_both_players_are_told_the_classes_of_the_batch():
    told = {"generator": [], "discriminator": []}
    algorithm = shifting_trainer(penalty=0.0)
    player = algorithm.gan
    player.generator.register_forward_pre_hook(lambda _, given: told["generator"].append(given[1]))
    player.discriminator.register_forward_pre_hook(lambda _, given: told["discriminator"].append(given[1]))
    x, y = two_classes(32)
    algorithm.step((x, y))
    assert all(torch.equal(given, y) for names in told.values() for given in names)
    assert len(told["discriminator"]) == 3  # real, generated, and the generator's turn


def test_each_player_moves_only_itself():
    algorithm = shifting_trainer()
    player = algorithm.gan
    x, y = two_classes(32)
    fake = player.generator(player.noise(32), y)
    algorithm.discriminator_step(x, fake.detach(), y)
    assert all(p.grad is None for p in player.generator.parameters())
    before = [p.detach().clone() for p in player.discriminator.parameters()]
    algorithm.generator_step(fake, y)
    assert all(torch.equal(p, q) for p, q in zip(player.discriminator.parameters(), before, strict=True))


def test_the_penalty_is_that_of_the_pair():
    held, plain = shifting_trainer(penalty=0.5), shifting_trainer(penalty=0.0)
    x, y = two_classes(64)
    fake = held.gan.generator(held.gan.noise(64), y).detach()
    slope = gan.r1_penalty(lambda v: plain.gan.discriminator(v, y), x).item()
    difference = held.discriminator_step(x, fake, y)["loss D"] - plain.discriminator_step(x, fake, y)["loss D"]
    assert difference == pytest.approx(PENALTY_EVERY * 0.5 * slope, rel=1e-4)


def test_classes_asked_for_are_drawn_and_others_are_even():
    player = shifting_gan()
    with torch.no_grad():
        player.generator.mean.weight.copy_(torch.tensor([[-50.0], [50.0]]))
    assert (player.sample(40, torch.ones(40, dtype=torch.long)) > 0).all()
    share = (player.sample(4000) > 0).float().mean().item()
    assert share == pytest.approx(0.5, abs=0.05)


def test_classes_that_do_not_exist_are_refused():
    player = shifting_gan()
    with pytest.raises(ValueError, match="classes from 2 to 2"):
        player.decode(torch.randn(1, 1), torch.tensor([2]))
    with pytest.raises(ValueError, match="give 1, from 0 to 1"):
        player.decode(torch.randn(1, 1), torch.tensor([-1]))
    assert len(player.sample(0)) == 0


def test_resuming_equals_never_stopping(tmp_path):
    x = two_classes(200)
    whole = shifting_trainer()
    assert isinstance(whole, Algorithm)
    history = fit(whole, x, steps=12, batch_size=32)
    fit(shifting_trainer(), x, steps=5, batch_size=32, checkpoint=tmp_path / "c.pt")
    assert fit(shifting_trainer(), x, steps=12, batch_size=32, checkpoint=tmp_path / "c.pt") == history


def test_the_discriminator_is_read_out_plus_class():
    """With every class vector at zero what stays is the read-out, which must not ignore the picture."""
    discriminator = conditional.ProjectionDiscriminator(base_channels=4, classes=3, features=16)
    x, y = torch.randn(5, 1, 32, 32), torch.arange(5) % 3
    features = discriminator.features(x)
    expected = discriminator.read_out(features).squeeze(1) + (discriminator.class_embedding(y) * features).sum(1)
    torch.testing.assert_close(discriminator(x, y), expected)
