"""Data sets that need a download: fetch them through torchvision, and verify their checksums at each read.

``python -m aigc_course.core.data mnist`` calls ``download``.
"""

import os
from pathlib import Path
from typing import Any
from urllib.error import URLError

from aigc_course.core import manifest

TORCHVISION = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}


def folder() -> Path:
    """The folder of downloads and converted models: ``AIGC_DATA``, by default ``~/.cache/aigc_course``."""
    return Path(os.environ.get("AIGC_DATA", "~/.cache/aigc_course")).expanduser()


def read(name: str, *, train: bool) -> Any:
    """The training or test set as torchvision's data set, with images in ``data`` and classes in ``targets``.

    Args:
        name: A key of ``TORCHVISION``.
        train: The training set; otherwise the test set.

    Raises:
        FileNotFoundError: The set was not downloaded, or a checksum of its files differs.
    """
    if not manifest.whole(_manifest(name)):
        cure = f"run `python -m aigc_course.core.data {name}` once, with a network"
        raise FileNotFoundError(f"{name!r} is not in {folder()}, or not whole; {cure}")
    return _class(name)(str(folder()), train=train)


def download(name: str) -> Path:
    """Download a data set, verified by torchvision's checksums; return its folder.

    An intact set stays as it is. A damaged one is unpacked again from intact archives, else downloaded again.

    Raises:
        ValueError: ``name`` is no key of ``TORCHVISION``.
        OSError: The download failed; the message says why, and what to do.
    """
    if name not in TORCHVISION:
        raise ValueError(f"{name!r} needs no download or does not exist; these do: {', '.join(TORCHVISION)}")
    if not manifest.whole(_manifest(name)):
        try:
            _fetch(name)
        except Exception as error:  # torchvision and the network fail in many ways
            raise OSError(f"{name!r} was not downloaded to {folder()}: {_cause(error)}") from error
    return folder()


def _class(name: str) -> Any:
    import torchvision.datasets

    return getattr(torchvision.datasets, TORCHVISION[name])


def _manifest(name: str) -> Path:
    return folder() / f"{name}.sha256"


def _fetch(name: str) -> None:
    aside = [file.rename(f"{file}.aside") for file in _unpacked(name)] if _unchecked(name) else []
    try:
        for train in (True, False):
            dataset = _class(name)(str(folder()), train=train, download=True)
            if len(dataset.data) != len(dataset.targets):
                raise RuntimeError(f"corrupted: {len(dataset.data)} images with {len(dataset.targets)} labels")
    except BaseException:  # without a network the reader keeps what there was
        for file in aside:
            file.replace(file.with_suffix(""))
        raise
    for file in aside:
        file.unlink()
    manifest.seal(_manifest(name), _unpacked(name))


def _unchecked(name: str) -> bool:
    """Whether torchvision looks only at the names of the unpacked files, and would keep damaged ones."""
    return not hasattr(_class(name), "base_folder")


def _unpacked(name: str) -> list[Path]:
    """The files that torchvision unpacked from what it fetched."""
    home = folder() / getattr(_class(name), "base_folder", f"{TORCHVISION[name]}/raw")
    return [file for file in home.glob("*") if file.is_file() and file.suffix not in (".gz", ".aside")]


def _cause(error: Exception) -> str:
    """What went wrong and what to do, in one sentence."""
    said = " ".join(str(error).split()) or type(error).__name__
    if "No space left" in said:
        return "the disk is full; make room for 400 MB, or set AIGC_DATA to a folder on another disk"
    if isinstance(error, OSError) and error.filename and not isinstance(error, URLError):
        return f"{said}; make that folder writable, or set AIGC_DATA to another one"
    if "corrupted" in said:
        said = f"what came is not the published file ({said})"
    return f"{said}; try again later or from another network"
