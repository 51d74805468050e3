import subprocess

import pytest

from aigc_course.core import manifest


@pytest.fixture
def sealed(tmp_path):
    (tmp_path / "below").mkdir()
    for name, text in (("a", "one"), ("below/b c", "two")):
        (tmp_path / name).write_text(text)
    manifest.seal(tmp_path / "list", [tmp_path / "a", tmp_path / "below/b c"])
    return tmp_path


def test_whole_files_are_whole_and_sha256sum_agrees(sealed):
    assert manifest.whole(sealed / "list")
    assert sorted(p.name for p in sealed.iterdir()) == ["a", "below", "list"]
    text = (sealed / "list").read_text().splitlines()
    # the SHA-256 of "one", by any other program
    assert text[0] == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a"
    try:
        done = subprocess.run(["sha256sum", "-c", "--quiet", "list"], cwd=sealed, capture_output=True)
    except FileNotFoundError:  # not on every system
        return
    assert done.returncode == 0


@pytest.mark.parametrize("damage", ["changed", "halved", "empty", "gone", "a folder"])
def test_a_damaged_file_is_noticed(sealed, damage):
    path = sealed / "below/b c"
    if damage in ("gone", "a folder"):
        path.unlink()
        if damage == "a folder":
            path.mkdir()
    else:
        path.write_text({"changed": "twp", "halved": "t", "empty": ""}[damage])
    assert not manifest.whole(sealed / "list")


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xfe\x00", b"one  two  three\n", None])
def test_a_damaged_or_missing_list_is_no_list(sealed, content):
    (sealed / "list").unlink()
    if content is not None:
        (sealed / "list").write_bytes(content)
    assert not manifest.whole(sealed / "list")
