"""One optimisation step and an average, against the optimiser's own arithmetic and torch's own schedules."""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR, SequentialLR

from aigc_course.core.optimisation import EMA, Update, cosine_decay, linear_decay


def line(**options):
    """One weight at 1, descended on by plain steps of 0.1."""
    weight = nn.Parameter(torch.ones(()))
    return weight, Update([weight], torch.optim.SGD([weight], lr=0.1), **options)


def test_a_step_is_the_optimisers_and_says_what_it_found():
    weight, update = line()
    step = update(lambda: (3 * weight, {"half": weight.detach() / 2}))
    assert weight.item() == pytest.approx(0.7)
    assert (step.loss, step.gradient_norm, step.metrics) == (3.0, 3.0, {"half": 0.5})
    assert update.updates == 1


def test_each_update_starts_from_a_fresh_gradient():
    """Two plain steps on w²: with gradients that pile up, the second would be twice as long."""
    weight, update = line()
    for expected in (0.8, 0.64):
        update(lambda: weight.square())
        assert weight.item() == pytest.approx(expected)


def test_the_gradient_is_clipped_before_the_step_and_reported_as_it_was():
    """Catches clipping after the step, in each weight by itself, and the clipped norm for the true one."""
    weights = [nn.Parameter(torch.zeros(())) for _ in range(2)]
    update = Update(weights, torch.optim.SGD(weights, lr=1.0), clip=0.5)
    step = update(lambda: 30 * weights[0] + 40 * weights[1])
    assert step.gradient_norm == pytest.approx(50)
    assert [w.item() for w in weights] == pytest.approx([-0.3, -0.4], rel=1e-4)
    gentle = update(lambda: 0.03 * weights[0] + 0.04 * weights[1])
    assert gentle.gradient_norm == pytest.approx(0.05)
    assert weights[0].item() == pytest.approx(-0.33, rel=1e-4)


def test_weights_without_a_gradient_are_left_out_of_the_norm():
    weight, other = nn.Parameter(torch.ones(())), nn.Parameter(torch.ones(()))
    update = Update([weight, other], torch.optim.SGD([weight, other], lr=0.1), clip=1.0)
    assert update(lambda: 3 * weight).gradient_norm == pytest.approx(3.0)
    assert other.item() == 1


def test_the_schedule_takes_one_step_after_each_of_the_optimisers():
    """Catches a schedule that runs ahead: the first step must be at the first rate."""
    weight, update = line(schedule=partial(LambdaLR, lr_lambda=lambda k: (1, 0.5, 0)[k]))
    found = []
    for _ in range(2):
        before = weight.item()
        update(lambda: weight.clone())
        found.append(before - weight.item())
    assert found == pytest.approx([0.1, 0.05])


def test_a_schedule_may_count_every_third_update():
    _, update = line(schedule=linear_decay(4), period=3)
    rates = []
    for _ in range(7):
        rates.append(update.optimizer.param_groups[0]["lr"])
        update(lambda: update.parameters[0].clone())
    assert rates == pytest.approx([0.1, 0.1, 0.1, 0.075, 0.075, 0.075, 0.05])


@pytest.mark.parametrize(("hold", "expected"), [(0.0, [4, 3, 2, 1, 0, 0]), (0.5, [4, 4, 4, 2, 0, 0])])
def test_the_rate_is_held_and_then_falls_in_a_straight_line(hold, expected):
    _, update = line(schedule=linear_decay(4, hold=hold))
    found = []
    for _ in expected:
        found.append(update.optimizer.param_groups[0]["lr"] / 0.1 * 4)
        update.optimizer.step()
        update.scheduler.step()
    assert found == pytest.approx(expected)


def test_the_cosine_is_torchs_and_exact():
    """Catches a cosine that ends early, rises again, or drifts: torch's own recursion is off by rounding errors."""
    _, ours = line(schedule=cosine_decay(6))
    _, torchs = line(schedule=partial(CosineAnnealingLR, T_max=6))
    for k in range(9):
        rate = ours.optimizer.param_groups[0]["lr"]
        assert rate == 0.1 * (1 + math.cos(math.pi * min(k, 6) / 6)) / 2
        assert k > 6 or rate == pytest.approx(torchs.optimizer.param_groups[0]["lr"])
        for update in (ours, torchs):
            update.optimizer.step()
            update.scheduler.step()
    with pytest.raises(ValueError, match="steps=0"):
        cosine_decay(0)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": 3, "hold": 1.0}])
def test_a_decay_without_an_end_is_refused(wrong):
    with pytest.raises(ValueError, match=f"steps={wrong['steps']}, hold="):
        linear_decay(**wrong)


def warm_cosine(optimizer):
    """Two schedules, one after the other."""
    return SequentialLR(optimizer, [linear_decay(9)(optimizer), CosineAnnealingLR(optimizer, 5)], milestones=[3])


