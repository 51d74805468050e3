"""The exercises can be trusted: solutions pass, stubs wait, each wrong answer meets its own diagnosis."""

import pytest

from aigc_course.core import grading
from book.tools import chapters, check_exercises

BOOK = {chapter.slug: chapter for chapter in chapters.all()}


@pytest.mark.parametrize("slug", BOOK)
def test_exercises(slug):
    wrong = check_exercises.chapter(BOOK[slug], list(grading.chapter_exercises(slug).values()))
    assert not wrong, "\n" + "\n".join(wrong)


def test_exercises_belong_to_chapters():
    """A catalogue without a chapter would never be seen, nor tested above."""
    for kind in ("yml", "py"):
        files = {path.stem for path in (chapters.ROOT / "aigc_course" / "exercises").glob(f"[!_]*.{kind}")}
        assert files == set(BOOK)
