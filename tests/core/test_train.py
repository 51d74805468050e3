import os
import signal
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from aigc_course.core import train
from aigc_course.core.optimisation import linear_decay
from aigc_course.core.random import derive_seed


class Noisy:
    """An algorithm whose result depends on every batch, on their order and on the noise."""

    def __init__(self):
        self.value = torch.zeros((), dtype=torch.float64)
        self.interrupt_at = -1
        self.steps = 0

    def step(self, batch):
        self.value = 0.9 * self.value + batch.double().mean() * torch.rand((), dtype=torch.float64)
        self.steps += 1
        if self.steps == self.interrupt_at:
            os.kill(os.getpid(), signal.SIGINT)
        return {"value": self.value.item()}

    def state_dict(self):
        return {"value": self.value}

    def load_state_dict(self, state):
        self.value = state["value"]


DATA = torch.arange(50.0).unsqueeze(1)


def run(steps, **options):
    algorithm = Noisy()
    return train.fit(algorithm, DATA, steps=steps, batch_size=8, **options), algorithm


@given(st.integers(1, 29))
@settings(max_examples=10, deadline=None)
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("fit") / "c.pt"
    run(cut, checkpoint=path)
    resumed, algorithm = run(30, checkpoint=path)
    whole, other = run(30)
    assert resumed == whole
    assert torch.equal(algorithm.value, other.value)


def test_the_callers_random_numbers_do_not_enter_and_are_not_touched():
    torch.manual_seed(1)
    first, _ = run(5)
    expected = torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(2)
    assert run(5)[0] == first
    assert run(5, seed=1)[0] != first


def test_every_update_has_noise_of_its_own():
    drawn = []

    class Listener(Noisy):
        def step(self, batch):
            drawn.append(torch.rand(()).item())
            return {}

    train.fit(Listener(), DATA, steps=6, batch_size=8)
    assert len(set(drawn)) == 6


def test_a_cpu_run_leaves_the_gpus_alone(monkeypatch):
    """Seeding GPUs that are not in use queues a stack trace for each kind of them, at every update."""
    asked, drawn = [], []

    class Listener(Noisy):
        def step(self, batch):
            drawn.append(torch.rand(()).item())
            return {}

    monkeypatch.setattr(torch, "manual_seed", asked.append)
    train.fit(Listener(), DATA, steps=2, batch_size=8, seed=3)
    monkeypatch.undo()
    assert asked == []
    for k, number in enumerate(drawn):
        torch.manual_seed(derive_seed(3, 1, k))
        assert number == torch.rand(()).item()


def test_an_epoch_shows_every_example_once_and_the_next_another_order():
    source = train.batches(torch.arange(12), 4, seed=3)
    epochs = [torch.cat([next(source) for _ in range(3)]) for _ in range(2)]
    for epoch in epochs:
        assert sorted(epoch.tolist()) == list(range(12))
    assert not torch.equal(*epochs)


def test_seeds_do_not_share_epochs():
    """With order seeded by ``seed + epoch`` the second epoch of seed 0 would be the first of seed 1."""
    zero = train.batches(torch.arange(12), 12, seed=0)
    next(zero)
    assert not torch.equal(next(zero), next(train.batches(torch.arange(12), 12, seed=1)))


def test_batches_keep_the_rows_of_a_tuple_together():
    x = torch.arange(20)
    for a, b in (next(train.batches((x, 10 * x), 5, seed=0, start=k)) for k in range(4)):
        assert torch.equal(b, 10 * a)


@pytest.mark.parametrize("size", [0, -1, 51])
def test_a_bad_batch_size_is_named(size):
    with pytest.raises(ValueError, match=f"batch_size={size}; choose one from 1 to 50"):
        next(train.batches(DATA, size, seed=0))


def test_tensors_of_different_length_are_refused():
    with pytest.raises(ValueError, match=r"\[3, 4\]"):
        next(train.batches((torch.zeros(3), torch.zeros(4)), 2, seed=0))


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed=-1"):
        run(1, seed=-1)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    run(3, checkpoint=tmp_path / "c.pt")
    with pytest.raises(ValueError, match=r"c\.pt was .*: seed was 0 and is 7; delete it or use another file"):
        run(5, checkpoint=tmp_path / "c.pt", seed=7)
    with pytest.raises(ValueError, match="already holds 3"):
        run(2, checkpoint=tmp_path / "c.pt")


