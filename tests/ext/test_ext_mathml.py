"""Formulas as MathML: what the browser gets for TeX, on pages and from the converter itself."""

import json
import re
from xml.etree import ElementTree

import pytest
import yaml

from aigc_course.core import grading
from book.ext import mathml
from book.tools import chapters, markdown
from tests.ext.tiny import Project, prose

PAGE = "chapters/demo/demo"
TEST = 'import pytest\n\n\n@pytest.mark.equation("demo-a", "demo-b")\ndef test_it():\n    assert True\n'
LABELLED = prose("$$ x \\ge 0 $$ (demo-a)\n\nSee {eq}`demo-b`.\n\n$$ y = \\frac12 $$ (demo-b)")


def signs(markup: str) -> str:
    return re.sub("<[^>]*>", "", markup)


def book() -> list[tuple[str, bool]]:
    """The formulas of chapters, pages and exercises."""
    texts = [cell.source for chapter in chapters.all() for cell in chapter.prose]
    texts += [page.read_text("utf8") for page in chapters.pages() if page.suffix == ".md"]
    for path in sorted(grading.FOLDER.glob("*.yml")):
        texts += strings(yaml.safe_load(path.read_text("utf8")))
    return [formula for text in texts for formula in markdown.formulas(text)]


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def test_every_formula_of_the_book_becomes_mathml_and_keeps_its_signs():
    found = set(book())
    assert len(found) > 1000
    for tex, display in found:
        markup = mathml.convert(tex.strip(), display)
        assert ElementTree.fromstring(markup).tag == "math"
        assert signs(markup) == signs(json.loads(mathml._engine()(tex.strip(), display))), tex


@pytest.mark.parametrize(
    ("tex", "reason"),
    [(r"\frac{1", "expected '}'"), (r"a \nosuch b", r"Unsupported function name: \nosuch"), ("x^2^3", "Double")],
)
def test_what_is_no_tex_is_refused_with_the_reason_alone(tex: str, reason: str):
    with pytest.raises(mathml.UnreadableError) as refused:
        mathml.convert(tex)
    assert reason in str(refused.value)
    assert "<input>" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_formula_in_a_line_may_break_after_its_relations_and_sums_and_a_displayed_one_stays_whole():
    tex = r"a = b + c, \dots, d"
    parts = [signs(ElementTree.tostring(part, "unicode")) for part in ElementTree.fromstring(mathml.convert(tex))]
    assert parts == ["a=", "b+", "c,…,", "d"]
    assert len(ElementTree.fromstring(mathml.convert(tex, display=True))) == 1


def test_operators_are_spaced_as_tex_spaces_them():
    sum_of = ElementTree.fromstring(mathml.convert(r"\sum_{i=1}^n x_i", display=True))
    equals = next(one for one in sum_of.iter("mo") if one.text == "=")
    assert (equals.get("lspace"), equals.get("rspace")) == ("0", "0")
    thin = mathml.convert(r"\tfrac12\log(x)").partition("<mi>log")[0]
    assert thin.endswith('<mspace width="0.1667em"></mspace>')
    assert "<mspace" not in mathml.convert(r"-\log(x)")
    lines = mathml.convert(r"\begin{aligned} a = {} & b \\ & + c \end{aligned}", display=True)
    assert '<mo form="infix" stretchy="false">+</mo>' in lines


def test_no_line_numbers_itself():
    assert "tml-eqn" not in mathml.convert(r"\begin{align} a &= b \\ c &= d \end{align}", display=True)
    assert mathml.convert(r"a \\ b", display=True).count("<mtr>") == 2


def test_numbers_references_and_permalinks_stand_as_before(project: Project):
    project.write("tests/test_demo.py", TEST)
    project.chapter("demo", LABELLED)
    built = project.build()
    assert built.status == 0, built.warnings
    page = built.page(PAGE)
    for number, label in enumerate(("demo-a", "demo-b"), 1):
        block = page.select_one(f"div.math#equation-{label}")
        assert block
        assert block.select_one(".eqno").get_text().startswith(f"({number})")
        assert block.select_one(f'.eqno a.headerlink[href="#equation-{label}"]')
        assert block.select_one(".formula > math[display=block]")
    assert page.select_one('a[href="#equation-demo-b"]').get_text() == "(2)"
    assert not page.select("script[src*=athjax]")


def test_a_formula_that_cannot_be_read_stops_the_build_and_is_named_with_its_page(project: Project):
    project.chapter("demo", prose("A line with $\\frac{1$ in it."))
    built = project.build()
    assert built.status == 1
    assert "demo.ipynb" in built.warnings
    assert r"the formula '\\frac{1' cannot be read: Unexpected end of input" in built.warnings


def test_the_search_finds_no_tex(project: Project):
    project.chapter("demo", prose("Words, then $\\frac{\\mathrm{KL}}{2}$.\n\n$$ \\operatorname{Var}[x] $$"))
    built = project.build()
    index = (built.folder / "searchindex.js").read_text("utf8")
    assert '"word"' in index
    assert not re.search(r'"(frac|mathrm|operatornam\w*)"', index)
    assert "\\frac" not in built.page(PAGE).get_text()


def test_a_translator_sees_the_formula_as_it_was_written(project: Project):
    project.chapter("demo", prose("Here $\\frac{a}{b}$ stands."))
    assert "Here $\\\\frac{a}{b}$ stands." in project.build("gettext").messages()
