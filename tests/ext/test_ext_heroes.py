"""The pictures of chapters on other pages: which are shown, in which order, and what is missed."""

import json

import pytest

from tests.ext.tiny import Built, Project, code, png

SLUGS = ("one", "two", "three")


@pytest.fixture
def book(project: Project) -> Project:
    """Three chapters that have run, each with a picture."""
    for slug in SLUGS:
        picture = {"data": {"image/png": png()}, "metadata": {"aigc": {"caption": f"Of {slug}. More.", "alt": slug}}}
        project.chapter(slug, code("draw()", picture, tags=("hero",)), title=slug.title())
        page = f"chapters/{slug}/{slug}.ipynb"
        project.write(f"_build/executed/{page}", (project.root / page).read_text("utf8"))
    entries = "".join(f"- file: chapters/{slug}/{slug}\n" for slug in SLUGS)
    project.write("book/_toc.yml", f"root: index\nchapters:\n{entries}")
    project.settings["extensions"] = ["myst_nb", "sphinx_design", "book.ext.course", "book.ext.heroes"]
    return project


def shown(book: Project, body: str) -> Built:
    book.write("show.md", f"# Show\n\n```{{heroes}}\n{body}\n```\n")
    return book.build()


def test_named_chapters_in_their_order_and_all_without_names(book: Project):
    built = shown(book, "three\none")
    assert built.status == 0, built.warnings
    assert built.words("show", ".hero p") == ["Three Of three.", "One Of one."]
    assert [image["alt"] for image in built.page("show").select(".hero img")] == ["three", "one"]
    assert len(shown(book, "").words("show", ".hero")) == 3


def test_an_unknown_name_stops_the_build(book: Project):
    built = shown(book, "thre")
    assert built.status == 1
    assert "did you mean three?" in built.warnings


def test_a_chapter_without_a_picture_stops_the_build_even_where_it_is_not_shown(book: Project):
    path = book.root / "_build/executed/chapters/two/two.ipynb"
    notebook = json.loads(path.read_text("utf8"))
    notebook["cells"][-1]["outputs"] = []
    path.write_text(json.dumps(notebook), "utf8")
    built = shown(book, "one")
    assert built.status == 1
    assert "chapters/two/two.ipynb has no picture" in built.warnings
