"""Code of the exercises in ``vae_theory.yml``: random inputs, solutions and wrong answers."""

import torch
from torch import Tensor

from aigc_course.exercises._draws import size


def _two_normals(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shape = (2, size(generator, 5, 8), size(generator, 3, 5))
    means = torch.randn(shape, generator=generator)
    variances = torch.rand(shape, generator=generator) + 0.3
    return means[0], variances[0], means[1], variances[1]


def divergence(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """Ratio of the variances, distance of the means in units of q, and the logarithm of the ratio."""
    ratio, shift = variance_p / variance_q, (mean_q - mean_p) ** 2 / variance_q
    return 0.5 * (ratio + shift - 1 - ratio.log()).sum(dim=-1)


def divergence_swapped(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """KL(q ‖ p)."""
    return divergence(mean_q, variance_q, mean_p, variance_p)


def divergence_averaged(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """Averaged over the numbers of the code."""
    return divergence(mean_p, variance_p, mean_q, variance_q) / mean_p.shape[-1]


def divergence_of_everything(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """Averaged over rows and numbers."""
    return divergence_averaged(mean_p, variance_p, mean_q, variance_q).mean()


def divergence_negative(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """The other sign."""
    return -divergence(mean_p, variance_p, mean_q, variance_q)


def divergence_without_half(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """The half forgotten."""
    return 2 * divergence(mean_p, variance_p, mean_q, variance_q)


def divergence_unscaled(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """Distance of the means not measured in units of q."""
    ratio = variance_p / variance_q
    return 0.5 * (ratio + (mean_q - mean_p) ** 2 - 1 - ratio.log()).sum(dim=-1)


def divergence_of_deviations(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """The variances read as standard deviations."""
    return divergence(mean_p, variance_p**2, mean_q, variance_q**2)


def divergence_wrong_volume(mean_p: Tensor, variance_p: Tensor, mean_q: Tensor, variance_q: Tensor) -> Tensor:
    """The sign of the logarithm turned over."""
    ratio, shift = variance_p / variance_q, (mean_q - mean_p) ** 2 / variance_q
    return 0.5 * (ratio + shift - 1 + ratio.log()).sum(dim=-1)


def _values_and_noise(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    n = size(generator, 6, 9)
    noise = torch.randn(n, generator=generator)
    std = 0.4 + 0.5 * torch.rand((), generator=generator).item()
    return 5 + noise**2 + torch.rand(n, generator=generator), noise, std


def gradient(values: Tensor, noise: Tensor, std: float) -> Tensor:
    """Surplus over the others' mean, times the score."""
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others) * noise / std


def gradient_without_baseline(values: Tensor, noise: Tensor, std: float) -> Tensor:
    """No baseline."""
    return values * noise / std


def gradient_with_own_draw(values: Tensor, noise: Tensor, std: float) -> Tensor:
    """The mean of all draws as baseline, the draw itself included."""
    return (values - values.mean()) * noise / std


def gradient_with_small_baseline(values: Tensor, noise: Tensor, std: float) -> Tensor:
    """The sum of the others, divided by the number of all."""
    return (values - (values.sum() - values) / len(values)) * noise / std


def gradient_of_variance(values: Tensor, noise: Tensor, std: float) -> Tensor:
    """Divided by the variance."""
    return gradient(values, noise, std) / std


def gradient_times_deviation(values: Tensor, noise: Tensor, std: float) -> Tensor:
    """Multiplied instead of divided."""
    return gradient(values, noise, std) * std**2


def gradient_averaged(values: Tensor, noise: Tensor, std: float) -> Tensor:
    """One number instead of one for each draw."""
    return gradient(values, noise, std).mean()


def _eigenvalues(generator: torch.Generator) -> tuple[Tensor, int]:
    n, latent_dim = size(generator, 8, 11), size(generator, 2, 6)
    return (torch.rand(n, generator=generator) + 0.1).cumsum(dim=0).flip(0), latent_dim


def best_model(eigenvalues: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    """Mean of what is discarded; what is kept, less the noise."""
    variance = eigenvalues[latent_dim:].mean()
    return variance, eigenvalues[:latent_dim] - variance


def best_model_sum(eigenvalues: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    """The sum of the discarded eigenvalues."""
    variance = eigenvalues[latent_dim:].sum()
    return variance, eigenvalues[:latent_dim] - variance


def best_model_over_all(eigenvalues: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    """Divided by the number of all directions."""
    variance = eigenvalues[latent_dim:].sum() / len(eigenvalues)
    return variance, eigenvalues[:latent_dim] - variance


def best_model_long(eigenvalues: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    """The noise left in the columns."""
    return eigenvalues[latent_dim:].mean(), eigenvalues[:latent_dim]


def best_model_kept(eigenvalues: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    """The mean of the kept eigenvalues."""
    variance = eigenvalues[:latent_dim].mean()
    return variance, eigenvalues[:latent_dim] - variance


def best_model_rooted(eigenvalues: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    """Lengths, not squared."""
    variance = eigenvalues[latent_dim:].mean()
    return variance, (eigenvalues[:latent_dim] - variance).sqrt()
