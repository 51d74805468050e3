"""Every data set of the course by name, with its licence, its source and a checksum.

``load("glyphs")`` returns tensors. Offline sets come from installed packages or are generated from a seed;
the others need one download, ``python -m aigc_course.core.data mnist``, into ``AIGC_DATA``
(default ``~/.cache/aigc_course``). Images are float32 in [0, 1], shape ``(n, channels, height, width)``.
"""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from aigc_course.core import downloads, synthetic
from aigc_course.core.random import derive_seed

SplitName = Literal["train", "test"]


class Split(NamedTuple):
    """One side of a data set.

    Attributes:
        x: Examples; images in [0, 1] as (n, c, h, w), points of the plane as (n, 2).
        y: Class of each example; 0 where a set has none.
        factors: True factors of variation of synthetic images, named by ``Dataset.factors``; (n, 0) elsewhere.
    """

    x: Float[Tensor, "n *shape"]
    y: Int[Tensor, " n"]
    factors: Float[Tensor, "n f"]


@dataclass(frozen=True)
class Dataset:
    """What is known of a data set, and the function that loads it.

    Attributes:
        name: Its key in ``DATASETS``, for ``load``.
        description: Number, kind and size of the examples.
        licence: Licence of the data.
        source: Who made it, and which package carries it.
        offline: Whether it needs no download.
        checksum: SHA-256 of the files in an installed package, or why there is none.
        read: From (split, n, seed) to the examples.
        factors: Names of the factors of variation, if it is synthetic.
    """

    name: str
    description: str
    licence: str
    source: str
    offline: bool
    checksum: str
    read: Callable[[SplitName, int | None, int], Split]
    factors: tuple[str, ...] = ()


def load(name: str, *, split: str = "train", n: int | None = None, seed: int = 0) -> Split:
    """Return examples of the training or test set of a data set; the two never share an example.

    Args:
        name: A key of ``DATASETS``.
        split: ``"train"`` or ``"test"``.
        n: How many. By default all of a fixed set; of synthetic images and patches 4,000 (train) or 1,000 (test), of
            points 2,000.
        seed: Of a synthetic set and of patches; the same seed gives the same examples. Fixed sets ignore it.

    Raises:
        ValueError: Unknown name or split, ``n`` below 1 or above the number of examples.
        RuntimeError: An installed package does not hold the files that it should.
        FileNotFoundError: The set needs a download that was not made, or whose files are no longer whole; the message
            says which command makes it.
    """
    if name not in DATASETS:
        raise ValueError(f"no data set called {name!r}; there are {', '.join(DATASETS)}")
    if split not in ("train", "test"):
        raise ValueError(f"split={split!r}; choose 'train' or 'test'")
    if n is not None and n < 1:
        raise ValueError(f"n={n}; ask for at least one example")
    return DATASETS[name].read(split, n, seed)


def _first(split: Split, n: int | None, name: str) -> Split:
    if n is not None and n > len(split.x):
        raise ValueError(f"n={n}, but this side of {name!r} has {len(split.x)} examples; ask for fewer")
    return Split(*(column[:n] for column in split))


def _fixed(x: Tensor, y: Tensor) -> Split:
    return Split(x, y.long(), torch.zeros(len(x), 0))


def _check(what: str, content: bytes, checksum: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != checksum:
        raise RuntimeError(f"{what} has SHA-256 {found}, expected {checksum}; reinstall the package it came with")


def _digits(split: SplitName, n: int | None, seed: int) -> Split:
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    pixels = bunch.images.astype(np.uint8)
    content = pixels.tobytes() + bunch.target.astype(np.uint8).tobytes()
    _check("scikit-learn's digits", content, DATASETS["digits"].checksum)
    order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))
    rows = order[:1500] if split == "train" else order[1500:]
    x = torch.tensor(pixels, dtype=torch.float32).unsqueeze(1) / 16
    return _first(_fixed(x[rows], torch.tensor(bunch.target)[rows]), n, "digits")


def _glyphs(split: SplitName, n: int | None, seed: int) -> Split:
    default = 4000 if split == "train" else 1000
    return Split(*synthetic.glyphs(n or default, seed=_procedural_seed(split, seed)))


def _sprites(split: SplitName, n: int | None, seed: int) -> Split:
    default = 4000 if split == "train" else 1000
    return Split(*synthetic.sprites(n or default, seed=_procedural_seed(split, seed)))


def _procedural_seed(split: SplitName, seed: int) -> int:
    return derive_seed(seed, 2 if split == "train" else 3)


PHOTOGRAPHS = {"train": ("astronaut.png", "coffee.png", "chelsea.png"), "test": ("rocket.jpg",)}


