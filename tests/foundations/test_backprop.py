"""Back-propagation by hand: the worked example, the recursion against the autograd, and two circulated mistakes."""

import itertools

import numpy as np
import pytest

from aigc_course.foundations import autograd, backprop, pitfalls
from aigc_course.foundations.autograd import Array, Value


def network(seed=0, sizes=(2, 4, 3, 1)):
    rng = np.random.default_rng(seed)
    layers = [(rng.normal(size=(o, i)), rng.normal(size=o)) for i, o in itertools.pairwise(sizes)]
    return layers, rng.normal(size=sizes[0]), rng.normal(size=sizes[-1])


def by_differences(layers, x, y, h=1e-6):
    found = []
    for weights, bias in layers:
        for array in (weights, bias):
            slope = np.zeros_like(array)
            for index in np.ndindex(array.shape):
                before = array[index]
                array[index] = before + h
                up = backprop.loss(layers, x, y)
                array[index] = before - h
                slope[index] = (up - backprop.loss(layers, x, y)) / (2 * h)
                array[index] = before
            found.append(slope)
    return found


def flat(steps):
    return np.concatenate([part.ravel() for layer in steps for part in layer])


@pytest.mark.equation("neural_networks-layer")
def test_the_way_forward_equals_the_autograds():
    """Catches a transposed weight matrix, a lost bias, an activation after the last layer."""
    layers, x, y = network()
    a = Array(x.reshape(-1, 1))
    for number, (w, b) in enumerate(layers):
        a = Array(w) @ a + b.reshape(-1, 1)
        a = a if number == 2 else a.tanh()
    np.testing.assert_allclose(backprop.forward(layers, x).a[-1], a.data.ravel(), atol=1e-14)
    assert backprop.loss(layers, x, y) == pytest.approx(0.5 * ((a.data.ravel() - y) ** 2).sum(), abs=1e-14)


@pytest.mark.equation("neural_networks-delta", "neural_networks-weight-gradient", "neural_networks-output-delta")
@pytest.mark.parametrize("seed", range(5))
def test_the_recursion_equals_differences_and_the_autograd(seed):
    """Catches a missing slope, a missing transpose, the wrong layer's activation, one layer's delta for another's."""
    layers, x, y = network(seed)
    np.testing.assert_allclose(
        flat(backprop.gradients(layers, x, y)),
        np.concatenate([s.ravel() for s in by_differences(layers, x, y)]),
        atol=1e-7,
    )

    def loss(*flatly):
        a = Array(x.reshape(-1, 1))
        for number in range(0, len(flatly), 2):
            a = flatly[number] @ a + flatly[number + 1].reshape(-1, 1)
            a = a if number + 2 == len(flatly) else a.tanh()
        return ((a - y.reshape(-1, 1)) ** 2.0).sum() * 0.5

    exact = autograd.gradients(loss, *(part for layer in layers for part in layer))
    np.testing.assert_allclose(
        flat(backprop.gradients(layers, x, y)), np.concatenate([s.ravel() for s in exact]), atol=1e-12
    )


def test_a_step_goes_against_every_gradient():
    """Catches a bias that climbs while the weights descend: to first order the loss falls by lr · ‖gradient‖²."""
    layers, x, y = network(2)
    grads = backprop.gradients(layers, x, y)
    moved = backprop.sgd_step(layers, grads, lr=1e-6)
    np.testing.assert_allclose(flat(moved), flat(layers) - 1e-6 * flat(grads), rtol=0, atol=1e-15)
    fall = backprop.loss(layers, x, y) - backprop.loss(moved, x, y)
    assert fall == pytest.approx(1e-6 * (flat(grads) ** 2).sum(), rel=1e-3)


