"""A chapter as Markdown and back: nothing is lost, and no work is overwritten."""

import pytest

from book.tools import chapters, edit
from book.tools.chapters import BookError


@pytest.mark.parametrize("path", chapters.notebooks()[3:8:2], ids=lambda path: path.stem)
def test_a_chapter_comes_back_byte_for_byte(path):
    text = path.read_text("utf-8")
    markdown = edit.as_markdown(text)
    assert "```{code-cell}" in markdown
    assert edit.as_notebook(markdown) == text


@pytest.fixture
def book(project):
    cell = {"source": "print(1)", "metadata": {"tags": ["hide-input"]}, "outputs": []}
    path = project.notebook("one", ["# One"], cell, ["Words"], ["More"], minutes=60)
    path.write_text(edit.as_notebook(edit.as_markdown(path.read_text("utf-8"))))
    return project


def test_an_edit_is_put_back(book):
    path, markdown = chapters.find("one", book.root).path, edit.edit("one", book.root)
    assert markdown == book.root / "_build/edit/one.md"
    before = path.read_text("utf-8")
    assert edit.apply("one", book.root) == path
    assert path.read_text("utf-8") == before
    markdown.write_text(
        markdown.read_text("utf-8").replace("Words", "Other words").replace("minutes: 60", "minutes: 50")
    )
    edit.apply("one", book.root)
    assert path.read_text("utf-8") == before.replace("Words", "Other words").replace('"minutes": 60', '"minutes": 50')
    edit.edit("one", book.root)


def test_an_edit_that_was_not_put_back_is_not_overwritten(book):
    markdown = edit.edit("one", book.root)
    markdown.write_text(markdown.read_text("utf-8").replace("Words", "Other words"))
    with pytest.raises(BookError, match=r"_build/edit/one.md holds changes; `make apply CHAPTER=one` keeps them"):
        edit.edit("one", book.root)
    assert "Other words" in markdown.read_text("utf-8")


def test_a_notebook_that_changed_meanwhile_is_not_overwritten(book):
    path, _ = chapters.find("one", book.root).path, edit.edit("one", book.root)
    path.write_text(path.read_text("utf-8").replace("Words", "Newer words"))
    with pytest.raises(BookError, match=r"one.ipynb changed after `make edit`"):
        edit.apply("one", book.root)
    assert "Newer words" in path.read_text("utf-8")


def test_an_unknown_chapter_and_nothing_to_put_back(book):
    with pytest.raises(BookError, match=r"there is no chapter 'on'; did you mean one\?"):
        edit.edit("on", book.root)
    with pytest.raises(BookError, match=r"_build/edit/two.md does not exist; `make edit CHAPTER=two` writes it"):
        edit.apply("two", book.root)
