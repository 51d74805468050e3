"""Part = package = folder of tests, and links by slug; each rule is tried on a book that breaks it."""

import json

import pytest

from book.tools import check_layout

PLAN = """parts:
- {title: I, package: basics, chapters: [{slug: one, title: One}, {slug: two, title: Two}]}
- {title: II, package: models, chapters: [{slug: three, title: Three}]}
"""
FILES = ("chapters/1_basics/1_one", "chapters/1_basics/2_two", "chapters/2_models/1_three")


def test_chapters_lie_where_their_part_says():
    wrong = check_layout.layout()
    assert not wrong, "\n" + "\n".join(wrong)


def test_texts_point_at_chapters_by_slug():
    wrong = check_layout.links()
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.fixture
def book(tmp_path):
    def made(*files, text="", folders=("basics", "models")):
        for package in folders:
            for folder in ("aigc_course", "tests"):
                (tmp_path / folder / package).mkdir(parents=True)
        cell = {"cell_type": "markdown", "metadata": {}, "source": text or "# A title"}
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        for file in files:
            path = tmp_path / f"{file}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(notebook))
        (tmp_path / "book").mkdir()
        (tmp_path / "book/course.yml").write_text(PLAN)
        toc = "".join(f"- file: {file}\n" for file in files)
        (tmp_path / "book/_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{toc}")
        return tmp_path

    return made


def test_a_right_book_passes(book):
    root = book(*FILES, text="See {chapter}`one` and {chapter}`the last <three>`, not `[x](1_one.ipynb)`.")
    assert check_layout.layout(root) == []
    assert check_layout.links(root) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("chapters/1_basics/1_one", "chapters/1_basics/2_three"), "2_three.ipynb: book/course.yml has it in part 2"),
        (("chapters/2_basics/1_one",), "1_one.ipynb: book/course.yml has it in part 1, whose folder is chapters/1_bas"),
        (("chapters/1_basics/1_four",), "slug 'four' is not in book/course.yml"),
        (("chapters/1_one/1_one",), "has it in part 1, whose folder is chapters/1_basics"),
        (("chapters/1_basics/01_One",), "with a slug of small letters"),
        (("chapters/one",), "a notebook is chapters/<n>_<package>/<k>_<slug>.ipynb"),
        (("chapters/1_basics/2_two", "chapters/1_basics/1_one"), "are numbered [2, 1] in the toc"),
        (("chapters/1_basics/1_one", "chapters/1_basics/3_two"), "are numbered [1, 3] in the toc"),
    ],
)
def test_a_notebook_in_the_wrong_place(book, files, message):
    assert message in "\n".join(check_layout.layout(book(*files)))


def test_a_part_without_its_package(book):
    wrong = check_layout.layout(book(*FILES, folders=("basics",)))
    assert [message.partition(": ")[2][:35] for message in wrong] == [
        "aigc_course/models does not exist; ",
        "tests/models does not exist; part, ",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "See [one](1_one.ipynb).",
        "See [one](../1_basics/1_one.ipynb#toy).",
        "See [one](../../chapters/1_basics/1_one).",
        "See {doc}`/chapters/1_basics/1_one`.",
        "See {chapter}`none`.",
        "See {chapter}`this <none>`.",
    ],
)
def test_a_link_that_a_new_number_would_break(book, text):
    assert len(check_layout.links(book(FILES[0], text=text))) == 1
