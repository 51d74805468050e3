import gzip
import hashlib
import io
import pickle
import struct
from email.message import Message
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
import torch
import torchvision.datasets
from torchvision.datasets import utils

from aigc_course.core import data, downloads, manifest

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 28, 28))


def idx(array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def archives(labels=5):
    """The four files that MNIST's hosts give out, five examples a side."""
    kinds = {"images-idx3": PIXELS, "labels-idx1": np.arange(labels)}
    names = [(side, kind) for side in ("train", "t10k") for kind in kinds]
    return {f"{side}-{kind}-ubyte.gz": gzip.compress(idx(kinds[kind]), mtime=0) for side, kind in names}


class Response(io.BytesIO):
    url = None

    def __init__(self, content):
        super().__init__(content)
        self.length = len(content)


class Host:
    """Stands for the host and the way to it: ``files`` is what it gives out, ``error`` what happens instead."""

    def __init__(self):
        self.files, self.error, self.asked = archives(), None, []

    def urlopen(self, request):
        name = request.full_url.rpartition("/")[2]
        self.asked.append(name)
        if self.error is not None:
            raise self.error
        return Response(self.files[name])


@pytest.fixture
def host(tmp_path, monkeypatch):
    """MNIST's host, with the checksums of five examples a side."""
    made = Host()
    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("urllib.request.urlopen", made.urlopen)
    md5 = [(name, hashlib.md5(content).hexdigest()) for name, content in made.files.items()]
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", md5)
    return made


@pytest.fixture
def raw(host, tmp_path):
    """The folder of a download that went well."""
    assert data.main(["mnist"]) is None
    host.asked.clear()
    return tmp_path / "data" / "MNIST" / "raw"


def test_mnist_is_fetched_and_read_in_its_own_format(raw):
    got = data.load("mnist", split="test", n=4)
    torch.testing.assert_close(got.x, torch.tensor(PIXELS[:4] / 255, dtype=torch.float32).unsqueeze(1))
    assert got.y.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="n=6, but this side of 'mnist' has 5"):
        data.load("mnist", n=6)


def test_fashion_mnist_is_read_from_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    files = archives()
    for name, content in files.items():
        (raw / name).write_bytes(content)
    md5 = [(name, hashlib.md5(content).hexdigest()) for name, content in files.items()]
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", md5)
    monkeypatch.setattr(utils, "_urlretrieve", None)  # files laid there by hand need no network
    downloads.download("fashion_mnist")
    assert data.load("fashion_mnist").y.tolist() == [0, 1, 2, 3, 4]


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES = {
    "half": halve,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"<html>Please log in</html>" * 99),
    "gone": lambda path: path.unlink(),
    "too few labels": lambda path: path.write_bytes(idx(np.arange(3))),
}


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_and_the_command_mends_it_without_the_network(host, raw, name, damage):
    DAMAGES[damage](raw / name)
    for split in ("train", "test"):
        with pytest.raises(
            FileNotFoundError, match=rf"'mnist' is not in {raw.parents[1]}, or not whole; run `python -m"
        ):
            data.load("mnist", split=split)
    host.error = FORBIDDEN
    assert data.main(["mnist"]) is None
    assert data.load("mnist", split="test").y.tolist() == [0, 1, 2, 3, 4]
    assert host.asked == []
    assert not list(raw.glob("*.aside"))


def test_a_damaged_archive_is_fetched_again(host, raw):
    for path in raw.iterdir():
        DAMAGES["garbage"](path)
    assert data.main(["mnist"]) is None
    assert len(data.load("mnist").x) == 5
    assert set(host.asked) == set(host.files)


def test_a_whole_set_is_not_fetched_again(host, raw):
    before = {path: path.stat().st_mtime_ns for path in raw.iterdir()}
    assert data.main(["mnist"]) is None
    assert host.asked == []
    assert before == {path: path.stat().st_mtime_ns for path in raw.iterdir()}


FORBIDDEN = HTTPError("https://host/train-images", 403, "Forbidden", Message(), None)


def refuse(host, monkeypatch):
    host.error = FORBIDDEN


