import os
import pickle
import traceback
import zipfile
from functools import partial

import pytest
import torch
from torch import nn

from aigc_course.core import checkpoint

STATE = {"a": torch.arange(6.0).view(2, 3), "b": [0.5, "word", None], "c": {"d": True}}


def same(one, other):
    return one.keys() == other.keys() and torch.equal(one["a"], other["a"]) and one["b"] == other["b"]


def test_a_full_disk_leaves_the_old_checkpoint_whole(tmp_path, monkeypatch):
    path = tmp_path / "c.pt"
    checkpoint.save(path, {"a": 1})

    def full(state, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(path, {"a": 2})
    assert torch.load(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_save_puts_a_new_file_in_place_of_the_old_one(tmp_path):
    """Written over, the old file would be half new when the power fails; here its reader still has it whole."""
    path = tmp_path / "c.pt"
    checkpoint.save(path, {"a": 1})
    with path.open("rb") as old:
        checkpoint.save(path, {"a": 2})
        assert torch.load(old) == {"a": 1}
    assert torch.load(path) == {"a": 2}


def test_a_full_disk_names_the_file_and_leaves_nothing_beside_it(tmp_path, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device, so nothing was saved: '.*c\.pt'"):
        checkpoint.save(tmp_path / "c.pt", STATE)
    assert list(tmp_path.iterdir()) == []


def test_every_flipped_byte_is_noticed_or_changes_nothing(tmp_path):
    """Bytes from everywhere in the file, each with one bit and with all bits turned over."""
    path = tmp_path / "c.pt"
    checkpoint.save(path, STATE)
    whole, noticed = path.read_bytes(), 0
    for at in range(0, len(whole), 11):
        for flip in (1 << at % 8, 255):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
            try:
                assert same(checkpoint.load(path), STATE)
            except ValueError as error:
                assert str(path) in str(error)  # noqa: PT017
                noticed += 1
    assert noticed > 20


@pytest.mark.parametrize("content", [b"", b"PK", b"garbage" * 99, pickle.dumps({"a": 1})])
def test_what_is_no_checkpoint_is_refused_with_path_and_cure(tmp_path, content):
    (tmp_path / "c.pt").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"c\.pt is cut short, damaged or no checkpoint; delete it or use another file"
    ):
        checkpoint.load(tmp_path / "c.pt")


def test_a_checkpoint_cut_anywhere_is_refused(tmp_path):
    path = tmp_path / "c.pt"
    checkpoint.save(path, STATE)
    whole = path.read_bytes()
    for size in range(0, len(whole), 29):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="cut short"):
            checkpoint.load(path)


def test_another_program_s_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "c.pt", "w") as archive:
        archive.writestr("document.xml", "<a/>")
    with pytest.raises(ValueError, match="no checkpoint"):
        checkpoint.load(tmp_path / "c.pt")


def test_a_program_in_torchs_own_format_is_refused(tmp_path):
    torch.save({"a": 1}, tmp_path / "c.pt")
    with zipfile.ZipFile(tmp_path / "c.pt", "a") as archive:
        archive.writestr("c/constants.pkl", b"")  # by this torch knows a program
    with pytest.raises(ValueError, match="no checkpoint"):
        checkpoint.load(tmp_path / "c.pt")


class Harmless:
    """Stands for a class that a stranger's file would have made."""


def test_nothing_is_loaded_that_could_run_a_program_and_no_word_advises_it(tmp_path):
    torch.save({"a": Harmless()}, tmp_path / "c.pt")
    with pytest.raises(ValueError, match=r"c\.pt holds more than tensors, numbers and words.*; delete it") as caught:
        checkpoint.load(tmp_path / "c.pt")
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert "weights_only=False" not in shown
    assert "trust" not in shown


def test_what_could_not_be_loaded_again_is_not_saved(tmp_path):
    checkpoint.save(tmp_path / "c.pt", STATE)
    with pytest.raises(
        TypeError, match=r"c\.pt would hold more than .*; let step\(\) and state_dict\(\) give only those"
    ):
        checkpoint.save(tmp_path / "c.pt", {"a": Harmless()})
    assert same(checkpoint.load(tmp_path / "c.pt"), STATE)


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        checkpoint.load(tmp_path / "c.pt")
    with pytest.raises(IsADirectoryError):
        checkpoint.load(tmp_path)


def loss(x, *, weight=1.0):
    return weight * x


class Player(nn.Module):
    def __init__(self, layer, *, beta=1.0, judge=loss, sizes=(3, 4)):
        super().__init__()
        self.layer, self.beta, self.judge, self.sizes = layer, beta, judge, sizes
        self.optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
        self.updates = 0

    def get_extra_state(self):
        return {"optimizer": self.optimizer.state_dict()}

    def set_extra_state(self, state):
        pass


def test_settings_are_what_an_algorithm_was_made_with():
    found = checkpoint.settings(
        Player(nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.25)), judge=partial(loss, weight=2.0))
    )
    assert found["class"] == "Player"
    assert found["beta"] == "1.0"
    assert found["sizes"] == "(3, 4)"
    assert found["judge"] == "loss(weight=2.0)"
    assert found["layer.1.p"] == "0.25"
    assert found["_extra_state.optimizer.param_groups.0.lr"] == "0.01"
    assert found["layer.0.weight"] == "a tensor of shape [3, 2]"


def test_settings_do_not_depend_on_place_weights_or_mode():
    one, other = Player(nn.Linear(2, 3)), Player(nn.Linear(2, 3)).eval()
    other.updates = 7
    assert checkpoint.settings(one) == checkpoint.settings(other)
    assert "0x" not in str(checkpoint.settings(one))


def test_differences_are_named_three_at_most():
    old = {"seed": 0, "settings": {"lr": "0.1", "clip": "None"}, "gone": 1}
    assert checkpoint.difference(old, old) == ""
    assert checkpoint.difference(old, old | {"seed": 1}) == "seed was 0 and is 1"
    new = {"seed": 1, "settings": {"lr": "0.2", "clip": "1.0"}, "new": 2}
    assert checkpoint.difference(old, new) == (
        "seed was 0 and is 1, settings.lr was 0.1 and is 0.2, settings.clip was None and is 1.0, and 2 more"
    )


@pytest.mark.parametrize(
    "other",
    [torch.tensor([1.0, 2.5]), torch.tensor([1, 2]), torch.tensor([[1.0, 2.0]]), torch.tensor([1.0, 2.0]).bfloat16()],
)
def test_contents_see_numbers_shapes_and_types(other):
    columns = (torch.tensor([1.0, 2.0]), torch.tensor([True, False]))
    assert checkpoint.contents(columns) == checkpoint.contents(tuple(c.clone() for c in columns))
    assert checkpoint.contents(columns) != checkpoint.contents((other, columns[1]))
    assert checkpoint.contents(columns) != checkpoint.contents(columns[::-1])
