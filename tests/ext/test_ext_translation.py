"""Everything that a page says reaches the catalogue in a form that measurements do not change, and comes back."""

import json
import re
from xml.etree import ElementTree

import pytest

from aigc_course.core import show
from book.ext import labels
from tests.ext.tiny import Built, Project, code, png, prose

PAGE = "chapters/demo/demo"
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def translated(project: Project, catalogue: dict[str, str], page: str = PAGE) -> Built:
    """The Chinese build of a book with these messages for one page."""
    entries = (f"msgid {json.dumps(k)}\nmsgstr {json.dumps(v, ensure_ascii=False)}\n\n" for k, v in catalogue.items())
    project.write(f"locale/zh_CN/LC_MESSAGES/{page}.po", HEADER + "".join(entries))
    return project.build(language="zh_CN")


def figure(data: dict | None = None, **about: object) -> dict:
    return code("draw()", {"data": data or {"image/png": png()}, "metadata": {"aigc": about}})


TEMPLATE = "A gap of {gap:.2f} in $x = {x:.1f}$."
GAP = figure(caption=TEMPLATE, alt="{x:.1f} lines", values={"gap:.2f": "0.13", "x:.1f": "2.5"})


def test_captions_and_alternative_texts_show_their_values(project: Project):
    project.chapter("demo", GAP)
    built = project.build()
    assert built.status == 0, built.warnings
    assert r"A gap of 0.13 in x=2.5." in built.words(PAGE, "figcaption")[0]
    assert built.page(PAGE).select("figure img")[0]["alt"] == "2.5 lines"


def test_a_doubled_brace_is_a_brace(project: Project):
    project.chapter("demo", figure(caption="The set {{{n}}}, {{sic}}.", alt="{{}}", values={"n": "3"}))
    built = project.build()
    assert built.status == 0, built.warnings
    assert "The set {3}, {sic}." in built.words(PAGE, "figcaption")[0]
    assert built.page(PAGE).select("figure img")[0]["alt"] == "{}"


def test_the_catalogue_holds_the_template_whatever_was_measured(project: Project):
    project.chapter("demo", GAP)
    messages = project.build("gettext").messages()
    assert f'msgid "{TEMPLATE}"' in messages
    assert 'msgid "{x:.1f} lines"' in messages
    assert "0.13" not in messages


def test_a_translated_template_shows_the_values_in_its_own_order(project: Project):
    project.chapter("demo", GAP)
    built = translated(project, {TEMPLATE: "在 $x = {x:.1f}$ 处差距 {gap:.2f}。", "{x:.1f} lines": "{x:.1f} 条线"})
    assert built.status == 0, built.warnings
    assert r"在 x=2.5 处差距 0.13。" in built.words(PAGE, "figcaption")[0]
    assert built.page(PAGE).select("figure img")[0]["alt"] == "2.5 条线"


@pytest.mark.parametrize("wrong", [{TEMPLATE: "差距 {gap}。"}, {"{x:.1f} lines": "线"}])
def test_a_translation_that_loses_a_value_stops_the_build(project: Project, wrong: dict):
    project.chapter("demo", GAP)
    built = translated(project, wrong)
    assert built.status == 1
    assert "must hold exactly {" in built.warnings


def test_a_table_says_its_values_and_keeps_its_numbers_from_translators(project: Project):
    rows = "| model | $d$ |\n| --- | --- |\n| VAE | 1.5 |\n| noise ± 3 | 7.25 |"
    about = {"caption": "Of {n:,} digits.", "values": {"n:,": "1,797"}}
    project.chapter("demo", code("t()", {"data": {"text/markdown": rows}, "metadata": {"aigc": about}}))
    assert "Of 1,797 digits." in project.build().words(PAGE, "caption")[0]
    messages = project.build("gettext").messages()
    assert 'msgid "Of {n:,} digits."' in messages
    found = [word for word in ("model", "VAE", "noise ± 3", "1.5", "7.25") if f'msgid "{word}"' in messages]
    assert found == ["model", "noise ± 3"]
    built = translated(project, {"Of {n:,} digits.": "{n:,} 个数字。", "model": "模型"})
    assert "1,797 个数字。" in built.words(PAGE, "caption")[0]
    assert built.words(PAGE, "th")[0] == "模型"


def drawn(monkeypatch: pytest.MonkeyPatch, **options: object) -> dict:
    """A figure as a notebook holds it."""
    bundles = []
    monkeypatch.setattr(show, "display", lambda data, raw, metadata: bundles.append((data, metadata)))
    fig, ax = show.axes()
    ax.plot([1, 2], [3, 4], label="σ = 2")
    ax.set(xlabel="update", ylabel="cost & gain")
    ax.legend()
    show.figure(fig, caption="c", alt="a", **options)
    data, metadata = bundles[0]
    return code("draw()", {"data": data, "metadata": metadata})


