import json

import pytest

from tests.ext.tiny import Project, code, prose

PLAN = """parts:
- title: Foundations
  chapters:
  - {slug: prob, title: Probability, summary: Chance in numbers., prerequisites: []}
- title: Autoencoders
  chapters:
  - {slug: vae, title: VAE, summary: A code with noise., prerequisites: [prob]}
  - {slug: vq, title: VQ-VAE, summary: A code of words., prerequisites: [vae]}
"""
PAGE = "chapters/vae/vae"
TEST = 'import pytest\n\n\n@pytest.mark.equation("vae-kl")\ndef test_kl():\n    assert 1\n'


@pytest.fixture
def book(project: Project) -> Project:
    project.write("book/course.yml", PLAN)
    project.write("tests/test_vae.py", TEST)
    project.write(f"_build/executed/{PAGE}.json", json.dumps({"cpu_s": 101.5, "slower": 2.5, "seconds": 57.2}))
    return project


def vae(book: Project, *cells: dict, **matter: object) -> None:
    front = {"prerequisites": ["prob"], "datasets": ["digits", "mnist"]} | matter
    book.chapter("vae", prose("$$ k $$ (vae-kl)"), *cells, title="Variational autoencoders", **front)


def test_the_line_under_the_title(book: Project):
    vae(book)
    built = book.build()
    assert built.status == 0, built.warnings
    assert built.words(PAGE, "h1 + .chapter-line") == [
        "50 min reading and doing · 41 reference CPU seconds (budget 60) · offline data: digits · "
        "data to download: mnist · 1/1 equations checked · prerequisites: Probability"
    ]
    assert not built.page(PAGE).select(".chapter-line a")


def test_a_written_prerequisite_is_a_link(book: Project):
    vae(book, prerequisites=["prob"])
    book.chapter("prob", title="Chances")
    (link,) = book.build().page(PAGE).select(".chapter-line a")
    assert (link.get_text(), link["href"]) == ("Chances", "../prob/prob.html")


@pytest.mark.usefixtures("exercises")
def test_exercises_are_counted_once(book: Project):
    vae(book, code('grade("demo.double", f)'), code('ask("demo.why")'))
    assert "2 exercises" in book.build().words(PAGE, ".chapter-line")[0]


@pytest.mark.parametrize(
    ("matter", "message"),
    [({"prerequisites": ["proba"]}, "no chapter 'proba'"), ({"datasets": ["digit"]}, "no data set 'digit'")],
)
def test_names_that_do_not_exist_stop_the_build(book: Project, matter: dict, message: str):
    vae(book, **matter)
    built = book.build()
    assert built.status == 1
    assert message in built.warnings


def test_the_templates_and_not_the_measurements_are_translated(book: Project):
    vae(book)
    messages = book.build("gettext").messages()
    assert 'msgid "{cpu} reference CPU seconds (budget {budget})"' in messages
    assert "41 CPU" not in messages


def test_a_translation_that_drops_a_value_is_refused(book: Project):
    vae(book)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    entry = 'msgid "{cpu} reference CPU seconds (budget {budget})"\nmsgstr "{cpu} 秒"\n'
    book.write(f"locale/zh_CN/LC_MESSAGES/{PAGE}.po", header + entry)
    built = book.build(language="zh_CN")
    assert built.status == 1
    assert "must hold {budget}, {cpu}" in built.warnings
    assert "41 reference CPU seconds" in built.words(PAGE, ".chapter-line")[0]


def test_the_map_tells_published_from_planned(book: Project):
    vae(book)
    book.write("index.md", "# Book\n\n```{course-map}\n```\n\n```{toctree}\n:glob:\n\n**\n```\n")
    built = book.build()
    assert built.status == 0, built.warnings
    page = built.page("index")
    assert [h.get_text() for h in page.select(".course-map h3")] == ["Autoencoders"]
    (folded,) = page.select("details.course-part")
    assert folded.select_one("summary").get_text().strip() == "Foundations"
    assert not folded.has_attr("open")
    assert folded.select("li.planned")
    assert not folded.select("li.published")
    states = {
        li.select_one("strong").get_text(): li.select_one(".course-state").get_text()
        for li in page.select("li.course-chapter")
    }
    assert states == {"Probability": "planned", "Variational autoencoders": "published", "VQ-VAE": "planned"}
    assert [a["href"] for a in page.select("li.published strong a")] == ["chapters/vae/vae.html"]
    assert not page.select("li.planned strong a")
    assert "41 reference CPU seconds" in page.select("li.published .course-facts")[0].get_text()
    assert page.select("li.planned .course-facts")[1].get_text() == "prerequisites: Variational autoencoders"
    assert 'msgid "A code of words."' in book.build("gettext").messages()


def test_the_table_has_a_row_for_each_written_chapter(book: Project):
    vae(book)
    book.write("index.md", "# Book\n\n```{chapter-table}\n```\n\n```{toctree}\n:glob:\n\n**\n```\n")
    built = book.build()
    assert built.status == 0, built.warnings
    assert len(built.words("index", "table tr")) == 2
    cells = ["Variational autoencoders", "50 min", "41", "60", "digits, mnist", "1/1", "0"]
    assert built.words("index", "table td") == cells


@pytest.mark.parametrize(("cpu", "within"), [(149.9, 1), (151.4, 0)])
def test_the_sentence_below_the_table_counts_what_the_table_shows(book: Project, cpu: float, within: int):
    """Catches a sentence that the page's own numbers contradict: 60 × 2.5 = 150 seconds are within the budget."""
    book.write(f"_build/executed/{PAGE}.json", json.dumps({"cpu_s": cpu, "slower": 2.5, "seconds": 1000.0}))
    vae(book)
    book.write("index.md", "# Book\n\n```{chapter-table}\n```\n\n```{toctree}\n:glob:\n\n**\n```\n")
    built = book.build()
    taken, most = (int(words) for words in built.words("index", "table td")[2:4])
    assert (taken <= most) == bool(within)
    assert built.words("index", ".course-within") == [
        f"In this run {within} of 1 notebooks stayed within their budgets."
    ]
    assert "1000" not in built.page("index").get_text() + built.page(PAGE).get_text()


def test_nothing_is_said_of_budgets_before_a_run(book: Project):
    (book.root / f"_build/executed/{PAGE}.json").unlink()
    vae(book)
    book.write("index.md", "# Book\n\n```{chapter-table}\n```\n\n```{toctree}\n:glob:\n\n**\n```\n")
    built = book.build()
    assert built.words("index", "table td")[2] == "not run yet"
    assert not built.page("index").select(".course-within")


def test_the_table_of_data_sets_is_the_registry(book: Project):
    from aigc_course.core.data import DATASETS

    book.write("index.md", "# Book\n\n```{datasets}\n```\n\n```{toctree}\n:glob:\n\n**\n```\n")
    built = book.build()
    assert built.status == 0, built.warnings
    assert built.words("index", "table td:first-child") == list(DATASETS)
    rows = [row.get_text().replace("’", "'") for row in built.page("index").select("tbody tr")]
    for row, entry in zip(rows, DATASETS.values(), strict=True):
        assert entry.licence in row
        assert ("not needed" in row) == entry.offline
