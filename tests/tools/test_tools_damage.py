"""Damage under _build, a full disk, and what the operating system refuses: named in one sentence, and healed."""

import errno
import os
import re
from pathlib import Path

import pytest

from book.tools import chapters, execute, files, heal, interrupts, manifest, record, site


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '"x"', '{"key": 3}', '{"key": "k"}', '{"key": "k", "files": []}', "\0"]
)
def test_a_damaged_note_of_the_site_is_not_up_to_date(executed, text):
    executed.write("_build/site/index.html", "x")
    manifest.write(executed.root, "k")
    executed.write("_build/site.json", text)
    assert not manifest.is_current(executed.root, "k")


@pytest.mark.parametrize(
    "damage",
    [
        lambda site: (site / "a.html").unlink(),
        lambda site: (site / "a.html").write_text(""),
        lambda site: (site / "a.html").write_text("another"),
        lambda site: (site / "b.html").write_text("foreign"),
        lambda site: ((site / "a.html").unlink(), (site / "a.html").mkdir()),
        lambda site: files.remove(site),
        lambda site: (files.remove(site), site.write_text("no folder")),
    ],
)
def test_a_site_with_a_lost_or_foreign_page_is_not_up_to_date(executed, damage):
    executed.write("_build/site/index.html", "x")
    executed.write("_build/site/a.html", "a page")
    manifest.write(executed.root, "k")
    assert manifest.is_current(executed.root, "k")
    assert manifest.report(executed.root, "k") == ""
    damage(executed.root / "_build" / "site")
    assert not manifest.is_current(executed.root, "k")
    assert "was damaged" in manifest.report(executed.root, "k")
    # what has to be built anyway needs no remark
    assert manifest.report(executed.root, "other") == ""


KEPT = "_build/executed/chapters/01_one/01_one"


@pytest.mark.parametrize("suffix", [".json", ".ipynb"])
@pytest.mark.parametrize("damage", ["empty", "cut", "foreign", "missing", "folder", "garbage"])
def test_a_damaged_record_is_named_and_its_notebook_runs_again(executed, suffix, damage):
    path = executed.root / f"{KEPT}{suffix}"
    content = path.read_bytes()
    files.remove(path)
    if damage == "folder":
        (path / "x").mkdir(parents=True)
    elif damage != "missing":
        foreign = Path(path.as_posix().replace("01_one", "02_two"))
        texts = {"empty": b"", "cut": content[:-9], "foreign": foreign.read_bytes(), "garbage": b"\xff\0"}
        path.write_bytes(texts[damage])
    one, two = chapters.all(executed.root)
    assert heal.heal(executed.root, [one, two]) == [f"What was kept of {one.name} was damaged; it runs again."]
    assert not record.is_done(one, "cpu")
    assert record.is_done(two, "cpu")
    assert heal.heal(executed.root, [one, two]) == []
    executed.keep("one")
    assert record.is_done(one, "cpu")


@pytest.mark.parametrize("value", [{"key": 1}, {"cpu_s": "1"}, {"seconds": None}, {"more": 1}])
def test_a_record_with_another_form_is_damaged(executed, value):
    path = executed.root / f"{KEPT}.json"
    files.write_json(path, files.read_json(path) | value)
    assert record.read(executed.chapter("one")) is None


def test_a_file_in_place_of_a_folder_is_made_way_for(executed):
    for place in ("_build/executed/chapters", "_build/running"):
        files.remove(executed.root / place)
        executed.write(place, "no folder")
    said = heal.heal(executed.root, chapters.all(executed.root))
    assert [line.split(" was damaged")[0] for line in said] == ["_build/running", "_build/executed/chapters"]
    executed.keep("one")
    assert record.is_done(executed.chapter("one"), "cpu")


def test_a_full_disk_leaves_the_older_pair(executed, monkeypatch):
    before = record.read(executed.chapter("one"))

    def full(path, value):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(record.files, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        executed.keep("one", "other")
    assert record.read(executed.chapter("one")) == before
    assert executed.executed("one") == ["kept one"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk full: .* MB are free where .*_build lies"),
        (errno.EDQUOT, "disk full: "),
        (errno.EROFS, r"Read-only file system; .* copy the project to a place where you may write"),
        (errno.EACCES, r"Permission denied; .* make it yours \(chown\)"),
        (errno.ENAMETOOLONG, "File name too long; move the project to a folder with a shorter path"),
    ],
)
@pytest.mark.parametrize("tool", [site, execute])
def test_what_the_system_refuses_is_one_sentence(project, monkeypatch, capsys, tool, number, words):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number), "/there/_build/.lock")

    monkeypatch.setattr(files, "_lock", refuse)
    monkeypatch.setattr(interrupts, "interruptible", lambda: None)
    assert tool.main(["--root", str(project.root)]) == 1
    said = capsys.readouterr().err.strip()
    assert re.search(words, said)
    assert len(said.splitlines()) == 1


def test_a_mistake_of_ours_is_not_explained_away(project):
    with pytest.raises(OSError, match="strange"), files.in_words(project.root / "_build"):
        raise OSError(errno.EIO, "strange")
    with pytest.raises(ZeroDivisionError), files.in_words(project.root / "_build"):
        print(1 / 0)


def test_a_file_in_place_of_the_build_folder_is_named(project, capsys):
    project.write("_build", "mine")
    with pytest.raises(chapters.BookError, match="_build is not a folder"), files.only_run(project.root / "_build"):
        pass
    assert (project.root / "_build").read_text() == "mine"


def test_a_path_too_long_for_the_cache_is_refused_before_anything_runs(tmp_path):
    deep = tmp_path / Path(*["d" * 100] * 5)
    with pytest.raises(chapters.BookError, match=r"the path of the project has \d+ characters, .* move the project"):
        site.build(deep)
    assert not deep.exists()
    room = site.SQLITE_PATH - len(f"{tmp_path}//{site.CACHE}/global.db")
    with pytest.raises(chapters.BookError, match=r"_toc\.yml is missing"):  # it goes on
        site.build(tmp_path / (("d" * 99 + "/") * 9)[:room])