@pytest.mark.parametrize(
    "schedule",
    [
        None,
        partial(CosineAnnealingLR, T_max=8),
        partial(OneCycleLR, max_lr=0.5, total_steps=8),
        linear_decay(8),
        cosine_decay(8),
        warm_cosine,
    ],
)
@pytest.mark.parametrize("cut", [1, 5])
def test_the_state_is_complete(schedule, cut):
    """Catches a schedule, a moment or a count that starts again: rates, weights and state to the last bit."""

    def made():
        weight = nn.Parameter(torch.ones(3))
        rule = torch.optim.AdamW([weight], lr=0.1, amsgrad=True)
        return weight, Update([weight], rule, schedule=schedule, clip=1.0)

    def run(weight, update, steps):
        return [update(lambda: (weight - 2).square().sum()) for _ in range(steps)]

    weight, update = made()
    whole = run(weight, update, 7)
    first, stopped = made()
    run(first, stopped, cut)
    second, resumed = made()
    second.data.copy_(first.data)
    resumed.load_state_dict(stopped.state_dict())
    assert run(second, resumed, 7 - cut) == whole[cut:]
    assert torch.equal(second, weight)
    assert resumed.updates == update.updates == 7
    assert resumed.optimizer.param_groups[0] == update.optimizer.param_groups[0] | {"params": [second]}


# ---- precision ------------------------------------------------------------------------------------------------------


def test_autocast_covers_the_loss_and_not_the_rest():
    """Catches autocast around backward, clipping or step, and an autocast that is never entered."""
    network = nn.Linear(3, 1)
    seen = {}

    class Watching(torch.optim.SGD):
        def step(self, closure=None):
            seen["step"] = torch.is_autocast_enabled("cpu")
            return super().step(closure)

    class Tap(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, *gradients):
            seen["backward"] = torch.is_autocast_enabled("cpu")
            return gradients[0]

    def loss():
        y = network(torch.randn(8, 3))
        seen["forward"] = torch.is_autocast_enabled("cpu")
        seen["products"] = y.dtype
        return Tap.apply(y.float().square().mean())

    Update(network.parameters(), Watching(network.parameters(), lr=0.1), bf16=True)(loss)
    assert seen == {"forward": True, "products": torch.bfloat16, "backward": False, "step": False}
    Update(network.parameters(), Watching(network.parameters(), lr=0.1))(loss)
    assert seen == {"forward": False, "products": torch.float32, "backward": False, "step": False}


def test_a_loss_of_sixteen_bits_is_refused_before_anything_moves():
    network = nn.Linear(3, 1)
    before = network.weight.clone()
    update = Update(network.parameters(), torch.optim.SGD(network.parameters(), lr=0.1), bf16=True)
    with pytest.raises(ValueError, match=r"the loss is torch\.bfloat16; compute it in float32"):
        update(lambda: network(torch.ones(1, 3)).sum())
    assert torch.equal(network.weight, before)


# ---- the average ----------------------------------------------------------------------------------------------------


@pytest.mark.equation("gan-average")
def test_average_is_a_weighted_sum_of_all_past_weights():
    network = nn.Linear(2, 3)
    ema = EMA(network, 0.9)
    past = [network.weight.detach().clone()]
    for _ in range(5):
        with torch.no_grad():
            network.weight.add_(torch.randn_like(network.weight))
        ema.update()
        past.append(network.weight.detach().clone())
    expected = 0.9**5 * past[0] + sum(0.1 * 0.9 ** (5 - i) * past[i] for i in range(1, 6))
    torch.testing.assert_close(ema.average.weight, expected)


def test_batch_statistics_are_averaged_and_their_count_is_copied():
    network = nn.BatchNorm1d(2)
    ema = EMA(network, 0.5)
    network(torch.randn(8, 2) + 3)
    ema.update()
    torch.testing.assert_close(ema.average.running_mean, network.running_mean / 2)
    assert ema.average.num_batches_tracked == 1


def test_the_average_is_a_copy_at_rest_that_learns_nothing():
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    ema = EMA(network, 0.0)
    assert not any(layer.training for layer in ema.average.modules())
    assert not any(weight.requires_grad for weight in ema.average.parameters())
    assert all(layer.training for layer in network.modules())
    with torch.no_grad():
        network[0].weight.add_(1)
    assert not torch.equal(ema.average[0].weight, network[0].weight)
    ema.update()
    assert torch.equal(ema.average[0].weight, network[0].weight)


@pytest.mark.parametrize("decay", [1.0, -0.1])
def test_an_average_outside_its_range_is_refused(decay):
    with pytest.raises(ValueError, match=f"ema_decay={decay}"):
        EMA(nn.Linear(1, 1), decay)
