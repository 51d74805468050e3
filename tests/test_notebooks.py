"""The notebooks as they are committed: without outputs, short cells, the twelve blocks, listed in the toc."""

import subprocess
import sys

import pytest

from book.tools import chapters, check_form, checks

BOOK = chapters.all()


def test_source():
    wrong = checks.source()
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("chapter", BOOK, ids=lambda chapter: chapter.slug)
def test_form(chapter):
    wrong = check_form.form(chapter) + checks.empty(chapter)
    assert not wrong, "\n" + "\n".join(wrong)


def test_stripped():
    """Outputs, counts and metadata of editors make diffs unreadable; cell ids count 0, 1, 2."""
    paths = [str(path) for path in chapters.notebooks()]
    assert paths
    run = subprocess.run([sys.executable, "-m", "nbstripout", "--verify", *paths], capture_output=True, check=False)
    assert run.returncode == 0, f"run `make format`: {run.stdout.decode()}"


@pytest.mark.parametrize("chapter", BOOK, ids=lambda chapter: chapter.slug)
def test_the_runner_would_find_the_library(chapter):
    """A key that covers no library module would publish stale outputs for ever."""
    from book.tools import dependencies

    found = {path.relative_to(chapters.ROOT).as_posix() for path in dependencies.files(chapter)}
    assert {f"aigc_course/exercises/{chapter.slug}.{kind}" for kind in ("py", "yml")} <= found
    assert any(name.startswith("aigc_course/core/") for name in found)
