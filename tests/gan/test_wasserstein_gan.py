"""The critic, what holds it back, and the game that it plays."""

import pytest
import torch
from torch import nn

from aigc_course.core import data
from aigc_course.core.optimisation import linear_decay
from aigc_course.core.train import Algorithm, fit
from aigc_course.gan import gan, wasserstein


def small_trainer(**options):
    torch.manual_seed(0)
    networks = gan.mlp_generator(latent_dim=4, shape=(2,), hidden=32), gan.mlp_discriminator(shape=(2,), hidden=32)
    return wasserstein.WassersteinTrainer(gan.GAN(*networks, latent_dim=4), lr=1e-3, **options)


# ---- critic and generator -------------------------------------------------------------------------------------------


@pytest.mark.equation("gan_better-critic-loss")
def test_losses_are_means_of_plain_answers():
    real, fake = torch.tensor([3.0, 5.0]), torch.tensor([1.0, -2.0, 4.0])
    assert wasserstein.critic_loss(real, fake).item() == -3
    assert wasserstein.generator_loss(fake).item() == -1
    assert wasserstein.estimate(lambda x: 2 * x, real, fake).item() == 6


@pytest.mark.equation("gan_better-penalty")
def test_the_penalty_is_taken_along_the_whole_segment():
    """|x|²/2 has slope |x|; on the way from 0 to v the mean of (u v - 1)² is v²/3 - v + 1."""
    n, v = 200_000, 2.0
    real, fake = torch.zeros(n, 1), torch.full((n, 1), v)
    torch.manual_seed(0)
    found = wasserstein.gradient_penalty(lambda x: x.square().sum(1) / 2, real, fake)
    assert found.item() == pytest.approx(v**2 / 3 - v + 1, abs=5e-3)


@pytest.mark.equation("gan_better-penalty")
@pytest.mark.parametrize(("slope", "two", "one"), [(1.0, 0.0, 0.0), (3.0, 4.0, 4.0), (0.5, 0.25, 0.0)])
def test_penalty_of_a_straight_line(slope, two, one):
    x, y = torch.randn(2, 9, 6, dtype=torch.double)
    w = torch.randn(6, dtype=torch.double)
    w = slope * w / w.norm()
    assert wasserstein.gradient_penalty(lambda v: v @ w, x, y).item() == pytest.approx(two, abs=1e-12)
    assert wasserstein.gradient_penalty(lambda v: v @ w, x, y, one_sided=True).item() == pytest.approx(one, abs=1e-12)


def test_points_between_lie_on_their_own_segment():
    """One share for a whole picture: with one for each pixel, the point would leave the line."""
    real, fake = torch.randn(50, 1, 3, 3), torch.randn(50, 1, 3, 3) + 5
    share = (wasserstein.random_interpolates(real, fake) - fake) / (real - fake)
    torch.testing.assert_close(share.flatten(1).amin(1), share.flatten(1).amax(1), atol=1e-4, rtol=0)
    first = share[:, 0, 0, 0]
    assert first.min() >= 0
    assert first.max() <= 1
    assert first.std() > 0.2


def test_the_penalty_teaches_the_critic():
    """Its own gradient must reach the weights, so it needs a second backward pass."""
    critic = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0)).double()
    x, y = torch.randn(2, 2, 3, dtype=torch.double)
    names, weights = zip(*critic.named_parameters(), strict=True)

    def penalty(*values):
        torch.manual_seed(0)
        bound = dict(zip(names, values, strict=True))
        return wasserstein.gradient_penalty(lambda v: torch.func.functional_call(critic, bound, v), x, y)

    assert torch.autograd.gradcheck(penalty, weights)


@pytest.mark.equation("gan_better-overshoot")
def test_the_best_straight_critic_is_a_little_too_steep():
    """Brute force over slopes a: a W - λ (a - 1)² is largest at 1 + W/(2λ)."""
    x, y = torch.randn(2, 500, 1, dtype=torch.double)
    x, weight = x + 3, 10.0
    gap = (x.mean() - y.mean()).item()

    def objective(a):
        penalty = wasserstein.gradient_penalty(lambda v: a * v.squeeze(1), x, y)
        return (wasserstein.estimate(lambda v: a * v.squeeze(1), x, y) - weight * penalty).item()

    slopes = torch.linspace(0, 2, 2001, dtype=torch.double)
    best = max(slopes.tolist(), key=objective)
    assert best == pytest.approx(1 + gap / (2 * weight), abs=2e-3)


