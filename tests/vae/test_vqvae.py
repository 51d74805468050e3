"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli

from aigc_course.core.train import Trainer, fit
from aigc_course.vae import vqvae
from aigc_course.vae.vae import bernoulli_log_likelihood
from aigc_course.vae.vqvae import VQVAE


class Flat(nn.Module):
    """A decoder that gives as many pixels as it reads numbers, each times a weight of its channel."""

    weight: torch.Tensor

    def __init__(self, embedding_dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 2, embedding_dim).view(1, embedding_dim, 1, 1))

    def forward(self, vectors):
        return vectors * self.weight


def copying_weight(model: VQVAE) -> torch.Tensor:
    """The weight of the ``Flat`` decoder inside."""
    assert isinstance(model.decoder, Flat)
    return model.decoder.weight


def copying(codebook_size: int = 4, embedding_dim: int = 3) -> VQVAE:
    """An autoencoder whose encoder passes its input on: the vectors to be quantised are what the test gives it."""
    torch.manual_seed(0)
    return VQVAE(
        nn.Identity(), Flat(embedding_dim), codebook_size=codebook_size, embedding_dim=embedding_dim, grid=(2, 2)
    )


# Quantising --------------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae_variants-nearest")
def test_nearest_is_the_smallest_distance():
    """Catches the largest product in place of the smallest distance, the farthest entry, a lost factor 2."""
    torch.manual_seed(0)
    z, codebook = torch.randn(300, 5), torch.randn(17, 5) * torch.linspace(0.2, 3, 17).unsqueeze(1)
    assert torch.equal(vqvae.nearest_code(z, codebook), torch.cdist(z, codebook).argmin(dim=1))


def test_codes_keep_their_place():
    """Catches channels, rows and columns mixed up on the way to the codes and back."""
    model = copying(codebook_size=6)
    wanted = torch.tensor([[[0, 1], [2, 3]], [[5, 4], [0, 0]]])
    vectors = model.codebook.detach()[wanted].permute(0, 3, 1, 2)
    assert torch.equal(model.encode(vectors + 1e-3), wanted)
    torch.testing.assert_close(model.decode(wanted), model.decoder(vectors))


@pytest.mark.equation("vae_variants-straight-through")
def test_straight_through_is_its_definition():
    """Catches a detached code, a gradient scaled or sent to the codebook, and a value that is not the entry.

    The definition: the value is the entry, and the gradient with respect to z is the one at the entry, unchanged.
    """
    torch.manual_seed(0)
    z, vectors = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    weights = torch.randn(2, 3)
    out = vqvae.straight_through(z, vectors)
    torch.testing.assert_close(out, vectors)
    (out.sin() * weights).sum().backward()
    assert z.grad is not None
    torch.testing.assert_close(z.grad, vectors.detach().cos() * weights)
    assert vectors.grad is None


def test_the_true_gradient_of_quantising_is_nothing():
    """Catches an estimator that would be the derivative: small moves of z leave the entry as it is."""
    torch.manual_seed(0)
    z, codebook = torch.randn(50, 3), torch.randn(8, 3)
    codes = vqvae.nearest_code(z, codebook)
    ranked = torch.cdist(z, codebook).sort(dim=1).values
    inside = ranked[:, 1] - ranked[:, 0] > 0.01
    assert inside.sum() > 40
    assert torch.equal(vqvae.nearest_code(z + 1e-3 * torch.randn_like(z), codebook)[inside], codes[inside])


