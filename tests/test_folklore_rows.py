"""Every row of *Folklore, corrected* has its tests, and its place in the chapter that owns it."""

import re
from collections.abc import Iterable

from book.tools import chapters, folklore


def test_rows_chapters_and_tests_agree():
    wrong = folklore.check()
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_finished_chapters_have_their_rows():
    # a data file that lost its rows agrees with everything
    owned: dict[str, set[str]] = {}
    for row in folklore.rows():
        owned.setdefault(row.chapter, set()).add(row.id)
    assert owned["vae"] >= {"F04", "F05", "F06"}
    assert owned["gan"] >= {"H03", *(f"P{number:02}" for number in range(1, 14))}


def cited(text: str) -> set[str]:
    """Keys of the bibliography that a text cites."""
    groups = re.findall(r"\{cite:\w+\}`([^`]+)`", text)
    return {key.strip() for group in groups for key in group.split(",")}


def uncited(rows: Iterable[folklore.Row], book: dict[str, str]) -> list[str]:
    """Works that correct a row and that the row's chapter, once it is there, does not cite."""
    owned = [(row, book[row.chapter]) for row in rows if row.chapter in book]
    return [f"{row.id}: {key}" for row, text in owned for key in sorted(cited(row.truth) - cited(text))]


def test_a_chapter_cites_the_works_that_correct_its_rows():
    book = {chapter.slug: "\n".join(cell.source for cell in chapter.prose) for chapter in chapters.all()}
    assert len(cited("\n".join(row.truth for row in folklore.rows() if row.chapter in book))) >= 5
    assert uncited(folklore.rows(), book) == []


def test_a_chapter_that_credits_others_is_noticed():
    row = folklore.Row("H03", "gan", "by Goodfellow", "It is by {cite:t}`radford2015unsupervised`, posted in 2015.")
    assert uncited([row], {"gan": "DCGAN is by {cite:t}`goodfellow2014generative`."}) == [
        "H03: radford2015unsupervised"
    ]
    assert uncited([row], {"gan": "See {cite:p}`goodfellow2014generative, radford2015unsupervised`."}) == []


def test_the_appendix_is_in_the_book():
    assert "book/pages/folklore" in chapters.toc()
