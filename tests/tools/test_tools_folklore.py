"""The check of the folklore, tried on a small book with one planted mistake each."""

import pytest

from book.tools import folklore
from book.tools.chapters import BookError
from tests.tools.test_tools_checks import only

DATA = """
- {id: P01, chapter: one, claim: It learns., truth: It does not.}
- {id: F02, chapter: two, claim: It adds up., truth: It does not.}
"""
PLAN = "parts:\n  - title: All\n    chapters:\n      - {slug: one}\n      - {slug: two}\n"
TEST = 'import pytest\n\n\n@pytest.mark.folklore("P01")\ndef test_p01():\n    assert 1\n'
PROSE = ["# One\n\n**{row}`P01`: it learns.** It does not."]


@pytest.fixture
def book(project):
    project.write("book/folklore.yml", DATA)
    project.write("book/course.yml", PLAN)
    project.write("tests/one/test_one.py", TEST)
    project.notebook("one", PROSE, "1")
    project.toc("one")
    assert folklore.check(project.root) == []
    return project


def test_a_row_without_a_test(book):
    book.write("tests/one/test_one.py", TEST.replace("folklore", "equation"))
    assert "book/folklore.yml: P01 has no test; mark" in only(folklore.check(book.root))


def test_a_marker_that_names_no_row(book):
    book.write("tests/one/test_two.py", TEST.replace("P01", "P10"))
    message = only(folklore.check(book.root))
    assert "tests/one/test_two.py:5: test_p01 claims to show P10, which book/folklore.yml lacks" in message


def test_a_marker_may_come_before_its_chapter(book):
    book.write("tests/two/test_two.py", TEST.replace("P01", "F02"))
    assert folklore.check(book.root) == []


@pytest.mark.parametrize("text", ["# One\n\n**P01: it learns.**", "# One\n\n```\n{row}`P01`\n```", "``{row}`P01` ``"])
def test_a_chapter_that_does_not_mention_its_row(book, text):
    book.notebook("one", [text], "1")
    assert "01_one.ipynb does not mention P01; write {row}`P01`" in only(folklore.check(book.root))


def test_a_chapter_that_joins_the_toc_owes_its_rows(book):
    book.notebook("two", ["# Two"], "1")
    book.toc("one", "two")
    wrong = folklore.check(book.root)
    assert len(wrong) == 2
    assert "F02 has no test" in wrong[0]
    assert "02_two.ipynb does not mention F02" in wrong[1]


def test_a_mention_of_no_row(book):
    book.notebook("one", PROSE, ["{row}`P77`"], "1")
    assert "01_one.ipynb: {row}`P77` names no row of book/folklore.yml" in only(folklore.check(book.root))


def test_a_row_of_a_chapter_that_is_not_planned(book):
    book.write("book/folklore.yml", DATA.replace("chapter: two", "chapter: twoo"))
    assert "F02 belongs to 'twoo', which book/course.yml lacks" in only(folklore.check(book.root))


def test_a_row_that_stands_twice(book):
    book.write("book/folklore.yml", DATA.replace("F02, chapter: two", "P01, chapter: one"))
    assert "P01 stands there twice" in folklore.check(book.root)[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("claim: It learns., ", ""),
        ("P01,", "p1,"),
        ("It does not.", "''"),
        ("It learns.", "1980"),
        ("P01,", "P01, extra: x,"),
    ],
)
def test_a_row_of_another_form(book, old, new):
    book.write("book/folklore.yml", DATA.replace(old, new))
    with pytest.raises(BookError, match=r"book/folklore\.yml"):
        folklore.check(book.root)
