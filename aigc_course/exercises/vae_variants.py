"""Code of the exercises in ``vae_variants.yml``: random inputs, solutions and wrong answers."""

import math

import torch
from torch import Tensor

from aigc_course.exercises._draws import size


def _table(generator: torch.Generator) -> tuple[Tensor]:
    return (torch.rand(size(generator, 3, 6), size(generator, 4, 6), generator=generator),)


def gap(table: Tensor) -> Tensor:
    """The best minus the second best of each column."""
    best, second = table.topk(2, dim=0).values
    return best - second


def gap_best_alone(table: Tensor) -> Tensor:
    """Nothing subtracted."""
    return table.amax(dim=0)


def gap_by_unit(table: Tensor) -> Tensor:
    """Rows and columns exchanged."""
    return gap(table.T)


def gap_to_the_worst(table: Tensor) -> Tensor:
    """The last in place of the second."""
    return table.amax(dim=0) - table.amin(dim=0)


def _points(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n, d = size(generator, 8, 11), size(generator, 3, 5)
    sizes = torch.linspace(0.3, 3, n).unsqueeze(1)
    z = torch.randn(size(generator, 38, 43), d, generator=generator)
    return z, torch.randn(n, d, generator=generator) * sizes


def nearest_code(z: Tensor, codebook: Tensor) -> Tensor:
    """Smallest Euclidean distance."""
    return torch.cdist(z, codebook).argmin(dim=1)


def farthest(z: Tensor, codebook: Tensor) -> Tensor:
    """The largest distance."""
    return torch.cdist(z, codebook).argmax(dim=1)


def nearest_by_product(z: Tensor, codebook: Tensor) -> Tensor:
    """The largest product, which long entries win."""
    return (z @ codebook.T).argmax(dim=1)


def nearest_by_angle(z: Tensor, codebook: Tensor) -> Tensor:
    """The smallest angle."""
    return (z @ (codebook / codebook.norm(dim=1, keepdim=True)).T).argmax(dim=1)


def nearest_without_two(z: Tensor, codebook: Tensor) -> Tensor:
    """The square expanded without its factor 2."""
    return (codebook.square().sum(dim=1) - z @ codebook.T).argmin(dim=1)


def _gradients(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, float]:
    z, quantised, at_quantised = torch.randn(3, size(generator, 5, 8), size(generator, 3, 5), generator=generator)
    return z, quantised, at_quantised, 0.1 + 0.3 * torch.rand((), generator=generator).item()


def encoder_gradient(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """Straight through, and the commitment's own slope."""
    return at_quantised + 2 * commitment_cost * (z - quantised)


def gradient_without_commitment(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """The third part of the loss forgotten."""
    return at_quantised


def gradient_without_bridge(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """The true derivative of the pixels, which is nothing."""
    return 2 * commitment_cost * (z - quantised)


def gradient_away(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """The commitment's sign turned over."""
    return at_quantised - 2 * commitment_cost * (z - quantised)


def gradient_without_two(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """The factor of the square's derivative lost."""
    return at_quantised + commitment_cost * (z - quantised)


def gradient_with_weight_elsewhere(
    z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float
) -> Tensor:
    """The weight at the codebook's term, which does not reach z."""
    return at_quantised + 2 * (z - quantised)


def gradient_with_weight_at_the_pixels(
    z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float
) -> Tensor:
    """The weight at the pixel term."""
    return commitment_cost * at_quantised + 2 * (z - quantised)


def gradient_of_the_mean(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """``F.mse_loss``, which averages over all numbers."""
    return at_quantised + 2 * commitment_cost * (z - quantised) / z.numel()


def gradient_of_the_mean_vector(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """A mean over the vectors."""
    return at_quantised + 2 * commitment_cost * (z - quantised) / len(z)


def gradient_of_the_mean_number(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """A mean over the numbers of each vector."""
    return at_quantised + 2 * commitment_cost * (z - quantised) / z.shape[1]


def gradient_of_both_distances(z: Tensor, quantised: Tensor, at_quantised: Tensor, commitment_cost: float) -> Tensor:
    """No stop in the second part."""
    return at_quantised + 2 * (1 + commitment_cost) * (z - quantised)


def _grid(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    cells, codebook_size = size(generator, 5, 8), size(generator, 4, 6)
    logits = 2 * torch.randn(cells, codebook_size, generator=generator)
    return logits, torch.randint(codebook_size, (cells,), generator=generator)


def grid_bits(logits: Tensor, codes: Tensor) -> Tensor:
    """Minus the sum of the log-probabilities of the codes, in bits."""
    return -logits.log_softmax(dim=1).gather(1, codes.unsqueeze(1)).sum() / math.log(2)


def bits_in_nats(logits: Tensor, codes: Tensor) -> Tensor:
    """Natural logarithms kept."""
    return grid_bits(logits, codes) * math.log(2)


def bits_below_zero(logits: Tensor, codes: Tensor) -> Tensor:
    """The minus forgotten."""
    return -grid_bits(logits, codes)


def bits_of_the_mean_entry(logits: Tensor, codes: Tensor) -> Tensor:
    """The entropies of the cells, which do not look at the codes."""
    p = logits.softmax(dim=1)
    return -(p * logits.log_softmax(dim=1)).sum() / math.log(2)


def bits_of_softmax_twice(logits: Tensor, codes: Tensor) -> Tensor:
    """Probabilities taken for logits."""
    return grid_bits(logits.softmax(dim=1), codes)


def bits_per_cell(logits: Tensor, codes: Tensor) -> Tensor:
    """The mean over the cells."""
    return grid_bits(logits, codes) / len(codes)


def bits_of_logits(logits: Tensor, codes: Tensor) -> Tensor:
    """Logits taken for log-probabilities."""
    return -logits.gather(1, codes.unsqueeze(1)).sum() / math.log(2)


def bits_over_cells(logits: Tensor, codes: Tensor) -> Tensor:
    """Normalised over the cells in place of the entries."""
    return -logits.log_softmax(dim=0).gather(1, codes.unsqueeze(1)).sum() / math.log(2)