def test_a_name_in_two_lines_is_one_message():
    svg = f'<svg xmlns="{labels.SVG}"><g><text>mode</text><text>collapse</text></g><g><text>mode</text></g></svg>'
    made = labels.translated_drawing(svg, {"mode collapse": "模式<br>坍塌"})
    assert re.findall(r">([^<>]+)</text>", made) == ["模式", "坍塌", "mode"]


@pytest.mark.parametrize("bitmap", [False, True])
def test_words_in_a_drawing_are_translated(project: Project, monkeypatch: pytest.MonkeyPatch, bitmap: bool):
    project.chapter("demo", drawn(monkeypatch, bitmap=bitmap))
    messages = project.build("gettext").messages()
    assert 'msgid "update"' in messages
    assert 'msgid "cost & gain"' in messages
    assert "σ = 2" not in messages
    english = texts(project.build())
    built = translated(project, {"update": "更新", "cost & gain": "成本与 <收益>"})
    assert built.status == 0, built.warnings
    chinese = texts(built)
    assert [word for word in chinese if word not in english] == ["更新", "成本与 <收益>"]
    assert [word for word in english if word not in chinese] == ["update", "cost & gain"]


def texts(built: Built) -> list[str]:
    """The texts in the only drawing of the page."""
    (image,) = built.page(PAGE).select("figure img")
    tree = ElementTree.parse((built.folder / PAGE).parent / image["src"])
    return ["".join(text.itertext()).strip() for text in tree.iter(f"{{{labels.SVG}}}text")]


IN_PARTS = (
    f'<svg xmlns="{labels.SVG}"><text><tspan/></text><text><tspan><tspan>KL</tspan><tspan> to</tspan></tspan>'
    "<tspan><tspan>the prior</tspan></tspan></text><text><tspan>loss</tspan></text></svg>"
)


@pytest.mark.parametrize(
    ("said", "rows"),
    [("到先验的<br/>KL", ["到先验的", "KL"]), ("KL", ["KL", ""]), ("一<br>二<br/>三", ["一", "二 三"])],
)
def test_words_in_boxes_keep_the_lines_that_are_drawn(said: str, rows: list[str]):
    tree = ElementTree.fromstring(labels.translated_drawing(IN_PARTS, {"KL to<br/>the prior": said}))
    _, box, loss = tree.iter(f"{{{labels.SVG}}}text")
    assert ["".join(line.itertext()) for line in box] == rows
    assert "".join(loss.itertext()) == "loss"


FORMULA = r"D = \text{data} + \text{ bits}, \log x \text{x}"


def test_words_in_a_formula_are_translated_and_nothing_else_of_it(project: Project):
    project.chapter("demo", prose(f"$$\n{FORMULA}\n$$ (a)\n\n$$\nx^2\n$$"))
    project.write("tests/test_a.py", 'import pytest\n\n\n@pytest.mark.equation("a")\ndef test_a():\n    assert True\n')
    messages = project.build("gettext").messages()
    assert 'msgid "data"' in messages
    assert 'msgid "bits"' in messages
    assert "log x" not in messages
    assert "x^2" not in messages
    built = translated(project, {"data": "数据", "bits": "比特"})
    assert built.status == 0, built.warnings
    words = [word.get_text() for word in built.page(PAGE).select("#equation-a mtext")]
    assert words == ["数据", "\u00a0比特", "x"]


def test_the_pictures_of_the_chapters_are_translated_too(project: Project, monkeypatch: pytest.MonkeyPatch):
    cell = drawn(monkeypatch)
    cell["metadata"]["tags"] = ["hero"]
    cell["outputs"][0]["metadata"]["aigc"] |= {"caption": "After {n:,} updates. More.", "values": {"n:,": "1,200"}}
    project.chapter("demo", cell)
    notebook = json.loads((project.root / f"{PAGE}.ipynb").read_text("utf8"))
    project.write(f"_build/executed/{PAGE}.ipynb", json.dumps(notebook))
    project.write("book/_toc.yml", f"root: index\nchapters:\n- file: {PAGE}\n")
    project.write("strip.md", "# Strip\n\n```{heroes}\n```\n")
    project.settings["extensions"] = ["myst_nb", "sphinx_design", "book.ext.course", "book.ext.heroes"]
    built = project.build()
    assert built.status == 0, built.warnings
    assert built.words("strip", ".hero p") == ["A chapter After 1,200 updates."]
    catalogue = {"A chapter": "一章", "After {n:,} updates.": "{n:,} 次更新之后。", "update": "更新", "a": "图"}
    built = translated(project, catalogue, page="strip")
    assert built.status == 0, built.warnings
    assert built.words("strip", ".hero p") == ["一章 1,200 次更新之后。"]
    assert built.page("strip").select(".hero img")[0]["alt"] == "图"
    assert any("更新" in path.read_text("utf8") for path in (built.folder / "_images").iterdir())
