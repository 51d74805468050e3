"""The exercises can be trusted: solutions pass, stubs wait, each wrong answer meets its own diagnosis."""

import re

import pytest

from aigc_course.core import grading
from aigc_course.museum.detectors import THRESHOLDS
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


def test_a_report_of_the_museum_quotes_the_detectors_own_limits():
    told = ("divergence", "vanishing gradient", "discriminator overfitting", "memorisation", "mode collapse")
    text = grading.get("failure_museum.report").text
    assert re.findall(r"\(limit (.*?)\)", text) == [f"{THRESHOLDS[name].value:g}" for name in told]