def descent(*, lr=0.1, width=1, rule=torch.optim.SGD, **options):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, width), nn.Dropout(0.25))
    return train.Trainer(
        model,
        lambda x: (model(x) + torch.randn(len(x), 1)).square().mean(),
        optimizer=rule(model.parameters(), lr=lr),
        **options,
    )


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"lr": 0.2}, r"optimizer\.param_groups\.0\.lr was 0\.1 and is 0\.2"),
        ({"clip": 3.0}, r"clip was None and is 3\.0"),
        ({"rule": torch.optim.Adagrad}, "optimizer was SGD and is Adagrad"),
        ({"width": 2}, "out_features was 1 and is 2"),
        ({"bf16": True}, "bf16 was False and is True"),
        ({"ema_decay": 0.9}, r"ema\.decay was not there and is 0\.9"),
        ({"schedule": linear_decay(9)}, r"schedule was None and is LambdaLR\(lr_lambda=.*steps=9, hold=0\.0"),
        ({"anneal": {"weight": abs}}, r"anneal was \{\} and is \{weight: abs\}"),
    ],
)
def test_a_run_with_other_settings_is_refused_and_changes_nothing(tmp_path, options, difference):
    train.fit(descent(), DATA, steps=3, batch_size=8, checkpoint=tmp_path / "c.pt")
    other = descent(**options)
    before = [p.clone() for p in other.model.parameters()]
    with pytest.raises(ValueError, match=rf"c\.pt was made by another run: .*{difference}.*; delete it"):
        train.fit(other, DATA, steps=5, batch_size=8, checkpoint=tmp_path / "c.pt")
    assert all(torch.equal(p, q) for p, q in zip(before, other.model.parameters(), strict=True))


def test_other_data_of_the_same_shape_are_refused(tmp_path):
    train.fit(descent(), DATA, steps=3, batch_size=8, checkpoint=tmp_path / "c.pt")
    changed = DATA.clone()
    changed[17] += 1e-6 * changed[17]
    with pytest.raises(ValueError, match=r"data was float32\[50, 1\] with SHA-256 .* and is float32\[50, 1\] with SHA"):
        train.fit(descent(), changed, steps=5, batch_size=8, checkpoint=tmp_path / "c.pt")


SCHEDULES = {
    "cosine": partial(CosineAnnealingLR, T_max=9),
    "one cycle": partial(OneCycleLR, max_lr=0.2, total_steps=9),
    "line": linear_decay(9),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())
def test_schedule_average_and_limit_resume_bit_for_bit(tmp_path, schedule):
    """Catches a schedule that starts again in a new process, an average that starts at the present weights."""

    def scheduled():
        return descent(schedule=schedule, ema_decay=0.9, clip=0.5, rule=partial(torch.optim.SGD, momentum=0.9))

    whole, again = scheduled(), scheduled()
    history = train.fit(whole, DATA, steps=9, batch_size=8)
    options = {"batch_size": 8, "checkpoint": tmp_path / "c.pt"}
    train.fit(again, DATA, steps=3, **options)
    train.fit(again, DATA, steps=5, **options)  # the same object goes on
    fresh = scheduled()
    assert train.fit(fresh, DATA, steps=9, **options) == history  # another process
    assert whole.averaged is not whole.model
    for ours, theirs in ((fresh.model, whole.model), (fresh.averaged, whole.averaged)):
        assert all(torch.equal(p, q) for p, q in zip(ours.parameters(), theirs.parameters(), strict=True))
    rates = [one.update.optimizer.param_groups[0]["lr"] for one in (fresh, whole)]
    assert rates[0] == rates[1] < 0.05


@pytest.mark.parametrize("state", [{"weights": torch.zeros(2)}, [1, 2], torch.zeros(3)])
def test_a_file_that_fit_did_not_write_is_refused(tmp_path, state):
    torch.save(state, tmp_path / "c.pt")
    with pytest.raises(ValueError, match=r"c\.pt was not written by fit; delete it or use another file"):
        run(5, checkpoint=tmp_path / "c.pt")