def _patches(split: SplitName, n: int | None, seed: int) -> Split:
    """Random 32×32 crops; train and test come from different photographs. The class is the photograph's index."""
    import skimage.data
    from skimage import io

    names = PHOTOGRAPHS[split]
    files = [Path(skimage.data.__file__).parent / name for name in names]
    _check("scikit-image's photographs", b"".join(f.read_bytes() for f in files), _PHOTOGRAPHS_SHA256[split])
    photographs = [torch.tensor(io.imread(f)[..., :3]).permute(2, 0, 1).float() / 255 for f in files]
    generator = torch.Generator().manual_seed(_procedural_seed(split, seed))
    y = torch.randint(len(names), (n or (4000 if split == "train" else 1000),), generator=generator)
    return _fixed(torch.stack([_crop(photographs[int(i)], generator) for i in y]), y)


def _crop(image: Float[Tensor, "3 h w"], generator: torch.Generator) -> Float[Tensor, "3 32 32"]:
    top, left = (int(torch.randint(side - 31, (), generator=generator)) for side in image.shape[1:])
    return image[:, top : top + 32, left : left + 32]


def _toy(name: str) -> Callable[[SplitName, int | None, int], Split]:
    def read(split: SplitName, n: int | None, seed: int) -> Split:
        x, y = synthetic.TOYS[name](n or 2000, torch.Generator().manual_seed(_procedural_seed(split, seed)))
        return _fixed(x, y)

    return read


def _torchvision(name: str) -> Callable[[SplitName, int | None, int], Split]:
    def read(split: SplitName, n: int | None, seed: int) -> Split:
        dataset = downloads.read(name, train=split == "train")
        pixels = torch.as_tensor(dataset.data)
        x = pixels.unsqueeze(1) if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)
        return _first(_fixed(x[:n].float() / 255, torch.as_tensor(dataset.targets)[:n]), n, name)

    return read


_DRAWN = "none: drawn by the course's own code from a seed"
_PHOTOGRAPHS_SHA256 = {
    "train": "79aec68cb6b5029796665f74b757ec7371fb56889443497f7bfcf54ce1f529f6",
    "test": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
}
_ROWS = (
    Dataset(
        "digits",
        "1,797 handwritten digits, 8×8 grey pixels (1,500 train, 297 test)",
        "CC BY 4.0",
        "UCI Optical Recognition of Handwritten Digits, carried by scikit-learn",
        True,
        "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826",
        _digits,
    ),
    Dataset(
        "glyphs",
        "digits 0–9 in twelve typefaces, turned, sheared, scaled and shifted; 32×32 grey pixels",
        "typefaces: Bitstream Vera and DejaVu licence (free)",
        "rendered from the DejaVu fonts that matplotlib carries",
        True,
        _DRAWN,
        _glyphs,
        synthetic.GLYPH_FACTORS,
    ),
    Dataset(
        "sprites",
        "a square, an ellipse or a triangle; size, angle and place vary; 32×32 grey pixels",
        "MIT (the course's code)",
        "drawn by the course",
        True,
        _DRAWN,
        _sprites,
        synthetic.SPRITE_FACTORS,
    ),
    Dataset(
        "patches",
        "32×32 colour patches of four photographs (three for training, another for testing)",
        "public domain and CC0, see scikit-image's list of its images",
        "astronaut, coffee, chelsea, rocket: carried by scikit-image",
        True,
        _PHOTOGRAPHS_SHA256["train"],
        _patches,
    ),
    *(
        Dataset(name, description, "MIT (the course's code)", "drawn by the course", True, _DRAWN, _toy(name))
        for name, description in synthetic.TOY_DESCRIPTIONS.items()
    ),
    *(
        Dataset(name, description, licence, f"{source}, by torchvision", False, "torchvision's MD5", _torchvision(name))
        for name, description, licence, source in (
            ("mnist", "70,000 handwritten digits, 28×28 grey pixels", "CC BY-SA 3.0", "LeCun, Cortes, Burges"),
            ("fashion_mnist", "70,000 images of clothes, 28×28 grey pixels", "MIT", "Zalando Research"),
            ("cifar10", "60,000 photographs of ten kinds of things, 32×32 colour pixels", "not stated", "Krizhevsky"),
        )
    ),
)
DATASETS = {row.name: row for row in _ROWS}


def main(names: list[str]) -> str | None:
    """Download the set that the one argument names and print its folder; return an error message where that fails."""
    if len(names) != 1:
        return f"usage: python -m aigc_course.core.data NAME, one of {', '.join(downloads.TORCHVISION)}"
    try:
        print(downloads.download(names[0]))
    except (OSError, ValueError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
