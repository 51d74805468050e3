"""Every row of *Folklore, corrected* has its tests, and its place in the chapter that owns it."""

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


def test_the_appendix_is_in_the_book():
    assert "book/pages/folklore" in chapters.toc()
