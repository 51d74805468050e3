"""A network that draws a chosen digit: a decoder that is told the class, beside an encoder that says the rest.

An autoencoder whose latent is a class and ``latent_dim`` numbers of style. The encoder compresses an image to its
style; the decoder reconstructs the image from class and style. Afterwards each class's styles are summed up by a normal
distribution, and a draw from it is a new handwriting. (A variational autoencoder does this with a principle behind
it; see that chapter.)
"""

import numpy as np
from jaxtyping import Float, Int

from aigc_course.foundations.autograd import Array, binary_cross_entropy
from aigc_course.foundations.mlp import MLP

CLASSES = 10


def one_hot(classes: Int[np.ndarray, " b"]) -> Float[np.ndarray, "b 10"]:
    """A row per example with a 1 in its class's column."""
    return np.eye(CLASSES)[classes]


class ConditionalAutoencoder:
    """Draws pictures of ``d`` pixels from a class and ``latent_dim`` numbers of style."""

    def __init__(self, d: int, *, latent_dim: int = 6, hidden: int = 128, seed: int = 0) -> None:
        self.encoder = MLP([d + CLASSES, hidden, latent_dim], seed=seed)
        self.decoder = MLP([latent_dim + CLASSES, hidden, d], seed=seed + 1)
        self.latent_dim = latent_dim
        # rows of the decoder's first weights that read the class, as a matrix of their own, would need slicing;
        # a fixed matrix that moves the code into its columns needs nothing but a product
        self._place = np.eye(latent_dim, latent_dim + CLASSES)
        self._label = np.eye(CLASSES, latent_dim + CLASSES, latent_dim)
        self.means, self.roots = np.zeros((CLASSES, latent_dim)), np.zeros((CLASSES, latent_dim, latent_dim))

    def parameters(self) -> list[Array]:
        """Weights and biases of both networks."""
        return [*self.encoder.parameters(), *self.decoder.parameters()]

    def encode(self, x: Float[np.ndarray, "b d"], classes: Int[np.ndarray, " b"]) -> Array:
        """The encoder's description of what the class leaves open."""
        return self.encoder(Array(np.concatenate([x, one_hot(classes)], axis=1)))

    def logits(self, styles: Array, classes: Int[np.ndarray, " b"]) -> Array:
        """The decoder's pixels before the sigmoid."""
        return self.decoder(styles @ self._place + one_hot(classes) @ self._label)

    def loss(self, x: Float[np.ndarray, "b d"], classes: Int[np.ndarray, " b"]) -> Array:
        """Nats per picture for redrawing it, plus a small price that keeps styles near zero."""
        styles = self.encode(x, classes)
        return binary_cross_entropy(self.logits(styles, classes), x) + 0.05 * (styles**2.0).sum() / len(x)

    def summarise(self, x: Float[np.ndarray, "n d"], classes: Int[np.ndarray, " n"]) -> None:
        """Keep each class's mean style and a square root of its covariance."""
        styles = self.encode(x, classes).data
        for c in range(CLASSES):
            own = styles[classes == c]
            if len(own) <= self.latent_dim:
                raise ValueError(
                    f"{len(own)} pictures of class {c}; the covariance of {self.latent_dim} numbers needs more"
                )
            self.means[c] = own.mean(axis=0)
            self.roots[c] = np.linalg.cholesky(
                np.cov(own.T).reshape(self.latent_dim, self.latent_dim) + 1e-6 * np.eye(self.latent_dim)
            )

    def sample(
        self, classes: Int[np.ndarray, " b"], rng: np.random.Generator, *, temperature: float = 1.0
    ) -> Float[np.ndarray, "b d"]:
        """New pictures of the wanted classes; ``temperature`` multiplies the deviation from the mean style."""
        noise = rng.standard_normal((len(classes), self.latent_dim))
        styles = self.means[classes] + temperature * np.einsum("bij,bj->bi", self.roots[classes], noise)
        return self.logits(Array(styles), classes).sigmoid().data
