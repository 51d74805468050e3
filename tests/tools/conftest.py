import pytest

from book.tools import speed
from tests.tools.tinybook import Project

# a bare theme: Jupyter Book's own takes seconds for each build
CONFIG = """
title: Tiny
execute: {execute_notebooks: cache}
sphinx:
  config:
    extensions: [myst_nb, jupyter_book, sphinx_external_toc, sphinx_comments]
    html_theme: basic
    html_theme_options: {}
"""


@pytest.fixture(autouse=True, scope="session")
def _no_slower():
    """No test measures the machine, which takes seconds, but the one that is about it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(speed.GIVEN, "1")
        yield


@pytest.fixture
def project(tmp_path):
    return tiny_book(tmp_path)


def tiny_book(folder):
    """A book of two notebooks and a library of three modules in `folder`."""
    made = Project(folder)
    made.write("aigc_course/__init__.py", "")
    made.write("aigc_course/shared.py", "WORD = 'shared'\n")
    made.write("aigc_course/left.py", "from aigc_course.shared import WORD\n\nLEFT = WORD + ' left'\n")
    made.write("aigc_course/right.py", "RIGHT = 'right'\n")
    made.write("requirements.lock", "nothing==1.0\n")
    made.write("book/index.md", "# A tiny book\n")
    made.write("_config.yml", CONFIG)
    made.notebook("one", ["# One"], "from aigc_course.left import LEFT\nprint(LEFT)")
    made.notebook("two", ["# Two"], "from aigc_course import right\nright.RIGHT")
    made.toc("one", "two")
    return made


@pytest.fixture
def executed(project):
    """A tiny book whose notebooks count as executed, with outputs that no execution would give."""
    for slug in ("one", "two"):
        project.keep(slug, f"kept {slug}")
    return project