@pytest.mark.folklore("F09")
def test_f09_fails_the_gradient_check_and_the_right_formula_passes():
    """F09: the circulated steps are not −η times the gradient, in sign, in size and between the inputs of a unit."""
    layers, x, y = network(1)
    wanted = -0.02 * flat(backprop.gradients(layers, x, y))
    np.testing.assert_allclose(
        wanted, -0.02 * np.concatenate([s.ravel() for s in by_differences(layers, x, y)]), atol=1e-8
    )
    moves = pitfalls.circulated_steps(layers, x, y, rate=0.02)
    found = flat(moves)
    assert np.abs(found - wanted).max() > 0.5 * np.abs(wanted).max()
    for weights, _ in moves:
        assert (np.ptp(weights, axis=1) == 0).all()  # one number for all inputs of a unit
    assert np.ptp(backprop.gradients(layers, x, y)[0][0], axis=1).min() > 0


@pytest.mark.folklore("F09")
@pytest.mark.parametrize("seed", range(10))
def test_f09_the_loss_rises_where_the_right_step_makes_it_fall(seed):
    """F09 trained on twenty examples: the recursion descends, the circulated rule climbs or overflows, ten of ten."""
    rng = np.random.default_rng(seed)
    layers = [(rng.normal(size=(o, i)) / i**0.5, np.zeros(o)) for i, o in itertools.pairwise((2, 8, 1))]
    xs = rng.uniform(-1, 1, size=(20, 2))
    ys = np.sin(2 * xs[:, :1]) * xs[:, 1:] + xs[:, 1:]
    right = pitfalls.epochs(layers, xs, ys, count=10, circulated=False)
    wrong = pitfalls.epochs(layers, xs, ys, count=10, circulated=True)
    assert len(right) == 11
    assert right[-1] < 0.7 * right[0]
    assert not wrong[-1] < 2 * wrong[0]


def unit_parameters():
    return [Value(v) for v in (0.5, 0.25, 0.1, 2.0, -0.3)]


@pytest.mark.folklore("F10")
def test_f10_the_circulated_unit_is_deaf_to_its_second_input():
    """F10: w12 never gets a gradient and x2 never changes the output; the right unit by hand, number by number."""
    wrong = unit_parameters()
    output = pitfalls.circulated_unit(1.0, 2.0, *wrong)
    ((output - 1.0) ** 2.0 * 0.5).backward()
    assert wrong[1].grad == 0.0
    assert output.data == pitfalls.circulated_unit(1.0, 99.0, *wrong).data
    sound = unit_parameters()
    output = backprop.unit(1.0, 2.0, *sound)
    loss = (output - 1.0) ** 2.0 * 0.5
    loss.backward()
    # hidden 0.5 + 0.5 + 0.1 = 1.1, output 2.2 − 0.3 = 1.9, error 0.9, delta of the hidden unit 0.9 · 2 = 1.8
    assert output.data == pytest.approx(1.9)
    assert loss.data == pytest.approx(0.405)
    assert [p.grad for p in sound] == pytest.approx([1.8, 3.6, 1.8, 0.99, 0.9])


@pytest.mark.folklore("F10")
def test_f10_cannot_learn_what_the_right_unit_learns():
    """F10 trained: the target is x1 + 2 x2; half of its variance lies in x2, where the circulated unit is blind."""
    rng = np.random.default_rng(0)
    xs = rng.uniform(0, 1, size=(8, 2))
    ends = {}
    for name, model in (("right", backprop.unit), ("wrong", pitfalls.circulated_unit)):
        values = [p.data for p in unit_parameters()]
        loss = Value(0.0)
        for _ in range(120):
            parameters = [Value(v) for v in values]
            errors = [model(x1, x2, *parameters) - (x1 + 2 * x2) for x1, x2 in xs.tolist()]
            loss = sum((e * e for e in errors), Value(0.0)) * (0.5 / len(xs))
            loss.backward()
            values = [p.data - 0.2 * p.grad for p in parameters]
        ends[name] = loss.data
    assert ends["right"] < 0.01
    assert ends["wrong"] > 0.1
