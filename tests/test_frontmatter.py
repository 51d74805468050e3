"""The chapters' front matter: complete, true, and in an order in which one can read."""

from aigc_course.core.data import DATASETS
from book.tools import chapters, check_front


def test_front_matter():
    wrong = check_front.front_matter(datasets=DATASETS)
    assert not wrong, "\n" + "\n".join(wrong)


def test_there_are_chapters():
    assert chapters.all(), "the toc lists no notebook"
