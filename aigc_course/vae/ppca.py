"""Probabilistic principal component analysis: a VAE's model without hidden layers, where everything is known.

Tipping & Bishop (1999), *Probabilistic Principal Component Analysis*, J. R. Statist. Soc. B 61(3), cited as TB.
Latents z ~ N(0, I) of k numbers, observations x = W z + m + σ ε of d numbers.

Symbols
    b, d, k     observations, numbers in one, latent dimensions
    W, m, σ²    ``weight``, ``mean``, ``variance`` (the variance of the noise, not its standard deviation)
    M           Wᵀ W + σ² I, the matrix of k × k numbers that both the evidence and the posterior need
    λ, U        eigenvalues, largest first, and eigenvectors of the data's covariance (divided by n, not by n − 1)

Log-likelihoods are in nats per observation, summed over its d numbers.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from aigc_course.core.precision import full_precision, no_autocast
from aigc_course.foundations.gaussian_images import GaussianImages
from aigc_course.vae.vae import Gaussian, kl_to_standard_normal


class PPCA(NamedTuple):
    """p(z) = N(0, I) and p(x|z) = N(W z + m, σ² I)."""

    weight: Float[Tensor, "d k"]
    mean: Float[Tensor, " d"]
    variance: Float[Tensor, ""]

    def sample(self, n: int) -> Float[Tensor, "n d"]:
        """``n`` observations, their noise included, for latents sampled from the prior."""
        z = torch.randn(n, self.weight.shape[1], dtype=self.weight.dtype, device=self.weight.device)
        x = z @ self.weight.T + self.mean
        return x + self.variance.sqrt() * torch.randn_like(x)

    @no_autocast()
    def log_likelihood(self, x: Float[Tensor, "b d"], z: Float[Tensor, "b k"]) -> Float[Tensor, " b"]:
        """Log p(x|z) in nats per observation, given its latent."""
        squares = (x - self.mean - z.to(self.weight.dtype) @ self.weight.T).square().sum(dim=1)
        return -0.5 * (squares / self.variance + len(self.mean) * (2 * math.pi * self.variance).log())

    @no_autocast()
    def inner(self) -> Float[Tensor, "k k"]:
        """The matrix M = Wᵀ W + σ² I."""
        identity = torch.eye(self.weight.shape[1], dtype=self.weight.dtype, device=self.weight.device)
        return self.weight.T @ self.weight + self.variance * identity

    @no_autocast()
    def evidence(self, x: Float[Tensor, "b d"]) -> Float[Tensor, " b"]:
        """Log p(x) in nats per observation, where p(x) = N(m, W Wᵀ + σ² I).

        Only the k × k matrix M is solved and its determinant taken, never a d × d matrix.
        """
        offset, m = x - self.mean, self.inner()
        d, k = self.weight.shape
        z = torch.linalg.solve(m, self.weight.T @ offset.T).T
        # oᵀ (W Wᵀ + σ² I)⁻¹ o is the least value of |o − W z|² / σ² + |z|², reached at the posterior mean z: a sum of
        # squares. Textbooks write (|o|² − oᵀ W M⁻¹ Wᵀ o) / σ², which in float32 cancels to nothing when σ² is small.
        squares = (offset - z @ self.weight.T).square().sum(dim=1) / self.variance + z.square().sum(dim=1)
        log_volume = (d - k) * self.variance.log() + torch.logdet(m)
        return -0.5 * (d * math.log(2 * math.pi) + log_volume + squares)

    @no_autocast()
    def posterior(self, x: Float[Tensor, "b d"]) -> tuple[Float[Tensor, "b k"], Float[Tensor, "k k"]]:
        """The exact posterior p(z|x): the mean M⁻¹ Wᵀ (x − m) of each, and the covariance σ² M⁻¹ of all."""
        m = self.inner()
        mean = torch.linalg.solve(m, self.weight.T @ (x - self.mean).T).T
        return mean, self.variance * torch.linalg.inv(m)

    def mean_field(self, x: Float[Tensor, "b d"]) -> Gaussian:
        """The diagonal Gaussian of the largest ELBO: the posterior's mean, and variances σ² / M_jj (mean field)."""
        mean, _ = self.posterior(x)
        return Gaussian(mean, (self.variance / self.inner().diagonal()).log().expand_as(mean))

    def mean_field_gap(self) -> Float[Tensor, ""]:
        """Log p(x) minus the ELBO of ``mean_field``, in nats: ½ (Σ log M_jj − log det M), the same for every x."""
        m = self.inner()
        return 0.5 * (m.diagonal().log().sum() - torch.logdet(m))

    def elbo(self, x: Float[Tensor, "b d"], q: Gaussian) -> Float[Tensor, " b"]:
        """Evidence lower bound of diagonal Gaussians in nats per observation, its expectation over z in closed form."""
        spread = (full_precision(q.logvar).exp() * self.weight.square().sum(dim=0)).sum(dim=1) / self.variance
        return self.log_likelihood(x, q.mean) - 0.5 * spread - kl_to_standard_normal(q)

    def rotated(self, rotation: Float[Tensor, "k k"]) -> "PPCA":
        """The same distribution of x with its latent space rotated by an orthogonal matrix."""
        return self._replace(weight=self.weight @ rotation)


