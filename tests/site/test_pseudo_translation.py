"""One chapter in a made-up translation: whatever shows no brackets on its page has not reached the translators."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup, Tag

from aigc_course.core.captions import has_word
from book.ext.labels import SVG
from book.ext.state import Book
from book.tools import record
from book.tools.chapters import ROOT
from tests.site.pseudo import CLOSE, OPEN, build, wrapped

pytestmark = pytest.mark.site
SLUG = "what_is_aigc"  # it has a diagram, drawings, tables, terms, questions, graded cells and a project
KINDS = {
    "title": "h1",
    "headings": "h2, h3",
    "chapter line": "p.chapter-line",
    "captions of figures": "figure figcaption .caption-text",
    "captions of tables": "table caption .caption-text",
    "column heads and names in tables": ".course-table th, .course-table td",
    "titles of exercises": ".exercise-head",
    "statements of exercises": ".exercise > p",
    "options and hints": ".exercise summary",
    "verdicts, explanations, hints": ".exercise .sd-summary-content p",
    "answers on paper": ".exercise-answers li, .exercise-answers > p",
    "rubric": ".exercise-project li",
    "links to tests": "p.equation-check",
    "paragraphs and lists": "section > p, section > ul > li",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chapter = Book(ROOT).by_slug[SLUG]
    if not record.record_path(chapter).is_file():
        pytest.fail(f"{chapter.name} has not been executed; run `make book` first")
    folder = tmp_path_factory.mktemp("pseudo")
    command = [sys.executable, "-m", "tests.site.pseudo", SLUG, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder / "out/html" / f"{chapter.docname}.html"


@pytest.fixture(scope="module")
def article(made: Path) -> Tag:
    found = BeautifulSoup(made.read_text("utf8"), "html.parser").select_one("article")
    assert found
    return found


def words(element: Tag) -> str:
    return " ".join(element.get_text().split())


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_of_a_kind_is_translated(article: Tag, kind: str) -> None:
    found = [words(element) for element in article.select(KINDS[kind])]
    spoken = [text for text in found if has_word(text)]
    assert spoken, f"the page of {SLUG} has no {kind}; choose another chapter"
    assert not [text for text in spoken if not (OPEN in text and CLOSE in text)]


def test_values_stand_in_translated_captions(article: Tag) -> None:
    captions = [words(caption) for caption in article.select(".caption-text")]
    assert not [caption for caption in captions if "{" in caption]
    assert any("% of ours" in caption for caption in captions)


def test_terms_keep_their_links(article: Tag) -> None:
    terms = article.select("a > span.std-term")
    assert len(terms) > 10
    assert all("glossary" in str(term.parent["href"]) for term in terms if term.parent)


def test_alternative_texts_are_translated(article: Tag) -> None:
    texts = [str(image["alt"]) for image in article.select("img")]
    assert texts
    assert all(text.startswith(OPEN) and "{" not in text for text in texts)


def test_words_in_drawings_are_translated(article: Tag, made: Path) -> None:
    sources = [str(image["src"]) for image in article.select("img")]
    drawings = [made.parent / source for source in sources if source.endswith(".svg")]
    assert len(drawings) > 3
    for path in drawings:
        texts = ElementTree.parse(path).iter(f"{{{SVG}}}text")
        said = [" ".join("".join(text.itertext()).split()) for text in texts]
        assert not [text for text in said if has_word(text) and not text.startswith(OPEN)], path.name


def test_words_in_diagrams_are_translated(article: Tag) -> None:
    for drawing in article.select("figure.diagram svg"):
        assert str(drawing["aria-label"]).startswith(OPEN)
    said = [words(text) for text in article.select("figure.diagram svg text")]
    assert len(said) > 5
    assert not [text for text in said if has_word(text) and not text.startswith(OPEN)]


def test_a_made_up_translation_names_terms_as_its_glossary_does() -> None:
    message = "An {term}`ELBO`, or {term}`the bound <ELBO>`."
    assert wrapped(message) == "⟦An {term}`⟦ELBO⟧`, or {term}`the bound <⟦ELBO⟧>`.⟧"


def test_a_warning_fails_the_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("book.tools.sphinx_build.main", lambda *_, **settings: int("language" not in settings))
    assert build(SLUG, tmp_path) == 1
