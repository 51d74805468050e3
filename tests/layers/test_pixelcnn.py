"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import itertools
import math

import pytest
import torch
from torch import nn

from aigc_course.core.train import Trainer, fit
from aigc_course.foundations import coding
from aigc_course.layers import pixelcnn
from aigc_course.layers.pixelcnn import BitModel, PixelCNN
from aigc_course.vae import vqvae
from aigc_course.vae.vae import bernoulli_log_likelihood
from aigc_course.vae.vqvae import TwoStageVQVAE


def random_prior(codebook_size: int = 3, grid: tuple[int, int] = (2, 2), *, loud: float = 3.0) -> PixelCNN:
    """Untrained, with weights large enough that every cell depends visibly on those before it."""
    torch.manual_seed(0)
    prior = PixelCNN(codebook_size=codebook_size, grid=grid, channels=8, embedding_dim=4)
    with torch.no_grad():
        for p in prior.parameters():
            p.mul_(loud)
        prior.position_bias.normal_()
    return prior


def all_grids(codebook_size: int, h: int, w: int) -> torch.Tensor:
    return torch.tensor(list(itertools.product(range(codebook_size), repeat=h * w))).view(-1, h, w)


def test_masks_follow_the_reading_order():
    """Catches a mask that is off by one, by columns in place of rows, or the two kinds exchanged."""
    assert pixelcnn.causal_mask(3, centre=False).tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert pixelcnn.causal_mask(3, centre=True).tolist() == [[1, 1, 1], [1, 1, 0], [0, 0, 0]]


@pytest.mark.equation("vae_variants-chain")
def test_probabilities_of_all_grids_add_up_to_one():
    """Catches a sum that is none: a cell that sees itself, a mean over cells, a softmax over the wrong axis."""
    for grid in ((2, 2), (3, 2)):
        prior = random_prior(grid=grid)
        log_prob = prior.log_prob(all_grids(3, *grid)).double()
        assert log_prob.exp().sum().item() == pytest.approx(1, abs=1e-5)
        assert log_prob.std() > 0.5


@pytest.mark.equation("vae_variants-chain")
def test_log_probability_is_the_product_of_the_factors():
    """Catches factors read at another cell or another code: the chain rule walked by hand."""
    prior, codes = random_prior(codebook_size=5, grid=(3, 3)), torch.randint(5, (2, 3, 3))
    log_p = prior(codes).log_softmax(dim=1)
    by_hand = torch.zeros(2)
    for b, row, column in itertools.product(range(2), range(3), range(3)):
        by_hand[b] += log_p[b, codes[b, row, column], row, column]
    torch.testing.assert_close(prior.log_prob(codes), by_hand)
    assert prior.loss(codes).item() == pytest.approx(-by_hand.mean().item(), abs=1e-5)


@pytest.mark.parametrize("grid", [(2, 2), (4, 4), (3, 5)])
def test_every_cell_hears_all_earlier_cells_and_no_later_one(grid):
    """Catches a leak from the cell itself or a later one, and a blind spot: an earlier cell that is never heard."""
    prior, cells = random_prior(codebook_size=4, grid=grid), grid[0] * grid[1]
    torch.manual_seed(1)
    codes = torch.randint(4, (1, *grid))
    with torch.no_grad():
        before = prior(codes)[0].flatten(1)
        for changed in range(cells):
            other = codes.clone().flatten()
            other[changed] = (other[changed] + 1) % 4
            moved = (prior(other.view(1, *grid))[0].flatten(1) - before).abs().amax(dim=0)
            assert moved[: changed + 1].max() < 1e-5
            assert changed == cells - 1 or moved[changed + 1 :].min() > 1e-5


def test_every_cell_knows_its_place():
    """Catches a prior that forgets where a cell is."""
    prior = random_prior(codebook_size=4, grid=(3, 3))
    prior.loss(torch.randint(4, (8, 3, 3))).backward()
    assert prior.position_bias.grad is not None
    assert prior.position_bias.grad.abs().amax(dim=0).min() > 0


def test_a_residual_begins_at_the_identity():
    """Catches the path beside the convolution left out."""
    block, h = pixelcnn.Residual(4), torch.randn(2, 4, 3, 3)
    for p in block.layers[-1].parameters():
        nn.init.zeros_(p)
    assert torch.equal(block(h), h)


def test_samples_have_the_probabilities_of_the_prior():
    """Catches cells drawn in another order, from stale logits, or the likeliest code in place of a draw."""
    prior = random_prior(codebook_size=2, grid=(2, 2), loud=1.5)
    grids = all_grids(2, 2, 2)
    torch.manual_seed(2)
    draws = prior.sample(20_000).flatten(1) @ torch.tensor([8, 4, 2, 1])
    found = draws.bincount(minlength=16) / 20_000
    torch.testing.assert_close(found, prior.log_prob(grids).exp().detach(), atol=0.015, rtol=0)


