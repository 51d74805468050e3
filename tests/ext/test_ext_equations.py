import pytest

from tests.ext.tiny import CHECKS, Project, prose

PAGE = "chapters/demo/demo"
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
    checks, page = built.page(CHECKS), built.page(PAGE)
    for anchor in [link["href"].partition("#")[2] for link in page.select(".equation-check a")]:
        assert checks.select(f"#{anchor}")
    back = [link["href"] for link in checks.select(".course-check p a")]
    assert back == [
        "../../chapters/demo/demo.html#equation-demo-kl",
        "../../chapters/demo/demo.html#equation-demo-elbo",
    ]
    assert page.select("#equation-demo-kl")


def test_the_page_of_checks_shows_formula_and_source(project: Project):
    project.write("tests/demo/test_demo.py", TEST)
    project.chapter("demo", MATHS, title="Variations")
    page = project.build().page(CHECKS)
    section = page.select("#check-demo-elbo")[0]
    assert "b=2" in section.select(".math")[0].get_text()
    assert "tests/demo/test_demo.py::TestMore::test_bound" in section.get_text()
    assert "assert 1 + 1 == 2" in section.select(".highlight")[0].get_text()
    assert section.select(".highlight .k")
    assert "Variations" in page.select("h2")[0].get_text()


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
