"""The vector-quantised autoencoder (VQ-VAE): a discrete latent, one codebook entry for each cell of a small grid.

Van den Oord, Vinyals & Kavukcuoglu (2017), *Neural Discrete Representation Learning*, arXiv:1711.00937, cited as VQ.
The straight-through gradient is from Bengio, Léonard & Courville (2013), arXiv:1308.3432.

Symbols
    b       examples in a batch
    g       cells of the grid, h × w
    m, k    entries of the codebook, numbers in an entry
    z       the encoder's output, k numbers for each cell
    codes   the discrete latent: index of the entry nearest to z, a whole number below m for each cell
    vectors the entries with these indices; the decoder's input

Conventions: pixels are Bernoulli as in ``vae``, in nats per image, summed over pixels. Squared distances are
summed over the grid and its numbers, never averaged. The paper writes e for an entry and K for our m.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from aigc_course.core.precision import full_precision, no_autocast
from aigc_course.foundations.information import entropy
from aigc_course.layers.pixelcnn import PixelCNN
from aigc_course.vae.vae import bernoulli_log_likelihood


def convolutional(
    *,
    codebook_size: int = 64,
    embedding_dim: int = 16,
    base_channels: int = 12,
    halvings: int = 3,
    side: int = 32,
    commitment_cost: float = 0.25,
) -> "VQVAE":
    """A VQ-VAE for 1 × side × side images: ``halvings`` strided convolutions down to the grid, and as many back.

    Raises:
        ValueError: ``side`` cannot be halved ``halvings`` times, or ``halvings`` is below 1.
    """
    if halvings < 1 or side % 2**halvings:
        raise ValueError(
            f"side={side}, halvings={halvings}; halve at least once, and a side that can be halved so often"
        )
    widths = [base_channels * 2**i for i in range(halvings)]
    down, up = [], []
    for inputs, outputs in zip([1, *widths], widths, strict=False):
        down += [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.GroupNorm(1, outputs), nn.SiLU()]
        up = [nn.GroupNorm(1, outputs), nn.SiLU(), nn.ConvTranspose2d(outputs, inputs, 4, stride=2, padding=1), *up]
    encoder = nn.Sequential(*down, nn.Conv2d(widths[-1], embedding_dim, 1))
    decoder = nn.Sequential(nn.Conv2d(embedding_dim, widths[-1], 3, padding=1), *up)
    grid = (side // 2**halvings, side // 2**halvings)
    return VQVAE(
        encoder,
        decoder,
        codebook_size=codebook_size,
        embedding_dim=embedding_dim,
        grid=grid,
        commitment_cost=commitment_cost,
    )


@no_autocast()
def nearest_code(z: Float[Tensor, "n k"], codebook: Float[Tensor, "m k"]) -> Int[Tensor, " n"]:
    """Index of the nearest codebook entry, by Euclidean distance, for each vector.

    |z|² is the same for every entry and left out. The search is made in float32 at least, also under autocast.
    """
    # Distances to a codebook far from 0 are small differences of large numbers: measure from the codebook's centre.
    centre = full_precision(codebook).mean(dim=0)
    z, codebook = full_precision(z) - centre, full_precision(codebook) - centre
    return (codebook.square().sum(dim=1) - 2 * z @ codebook.T).argmin(dim=1)


def straight_through(z: Float[Tensor, "*s"], vectors: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """Straight-through estimator: the value of ``vectors``, and its gradient passed to ``z`` as if it were ``z``."""
    return z + (vectors - z).detach()


def codebook_loss(z: Float[Tensor, "b *s"], vectors: Float[Tensor, "b *s"]) -> Float[Tensor, " b"]:
    """Squared distance of encoder output and entries, with a gradient for the entries only (VQ).

    It moves each entry to the mean of the vectors that it stands for.
    """
    return (full_precision(z).detach() - full_precision(vectors)).square().flatten(1).sum(dim=1)


def commitment_loss(z: Float[Tensor, "b *s"], vectors: Float[Tensor, "b *s"]) -> Float[Tensor, " b"]:
    """The same squared distance with a gradient for the encoder only, which keeps its output near the entries (VQ)."""
    return (full_precision(z) - full_precision(vectors).detach()).square().flatten(1).sum(dim=1)


def codebook_usage(codes: Int[Tensor, "*s"], *, codebook_size: int) -> Float[Tensor, " m"]:
    """Share of the cells that each entry of the codebook stands for; the shares add up to 1.

    Raises:
        ValueError: A code is not below ``codebook_size``.
    """
    counts = torch.bincount(codes.flatten(), minlength=codebook_size)
    if len(counts) > codebook_size:
        raise ValueError(
            f"code {len(counts) - 1} of a codebook with codebook_size={codebook_size}; codes are below that number"
        )
    return counts.float() / codes.numel()


def codebook_perplexity(shares: Float[Tensor, " m"]) -> Float[Tensor, ""]:
    """Exponential of the entropy of the usage: the number of equally used entries of the same entropy."""
    return entropy(shares).exp()


class VQVAE(nn.Module):
    """An encoder to a grid of vectors, a codebook, and a decoder from the nearest entries to Bernoulli pixels.

    Args:
        encoder: From images to vectors (b, embedding_dim, gh, gw).
        decoder: From such vectors to the logits of the pixels.
        codebook_size: Number of entries, m.
        embedding_dim: Numbers in an entry, k.
        grid: (gh, gw).
        commitment_cost: Weight of the commitment loss (β in VQ).
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        *,
        codebook_size: int,
        embedding_dim: int,
        grid: tuple[int, int],
        commitment_cost: float = 0.25,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.grid, self.commitment_cost = encoder, decoder, grid, commitment_cost
        self.codebook = nn.Parameter(torch.randn(codebook_size, embedding_dim))

    def encode(self, x: Float[Tensor, "b c h w"]) -> Int[Tensor, "b gh gw"]:
        """Index of the nearest entry for each cell of each image's grid."""
        return self._quantise(self.encoder(x))

    def decode(self, codes: Int[Tensor, "b gh gw"]) -> Float[Tensor, "b c h w"]:
        """Logits of the pixels, given a grid of indices."""
        return self.decoder(self._look_up(codes))

    def loss(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, ""]:
        """−log p(x|codes) in nats, plus codebook loss, plus ``commitment_cost`` · commitment loss; batch mean (VQ)."""
        z = self.encoder(x)
        vectors = self._look_up(self._quantise(z))
        pixels = -bernoulli_log_likelihood(x, self.decoder(straight_through(z, vectors)))
        return (pixels + codebook_loss(z, vectors) + self.commitment_cost * commitment_loss(z, vectors)).mean()

    @torch.no_grad()
    def reconstruct(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Means of p(x|codes) in [0, 1] for the codes of each image."""
        return self.decode(self.encode(x)).sigmoid()

    @torch.no_grad()
    def sample(self, n: int) -> Float[Tensor, "n c h w"]:
        """Means of p(x|codes) for independent uniform codes: the prior under which the autoencoder is trained."""
        codes = torch.randint(len(self.codebook), (n, *self.grid), device=self.codebook.device)
        return self.decode(codes).sigmoid()

    @torch.no_grad()
    def reset_dead_codes(self, x: Float[Tensor, "b c h w"]) -> int:
        """Move each entry that no cell of ``x`` uses to the encoder's output at a random cell; returns their number."""
        z = self._cells(self.encoder(x))
        dead = codebook_usage(nearest_code(z, self.codebook), codebook_size=len(self.codebook)) == 0
        count = int(dead.sum())
        self.codebook[dead] = z[torch.randint(len(z), (count,), device=z.device)]
        return count

    def _quantise(self, z: Float[Tensor, "b k gh gw"]) -> Int[Tensor, "b gh gw"]:
        return nearest_code(self._cells(z), self.codebook).unflatten(0, (len(z), *self.grid))

    def _cells(self, z: Float[Tensor, "b k gh gw"]) -> Float[Tensor, "n k"]:
        return z.movedim(1, -1).flatten(0, 2)

    def _look_up(self, codes: Int[Tensor, "b gh gw"]) -> Float[Tensor, "b k gh gw"]:
        return F.embedding(codes, self.codebook).movedim(-1, 1)


class TwoStageVQVAE(nn.Module):
    """A VQ-VAE with a prior over its codes that is fitted to them: a generative model of images."""

    def __init__(self, autoencoder: VQVAE, prior: PixelCNN) -> None:
        super().__init__()
        self.autoencoder, self.prior = autoencoder, prior

    def bound(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, " b"]:
        """Lower bound on log p(x) in nats per image: log p(codes) + log p(x|codes) at the encoder's codes.

        p(x) is the sum of p(codes) p(x|codes) over all grids of codes; the bound is the logarithm of one summand.
        """
        codes = self.autoencoder.encode(x)
        return self.prior.log_prob(codes) + bernoulli_log_likelihood(x, self.autoencoder.decode(codes))

    def loss(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, ""]:
        """The losses of both stages; codes are whole numbers, so that no gradient passes from prior to encoder."""
        return self.autoencoder.loss(x) + self.prior.loss(self.autoencoder.encode(x))

    @torch.no_grad()
    def sample(self, n: int) -> Float[Tensor, "n c h w"]:
        """Means of p(x|codes) in [0, 1] for grids of codes sampled from the prior."""
        return self.autoencoder.decode(self.prior.sample(n)).sigmoid()
