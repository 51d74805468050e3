"""A file is written whole or not at all."""

import os
from pathlib import Path

import pytest

from aigc_course.core.files import write_atomically


@pytest.mark.parametrize(("content", "expected"), [("né\n", b"n\xc3\xa9\n"), (b"\xff\x00", b"\xff\x00")])
def test_text_and_bytes_are_written_into_a_folder_that_is_made(tmp_path, content, expected):
    write_atomically(tmp_path / "new" / "file", content)
    assert (tmp_path / "new" / "file").read_bytes() == expected
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


@pytest.mark.parametrize(("owner", "name"), [(os, "fsync"), (Path, "replace")])
def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch, owner, name):
    def fail(*_):
        raise OSError("no space")

    (tmp_path / "file").write_text("old")
    monkeypatch.setattr(owner, name, fail)
    with pytest.raises(OSError, match="no space"):
        write_atomically(tmp_path / "file", "new")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"
