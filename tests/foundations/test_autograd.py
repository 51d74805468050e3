"""Automatic differentiation against torch on random programs, against differences, and against work by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_course.foundations import autograd
from aigc_course.foundations.autograd import Array, Value, gradients, numerical_gradients

UNARY = {
    "exp": (lambda a: (a * 0.3).exp(), lambda t: (t * 0.3).exp()),
    "log": (lambda a: (a**2.0 + 1.0).log(), lambda t: (t**2 + 1).log()),
    "tanh": (lambda a: a.tanh(), torch.tanh),
    "relu": (lambda a: a.relu(), torch.relu),
    "power": (lambda a: (a**2.0 + 0.5) ** -0.7, lambda t: (t**2 + 0.5) ** -0.7),
    "negate": (lambda a: 1.0 - a, lambda t: 1 - t),
    "reciprocal": (lambda a: 1 / (a**2.0 + 1.0), lambda t: 1 / (t**2 + 1)),
    "sigmoid": (lambda a: a.sigmoid(), torch.sigmoid),
    "softplus": (lambda a: a.softplus(), torch.nn.functional.softplus),
}
ARRAYS = UNARY | {
    "logsumexp": (lambda a: a.logsumexp(), lambda t: t.logsumexp(-1, keepdim=True)),
    "sum of columns": (lambda a: a.sum(axis=0, keepdims=True), lambda t: t.sum(0, keepdim=True)),
    "sum of rows": (lambda a: a.sum(axis=1).reshape(-1, 1), lambda t: t.sum(1).reshape(-1, 1)),
    "product with itself": (
        lambda a: a.reshape(1, -1) @ a.reshape(-1, 1),
        lambda t: t.reshape(1, -1) @ t.reshape(-1, 1),
    ),
}
BINARY = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b**2.0 + 1.0),
    "negative": lambda a, b: -a - -b,
}
step = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
numbers = st.floats(-2, 2).map(lambda x: round(x, 3) + 0.0005)  # never exactly 0, where torch and we may choose


def run(program, inputs, unary, binary, of):
    """Apply a random program; every step reads any earlier result, so that values are shared."""
    values = list(inputs)
    names, pairs = list(unary), list(binary)
    for operation, left, right in program:
        a, b = values[left % len(values)], values[right % len(values)]
        k = operation % (len(names) + len(pairs))
        # tanh keeps numbers of a long program in range; it is itself under test
        values.append((unary[names[k]][of](a) if k < len(names) else binary[pairs[k - len(names)]](a, b)).tanh())
    return values[-1]


# Single numbers ----------------------------------------------------------------------------------------------------


@given(st.lists(step, min_size=1, max_size=15), st.lists(numbers, min_size=3, max_size=3))
def test_values_equal_torch_on_random_graphs(program, inputs):
    """Catches a wrong slope, a gradient set instead of added, a walk that visits a child after its parent."""
    ours, theirs = (
        [Value(x) for x in inputs],
        [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs],
    )
    mine, reference = run(program, ours, UNARY, BINARY, 0), run(program, theirs, UNARY, BINARY, 1)
    mine.backward()
    reference.backward()
    assert mine.data == pytest.approx(reference.item(), abs=1e-10)
    for a, b in zip(ours, theirs, strict=True):
        assert a.grad == pytest.approx(0.0 if b.grad is None else b.grad.item(), abs=1e-10)


@pytest.mark.equation("neural_networks-chain")
def test_a_value_used_twice_has_two_effects():
    """Catches overwritten gradients: x appears on two paths, and both count. d(x·x + tanh x)/dx = 2x + 1 − tanh² x."""
    x = Value(0.7)
    (x * x + x.tanh()).backward()
    assert x.grad == pytest.approx(1.4 + 1 - math.tanh(0.7) ** 2, abs=1e-12)
    deep = Value(1.0)
    result = deep
    for _ in range(30):  # 2^30 paths, 30 nodes: a walk over paths would not end
        result = result + result
    result.backward()
    assert deep.grad == 2.0**30


def test_backward_starts_afresh_and_runs_deep():
    """Catches gradients that pile up over calls, and a recursion that ends at a thousand operations."""
    x = Value(0.5)
    y = x
    for _ in range(5000):
        y = y + 0.0
    y.backward()
    y.backward()
    assert x.grad == 1.0
    array = Array([0.5, 2.0])
    total = (array * 3.0).sum()
    total.backward()
    total.backward()
    assert array.grad.tolist() == [3.0, 3.0]


# Arrays ------------------------------------------------------------------------------------------------------------

SHAPES = ((3, 4), (1, 4), (3, 1), (1, 1))


@given(st.lists(step, min_size=1, max_size=12), st.integers(0, 10**6), st.permutations(SHAPES))
@settings(max_examples=150)
def test_arrays_equal_torch_on_random_graphs(program, seed, shapes):
    """Catches a wrong pull, a broadcast that is not summed back, a wrong axis, an overwritten gradient."""
    rng = np.random.default_rng(seed)
    data = [rng.normal(size=shape) for shape in shapes]
    ours, theirs = [Array(x) for x in data], [torch.tensor(x, requires_grad=True) for x in data]
    weights = rng.normal(size=(3, 4))
    mine = (run(program, ours, ARRAYS, BINARY, 0) * weights).sum()
    reference = (run(program, theirs, ARRAYS, BINARY, 1) * torch.tensor(weights)).sum()
    mine.backward()
    reference.backward()
    np.testing.assert_allclose(mine.data, reference.item(), rtol=0, atol=1e-10)
    for a, b in zip(ours, theirs, strict=True):
        expected = np.zeros(a.shape) if b.grad is None else b.grad.numpy()
        np.testing.assert_allclose(a.grad, expected, rtol=0, atol=1e-10)


@pytest.mark.equation("neural_networks-broadcast")
@pytest.mark.parametrize("shape", [(4,), (1, 4), (3, 1), (), (2, 3, 4)])
def test_a_broadcast_array_receives_the_sum_over_its_copies(shape):
    """Catches a mean in place of the sum, and a gradient of the wrong shape."""
    rng = np.random.default_rng(0)
    data, weights = rng.normal(size=shape), rng.normal(size=(2, 3, 4))
    copies = np.broadcast_to(data, weights.shape)
    array, every = Array(data), Array(copies)
    (array * weights).sum().backward()
    (every * weights).sum().backward()
    assert array.grad.shape == shape
    reference = torch.tensor(data, requires_grad=True)
    (reference * torch.tensor(weights)).sum().backward()
    assert reference.grad is not None
    np.testing.assert_allclose(array.grad, reference.grad.numpy(), atol=1e-12)
    assert array.grad.sum() == pytest.approx(every.grad.sum())


def test_numpy_on_the_left_does_not_take_an_array_apart():
    """Catches numpy's own broadcasting over objects, which would build one node for each element."""
    x = Array(np.ones(3))
    assert isinstance(np.ones(3) + x, Array)
    assert isinstance(np.ones(3) - x, Array)
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        x.backward()
    with pytest.raises(ValueError, match="two matrices"):
        _ = x @ np.ones((3, 2))


