from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyter_book.config import get_final_config

from book.ext import site
from tests.ext.tiny import Project

LIBRARY = '''"""A library; *emphasis
over lines* stays.

Symbols
    *shape  any shape,
            of the kind shown here
    C_      |a * b|

Then |x - y|_1 and 2 * 3 and `name` and ``lit*eral`` and x_.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class Model(nn.Module):
    """A model.

    Args:
        width: How wide.
    """

    def __init__(self, width: int = 3) -> None:
        super().__init__()

    def loss(self, batch: Float[Tensor, "b 1 32 32"]) -> dict[str, Float[Tensor, ""]]:
        """The loss, see :func:`free`."""
        return {}


def free(x: Float[Tensor, "b *shape"], y: Int[Tensor, " b"] | None, *, how: Literal["a", "b"],
         each: Callable[[Model], Any], generator: torch.Generator, path: Path) -> tuple[Model, Float[Tensor, "b"]]:
    """Do it.

    Args:
        x: Numbers.

    Returns:
        Both.

    Raises:
        ValueError: Never.
    """
    raise ValueError
'''
THEMED = {
    "html_theme": "sphinx_book_theme",
    "extensions": ["myst_nb", "sphinx_design", "sphinx_book_theme", "book.ext.course"],
}


@pytest.mark.parametrize("preface", ["", "from __future__ import annotations\n\n"])
def test_signatures_with_shapes_pass_a_nitpicky_build(project: Project, monkeypatch: pytest.MonkeyPatch, preface: str):
    name = "nitpicked_future" if preface else "nitpicked"
    head, _, body = LIBRARY.partition('\n"""\n\n')
    project.write(f"{name}.py", f'{head}\n"""\n\n{preface}{body}')
    monkeypatch.syspath_prepend(str(project.root))
    project.write(
        "api.md", f"# API\n\n```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n   :undoc-members:\n```\n"
    )
    built = project.build(
        extensions=["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb", "sphinx_design", "book.ext.course"]
    )
    assert built.status == 0, built.warnings
    text = built.page("api").get_text()
    assert "Float[Tensor, 'b 1 32 32']" in text.replace('"', "'")
    assert "jaxtyping." not in text
    page = built.page("api")
    assert [name.get_text() for name in page.select("dt code")] == ["*shape", "C_"]
    assert built.words("api", "dt:has(code) + dd") == ["any shape, of the kind shown here", "|a * b|"]
    assert not page.select("pre, blockquote")
    assert "Then |x - y|_1 and 2 * 3 and name and lit*eral and x_." in text
    assert [code.get_text() for code in page.select("p > code.literal")] == ["name", "lit*eral"]
    assert page.select("em")[0].get_text().split() == ["emphasis", "over", "lines"]


PLACES = '''"""A module with defaults of which only the names may show."""

from pathlib import Path

HERE = Path(__file__).parent


def write(path: Path = HERE, *, then=HERE.joinpath, last: float = 0.5) -> None:
    """Write."""


class Shelf:
    """A shelf."""

    def __init__(self, path: Path = HERE / "shelf") -> None:
        self.path = path
'''


def test_the_reference_shows_no_path_of_the_machine_that_built_it(project: Project, monkeypatch: pytest.MonkeyPatch):
    project.write("placed.py", PLACES)
    monkeypatch.syspath_prepend(str(project.root))
    project.write("api.md", "# API\n\n```{eval-rst}\n.. automodule:: placed\n   :members:\n```\n")
    built = project.build(extensions=["sphinx.ext.autodoc", "myst_nb", "book.ext.course", "book.ext.library"])
    assert built.status == 0, built.warnings
    text = built.page("api").get_text()
    assert "path: Path = HERE, *, then=HERE.joinpath, last: float = 0.5" in text
    for page in built.folder.rglob("*.html"):
        for trace in (str(project.root), "PosixPath", "0x"):
            assert trace not in page.read_text("utf8"), page.name


def test_an_unknown_name_of_our_own_is_still_found(project: Project):
    project.write("api.md", "# API\n\n{py:func}`aigc_course.nowhere.nothing`\n")
    built = project.build()
    assert built.status == 1
    assert "aigc_course.nowhere.nothing" in built.warnings


def options(root: Path, repository: str) -> dict:
    """What Jupyter Book makes of the addresses in a _config.yml."""
    path = root / "_config.yml"
    buttons = "launch_buttons: {colab_url: https://colab.research.google.com, binderhub_url: https://mybinder.org}\n"
    path.write_text(f"title: A book\n{buttons}{repository}", "utf8")
    found, _ = get_final_config(user_yaml=path, cli_config={"latex_individualpages": False}, sourcedir=root)
    return found["html_theme_options"]


@pytest.mark.parametrize("repository", ["", 'repository: {url: ""}\n'])
def test_without_an_address_there_are_no_buttons(project: Project, repository: str):
    theme = options(project.root, repository)
    theme.pop("search_bar_text", None)
    project.chapter("demo")
    built = project.build(**THEMED, html_theme_options=theme)
    page = str(built.page("chapters/demo/demo"))
    for host in ("executablebooks", "mybinder", "colab.research"):
        assert host not in page
    assert "fa-github" not in page


def test_jupyter_books_own_address_is_taken_for_none(tmp_path: Path):
    theme = options(tmp_path, "")
    assert "executablebooks" in theme["repository_url"]
    site.repository_once(SimpleNamespace(), SimpleNamespace(html_theme="sphinx_book_theme", html_theme_options=theme))
    assert "executablebooks" not in str(theme)


def test_one_address_brings_all_buttons(project: Project):
    theme = options(project.root, "repository: {url: https://github.com/someone/course, branch: main}\n")
    theme.pop("search_bar_text", None)
    project.chapter("demo")
    page = str(project.build(**THEMED, html_theme_options=theme).page("chapters/demo/demo"))
    assert "https://colab.research.google.com/github/someone/course/blob/main/chapters/demo/demo.ipynb" in page
    assert "mybinder.org/v2/gh/someone/course/main" in page
    assert 'href="https://github.com/someone/course"' in page