# Losses ------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae_variants-vq-loss")
def test_loss_has_three_parts_and_each_its_own_readers():
    """Catches a stop on the wrong side, a mean for a sum, a lost weight: value and all gradients recomputed."""
    model, x = copying(), torch.rand(5, 3, 2, 2)
    z = x.clone().requires_grad_()
    weight = copying_weight(model).detach()
    model.loss(z).backward()
    codes = vqvae.nearest_code(x.movedim(1, -1).flatten(0, 2), model.codebook).view(5, 2, 2)
    vectors = model.codebook.detach()[codes].permute(0, 3, 1, 2).requires_grad_()
    pixels = -Bernoulli(logits=vectors * weight, validate_args=False).log_prob(x).sum() / 5
    distance = (x - vectors.detach()).square().sum() / 5
    assert model.loss(x).item() == pytest.approx((pixels + 1.25 * distance).item(), rel=1e-5)
    (at_entry,) = torch.autograd.grad(pixels, vectors)
    assert z.grad is not None
    own = z.grad - 0.25 * 2 * (x - vectors.detach()) / 5  # what is left: pixels read z as target and as code
    torch.testing.assert_close(own, at_entry - vectors.detach() * weight / 5)
    expected = torch.zeros(4, 3).index_add_(
        0, codes.flatten(), (2 * (vectors.detach() - x) / 5).movedim(1, -1).flatten(0, 2)
    )
    torch.testing.assert_close(model.codebook.grad, expected)


@pytest.mark.equation("vae_variants-codebook-mean")
def test_an_entry_rests_at_the_mean_of_its_vectors():
    """Catches a codebook loss that the entries cannot feel, or that pulls them elsewhere."""
    torch.manual_seed(0)
    z, entry = torch.randn(40, 3), torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([entry], lr=0.2 / 40)
    for _ in range(60):
        optimizer.zero_grad()
        vqvae.codebook_loss(z, entry.expand(40, 3)).sum().backward()
        optimizer.step()
    torch.testing.assert_close(entry.detach(), z.mean(dim=0), atol=1e-5, rtol=0)


def test_commitment_is_felt_by_the_encoder_only():
    """Catches the two distances exchanged."""
    z, vectors = torch.ones(2, 3, requires_grad=True), torch.zeros(2, 3, requires_grad=True)
    loss = vqvae.commitment_loss(z, vectors)
    assert loss.tolist() == [3, 3]
    loss.sum().backward()
    assert z.grad is not None
    assert z.grad.tolist() == [[2.0] * 3] * 2
    assert vectors.grad is None


# Usage -------------------------------------------------------------------------------------------------------------


@pytest.mark.equation("vae_variants-perplexity")
def test_perplexity_counts_entries_used_alike():
    """Catches bits, a mean for the entropy, entries that are never used counted in."""
    codes = torch.arange(4).repeat(6).view(2, 3, 4)
    shares = vqvae.codebook_usage(codes, codebook_size=9)
    assert shares.tolist() == [0.25] * 4 + [0.0] * 5
    assert vqvae.codebook_perplexity(shares).item() == pytest.approx(4, rel=1e-6)
    skewed = vqvae.codebook_usage(torch.tensor([0, 0, 0, 1]), codebook_size=2)
    assert vqvae.codebook_perplexity(skewed).item() == pytest.approx(4 / 3**0.75, rel=1e-6)


def test_reviving_moves_dead_entries_and_no_other():
    """Catches live entries that move, dead ones that stay, and entries put where no vector is."""
    torch.manual_seed(0)
    model, x = copying(codebook_size=5), torch.randn(40, 3, 2, 2)
    with torch.no_grad():
        model.codebook[2:4] += 100
    before = model.codebook.detach().clone()
    cells = x.movedim(1, -1).flatten(0, 2)
    used = vqvae.codebook_usage(model.encode(x), codebook_size=5) > 0
    assert used.tolist() == [True, True, False, False, True]
    assert model.reset_dead_codes(x) == 2
    assert torch.equal(model.codebook[used], before[used])
    assert torch.cdist(model.codebook[~used].detach(), cells).min(dim=1).values.max() < 1e-3
    assert (vqvae.codebook_usage(model.encode(x), codebook_size=5) > 0).all()
    assert model.reset_dead_codes(x) == 0


