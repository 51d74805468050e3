import pytest

from tests.ext.tiny import Project, prose

PAGE, FOLKLORE = "chapters/demo/demo", "folklore"
DATA = """
- {id: P02, chapter: demo, claim: Call `f(x)`., truth: "It is $2x$."}
- {id: F01, chapter: demo, claim: Sums *vanish*., truth: They do not.}
- {id: H09, chapter: unwritten, claim: Long ago., truth: Not so long.}
"""
TESTS = """import pytest


@pytest.mark.folklore("P02", "F01")
def test_both():
    assert 1 + 1 == 2


@pytest.mark.folklore("H09")
def test_of_a_library_without_its_chapter():
    assert True
"""
ROWS = prose(
    "**{row}`F01`: sums.** They add up.\n\nBefore {row}`H09`, {row}`P02` and again {row}`P02`.\n\nSee {row}`P02`."
)


@pytest.fixture
def book(project: Project) -> Project:
    project.write("book/folklore.yml", DATA)
    project.write("tests/test_demo.py", TESTS)
    project.write(f"{FOLKLORE}.md", "# Folklore\n\n```{folklore}\n```\n\n## Tests\n\n```{folklore-tests}\n```\n")
    project.chapter("demo", ROWS, title="Sums")
    return project


def test_each_row_stands_once_with_claim_truth_and_links(book: Project):
    built = book.build()
    assert built.status == 0, built.warnings
    lines = [
        [" ".join(cell.get_text().split()) for cell in line.select("td")]
        for line in built.page(FOLKLORE).select("tbody tr")
    ]
    circulates, true = "What circulates", "What is true"
    assert lines == [
        ["F01", f"{circulates} Sums vanish.", f"{true} They do not.", "Sums, tests"],
        ["P02", f"{circulates} Call f(x).", f"{true} It is 2x.", "Sums, tests"],
    ]
    assert built.words(FOLKLORE, "h2") == ["Formulas¶", "Programs¶", "Tests¶"]
    assert built.page(FOLKLORE).select("td em")
    assert built.page(FOLKLORE).select("td code")


def test_links_lead_both_ways_and_to_the_tests(book: Project):
    built = book.build()
    page, folklore = built.page(PAGE), built.page(FOLKLORE)
    for link in folklore.select("td a"):
        path, _, name = link["href"].partition("#")
        there = (page if path == f"{PAGE}.html" else folklore).select(f"#{name}")
        assert len(there) == 1, link
        if path:
            assert there[0].get_text() == link.find_parent("tr").select("td")[0].get_text()
    back = [link["href"] for link in page.select(".course-row a")]
    assert back == [f"../../{FOLKLORE}.html#folklore-{id}" for id in ("f01", "p02", "p02", "p02")]
    assert all(folklore.select(f"tr #{href.partition('#')[2]}") for href in back)
    tests = folklore.select("#folklore-test-p02")[0]
    assert "tests/test_demo.py::test_both" in tests.get_text()
    assert "assert 1 + 1 == 2" in tests.select(".highlight")[0].get_text()


def test_tests_stand_in_the_order_of_the_tables(book: Project):
    book.write("book/folklore.yml", DATA.replace("chapter: unwritten", "chapter: demo"))
    built = book.build()
    assert built.status == 0, built.warnings
    rows = built.words(FOLKLORE, "td:first-child")
    assert rows == ["F01", "P02", "H09"]
    assert [words.rstrip("¶") for words in built.words(FOLKLORE, ".course-check h3")] == rows


def test_a_row_waits_for_its_chapter(book: Project):
    built = book.build()
    assert "Long ago" not in built.page(FOLKLORE).get_text()
    assert "without_its_chapter" not in built.page(FOLKLORE).get_text()
    assert "Before H09, P02" in " ".join(built.page(PAGE).get_text().split())
    book.chapter("unwritten", prose("It was {row}`H09`."))
    built = book.build()
    assert built.status == 0, built.warnings
    assert "Long ago" in built.page(FOLKLORE).get_text()
    assert len(built.page(PAGE).select(".course-row a")) == 5


def test_a_row_without_a_test_stops_the_build(book: Project):
    book.write("tests/test_demo.py", TESTS.replace('"P02", ', ""))
    built = book.build()
    assert built.status == 1
    assert 'row P02 has no test; write one and mark it @pytest.mark.folklore("P02")' in built.warnings
    assert "F01" not in built.warnings


def test_a_row_that_its_chapter_does_not_mention_is_a_dead_link(book: Project):
    book.chapter("demo", prose("Only {row}`F01`."))
    built = book.build()
    assert built.status == 1
    assert "row-p02" in built.warnings
    assert "row-f01" not in built.warnings


def test_a_row_that_nobody_knows_stops_the_build(book: Project):
    book.chapter("demo", ROWS, prose("And {row}`P99`."))
    built = book.build()
    assert built.status == 1
    assert "{row}`P99` names no row of book/folklore.yml" in built.warnings


def test_another_chapter_links_but_is_not_the_place(book: Project):
    book.chapter("another", prose("Compare {row}`P02`."))
    built = book.build()
    assert built.status == 0, built.warnings
    other = built.page("chapters/another/another")
    assert other.select(".course-row a")
    assert not other.select("#row-p02")


def test_every_word_can_be_translated(book: Project):
    messages = book.build("gettext").messages()
    for text in (
        "Call `f(x)`.",
        "It is $2x$.",
        "Sums *vanish*.",
        "What circulates",
        "What is true",
        "Shown in",
        "Programs",
    ):
        assert f'msgid "{text}"' in messages
    assert 'msgid "See {row}`P02`."' in messages


CATALOGUE = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "{here}"
msgstr "{there}"
"""


def test_a_translated_chapter_keeps_one_place_for_each_row(book: Project):
    here = "Before {row}`H09`, {row}`P02` and again {row}`P02`."
    there = "{row}`P02` erst, dann {row}`H09` und noch einmal {row}`P02`."
    path = f"locale/de/LC_MESSAGES/{PAGE}.po"
    book.write(path, CATALOGUE.format(here=here, there=there))
    built = book.build(language="de")
    assert built.status == 0, built.warnings
    page = built.page(PAGE)
    assert "P02 erst, dann H09" in " ".join(page.get_text().split())
    assert len(page.select("#row-p02")) == 1
    assert page.select("#row-p02")[0].find_parent("p").get_text().startswith("P02 erst")


def test_a_new_test_is_noticed_without_touching_the_page(book: Project):
    book.write("tests/test_demo.py", TESTS.replace('"P02", ', ""))
    assert book.build().status == 1
    book.write("tests/test_demo.py", TESTS)
    assert book.build().status == 0
