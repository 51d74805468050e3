"""A class-conditional autoencoder with a Gaussian fitted to the latents of each class: a generator of chosen digits.

The encoder maps an image and its class to a latent vector, the *style*; the decoder reconstructs the image from style
and class. After training a Gaussian is fitted to the styles of each class; the decoder turns its samples into new
images. (A conditional VAE trains encoder, decoder and prior by one objective: ``vae.conditional``.)

Symbols
    b, n    examples in a batch, in the data set
    d       pixels of an image, values in [0, 1]
    k       ``latent_dim``, numbers in a style
"""

import numpy as np
from jaxtyping import Float, Int

from aigc_course.foundations.autograd import Array, binary_cross_entropy
from aigc_course.foundations.mlp import MLP

CLASSES = 10


def one_hot(classes: Int[np.ndarray, " b"]) -> Float[np.ndarray, "b 10"]:
    """One-hot encoding of the classes 0 to 9, a row per example."""
    return np.eye(CLASSES)[classes]


class ConditionalAutoencoder:
    """An MLP encoder (image, class) → style and an MLP decoder (style, class) → logits of the pixels.

    Args:
        d: Pixels of an image.
        latent_dim: Numbers in a style.
        hidden: Units of the one hidden layer of each network.
        seed: Of the initial weights.
    """

    def __init__(self, d: int, *, latent_dim: int = 6, hidden: int = 128, seed: int = 0) -> None:
        self.encoder = MLP([d + CLASSES, hidden, latent_dim], seed=seed)
        self.decoder = MLP([latent_dim + CLASSES, hidden, d], seed=seed + 1)
        self.latent_dim = latent_dim
        # our autograd has no concatenation: fixed matrices move style and class into their columns of the input
        self._place = np.eye(latent_dim, latent_dim + CLASSES)
        self._label = np.eye(CLASSES, latent_dim + CLASSES, latent_dim)
        self.means, self.cholesky = np.zeros((CLASSES, latent_dim)), np.zeros((CLASSES, latent_dim, latent_dim))

    def parameters(self) -> list[Array]:
        """Weights and biases of encoder and decoder, what an optimiser updates."""
        return [*self.encoder.parameters(), *self.decoder.parameters()]

    def encode(self, x: Float[np.ndarray, "b d"], classes: Int[np.ndarray, " b"]) -> Array:
        """Styles (b, k): the latents of images, given their classes."""
        return self.encoder(Array(np.concatenate([x, one_hot(classes)], axis=1)))

    def logits(self, styles: Array, classes: Int[np.ndarray, " b"]) -> Array:
        """Logits (b, d) of the pixels that the decoder predicts from styles (b, k) and classes."""
        return self.decoder(styles @ self._place + one_hot(classes) @ self._label)

    def loss(self, x: Float[np.ndarray, "b d"], classes: Int[np.ndarray, " b"]) -> Array:
        """Binary cross-entropy of the reconstruction plus an L2 penalty on the styles, in nats per image.

        The penalty 0.05 ‖style‖² keeps the scale of the styles bounded; without it the decoder could ask for ever
        larger ones.
        """
        styles = self.encode(x, classes)
        return binary_cross_entropy(self.logits(styles, classes), x) + 0.05 * (styles**2.0).sum() / len(x)

    def fit_latents(self, x: Float[np.ndarray, "n d"], classes: Int[np.ndarray, " n"]) -> None:
        """Fit a Gaussian to the styles of each class: their mean and the Cholesky factor of their covariance.

        Raises:
            ValueError: A class has at most ``latent_dim`` examples, so that its covariance has no full rank.
        """
        styles = self.encode(x, classes).data
        for c in range(CLASSES):
            own = styles[classes == c]
            if len(own) <= self.latent_dim:
                raise ValueError(
                    f"{len(own)} images of class {c}; the covariance of {self.latent_dim} numbers needs more"
                )
            self.means[c] = own.mean(axis=0)
            self.cholesky[c] = np.linalg.cholesky(
                np.cov(own.T).reshape(self.latent_dim, self.latent_dim) + 1e-6 * np.eye(self.latent_dim)
            )

    def sample(
        self, classes: Int[np.ndarray, " b"], rng: np.random.Generator, *, temperature: float = 1.0
    ) -> Float[np.ndarray, "b d"]:
        """Generate images of the given classes, pixels in (0, 1); call ``fit_latents`` first.

        ``temperature`` scales the standard deviation of the styles: at 0 every image of a class is that of its mean
        style.
        """
        noise = rng.standard_normal((len(classes), self.latent_dim))
        styles = self.means[classes] + temperature * np.einsum("bij,bj->bi", self.cholesky[classes], noise)
        return self.logits(Array(styles), classes).sigmoid().data
