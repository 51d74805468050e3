"""Dense networks: starting weights, parity with torch's layers, training, resuming; and the network that draws."""

import numpy as np
import pytest
import torch

from aigc_course.core import data
from aigc_course.core.train import Algorithm, fit
from aigc_course.foundations.autograd import Array, cross_entropy
from aigc_course.foundations.conditional_autoencoder import ConditionalAutoencoder
from aigc_course.foundations.mlp import MLP, ArrayTrainer, glorot, he, probabilities, softmax
from aigc_course.foundations.optimizers import SGD, Adam, AdamW


@pytest.fixture(scope="module")
def digits():
    sides = [data.load("digits", split=name) for name in ("train", "test")]
    return [(side.x.flatten(1).double(), side.y) for side in sides]


@pytest.mark.equation("neural_networks-he")
def test_he_keeps_the_mean_square_through_relu_layers():
    """Catches 1/n (halves it in every layer), 2/outputs, a standard deviation for a variance."""
    x = np.random.default_rng(0).normal(size=(2000, 300))
    deep = MLP([300, *[400] * 6, 200], seed=1)
    out = deep(Array(x)).data
    # the last z has twice the mean square of what comes in: half of it is what a ReLU would let through
    assert (out**2).mean() == pytest.approx(2 * (x**2).mean(), rel=0.25)
    halved = MLP([300, *[400] * 6, 200], seed=1, scale=lambda i, o: 1 / i)
    assert (halved(Array(x)).data ** 2).mean() < 0.03
    assert he(50, 7) == 2 / 50


@pytest.mark.equation("neural_networks-glorot")
def test_glorot_balances_both_directions():
    """Catches a variance for one direction only: factors of n_in v forwards, n_out v backwards, add up to 2."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, glorot(300, 100) ** 0.5, size=(300, 100))
    forwards = ((rng.normal(size=(4000, 300)) @ weights) ** 2).mean()
    backwards = ((rng.normal(size=(4000, 100)) @ weights.T) ** 2).mean()
    assert forwards == pytest.approx(1.5, rel=0.05)
    assert backwards == pytest.approx(0.5, rel=0.05)
    assert forwards + backwards == pytest.approx(2, rel=0.05)


def test_the_network_equals_torchs():
    """Catches an activation too many or a transposed weight; outputs and every gradient, with torch's layers."""
    ours = MLP([5, 7, 6, 3], seed=3)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 5)), rng.integers(3, size=9)
    theirs = torch.nn.Sequential(
        torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)
    ).double()
    with torch.no_grad():
        for layer, (w, b) in zip((theirs[0], theirs[2], theirs[4]), ours.layers, strict=True):
            layer.weight.copy_(torch.tensor(w.data.T))
            layer.bias.copy_(torch.tensor(b.data))
    loss = cross_entropy(ours(Array(x)), y)
    loss.backward()
    reference = torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(y))
    reference.backward()
    assert loss.data.item() == pytest.approx(reference.item(), abs=1e-12)
    for mine, their in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert their.grad is not None
        np.testing.assert_allclose(mine.grad, their.grad.numpy().T, atol=1e-10)
    np.testing.assert_allclose(probabilities(ours, x), theirs(torch.tensor(x)).softmax(1).detach().numpy(), atol=1e-12)


def test_softmax_of_large_numbers():
    """Catches a largest number that is not subtracted, or one for all rows."""
    assert softmax(np.array([[1e4, 0.0], [-1e4, -2e4]])).tolist() == [[1.0, 0.0], [1.0, 0.0]]


def classifier(digits, steps, *, checkpoint=None, optimizer=None):
    network = MLP([64, 32, 10], seed=0)
    descent = ArrayTrainer(
        network.parameters(), lambda x, y: cross_entropy(network(Array(x)), y), optimizer or Adam(3e-3)
    )
    history = fit(descent, digits[0], steps=steps, batch_size=50, checkpoint=checkpoint)
    return network, descent, history


@pytest.fixture(scope="module")
def trained(digits):
    return classifier(digits, 100, optimizer=Adam(1e-2))


def test_it_learns_digits(digits, trained):
    """Catches an update with the wrong sign, labels out of step with pictures, weights that never move."""
    network, descent, history = trained
    assert isinstance(descent, Algorithm)
    assert history[-1]["loss"] < 0.3 * history[0]["loss"]
    x, y = (part.numpy() for part in digits[1])
    assert (probabilities(network, x).argmax(axis=1) == y).mean() > 0.9


@pytest.mark.parametrize("rule", [lambda: SGD(0.1), lambda: Adam(1e-2), lambda: AdamW(1e-2)])
def test_resuming_equals_never_stopping(digits, tmp_path, rule):
    """Catches moments or the step count missing from the checkpoint."""
    whole = classifier(digits, 12, optimizer=rule())[0]
    classifier(digits, 5, checkpoint=tmp_path / "c.pt", optimizer=rule())
    resumed = classifier(digits, 12, checkpoint=tmp_path / "c.pt", optimizer=rule())[0]
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert (a.data == b.data).all()


def test_a_network_needs_two_sizes():
    with pytest.raises(ValueError, match="at least"):
        MLP([3])


# The painter -------------------------------------------------------------------------------------------------------


def test_the_painter_draws_the_class_that_was_asked_for(digits, trained):
    """Catches a label that does not reach the decoder, styles summed up over the wrong class, a draw without noise."""
    painter = ConditionalAutoencoder(64, latent_dim=4, hidden=64)
    descent = ArrayTrainer(painter.parameters(), painter.loss, Adam(1e-2))
    fit(descent, digits[0], steps=150, batch_size=100)
    x, y = (part.numpy() for part in digits[0])
    painter.fit_latents(x, y)
    wanted = np.arange(10).repeat(30)
    drawn = painter.sample(wanted, np.random.default_rng(0))
    assert drawn.shape == (300, 64)
    assert ((drawn >= 0) & (drawn <= 1)).all()
    assert (probabilities(trained[0], drawn).argmax(axis=1) == wanted).mean() > 0.8
    again = painter.sample(wanted, np.random.default_rng(0))
    other = painter.sample(wanted, np.random.default_rng(1))
    assert (drawn == again).all()
    assert np.abs(drawn - other).max() > 0.1
    still = painter.sample(wanted[:30], np.random.default_rng(0), temperature=0.0)
    assert np.ptp(still, axis=0).max() < 1e-12


def test_styles_have_the_classs_mean_and_covariance(digits):
    """Catches a covariance in place of its root, or a root from the wrong side."""
    painter = ConditionalAutoencoder(64, latent_dim=3, hidden=16, seed=5)
    x, y = (part.numpy() for part in digits[0])
    painter.fit_latents(x, y)
    styles = painter.encode(x, y).data[y == 3]
    np.testing.assert_allclose(painter.means[3], styles.mean(axis=0))
    np.testing.assert_allclose(painter.cholesky[3] @ painter.cholesky[3].T, np.cov(styles.T), atol=1e-5)
    with pytest.raises(ValueError, match="images of class 0"):
        painter.fit_latents(x[:3], y[:3])


def test_equal_images_have_equal_styles(digits):
    """Catches a covariance whose diagonal is made smaller: that of equal styles is 0 and would have no root."""
    painter = ConditionalAutoencoder(64, latent_dim=3, hidden=16, seed=5)
    x = digits[0][0][:1].repeat(40, 1).numpy()
    painter.fit_latents(x, np.arange(10).repeat(4))
    assert np.abs(painter.cholesky).max() < 0.01