@pytest.mark.equation("gan_better-wrong-way")
def test_the_two_sided_penalty_has_a_second_hilltop():
    """Brute force over negative slopes: a local maximum at W/(2λ) - 1 with two sides, none with one."""
    x, y = torch.randn(2, 500, 1, dtype=torch.double)
    x, weight = x + 3, 10.0
    gap = (x.mean() - y.mean()).item()

    def height(a, one_sided):
        penalty = wasserstein.gradient_penalty(lambda v: a * v.squeeze(1), x, y, one_sided=one_sided)
        return (wasserstein.estimate(lambda v: a * v.squeeze(1), x, y) - weight * penalty).item()

    slopes = torch.linspace(-1.5, -0.1, 141, dtype=torch.double).tolist()
    near = max(slopes, key=lambda a: height(a, one_sided=False))
    finer = torch.linspace(near - 0.02, near + 0.02, 81, dtype=torch.double).tolist()
    top = max(finer, key=lambda a: height(a, one_sided=False))
    assert top == pytest.approx(gap / (2 * weight) - 1, abs=2e-3)
    one = [height(a, one_sided=True) for a in slopes]
    assert one == sorted(one)  # uphill all the way to the right sign


@pytest.mark.equation("gan_better-overshoot")
@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_a_trained_critic_finds_the_distance_and_its_overshoot(shift):
    x, y = torch.randn(2, 600, 1)
    y = y + shift
    exact = wasserstein.wasserstein_1d(x.squeeze(1), y.squeeze(1)).item()
    found = wasserstein.estimate(wasserstein.train_critic(y, x, one_sided=True, hidden=32), y, x).item()
    assert found == pytest.approx(exact * (1 + exact / 20), rel=0.03)


def test_a_two_sided_penalty_can_lock_the_critic():
    """Between a narrow and a wide sample of equal mean the best critic has a kink; only one penalty lets it form."""
    x, y = torch.randn(600, 1), 2 * torch.randn(600, 1)
    exact = wasserstein.wasserstein_1d(x.squeeze(1), y.squeeze(1)).item()
    found = {
        one: wasserstein.estimate(wasserstein.train_critic(x, y, one_sided=one, hidden=32), x, y).item()
        for one in (False, True)
    }
    assert found[False] < 0.5 * exact
    assert found[True] == pytest.approx(exact, rel=0.2)


def test_a_clipped_critic_measures_its_clip():
    x, y = torch.randn(600, 1), torch.randn(600, 1) + 2
    small, large = (
        wasserstein.estimate(wasserstein.train_critic(x, y, weight_clip=c, hidden=32, steps=100), x, y).item()
        for c in (0.01, 0.1)
    )
    assert small < 0.1
    assert large > 10 * small


def test_fresh_real_examples_for_every_critic_update():
    """Each update sees its own part of the batch: together they are the batch, and none comes twice."""
    seen = []

    class Watching(wasserstein.WassersteinTrainer):
        def discriminator_step(self, real, fake, *given):
            seen.append(real.clone())
            return super().discriminator_step(real, fake, *given)

    torch.manual_seed(0)
    networks = gan.mlp_generator(latent_dim=4, shape=(2,), hidden=8), gan.mlp_discriminator(shape=(2,), hidden=8)
    watching, batch = Watching(gan.GAN(*networks, latent_dim=4), critic_steps=5), torch.randn(50, 2)
    watching.step(batch)
    assert [len(part) for part in seen] == [10] * 5
    assert torch.equal(torch.cat(seen), batch)


