"""Links to chapters by slug, on a tiny book of two chapters and a third that is only planned."""

from book.tools.chapters import ROOT
from tests.ext.tiny import prose

PLAN = """parts:
- title: I
  package: basics
  chapters: [{slug: demo, title: Demo}, {slug: other, title: Another}, {slug: later, title: Planned one}]
"""
HERE = "chapters/demo/demo"


def build(project, text):
    project.write("book/course.yml", PLAN)
    project.chapter("demo", prose(text), title="Demo")
    project.chapter("other", title="Another")
    return project.build(templates_path=[str(ROOT / "book/_templates")])


def test_title_words_and_a_planned_chapter(project):
    built = build(project, "See {chapter}`other`, {chapter}`the next one <other>` and {chapter}`later`.")
    assert built.warnings == ""
    links = [(a.get_text(), a["href"]) for a in built.page(HERE).select("p a.internal") if "other" in a["href"]]
    assert links == [("Another", "../other/other.html"), ("the next one", "../other/other.html")]
    assert "and Planned one." in " ".join(built.words(HERE, "p"))


def test_a_slug_is_an_address_that_leads_to_the_chapter(project):
    page = build(project, "Nothing.").page("other")
    assert page.select_one("a")["href"] == "chapters/other/other.html"
    assert page.select_one("meta[http-equiv=refresh]")["content"] == "0; url=chapters/other/other.html"
    assert page.title.get_text() == "Another"


def test_an_unknown_slug_stops_the_build(project):
    assert "no chapter 'nowhere' in the course" in build(project, "See {chapter}`nowhere`.").warnings
