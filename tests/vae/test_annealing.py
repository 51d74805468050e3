"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import pytest
import torch

from aigc_course.core.train import fit
from aigc_course.vae import annealing
from aigc_course.vae.annealing import annealed_trainer
from aigc_course.vae.text import TextVAE


def some_rows() -> torch.Tensor:
    return torch.randint(3, 20, (64, 5), generator=torch.Generator().manual_seed(0))


def untrained(**options) -> TextVAE:
    torch.manual_seed(0)
    return TextVAE(20, latent_dim=2, hidden=8, max_length=5, **options)


@pytest.mark.equation("vae_text-schedule")
def test_the_weight_rises_from_zero_to_one_and_stays():
    """Catches a schedule that starts late or early, or goes on beyond one."""
    assert [annealing.linear_warmup(step, warmup_steps=4) for step in range(7)] == [0, 0.25, 0.5, 0.75, 1, 1, 1]
    with pytest.raises(ValueError, match="warmup_steps=0"):
        annealing.linear_warmup(0, warmup_steps=0)


@pytest.mark.equation("vae_text-loss")
def test_the_weight_multiplies_the_code_and_nothing_else():
    """Catches a weight on the words, a sum over the batch, a lost term."""
    words, kl = torch.tensor([10.0, 20.0]), torch.tensor([1.0, 3.0])
    assert annealing.weighted_loss(words, kl).item() == 17
    assert annealing.weighted_loss(words, kl, weight=0.5).item() == 16
    assert annealing.weighted_loss(words, kl, weight=0.0).item() == 15


@pytest.mark.equation("vae_text-free-bits")
def test_free_nats_count_as_paid_and_have_no_gradient():
    """Catches free nats that are subtracted, that act per sentence, or that still press."""
    words = torch.zeros(2)
    for nats, expected, slope in ((4.0, 5.0, 0.0), (12.0, 6.5, 0.5)):
        kl = torch.tensor([1.0, nats], requires_grad=True)
        loss = annealing.weighted_loss(words, kl, free_bits=5.0)
        loss.backward()
        assert loss.item() == expected
        assert kl.grad.tolist() == [slope, slope]


def test_the_descent_follows_its_schedule():
    """Catches a weight that does not reach the loss, or that counts one update too many."""
    model = untrained()
    history = fit(annealed_trainer(model, warmup_steps=4), some_rows(), steps=6, batch_size=32)
    assert [row["weight"] for row in history] == [0, 0.25, 0.5, 0.75, 1, 1]
    for row in history:
        assert row["loss"] == pytest.approx(row["words"] + row["weight"] * row["KL"], abs=1e-4)


def test_steep_gradients_are_clipped():
    """Catches a limit that does not reach the descent: one plain step moves the weights by no more than it."""
    model = untrained()
    before = torch.cat([p.detach().flatten() for p in model.parameters()])
    rule = torch.optim.SGD(model.parameters(), lr=1.0)
    annealed_trainer(model, warmup_steps=1, optimizer=rule, clip=0.01).step(some_rows())
    after = torch.cat([p.detach().flatten() for p in model.parameters()])
    assert (after - before).norm().item() == pytest.approx(0.01, rel=1e-2)


def test_the_descent_uses_the_models_own_dropout_and_free_nats():
    """Catches options that are forgotten on the way: the loss must be the model's own."""
    model = untrained(word_dropout=0.7, free_bits=50.0)
    descent = annealed_trainer(model, warmup_steps=1)
    descent.update.updates = 1
    torch.manual_seed(1)
    expected = model.loss(some_rows()).item()
    torch.manual_seed(1)
    assert descent.step(some_rows())["loss"] == pytest.approx(expected, abs=1e-4)
    assert expected > 50


def test_a_resumed_run_goes_on_with_its_weight(tmp_path):
    """Catches a count that is not in the state: bit for bit the run that was never stopped."""
    whole = untrained()
    expected = fit(annealed_trainer(whole, warmup_steps=8), some_rows(), steps=8, batch_size=32)
    fit(annealed_trainer(untrained(), warmup_steps=8), some_rows(), steps=3, batch_size=32, checkpoint=tmp_path / "c")
    resumed = untrained()
    again = annealed_trainer(resumed, warmup_steps=8)
    assert fit(again, some_rows(), steps=8, batch_size=32, checkpoint=tmp_path / "c") == expected
    assert again.update.updates == 8
    for p, q in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(p, q)
