"""Spectral normalisation and the hinge loss, against torch, singular values and brute force."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from aigc_course.gan import gan, spectral, wasserstein
from aigc_course.gan.trainer import GANTrainer

LAYERS = {
    "dense": (lambda: nn.Linear(7, 5), (7,)),
    "convolution": (lambda: nn.Conv2d(3, 6, 4, stride=2, padding=1), (3, 8, 8)),
}
layer = pytest.mark.parametrize(("make", "shape"), LAYERS.values(), ids=LAYERS.keys())


@pytest.mark.equation("gan_better-power", "gan_better-sigma")
@pytest.mark.parametrize(("rows", "columns"), [(5, 9), (9, 5)])
def test_power_iteration_finds_the_largest_singular_value(rows, columns):
    matrix = torch.randn(rows, columns, dtype=torch.double)
    u, v = spectral.power_iteration(matrix, torch.randn(columns, dtype=torch.double), steps=500)
    value = spectral.singular_value(matrix, u, v).item()
    assert value == pytest.approx(torch.linalg.svdvals(matrix)[0].item(), rel=1e-8)
    assert u.norm().item() == pytest.approx(1)
    assert v.norm().item() == pytest.approx(1)
    torch.testing.assert_close(matrix @ v, value * u, atol=1e-6, rtol=0)


@pytest.mark.equation("gan_better-power")
def test_the_error_shrinks_as_the_ratio_of_singular_values():
    """With values 2 and 1 each step divides the wrong part of u by four, and the error of sigma by sixteen."""
    matrix = torch.diag(torch.tensor([2.0, 1.0], dtype=torch.double))
    v, errors = torch.tensor([1.0, 1.0], dtype=torch.double), []
    for _ in range(4):
        u, v = spectral.power_iteration(matrix, v)
        errors.append(2 - spectral.singular_value(matrix, u, v).item())
    for before, after in pairwise(errors[1:]):
        assert before / after == pytest.approx(16, rel=0.1)


@layer
@pytest.mark.equation("gan_better-spectral")
def test_it_equals_torch_over_training_passes(make, shape):
    """Same weight, same start of u and v: the same output, gradient and vectors, pass after pass."""
    torch.manual_seed(0)
    ours = make()
    theirs = parametrizations.spectral_norm(copy.deepcopy(ours))
    spectral.normalise(ours)
    mine, other = ours.parametrizations.weight[0], theirs.parametrizations.weight[0]
    mine.u.copy_(other._u)
    mine.v.copy_(other._v)
    for _ in range(5):
        x = torch.randn(4, *shape)
        a, b = ours(x), theirs(x)
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
        for network, y in ((ours, a), (theirs, b)):
            network.zero_grad()
            y.square().sum().backward()
        pair = [network.parametrizations.weight.original.grad for network in (ours, theirs)]
        torch.testing.assert_close(*pair, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(mine.u, other._u, atol=1e-5, rtol=0)
        torch.testing.assert_close(mine.v, other._v, atol=1e-5, rtol=0)


@layer
@pytest.mark.equation("gan_better-spectral")
def test_the_normalised_weight_has_norm_one(make, shape):
    network = spectral.normalise(make())
    for _ in range(200):
        network(torch.randn(1, *shape))
    norm = torch.linalg.matrix_norm(spectral.as_matrix(network.weight), ord=2).item()
    assert norm == pytest.approx(1, abs=1e-4)


def test_evaluation_changes_nothing():
    network = spectral.normalise(nn.Linear(6, 4)).eval()
    before = copy.deepcopy(network.state_dict())
    network(torch.randn(2, 6))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


MEASURES = {
    "reading the weight": lambda network: network.weight,
    "the bound of a chain": lambda network: spectral.lipschitz_bound(nn.Sequential(network)),
    "the norm of the module": lambda network: spectral.operator_norm(network, (6,), steps=3),
    "the norm of a function": lambda network: spectral.operator_norm(lambda x: network(x), (6,), steps=3),
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES.keys())
def test_measuring_changes_nothing_in_training_mode(measure):
    """Catches a measurement that makes power iterations: the network trained afterwards would be another one."""
    network = spectral.normalise(nn.Linear(6, 4, bias=False)).train()
    before = copy.deepcopy(network.state_dict())
    measure(network)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    network(torch.randn(2, 6))  # a training pass still advances
    assert not all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_copy_advances_its_own_estimate():
    """Catches a hook that goes on turning the vectors of the network that it was copied from."""
    network = spectral.normalise(nn.Linear(6, 4)).train()
    twin, before = copy.deepcopy(network), copy.deepcopy(network.state_dict())
    twin(torch.randn(2, 6))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not torch.equal(twin.parametrizations.weight[0].u, network.parametrizations.weight[0].u)


@pytest.mark.equation("gan_better-chain-bound")
def test_no_slope_exceeds_the_product_of_the_layers():
    network = gan.mlp_discriminator(shape=(3,), hidden=16)
    bound = spectral.lipschitz_bound(network)
    x = torch.randn(2000, 3, requires_grad=True)
    (slope,) = torch.autograd.grad(network(x).sum(), x)
    assert slope.norm(dim=1).max() <= bound
    layers = [m for m in network if isinstance(m, nn.Linear)]
    expected = torch.stack([torch.linalg.svdvals(m.weight)[0] for m in layers]).prod().item()
    assert bound == pytest.approx(expected, rel=1e-5)


def test_normalised_networks_are_one_lipschitz():
    network = spectral.normalise(gan.mlp_discriminator(shape=(3,), hidden=16))
    for _ in range(300):
        network(torch.randn(1, 3))
    assert spectral.lipschitz_bound(network.eval()) == pytest.approx(1, abs=1e-3)


def test_the_norm_of_a_convolution_is_that_of_its_matrix():
    """Written out as a dense matrix on 6×6 images, whose singular values are exact."""
    convolution = nn.Conv2d(2, 3, 4, stride=2, padding=1, bias=False)
    units = torch.eye(2 * 6 * 6).view(-1, 2, 6, 6)
    matrix = convolution(units).flatten(1).T.detach()
    exact = torch.linalg.svdvals(matrix)[0].item()
    assert spectral.operator_norm(convolution, (2, 6, 6), steps=300) == pytest.approx(exact, rel=1e-3)


def test_the_kernel_as_a_matrix_is_not_the_whole_map():
    """A 3×3 kernel of ones: σ of its matrix is 3, the map from image to image stretches by nearly 9."""
    convolution = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    nn.init.ones_(convolution.weight)
    assert torch.linalg.svdvals(spectral.as_matrix(convolution.weight))[0].item() == pytest.approx(3)
    assert 8 < spectral.operator_norm(convolution, (1, 32, 32)) < 9


@pytest.mark.equation("gan_better-hinge")
def test_hinge_by_hand():
    """Real 0.5 pays 0.5, real 3 nothing; generated -2 nothing, generated 0.5 pays 1.5. Generators want them high."""
    real, fake = torch.tensor([0.5, 3.0]), torch.tensor([-2.0, 0.5])
    assert spectral.hinge_loss(real, fake).item() == pytest.approx(0.25 + 0.75)
    assert wasserstein.generator_loss(fake).item() == pytest.approx(0.75)


@pytest.mark.equation("gan_better-hinge-value")
def test_the_best_hinge_value_is_twice_the_overlap():
    """Brute force over logits, for forty pairs of shares: the best answer is the sign, the loss is 2 - Σ|p - q|."""
    p, q = torch.rand(2, 40, dtype=torch.double).softmax(dim=1)
    grid = torch.linspace(-3, 3, 6001, dtype=torch.double)[:, None]
    loss = p * (1 - grid).relu() + q * (1 + grid).relu()
    least = loss.amin(0)
    best = spectral.hinge_optimum(p, q)
    at_best = p * (1 - best).relu() + q * (1 + best).relu()
    torch.testing.assert_close(at_best, least)
    assert at_best.sum().item() == pytest.approx(2 - (p - q).abs().sum().item())


def test_the_game_can_be_played_with_hinge_and_bounded_slopes():
    torch.manual_seed(0)
    discriminator = spectral.normalise(gan.mlp_discriminator(shape=(1,), hidden=16))
    losses = {"d_loss": spectral.hinge_loss, "g_loss": wasserstein.generator_loss}
    model = gan.GAN(nn.Linear(1, 1), discriminator, latent_dim=1)
    x, fake = torch.randn(64, 1) + 3, model.sample(64)
    expected = spectral.hinge_loss(discriminator.eval()(x), discriminator(fake)).item()
    assert GANTrainer(model, **losses).discriminator_step(x, fake)["loss D"] == pytest.approx(expected, rel=1e-5)


def test_maps_that_the_bounds_do_not_cover_are_refused():
    with pytest.raises(ValueError, match="steps=0"):
        spectral.power_iteration(torch.eye(2), torch.ones(2), steps=0)
    with pytest.raises(ValueError, match="is no dense layer"):
        spectral.lipschitz_bound(nn.Sequential(nn.Conv2d(1, 1, 3)))
    with pytest.raises(ValueError, match="without its bias"):
        spectral.operator_norm(nn.Conv2d(1, 1, 3), (1, 4, 4))


@pytest.mark.parametrize(("size", "stride", "patches"), [(3, 1, 9), (4, 2, 4)])
def test_the_whole_map_exceeds_the_kernel_by_at_most_the_root_of_the_overlap(size, stride, patches):
    """The squares of all patches add up to at most m times the squares of the pixels, each of which lies in m."""
    convolution = nn.Conv2d(2, 3, size, stride=stride, padding=1, bias=False)
    kernel = torch.linalg.matrix_norm(spectral.as_matrix(convolution.weight), ord=2).item()
    assert spectral.operator_norm(convolution, (2, 16, 16)) <= patches**0.5 * kernel + 1e-4
    nn.init.ones_(convolution.weight)  # equal taps: close to the bound
    kernel = torch.linalg.matrix_norm(spectral.as_matrix(convolution.weight), ord=2).item()
    assert spectral.operator_norm(convolution, (2, 16, 16)) > 0.9 * patches**0.5 * kernel