def maximum_likelihood(x: Float[Tensor, "n d"], *, latent_dim: int, variance: float | None = None) -> PPCA:
    """The maximum-likelihood fit to ``x``: W = U (Λ − σ² I)^½, with σ² the mean of the discarded eigenvalues (TB).

    Args:
        x: Observations.
        latent_dim: k, below n and d.
        variance: If given, σ² is fixed to it, and directions in which the data vary less get no weight.

    Raises:
        ValueError: ``variance`` is not above 0, or ``latent_dim`` is out of range.
    """
    if variance is not None and variance <= 0:
        raise ValueError(f"variance={variance}; without noise there is no density, so give a number above 0")
    fit = GaussianImages(x, components=latent_dim)
    noise = fit.noise if variance is None else torch.as_tensor(variance, dtype=x.dtype)
    lengths = (fit.variances - noise).clamp(min=0).sqrt()
    return PPCA(fit.directions.T * lengths, fit.mean, noise)


def eigenvalues(x: Float[Tensor, "n d"]) -> Float[Tensor, " d"]:
    """Eigenvalues of the data's covariance (divided by n), largest first: variances along principal directions."""
    return torch.linalg.eigvalsh(x.T.cov(correction=0)).flip(0).clamp(min=0)


def best_log_likelihood(values: Float[Tensor, " d"], *, latent_dim: int) -> Float[Tensor, ""]:
    """Mean log-likelihood in nats of the maximum-likelihood fit on its training data, from the eigenvalues alone (TB).

    Raises:
        ValueError: ``latent_dim`` is not from 1 to d − 1.
    """
    if not 0 < latent_dim < len(values):
        raise ValueError(f"latent_dim={latent_dim} of {len(values)} directions; choose from 1 to {len(values) - 1}")
    d, kept, noise = len(values), values[:latent_dim], values[latent_dim:].mean()
    return -0.5 * (d * math.log(2 * math.pi) + kept.log().sum() + (d - latent_dim) * noise.log() + d)


def reconstruction_error(values: Float[Tensor, " d"], *, latent_dim: int, variance: float = 0.0) -> Float[Tensor, ""]:
    """Mean squared error, summed over the d numbers, of decoded posterior means of the best fit, from eigenvalues.

    The discarded variances are lost. The others lose σ⁴/λ each, because the posterior mean shrinks towards the prior;
    with ``variance`` 0 nothing shrinks, and the error is that of the best linear autoencoder.
    """
    return values[latent_dim:].sum() + (variance**2 / values[:latent_dim]).sum()


def principal_angles(a: Float[Tensor, "d k"], b: Float[Tensor, "d k"]) -> Float[Tensor, " k"]:
    """Principal angles in degrees between the column spaces of ``a`` and ``b``, largest last; 0 for the same space."""
    basis, other = (torch.linalg.qr(matrix.double()).Q for matrix in (a, b))
    # the sine of an angle is exact where it is small, the cosine is not
    rest = other - basis @ (basis.T @ other)
    return torch.linalg.svdvals(rest).flip(0).clamp(max=1).asin().rad2deg().to(a.dtype)
