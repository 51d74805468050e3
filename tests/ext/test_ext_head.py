"""What a page says of itself: description, social tags, where it stands, how to run it."""

import json
import shutil
from pathlib import Path

import pytest

from book.tools import chapters, plan
from tests.ext.tiny import Built, Project, code, png, prose

ROOT = Path(__file__).parents[2]
PAGE = "chapters/vae/vae"
PLAN = """parts:
- {title: Part I — Codes, package: vae, chapters: [{slug: vae, title: VAE, summary: A code., prerequisites: []}]}
"""
TEXT = 'The "bound" is at most $\\log p(x)$ & more.'
GITHUB = "https://github.com/someone/course"
COLAB = "https://colab.research.google.com"


@pytest.fixture
def book(project: Project) -> Project:
    """A themed book of one chapter and the page of its part."""
    for name in ("layout.html", "trail.html", "sbt-sidebar-nav.html"):
        project.write(f"_templates/{name}", (ROOT / "book/_templates" / name).read_text("utf8"))
    project.write("book/course.yml", PLAN)
    project.write("book/pages/parts/vae.md", "# Part I — Codes\n\n```{course-map} vae\n```\n")
    project.write("book/pages/parts.md", "# Parts\n\nAll of them.\n")
    project.chapter("vae", prose(TEXT), prose("Never the second paragraph."), title="VAE")
    extensions = ["myst_nb", "sphinx_design", "sphinx_book_theme", "book.ext.course"]
    project.settings |= {"html_theme": "sphinx_book_theme", "extensions": extensions, "project": "A book"}
    return project


def built(book: Project, **settings: object) -> Built:
    options = {"article_header_start": ["trail.html"]} | settings.pop("options", {})  # pyright: ignore
    made = book.build(html_theme_options=options, **settings)
    assert made.status == 0, made.warnings
    return made


def tags(made: Built, page: str = PAGE) -> dict[str, str]:
    found = made.page(page).select("head meta[property], head meta[name=description]")
    return {tag.get("property", "description"): tag["content"] for tag in found}


def test_the_first_paragraph_without_its_formulas_describes_the_page(book: Project):
    found = tags(built(book))
    assert found["description"] == found["og:description"] == "It begins."
    book.chapter("vae", prose(TEXT), title="VAE")
    notebook = json.loads((book.root / f"{PAGE}.ipynb").read_text("utf8"))
    notebook["cells"][0]["source"] = f"# VAE\n\n{TEXT} {'word ' * 60}"
    book.write(f"{PAGE}.ipynb", json.dumps(notebook))
    said = tags(built(book))["description"]
    assert said.startswith("The “bound” is at most & more. word")
    assert said.endswith("word …")
    assert len(said) <= 202


def test_without_a_base_address_none_is_made_up(book: Project):
    found = tags(built(book))
    assert found["og:title"] == "VAE"
    assert found["og:site_name"] == "A book"
    assert not {"og:url", "og:image"} & set(found)
    assert not [text for text in found.values() if "//" in text]


def test_with_a_base_address_the_page_and_a_picture_have_theirs(book: Project):
    base = "https://example.org/course"
    found = tags(built(book, html_baseurl=f"{base}/"))
    assert found["og:url"] == f"{base}/{PAGE}.html"
    assert found["og:image"] == f"{base}/_static/readme.png"
    picture = {"data": {"image/png": png()}, "metadata": {"aigc": {"caption": "C.", "alt": "A"}}}
    book.chapter("vae", code("draw()", picture, tags=("hero",)), title="VAE")
    book.write(f"_build/executed/{PAGE}.ipynb", (book.root / f"{PAGE}.ipynb").read_text("utf8"))
    book.write("book/_toc.yml", f"root: index\nchapters:\n- file: {PAGE}\n")
    book.write("show.md", "# Show\n\n```{heroes}\n```\n")
    book.settings["extensions"] = [*book.settings["extensions"], "book.ext.heroes"]
    assert tags(built(book, html_baseurl=base))["og:image"] == f"{base}/_images/vae.png"


def test_a_chapter_stands_below_its_part(book: Project):
    page = built(book).page(PAGE)
    links = [(link.get_text(), link["href"]) for link in page.select(".trail a")]
    assert links == [("Home", "../../index.html"), ("Part I — Codes", "../../book/pages/parts/vae.html")]


def test_buttons_that_open_the_contents_have_a_name(book: Project):
    book.write("index.md", "# Book\n\n```{toctree}\nbook/pages/parts\nchapters/vae/vae\n```\n")
    below = "# Parts\n\nAll of them.\n\n```{toctree}\nparts/vae\n```\n"
    book.write("book/pages/parts.md", below)
    book.settings["exclude_patterns"] = ["_build", "aigc_course", "tests", "book/pages/checks*"]
    buttons = built(book).page(PAGE).select("nav.bd-links summary")
    assert [button.get("aria-label") for button in buttons] == ["Show or hide the pages below"]


def test_a_part_without_a_page_stops_the_build(book: Project):
    (book.root / "book/pages/parts/vae.md").unlink()
    made = book.build()
    assert made.status == 1
    assert "Part I — Codes has no page; write book/pages/parts/vae.md" in made.warnings


def test_the_page_of_a_part_lists_its_chapters_and_the_map_leads_there(book: Project):
    book.write("map.md", "# Map\n\n```{course-map}\n```\n")
    made = built(book)
    assert made.words("book/pages/parts/vae", ".course-map strong") == ["VAE"]
    assert not made.page("book/pages/parts/vae").select(".course-map h3")
    assert made.page("map").select_one(".course-map h3 a")["href"] == "book/pages/parts/vae.html"  # pyright: ignore


def test_a_chapter_says_how_to_run_it(book: Project):
    assert built(book).words(PAGE, ".chapter-line + .chapter-run") == ["Run it: make lab · vae/vae.ipynb"]


def test_colab_edit_and_feedback_need_the_address_of_the_repository(book: Project):
    plain = str(built(book).page(PAGE))
    assert not [name for name in ("colab", "issues/new", "/edit/", "github") if name in plain]
    shutil.rmtree(book.root / "_build")
    options = {"repository_url": GITHUB, "repository_branch": "main", "launch_buttons": {"colab_url": COLAB}}
    page = built(book, options=options).page(PAGE)
    (colab,) = page.select(".chapter-run a")
    assert colab["href"] == f"{COLAB}/github/someone/course/blob/main/{PAGE}.ipynb"
    text = str(page)
    assert f"{GITHUB}/edit/main/{PAGE}.ipynb" in text
    assert f"{GITHUB}/issues/new" in text


def test_every_part_with_a_chapter_has_its_page_under_its_own_title():
    written = {chapter.slug for chapter in chapters.all(ROOT)}
    parts = [part for part in plan.parts(ROOT) if written & {one["slug"] for one in part["chapters"]}]
    pages = [f"book/pages/parts/{part['package']}" for part in parts]
    assert [page for page in chapters.toc(ROOT) if page.startswith("book/pages/parts/")] == pages
    links = (ROOT / "book/pages/parts.md").read_text("utf8")
    for part, page in zip(parts, pages, strict=True):
        text = (ROOT / f"{page}.md").read_text("utf8")
        assert text.startswith(f"# {part['title']}\n")
        assert "Write here" not in text
        assert f"[{part['title']}](parts/{part['package']}.md)" in links
