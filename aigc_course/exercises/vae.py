"""Code of the exercises in ``vae.yml``: random inputs, solutions and wrong answers."""

import math

import torch
from torch import Tensor

from aigc_course.exercises._draws import size


def _posterior(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    mean, logvar = torch.randn(2, size(generator, 5, 8), size(generator, 3, 5), generator=generator)
    return mean, logvar


def kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """Four terms, half of their sum over the code."""
    return 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(dim=-1)


def kl_negative(mean: Tensor, logvar: Tensor) -> Tensor:
    """The term of the bound instead of the divergence."""
    return -kl(mean, logvar)


def kl_averaged(mean: Tensor, logvar: Tensor) -> Tensor:
    """Averaged over the code."""
    return 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean(dim=-1)


def kl_without_mean(mean: Tensor, logvar: Tensor) -> Tensor:
    """The mean forgotten."""
    return 0.5 * (logvar.exp() - 1 - logvar).sum(dim=-1)


def kl_without_half(mean: Tensor, logvar: Tensor) -> Tensor:
    """The factor forgotten."""
    return (mean**2 + logvar.exp() - 1 - logvar).sum(dim=-1)


def kl_of_the_batch(mean: Tensor, logvar: Tensor) -> Tensor:
    """One sum over codes and images."""
    return kl(mean, logvar).sum()


def kl_of_everything(mean: Tensor, logvar: Tensor) -> Tensor:
    """A mean over latents and images."""
    return 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean()


def kl_of_the_mean_image(mean: Tensor, logvar: Tensor) -> Tensor:
    """Right, and then averaged over the images."""
    return kl(mean, logvar).mean()


def kl_turned(mean: Tensor, logvar: Tensor) -> Tensor:
    """The two distributions exchanged: KL(N(0, I) ‖ q)."""
    return 0.5 * ((1 + mean**2) * (-logvar).exp() - 1 + logvar).sum(dim=-1)


def kl_with_logvar_as_log_std(mean: Tensor, logvar: Tensor) -> Tensor:
    """The logarithm of the variance read as that of the standard deviation."""
    return kl(mean, 2 * logvar)


def _posterior_and_noise(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    mean, logvar = _posterior(generator)
    return mean, logvar, torch.randn(mean.shape, generator=generator)


def draw(mean: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """Shift and stretch the noise."""
    return mean + (0.5 * logvar).exp() * noise


def draw_with_variance(mean: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """The variance as the stretch."""
    return mean + logvar.exp() * noise


def draw_with_half_variance(mean: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """The half outside of the exponential."""
    return mean + 0.5 * logvar.exp() * noise


def draw_with_logarithm(mean: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """The logarithm as the stretch."""
    return mean + logvar * noise


def draw_unscaled(mean: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """No stretch."""
    return mean + noise


def draw_without_noise(mean: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """No noise: a plain autoencoder."""
    return mean


def _log_weights(generator: torch.Generator) -> tuple[Tensor]:
    return (3 * torch.randn(size(generator, 6, 9), size(generator, 3, 5), generator=generator) - 500,)


def importance(log_weights: Tensor) -> Tensor:
    """Logarithm of the mean weight, without leaving the logarithms."""
    return log_weights.logsumexp(dim=0) - math.log(len(log_weights))


def importance_mean_of_logs(log_weights: Tensor) -> Tensor:
    """The one-draw bound, averaged."""
    return log_weights.mean(dim=0)


def importance_undivided(log_weights: Tensor) -> Tensor:
    """The sum in place of the mean."""
    return log_weights.logsumexp(dim=0)


def importance_divided_by_images(log_weights: Tensor) -> Tensor:
    """The size of the wrong dimension."""
    return log_weights.logsumexp(dim=0) - math.log(log_weights.shape[1])


def importance_underflowing(log_weights: Tensor) -> Tensor:
    """Out of the logarithms and back."""
    return log_weights.exp().mean(dim=0).log()


def importance_over_images(log_weights: Tensor) -> Tensor:
    """The other dimension."""
    return importance(log_weights.T)


def importance_best(log_weights: Tensor) -> Tensor:
    """The largest weight only."""
    return log_weights.amax(dim=0)


def importance_self_normalised(log_weights: Tensor) -> Tensor:
    """Log weights averaged with the normalised weights."""
    return (log_weights.softmax(dim=0) * log_weights).sum(dim=0)


def importance_of_everything(log_weights: Tensor) -> Tensor:
    """One mean over samples and images."""
    return log_weights.flatten().logsumexp(dim=0) - math.log(log_weights.numel())