def cut_the_wire(host, monkeypatch):
    host.error = URLError(OSError(-2, "Name or service not known"))


def hang_up(host, monkeypatch):
    host.error = ConnectionResetError(104, "Connection reset by peer")


def give_other_files(host, monkeypatch):
    host.files = archives(labels=4)


def fill_disk(host, monkeypatch):
    host.error = OSError(28, "No space left on device")


def lock_folder(host, monkeypatch):
    host.error = PermissionError(13, "Permission denied", str(downloads.folder()))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (refuse, r"HTTP Error 403: Forbidden; try again later or from another network"),
        (cut_the_wire, r"Name or service not known.*; try again later or from another network"),
        (hang_up, r"Connection reset by peer; try again later or from another network"),
        (give_other_files, r"what came is not the published file .*; try again later"),
        (fill_disk, "the disk is full; make room .*, or set AIGC_DATA to a folder on another disk"),
        (lock_folder, r"Permission denied.*; make that folder writable, or set AIGC_DATA"),
    ],
)
def test_the_command_says_in_one_sentence_why_nothing_came(host, monkeypatch, capsys, fault, message):
    fault(host, monkeypatch)
    said = data.main(["mnist"])
    assert said
    assert "\n" not in said
    assert said.startswith(f"'mnist' was not downloaded to {downloads.folder()}: ")
    with pytest.raises(SystemExit, match=message) as caught:
        raise SystemExit(said)  # as the command does: its code is then 1
    assert "Traceback" not in str(caught.value)
    assert not manifest.whole(downloads._manifest("mnist"))
    assert data.main(["mnist", "cifar10"]).startswith("usage: python -m aigc_course.core.data NAME")
    assert "'digits' needs no download" in data.main(["digits"])


def test_a_failed_command_keeps_what_was_there(host, raw):
    for path in raw.glob("*.gz"):
        path.unlink()
    before = {path.name: path.read_bytes() for path in raw.iterdir()}
    manifest_path = downloads._manifest("mnist")
    manifest_path.unlink()
    host.error = FORBIDDEN
    assert "403" in data.main(["mnist"])
    assert before == {path.name: path.read_bytes() for path in raw.iterdir()}


def test_sides_that_do_not_fit_together_are_not_sealed(host, monkeypatch):
    host.files = archives(labels=4)
    md5 = [(name, hashlib.md5(content).hexdigest()) for name, content in host.files.items()]
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", md5)
    assert "5 images with 4 labels" in data.main(["mnist"])


@pytest.fixture
def cifar(tmp_path, monkeypatch):
    """CIFAR-10 with three examples a file, by the checksums of these files."""
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32)).astype(np.uint8)
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    batch, meta = pickle.dumps({"data": pixels.reshape(3, -1), "labels": [7, 8, 9]}), pickle.dumps({"label_names": []})
    for name in names:
        (folder / name).write_bytes(batch)
    (folder / "batches.meta").write_bytes(meta)
    md5 = [[name, hashlib.md5(batch).hexdigest()] for name in names]
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "train_list", md5[:5])
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "test_list", md5[5:])
    about = {"filename": "batches.meta", "key": "label_names", "md5": hashlib.md5(meta).hexdigest()}
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "meta", about)
    return folder, pixels


def test_cifar_is_read_in_its_own_format(cifar):
    assert data.main(["cifar10"]) is None
    got = data.load("cifar10", split="test")
    torch.testing.assert_close(got.x, torch.tensor(cifar[1] / 255, dtype=torch.float32))
    assert got.y.tolist() == [7, 8, 9]
    assert len(data.load("cifar10").x) == 15


def test_a_damaged_file_of_cifar_is_never_unpickled(cifar, monkeypatch):
    assert data.main(["cifar10"]) is None
    halve(cifar[0] / "data_batch_3")
    with pytest.raises(FileNotFoundError, match=r"'cifar10' is not in .*, or not whole"):
        data.load("cifar10", split="test")


def test_a_missing_download_says_which_command_makes_it(tmp_path, monkeypatch):
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"python -m aigc_course.core.data mnist"):
        data.load("mnist")
    with pytest.raises(ValueError, match="'digits' needs no download"):
        downloads.download("digits")