def test_training_recovers_a_known_distribution():
    """Catches any mistake that leaves the loss descending to the wrong place: log 4 nats is the best possible.

    The first row is free, the second repeats it: two of four codes carry all there is.
    """
    torch.manual_seed(0)
    top = torch.randint(2, (512, 1, 2))
    codes = torch.cat([top, top], dim=1)
    prior = PixelCNN(codebook_size=2, grid=(2, 2), channels=16)
    optimizer = torch.optim.Adam(prior.parameters(), lr=1e-2)
    fit(Trainer(prior, prior.loss, optimizer=optimizer), codes, steps=150, batch_size=128)
    assert math.log(4) - 0.02 < prior.loss(codes).item() < math.log(4) + 0.05
    drawn = prior.sample(200)
    assert (drawn[:, 0] == drawn[:, 1]).all(dim=1).float().mean() > 0.95


# The generator -----------------------------------------------------------------------------------------------------


def generator(codebook_size: int = 3) -> TwoStageVQVAE:
    torch.manual_seed(0)
    autoencoder = vqvae.convolutional(codebook_size=codebook_size, embedding_dim=2, base_channels=2, halvings=1, side=4)
    return TwoStageVQVAE(autoencoder, random_prior(codebook_size=codebook_size))


@pytest.mark.equation("vae_variants-bound")
def test_bound_is_one_share_of_the_evidence():
    """Catches a bound that is none, and a lost term: log p(x) is added up over all 81 grids."""
    model, grids = generator(), all_grids(3, 2, 2)
    x = torch.rand(4, 1, 4, 4).round()
    with torch.no_grad():
        pictures, log_prior = model.autoencoder.decode(grids), model.prior.log_prob(grids)
        log_joint = torch.stack([log_prior + bernoulli_log_likelihood(one.expand(81, 1, 4, 4), pictures) for one in x])
        evidence = log_joint.logsumexp(dim=1)
        bound, codes = model.bound(x), model.autoencoder.encode(x)
    assert (bound < evidence).all()
    which = codes.flatten(1) @ torch.tensor([27, 9, 3, 1])
    torch.testing.assert_close(bound, log_joint.gather(1, which.unsqueeze(1)).squeeze(1))


@pytest.mark.equation("vae_variants-uniform")
def test_a_prior_that_knows_nothing_costs_the_same_for_all():
    """Catches a wrong price of the code: without knowledge it is log m for each cell."""
    model, x = generator(), torch.rand(4, 1, 4, 4)
    last = model.prior.rest[-1]
    assert isinstance(last, nn.Conv2d)
    nn.init.zeros_(last.weight)
    assert last.bias is not None
    nn.init.constant_(last.bias, 0.7)
    with torch.no_grad():
        pixels = bernoulli_log_likelihood(x, model.autoencoder.decode(model.autoencoder.encode(x)))
        torch.testing.assert_close(model.bound(x), pixels - 4 * math.log(3))


def test_loss_of_both_stages():
    """Catches a stage left out, or one that does not learn."""
    model, x = generator(), torch.rand(4, 1, 4, 4)
    parts = model.autoencoder.loss(x) + model.prior.loss(model.autoencoder.encode(x))
    torch.testing.assert_close(model.loss(x), parts)
    model.loss(x).backward()
    assert all(p.grad is not None for p in model.parameters())


def test_pictures_come_from_the_prior():
    """Catches codes drawn alike in place of the prior's, and logits for probabilities."""
    model = generator()
    torch.manual_seed(1)
    pictures = model.sample(5)
    torch.manual_seed(1)
    with torch.no_grad():
        expected = model.autoencoder.decode(model.prior.sample(5)).sigmoid()
    torch.testing.assert_close(pictures, expected)


# Bits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codebook_size", [8, 5])
def test_codes_survive_the_arithmetic_coder_at_their_price(codebook_size):
    """Catches bits in the wrong order, chances of the wrong half, a cell too far: length against log-probability."""
    prior = random_prior(codebook_size=codebook_size, grid=(2, 3), loud=1.5)
    model = BitModel(prior)
    torch.manual_seed(3)
    for codes in prior.sample(8):
        bits = model.bits(codes)
        assert len(bits) == 6 * 3
        assert torch.equal(model.codes(bits), codes)
        stream = coding.encode(bits, model)
        assert torch.equal(model.codes(coding.decode(stream, len(bits), model)), codes)
        ideal = -prior.log_prob(codes.unsqueeze(0)).item() / math.log(2)
        assert ideal - 0.1 < len(stream) < ideal + 2.5


def test_chances_follow_the_codes_before():
    """Catches chances that are kept from another grid with as many codes before the cell."""
    model = BitModel(random_prior(codebook_size=2, grid=(2, 2)))
    log_p = model.prior.log_prob(all_grids(2, 2, 2)).detach().exp().view(2, 2, 2, 2)
    for first in (0, 1, 0):
        expected = (log_p[first, 1].sum() / log_p[first].sum()).item()
        assert model([first]) == pytest.approx(expected, abs=1e-5)
