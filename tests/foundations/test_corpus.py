import pytest

from aigc_course.foundations import corpus


def test_the_first_sentence_in_plain_words():
    """Catches markup left in, a second sentence, and sentences with numbers or code that should be left out."""
    assert corpus.plain("Return the `name` of\n    the file.  Raises an error.") == "return the name of the file"
    assert corpus.plain("A read-only view") == "a read only view"
    assert corpus.plain("Return x[0] of the list.") == ""
    assert corpus.plain("Return 3 things.") == ""


def test_docstrings_of_the_standard_library():
    """Catches a pattern that matches other strings, doubles, and files of tests."""
    found = corpus.docstrings(("python",))
    assert len(found) > 2000
    assert len(set(found)) == len(found)
    assert all(set(sentence) <= set("abcdefghijklmnopqrstuvwxyz' ") for sentence in found)
    assert corpus.docstrings(("python",)) == found


def test_only_functions_and_classes_speak(tmp_path, monkeypatch):
    """Catches strings that are no docstrings, and the second paragraph of those that are."""
    source = 'TEXT = """Not a docstring."""\n\n\ndef f(x):\n    """Return the sum.\n\n    Not this.\n    """\n'
    (tmp_path / "module.py").write_text(source + 'class A:\n    r"""Hold a value."""\n')
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "module.py").write_text('def g():\n    """Test the sum."""\n')
    monkeypatch.setattr(corpus.sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path)})
    assert corpus.docstrings(("python",)) == ["return the sum", "hold a value"]


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="'nowhere_at_all' is not installed"):
        corpus.docstrings(("nowhere_at_all",))


def test_common_words_and_lengths():
    """Catches a limit that is off by one and counts made before the lengths are chosen."""
    texts = ["a b c", "a b c d", "a b", "a b z", "c c c c c c c c c", "d d d d d"]
    assert corpus.in_common_words(texts, words=4, longest=4) == ["a b c", "a b c d"]
    assert "a b z" in corpus.in_common_words(texts, words=5, longest=4)
    assert "d d d d d" in corpus.in_common_words(texts, words=5, longest=5)