def test_a_cut_checkpoint_is_refused_in_one_sentence(tmp_path):
    run(3, checkpoint=tmp_path / "c.pt")
    whole = (tmp_path / "c.pt").read_bytes()
    (tmp_path / "c.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"c\.pt is cut short, damaged or no checkpoint; delete it"):
        run(5, checkpoint=tmp_path / "c.pt")


def test_an_interrupt_waits_for_the_update_and_saves_it(tmp_path):
    algorithm = Noisy()
    algorithm.interrupt_at = 7
    with pytest.raises(KeyboardInterrupt, match="after update 7 of 30"):
        train.fit(algorithm, DATA, steps=30, batch_size=8, checkpoint=tmp_path / "c.pt")
    assert len(torch.load(tmp_path / "c.pt")["history"]) == 7
    assert run(30, checkpoint=tmp_path / "c.pt")[0] == run(30)[0]


def test_a_crash_keeps_what_the_last_save_holds(tmp_path):
    def crash(k, _):
        if k == 12:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(30, checkpoint=tmp_path / "c.pt", checkpoint_every=5, on_step=crash)
    assert len(torch.load(tmp_path / "c.pt")["history"]) == 10


def test_a_trainer_takes_the_optimisers_step():
    torch.manual_seed(0)
    model, twin = nn.Linear(3, 1), nn.Linear(3, 1)
    twin.load_state_dict(model.state_dict())
    descent = train.Trainer(
        model, lambda x: model(x).square().mean(), optimizer=torch.optim.SGD(model.parameters(), lr=0.1), clip=1e9
    )
    x = torch.randn(8, 3)
    metrics = descent.step(x)
    loss = twin(x).square().mean()
    loss.backward()
    assert metrics["loss"] == pytest.approx(loss.item())
    assert metrics["gradient"] == pytest.approx(nn.utils.get_total_norm([p.grad for p in twin.parameters()]).item())
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(p, q - 0.1 * q.grad)


def test_clipping_bounds_the_gradient():
    model = nn.Linear(3, 1)
    descent = train.Trainer(
        model, lambda x: 1000 * model(x).sum(), optimizer=torch.optim.SGD(model.parameters(), lr=1.0), clip=0.5
    )
    before = torch.cat([p.detach().flatten() for p in model.parameters()])
    descent.step(torch.randn(8, 3))
    after = torch.cat([p.detach().flatten() for p in model.parameters()])
    assert (after - before).norm().item() == pytest.approx(0.5, rel=1e-4)


def test_bf16_reaches_the_matrix_products():
    seen = []
    model = nn.Linear(3, 1)

    def loss(x):
        y = model(x)
        seen.append(y.dtype)
        return y.float().mean()

    train.fit(train.Trainer(model, loss, bf16=True), torch.randn(8, 3), steps=1, batch_size=4)
    train.fit(train.Trainer(model, loss), torch.randn(8, 3), steps=1, batch_size=4)
    assert seen == [torch.bfloat16, torch.float32]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_a_gpu_run_resumes_bit_for_bit(tmp_path):
    def gpu_run(steps, **options):
        torch.manual_seed(0)
        model = nn.Linear(1, 1).cuda()
        descent = train.Trainer(model, lambda x: (model(x) + torch.randn_like(x)).square().mean())
        return train.fit(descent, DATA, steps=steps, batch_size=8, device="cuda", **options)

    gpu_run(7, checkpoint=tmp_path / "c.pt")
    assert gpu_run(20, checkpoint=tmp_path / "c.pt") == gpu_run(20)


def test_the_loss_may_name_further_numbers_and_take_what_changes_with_the_updates():
    """Catches a weight that counts one update too many, and numbers that do not reach the history."""
    model = nn.Linear(1, 1)

    def loss(x, *, weight):
        return weight * model(x).square().mean(), {"mean": x.mean()}

    annealed = train.Trainer(model, loss, anneal={"weight": lambda k: k / 4})
    history = train.fit(annealed, DATA[:8], steps=3, batch_size=8)
    assert [row["weight"] for row in history] == [0, 0.25, 0.5]
    assert history[0]["loss"] == 0 != history[1]["loss"]
    assert all(row["mean"] == pytest.approx(3.5) for row in history)


def test_the_model_to_sample_from_is_the_average_of_those_that_were():
    """Catches an average taken before the update, and one that nothing moves."""
    square = descent(ema_decay=0.75)
    before = square.model[0].weight.item()
    square.step(DATA[:8] / 50)
    expected = 0.75 * before + 0.25 * square.model[0].weight.item()
    assert square.averaged[0].weight.item() == pytest.approx(expected, rel=1e-6)
    assert square.model[0].weight.item() != before
    alone = descent()
    assert alone.averaged is alone.model
