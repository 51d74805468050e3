import pytest

from tests.ext.tiny import CHECKS, Project, prose

PAGE = "chapters/demo/demo"
PAGE_OF_CHECKS = f"{CHECKS}/demo"
TEST = """import pytest


@pytest.mark.equation("demo-KL", "demo-elbo")
def test_both():
    assert 1 + 1 == 2


class TestMore:
    @pytest.mark.equation("demo-elbo")
    def test_bound(self):
        assert True
"""
MATHS = prose("Before.\n\n$$ k = 1 $$ (demo-KL)\n\nBetween, then {eq}`demo-KL`.\n\n$$\nb = 2\n$$ (demo-elbo)\n\nAfter.")


def test_each_equation_names_its_tests_and_each_check_links_back(project: Project):
    project.write("tests/demo/test_demo.py", TEST)
    project.chapter("demo", MATHS)
    built = project.build()
    assert built.status == 0, built.warnings
    assert built.words(PAGE, ".equation-check") == [
        "checked by test_both",
        "checked by test_both, TestMore::test_bound",
    ]
    checks, page = built.page(PAGE_OF_CHECKS), built.page(PAGE)
    for address, _, anchor in [link["href"].partition("#") for link in page.select(".equation-check a")]:
        assert address == "../../book/pages/checks/demo.html"
        assert checks.select(f"#{anchor}")
    back = [link["href"] for link in checks.select(".course-check h2 a:not(.headerlink)")]
    assert back == [
        "../../../chapters/demo/demo.html#equation-demo-kl",
        "../../../chapters/demo/demo.html#equation-demo-elbo",
    ]
    assert page.select("#equation-demo-kl")


def test_the_page_of_checks_shows_formula_and_source(project: Project):
    project.write("tests/demo/test_demo.py", TEST)
    project.chapter("demo", MATHS, title="Variations")
    page = project.build().page(PAGE_OF_CHECKS)
    section = page.select("#check-demo-elbo")[0]
    assert "b=2" in section.select(".math")[0].get_text()
    assert "tests/demo/test_demo.py::TestMore::test_bound" in section.get_text()
    assert "assert True" in section.select(".highlight")[0].get_text()
    assert section.select(".highlight .k")
    assert "Variations" in page.select("h1")[0].get_text()


def test_a_test_of_two_equations_is_shown_once(project: Project):
    project.write("tests/demo/test_demo.py", TEST)
    project.chapter("demo", MATHS)
    page = project.build().page(PAGE_OF_CHECKS)
    assert page.get_text().count("assert 1 + 1 == 2") == 1
    (again,) = page.select("#check-demo-elbo .course-test a.internal")
    assert again.get_text() == "tests/demo/test_demo.py::test_both"
    assert page.select_one(again["href"]).find_next("div", class_="highlight").get_text().count("1 + 1") == 1


def test_headings_are_the_numbers_and_titles_of_the_equations(project: Project):
    project.write("tests/demo/test_demo.py", TEST)
    project.write("book/equations.yml", "demo-elbo: Evidence lower bound\n")
    project.chapter("demo", MATHS)
    project.write("index.md", "# The book\n\n```{toctree}\n:numbered:\n\nchapters/demo/demo\nbook/pages/checks\n```\n")
    project.write(
        f"{CHECKS}.md",
        "# Checks\n\n```{checks}\n```\n\n```{toctree}\ncheckspage\n```\n".replace("checkspage", "checks/demo"),
    )
    built = project.build(numfig_secnum_depth=1, html_sidebars={"**": ["localtoc.html"]})
    assert built.status == 0, built.warnings
    heads = built.words(PAGE_OF_CHECKS, ".course-check h2")
    assert [head.partition(" ")[2].removesuffix("¶") for head in heads] == ["(1.1) KL", "(1.2) Evidence lower bound"]
    assert built.words(PAGE_OF_CHECKS, ".sphinxsidebar li li") == [head.removesuffix("¶") for head in heads]
    catalogue = project.build("gettext").messages()
    assert 'msgid "Evidence lower bound"' in catalogue
    assert "(1.2)" not in catalogue


def test_the_list_counts_equations_and_tests(project: Project):
    project.write("tests/demo/test_demo.py", TEST)
    project.chapter("demo", MATHS)
    built = project.build()
    assert built.words(CHECKS, ".course-checks li") == ["A chapter 2 equations, 2 tests"]
    assert [link["href"] for link in built.page(CHECKS).select(".course-checks a")] == ["checks/demo.html"]


def test_a_chapter_without_a_page_of_checks_stops_the_build(project: Project):
    project.write("tests/demo/test_demo.py", TEST)
    project.chapter("demo", MATHS)
    (project.root / f"{CHECKS}/demo.md").unlink()
    built = project.build()
    assert built.status == 1
    assert "has no page of checks; write book/pages/checks/demo.md" in built.warnings


@pytest.mark.parametrize("address", ["", "https://github.com/someone/course/"])
def test_a_test_leads_to_its_file_once_the_repository_has_an_address(project: Project, address: str):
    project.write("tests/demo/test_demo.py", TEST)
    project.chapter("demo", MATHS)
    themed = {"html_theme": "sphinx_book_theme", "html_theme_options": {"repository_url": address}}
    extensions = ["myst_nb", "sphinx_design", "sphinx_book_theme", "book.ext.course"]
    page = project.build(**themed, extensions=extensions).page(PAGE_OF_CHECKS)
    links = [link["href"] for link in page.select(".course-test a.external")]
    assert links == [f"{address}blob/main/tests/demo/test_demo.py#L{line}" for line in (5, 11) if address]


def test_the_link_stands_directly_below_its_equation(project: Project):
    project.write("tests/test_demo.py", TEST)
    project.chapter("demo", MATHS)
    for check in project.build().page(PAGE).select(".equation-check"):
        assert "math" in check.find_previous_sibling()["class"]


@pytest.mark.parametrize("maths", [MATHS, prose("```{math}\n:label: demo-KL\nk = 1\n```")])
def test_an_equation_without_a_test_stops_the_build(project: Project, maths: dict):
    project.write("tests/test_demo.py", TEST.replace('"demo-KL", ', ""))
    project.chapter("demo", maths)
    built = project.build()
    assert built.status == 1
    assert "equation demo-KL has no test" in built.warnings
    assert "demo-elbo has" not in built.warnings


def test_unlabelled_formulas_need_no_test(project: Project):
    project.chapter("demo", prose("$$ a = b $$\n\nand $c$.\n\n\\begin{align}x &= 1\\end{align}"))
    built = project.build(myst_enable_extensions=["dollarmath", "amsmath"])
    assert built.status == 0, built.warnings
    assert not built.page(PAGE).select(".equation-check")


def test_a_new_test_is_noticed_without_touching_the_chapter(project: Project):
    project.chapter("demo", MATHS)
    assert project.build().status == 1
    project.write("tests/test_demo.py", TEST)
    built = project.build()
    assert built.status == 0, built.warnings
    assert len(built.page(PAGE).select(".equation-check")) == 2