def test_large_numbers_do_not_overflow():
    """Catches exponentials taken before the largest is subtracted, and one largest number for all rows."""
    x = Array([[1000.0, -1000.0, 999.0], [-1000.0, -1001.0, -1002.0]])
    loss = x.logsumexp().sum() + x.sigmoid().sum() + x.softplus().sum()
    loss.backward()
    assert np.isfinite(loss.data).all()
    assert np.isfinite(x.grad).all()
    rows = torch.tensor(x.data).logsumexp(1, keepdim=True)
    np.testing.assert_allclose(x.logsumexp().data, rows.numpy(), rtol=1e-12)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 4)])
def test_logsumexp_is_over_the_last_axis_however_many_there_are(shape):
    x = Array(np.random.default_rng(0).normal(size=shape))
    mirror = torch.tensor(x.data, requires_grad=True)
    expected = mirror.logsumexp(-1, keepdim=True)
    x.logsumexp().sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(x.logsumexp().data, expected.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(x.grad, mirror.grad.numpy(), rtol=1e-12)


def test_relu_has_no_slope_at_its_kink():
    """Catches >= for >: where the input is exactly 0, torch takes the slope 0, and so do both of ours."""
    x, a = Value(0.0), Array([0.0, -0.0, 1.0])
    x.relu().backward()
    a.relu().sum().backward()
    assert x.grad == 0
    assert a.grad.tolist() == [0, 0, 1]


def test_a_mean_is_over_every_element():
    """Catches the length of the first axis for the number of elements."""
    x = Array(np.arange(6.0).reshape(2, 3))
    mean = x.mean()
    mean.backward()
    assert mean.data == 2.5
    np.testing.assert_allclose(x.grad, 1 / 6)


# Both ------------------------------------------------------------------------------------------------------------

ONLY_OF_ARRAYS = {"__matmul__", "__rmatmul__", "sum", "mean", "logsumexp", "reshape", "shape"}


@given(st.lists(step, min_size=1, max_size=15), st.lists(numbers, min_size=3, max_size=3))
def test_numbers_and_arrays_of_one_element_agree_on_random_programs(program, inputs):
    """Catches an operation that one of the two lacks, or that differs between them."""
    single, arrays = [Value(x) for x in inputs], [Array(x) for x in inputs]
    one, other = run(program, single, UNARY, BINARY, 0), run(program, arrays, UNARY, BINARY, 0)
    one.backward()
    other.backward()
    assert one.data == pytest.approx(other.data.item(), abs=1e-12)
    for a, b in zip(single, arrays, strict=True):
        assert a.grad == pytest.approx(b.grad.item(), abs=1e-12)


def test_numbers_and_arrays_offer_the_same_operations():
    """Catches an operation that is added to one of the two: all but those that need several elements."""

    def operations(kind):
        return {name for name, f in vars(kind).items() if callable(f) or isinstance(f, property)} - {"__init__"}

    assert operations(Array) - operations(Value) == ONLY_OF_ARRAYS
    assert operations(Value) <= operations(Array)


def test_numbers_on_the_left():
    """Catches a quotient or a matrix product whose factors are exchanged, and one that is missing."""
    x, a, m = Value(4.0), Array([2.0, 4.0]), np.array([[1.0, 2.0, 3.0]])
    (1 / x).backward()
    assert ((1 / x).data, x.grad) == (0.25, -1 / 16)
    (np.array([1.0, 2.0]) / a).sum().backward()
    assert a.grad.tolist() == [-1 / 4, -2 / 16]
    b = Array(np.arange(6.0).reshape(3, 2))
    product = m @ b
    assert isinstance(product, Array)
    assert product.data.tolist() == (m @ b.data).tolist()
    product.sum().backward()
    assert b.grad.tolist() == [[1, 1], [2, 2], [3, 3]]
    with pytest.raises(ValueError, match="two matrices"):
        _ = np.ones(3) @ b


PROGRAMS = {
    "product": lambda x, y: x * y,
    "matrix product": lambda x, y: x @ y,
    "power": lambda x, y: x**3.0,
    "logarithm": lambda x, y: x.log(),
    "exponential": lambda x, y: x.exp(),
    "ReLU": lambda x, y: (x - 1.0).relu() * 2.0,
    "tanh": lambda x, y: x.tanh(),
    "sigmoid": lambda x, y: x.sigmoid(),
    "softplus": lambda x, y: x.softplus(),
    "logsumexp": lambda x, y: x.logsumexp(),
    "quotient": lambda x, y: x / y,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_gradient_is_taken_where_the_result_was_computed(program):
    """Catches derivatives at numbers that were changed after the way forward: an update between two walks backwards."""
    rng = np.random.default_rng(0)
    data = [rng.uniform(0.5, 2, size=(3, 3)) for _ in range(2)]
    expected = gradients(lambda x, y: program(x, y).sum(), *data)
    inputs = [Array(x) for x in data]
    middle = program(*inputs)
    result = middle.sum()
    for array in (*inputs, middle):
        array.data -= 10.0  # in place, as an optimiser might
    for x in data:
        x -= 10.0  # the caller's own arrays, too
    result.backward()
    for x, right in zip(inputs, expected, strict=True):
        np.testing.assert_allclose(x.grad, right)


# Losses ------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("neural_networks-softmax")
def test_gradient_of_softmax_and_cross_entropy_is_p_minus_y():
    """Catches a swapped sign, a lost 1/b, probabilities in place of logits; also against torch's cross entropy."""
    rng = np.random.default_rng(1)
    z, y = rng.normal(size=(5, 4)) * 3, rng.integers(4, size=5)
    (found,) = gradients(lambda a: autograd.cross_entropy(a, y), z)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, (p - np.eye(4)[y]) / 5, atol=1e-12)
    t = torch.tensor(z, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(t, torch.tensor(y))
    loss.backward()
    assert autograd.cross_entropy(Array(z), y).data.item() == pytest.approx(loss.item(), abs=1e-12)
    assert t.grad is not None
    np.testing.assert_allclose(found, t.grad.numpy(), atol=1e-12)


def test_binary_cross_entropy_equals_torch():
    """Catches a mean over pixels in place of the sum, a swapped target."""
    rng = np.random.default_rng(2)
    z, x = rng.normal(size=(3, 6)), rng.uniform(size=(3, 6))
    t = torch.tensor(z, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(t, torch.tensor(x), reduction="sum") / 3
    loss.backward()
    assert t.grad is not None
    assert autograd.binary_cross_entropy(Array(z), x).data.item() == pytest.approx(loss.item(), abs=1e-12)
    (found,) = gradients(lambda a: autograd.binary_cross_entropy(a, x), z)
    np.testing.assert_allclose(found, t.grad.numpy(), atol=1e-12)


@pytest.mark.equation("neural_networks-check")
def test_central_differences_are_exact_to_second_order():
    """Catches a one-sided difference (first order) and a lost ½: for x³ the error is exactly h²."""
    for h in (0.1, 0.01):
        (found,) = numerical_gradients(lambda a: (a**3.0).sum(), np.array([0.8, -1.1]), h=h)
        np.testing.assert_allclose(found - 3 * np.array([0.8, -1.1]) ** 2, h**2, rtol=1e-6)


@pytest.mark.equation("neural_networks-broadcast")
def test_differences_agree_with_the_walk_backwards():
    """Catches arguments mixed up between the two, and inputs that the differences leave changed."""
    rng = np.random.default_rng(3)
    at = [rng.normal(size=(2, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)]
    kept = [x.copy() for x in at]
    exact = gradients(lambda x, w, b: ((x @ w + b).tanh() ** 2.0).mean(), *at)
    close = numerical_gradients(lambda x, w, b: ((x @ w + b).tanh() ** 2.0).mean(), *at)
    for a, b in zip(exact, close, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)
    assert all((a == b).all() for a, b in zip(at, kept, strict=True))
