import importlib.util
import json
import subprocess
import sys

import pytest

from book.tools import first_cell

PROSE = {"cell_type": "markdown", "id": "0", "metadata": {}, "source": ["# Title"]}


@pytest.fixture
def book(tmp_path):
    (tmp_path / "_config.yml").write_text('repository: {url: ""}\n')
    path = tmp_path / "chapters/01_one/01_one.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": [PROSE], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return tmp_path, path


def test_every_chapter_begins_with_the_cell():
    assert first_cell.problems() == []


def test_a_chapter_without_the_cell_is_named_and_cured(book):
    root, path = book
    assert first_cell.problems(root)[0].startswith("chapters/01_one/01_one.ipynb, cell 1: it is not the cell")
    assert first_cell.write(root) == ["chapters/01_one/01_one.ipynb"]
    assert first_cell.problems(root) == []
    cells = json.loads(path.read_text())["cells"]
    assert [cell["id"] for cell in cells] == ["0", "1"]
    assert cells[1] == PROSE | {"id": "1"}
    assert first_cell.write(root) == []


def test_a_new_address_replaces_the_old_cell(book):
    root, path = book
    first_cell.write(root)
    (root / "_config.yml").write_text("repository: {url: https://example.org/someone/course/}\n")
    assert len(first_cell.problems(root)) == 1
    first_cell.write(root)
    cells = json.loads(path.read_text())["cells"]
    assert len(cells) == 2
    assert '"https://example.org/someone/course")' in "".join(cells[0]["source"])


@pytest.fixture
def missing(monkeypatch):
    """The course is not installed, and pip only says what it was asked."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv("AIGC_REPOSITORY", raising=False)
    return pip_asked(monkeypatch)


def pip_asked(monkeypatch):
    """What would have been run, in place of running it."""
    asked = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: asked.append((command, check)))
    return asked


def test_without_an_address_the_cell_says_what_to_do(missing):
    with pytest.raises(ModuleNotFoundError, match=r"make book.*AIGC_REPOSITORY"):
        exec(first_cell.FIRST_CELL.format(address=""), {})
    assert missing == []


@pytest.mark.parametrize(
    ("written", "environment"), [("https://example.org/a/b", None), ("", "https://example.org/a/b")]
)
def test_with_an_address_the_cell_installs_the_course(missing, monkeypatch, written, environment):
    if environment:
        monkeypatch.setenv("AIGC_REPOSITORY", environment)
    exec(first_cell.FIRST_CELL.format(address=written), {})
    assert missing == [([sys.executable, "-m", "pip", "install", "--quiet", "git+https://example.org/a/b"], True)]


def test_where_the_course_is_installed_nothing_happens(monkeypatch):
    asked = pip_asked(monkeypatch)
    exec(first_cell.FIRST_CELL.format(address="https://example.org/a/b"), {})
    assert asked == []


def test_the_cell_is_as_short_as_any_other():
    assert len(first_cell.source().splitlines()) <= 20
