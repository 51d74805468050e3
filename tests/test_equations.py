"""Every labelled equation of the book is named by a test, and no test names an equation that is not there."""

from book.tools import chapters, checks, proofs


def test_labels_and_markers_agree():
    wrong = checks.equations()
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_chapters_have_equations_at_all():
    # an empty set equals an empty set: a parser that finds nothing must not pass
    proved = proofs.collect()
    for chapter in chapters.all():
        assert checks.minima(chapter) == []
        assert all(proved[label] for label in chapter.labels)