def test_dead_entries_move_to_cells_of_all_images():
    """Catches the first cells taken for random ones: entries would crowd on the first images of every batch."""
    torch.manual_seed(0)
    model, x = copying(codebook_size=30), torch.randn(40, 3, 2, 2)
    with torch.no_grad():
        model.codebook[10:] += 100
    assert model.reset_dead_codes(x) >= 20
    where = torch.cdist(model.codebook[10:].detach(), x.movedim(1, -1).flatten(0, 2)).argmin(dim=1)
    assert where.min() < 80 < where.max()


def test_codes_beyond_the_codebook_say_so():
    with pytest.raises(ValueError, match="code 7 of a codebook with codebook_size=4"):
        vqvae.codebook_usage(torch.tensor([1, 7]), codebook_size=4)


# The model ---------------------------------------------------------------------------------------------------------


def test_shapes_and_ranges():
    """Catches a grid of the wrong size, a missing sigmoid, codes beyond the codebook."""
    torch.manual_seed(0)
    for side, halvings, grid in ((32, 3, (4, 4)), (8, 1, (4, 4)), (8, 2, (2, 2))):
        model = vqvae.convolutional(codebook_size=7, embedding_dim=3, base_channels=2, halvings=halvings, side=side)
        x = torch.rand(5, 1, side, side)
        codes = model.encode(x)
        assert codes.shape == (5, *grid)
        assert 0 <= codes.min() <= codes.max() < 7
        assert model.decode(codes).shape == x.shape
        torch.testing.assert_close(model.reconstruct(x), model.decode(codes).sigmoid())
        samples = model.sample(3)
        assert samples.shape == (3, 1, side, side)
        assert ((samples > 0) & (samples < 1)).all()


@pytest.mark.parametrize(("side", "halvings"), [(12, 3), (8, 0)])
def test_a_side_that_cannot_be_halved_says_so(side, halvings):
    with pytest.raises(ValueError, match=f"side={side}, halvings={halvings}"):
        vqvae.convolutional(side=side, halvings=halvings)


def test_random_codes_use_the_whole_codebook():
    """Catches codes drawn from a part of the codebook, or one code for all cells."""
    model = copying(codebook_size=4, embedding_dim=1)
    with torch.no_grad():
        model.codebook.copy_(torch.arange(4.0).view(4, 1) - 1.5)
        copying_weight(model).fill_(1.0)
    torch.manual_seed(0)
    values = model.sample(500).logit().add(1.5).round().long()
    assert values.flatten().bincount(minlength=4).min() > 350
    assert (values[:, 0, 0, 0] == values[:, 0, 0, 1]).float().mean().item() == pytest.approx(0.25, abs=0.1)


def test_training_finds_codes_for_the_kinds_of_patches():
    """Catches any mistake that leaves the loss descending to the wrong place: four kinds of patches, eight entries."""
    torch.manual_seed(0)
    kinds = torch.tensor([[0.0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 1, 1]]).view(4, 2, 2)
    grid = torch.randint(4, (256, 2, 2))
    x = kinds[grid].permute(0, 1, 3, 2, 4).reshape(256, 1, 4, 4)
    model = vqvae.convolutional(codebook_size=8, embedding_dim=4, base_channels=8, halvings=1, side=4)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

    def reset_dead_codes(step, _):
        if step < 100 and step % 10 == 0:
            model.reset_dead_codes(x)

    fit(Trainer(model, model.loss, optimizer=optimizer), x, steps=250, batch_size=64, on_step=reset_dead_codes)
    assert vqvae.codebook_perplexity(vqvae.codebook_usage(model.encode(x), codebook_size=8)) > 3
    assert (model.reconstruct(x).round() == x).float().mean() > 0.97
    blind = bernoulli_log_likelihood(x, x.mean(0, keepdim=True).logit().expand_as(x)).mean()
    seen = bernoulli_log_likelihood(x, model.decode(model.encode(x))).mean()
    assert seen > 0.3 * blind