def test_one_critic_update_descends_on_the_whole_objective():
    """Against a plain gradient step written out: minus the distance, plus ten times the penalty."""
    algorithm, twin = small_trainer(), small_trainer()
    real, fake = torch.randn(64, 2) + 2, torch.randn(64, 2)
    torch.manual_seed(5)
    metrics = algorithm.discriminator_step(real, fake)
    torch.manual_seed(5)
    critic = twin.gan.discriminator
    loss = fake_mean(critic, fake) - fake_mean(critic, real) + 10 * wasserstein.gradient_penalty(critic, real, fake)
    loss.backward()
    twin.d_update.optimizer.step()
    assert metrics["distance"] == pytest.approx(
        wasserstein.estimate(small_trainer().gan.discriminator, real, fake).item()
    )
    for ours, theirs in zip(algorithm.gan.discriminator.parameters(), critic.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def fake_mean(critic, x):
    return critic(x).mean()


def test_the_generator_moves_towards_higher_answers():
    algorithm = small_trainer(critic_steps=1)
    g, critic, z = algorithm.gan.generator, algorithm.gan.discriminator, algorithm.gan.noise(256)
    before = critic(g(z)).mean()
    for _ in range(10):
        algorithm.generator_step(g(z))
    assert critic(g(z)).mean() > before


def test_clipping_replaces_the_penalty():
    algorithm = small_trainer(weight_clip=0.05)
    metrics = algorithm.discriminator_step(torch.randn(32, 2), torch.randn(32, 2))
    weights = torch.cat([w.flatten() for w in algorithm.gan.discriminator.parameters()])
    assert weights.abs().max().item() == pytest.approx(0.05)
    assert metrics["penalty"] == 0
    assert metrics["loss D"] == -metrics["distance"]


def test_a_schedule_counts_updates_of_the_generator():
    algorithm = small_trainer(critic_steps=3, schedule=linear_decay(4))
    algorithm.step(torch.randn(12, 2))
    for update in (algorithm.g_update, algorithm.d_update):
        assert update.optimizer.param_groups[0]["lr"] == pytest.approx(0.75e-3)


def test_in_bfloat16_every_critic_update_sees_the_one_before():
    """Catches autocast around the whole step: it would keep the first update's copies of the critic's weights."""
    distances = []
    for lr in (1e-3, 1e-1):
        algorithm = small_trainer(critic_steps=2, bf16=True)
        algorithm.d_update.optimizer.param_groups[0]["lr"] = lr
        real, fake = torch.ones(16, 2), -torch.ones(16, 2)
        first, second = (algorithm.discriminator_step(real, fake)["distance"] for _ in range(2))
        distances.append(second - first)
    assert 0 < distances[0] < distances[1]


def test_classes_go_with_their_examples():
    """A conditional critic and generator are told the classes of each part of the batch."""
    told = []

    class Told(nn.Linear):
        def forward(self, x, y):
            told.append((x.shape[1], y.tolist()))
            return super().forward(x).squeeze(1) if self.out_features == 1 else super().forward(x)

    model = gan.GAN(Told(3, 2), Told(2, 1), latent_dim=3)
    wasserstein.WassersteinTrainer(model, critic_steps=2).step((torch.randn(4, 2), torch.arange(4)))
    assert {tuple(classes) for _, classes in told} == {(0, 1), (2, 3)}
    assert [tuple(classes) for width, classes in told if width == 3] == [(0, 1), (2, 3), (2, 3)]


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="critic_steps=0"):
        small_trainer(critic_steps=0)
    with pytest.raises(ValueError, match="3 examples for 5 critic updates"):
        small_trainer().step(torch.randn(3, 2))


def test_resuming_equals_never_stopping(tmp_path):
    x = data.load("ring", n=400).x
    whole = small_trainer(ema_decay=0.9)
    assert isinstance(whole, Algorithm)
    history = fit(whole, x, steps=8, batch_size=50)
    fit(small_trainer(ema_decay=0.9), x, steps=3, batch_size=50, checkpoint=tmp_path / "c.pt")
    resumed = small_trainer(ema_decay=0.9)
    assert fit(resumed, x, steps=8, batch_size=50, checkpoint=tmp_path / "c.pt") == history


def test_the_game_finds_a_known_normal():
    torch.manual_seed(0)
    critic = gan.mlp_discriminator(shape=(1,), hidden=16)
    model = gan.GAN(nn.Linear(1, 1), critic, latent_dim=1)
    algorithm = wasserstein.WassersteinTrainer(model, lr=2e-2, one_sided=True, ema_decay=0.95)
    fit(algorithm, 1 + 0.5 * torch.randn(4000, 1), steps=150, batch_size=320)
    x = algorithm.averaged.sample(4000)
    assert x.mean().item() == pytest.approx(1, abs=0.15)
    assert x.std().item() == pytest.approx(0.5, abs=0.15)


def test_both_algorithms_take_the_step_size_and_the_memories_asked_for():
    algorithm = small_trainer(betas=(0.2, 0.8))
    for optimizer in (algorithm.g_update.optimizer, algorithm.d_update.optimizer):
        assert optimizer.param_groups[0]["betas"] == (0.2, 0.8)
        assert optimizer.param_groups[0]["lr"] == 1e-3
