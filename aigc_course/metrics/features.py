"""Features of digits for the Fréchet distance: the last hidden layer of a small classifier, in place of Inception's.

The classifier is trained on printed glyphs and handwriting at 32×32 pixels by
``python -m aigc_course.metrics.features``; its weights are kept beside this file. Fréchet distances in these
features are comparable within this book, not with published FID values.
"""

from functools import cache, partial
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from aigc_course.core import data
from aigc_course.core.checkpoint import load, save
from aigc_course.core.train import Trainer, fit

WEIGHTS = Path(__file__).with_name("digit_features.pt")


class DigitClassifier(nn.Module):
    """A classifier of digits: three strided convolutions, a layer of 64 features, a linear layer for ten classes."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_stage(1, 16),
            *_stage(16, 32),
            *_stage(32, 64),
            nn.Flatten(),
            nn.Linear(64 * 4 * 4, 64),
            nn.Tanh(),
        )
        self.read_out = nn.Linear(64, 10)

    def forward(self, images: Float[Tensor, "n 1 32 32"]) -> Float[Tensor, "n 10"]:
        """Logits of the ten digits, from grey images with values in [0, 1]."""
        return self.read_out(self.features(images))


def _stage(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]


def digit_features(images: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 64"]:
    """Features in (-1, 1) of grey images with values in [0, 1]; other sizes are resized to 32×32 first.

    Raises:
        FileNotFoundError: The classifier's weights are missing; the message says how to train them.
    """
    model = _trained(str(images.device))
    return torch.cat([model.features(part) for part in _prepared(images)])


def digit_probabilities(images: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 10"]:
    """Probabilities p(digit | image) of grey images with values in [0, 1]; sizes and errors as ``digit_features``."""
    model = _trained(str(images.device))
    return torch.cat([model(part).softmax(dim=1) for part in _prepared(images)])


def _prepared(images: Float[Tensor, "n 1 h w"]) -> tuple[Tensor, ...]:
    return resize_to_32(images.detach().float()).split(500)


def resize_to_32(images: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 1 32 32"]:
    """Resize to 32×32, bilinearly with antialiasing; images of that size are returned as they are."""
    if images.shape[-2:] == (32, 32):
        return images
    return F.interpolate(images, size=(32, 32), mode="bilinear", antialias=True)


@cache
def _trained(device: str) -> DigitClassifier:
    if not WEIGHTS.exists():
        raise FileNotFoundError(f"{WEIGHTS} is missing; make it with `python -m {__spec__.name}` (two minutes)")
    model = DigitClassifier()
    model.load_state_dict(load(WEIGHTS))
    return model.eval().requires_grad_(False).to(device)


def train_classifier(*, steps: int = 3000, seed: int = 0) -> DigitClassifier:
    """Train the classifier from scratch on glyphs and handwriting in about equal parts, with augmentation.

    AdamW with a one-cycle learning rate, batches of 128. The augmentation (blur and noise) makes the features tolerate
    the defects of generated images.
    """
    torch.manual_seed(seed)
    model = DigitClassifier()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2, fused=True)
    schedule = partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=2e-3, total_steps=steps)

    def loss(batch: tuple[Tensor, ...]) -> Tensor:
        return F.cross_entropy(model(_augmented(batch[0])), batch[1])

    trainer = Trainer(model, loss, optimizer=optimizer, schedule=schedule)
    fit(trainer, _training_set(), steps=steps, batch_size=128, seed=seed)
    return model.eval()


def _augmented(images: Float[Tensor, "n 1 32 32"]) -> Float[Tensor, "n 1 32 32"]:
    """Blur and noise, each of random strength: generated images are less clean than the data."""
    coarse = F.interpolate(F.avg_pool2d(images, 2), scale_factor=2, mode="bilinear")
    mix, level = torch.rand(2, len(images), 1, 1, 1, device=images.device)
    return ((1 - mix) * images + mix * coarse + 0.15 * level * torch.randn_like(images)).clamp(0, 1)


def _training_set() -> tuple[Tensor, Tensor]:
    printed, written = data.load("glyphs", n=12000, seed=1), data.load("digits")
    times = len(printed.x) // len(written.x)
    x = torch.cat([printed.x, resize_to_32(written.x).repeat(times, 1, 1, 1)])
    return x, torch.cat([printed.y, written.y.repeat(times)])


if __name__ == "__main__":
    state = {k: v.half() if v.is_floating_point() else v for k, v in train_classifier().state_dict().items()}
    save(WEIGHTS, state)
