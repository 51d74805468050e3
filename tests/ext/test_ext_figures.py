import json

import pytest

from tests.ext.tiny import SVG, Project, code, png, prose

HTML = "<figure><img src='data:,' alt='twin'><figcaption>twin</figcaption></figure>"
ABOUT = {"caption": "The loss falls from $e^2$.", "alt": "A falling curve"}
PAGE = "chapters/demo/demo"


def shown(data: dict, **about: object) -> dict:
    return code("draw()", {"data": {"text/html": HTML, **data}, "metadata": {"aigc": ABOUT | about}})


@pytest.mark.parametrize(("data", "suffix"), [({"image/svg+xml": SVG}, "svg"), ({"image/png": png()}, "png")])
def test_a_described_output_becomes_a_figure(project: Project, data: dict, suffix: str):
    project.chapter("demo", shown(data))
    built = project.build()
    assert built.status == 0, built.warnings
    (image,) = built.page(PAGE).select("figure img")
    assert image["alt"] == "A falling curve"
    assert image["src"].endswith(suffix)
    assert (built.folder / "chapters/demo" / image["src"]).resolve().is_file()
    caption = built.page(PAGE).select_one("figcaption")
    assert caption
    assert caption.select_one(".math")
    assert "The loss falls" in caption.get_text()
    assert "twin" not in str(built.page(PAGE))


def drawing(width: int) -> str:
    return SVG.replace('width="9"', f'width="{width}pt"')


@pytest.mark.parametrize(("width", "classes"), [(432, ["course-figure"]), (600, ["course-figure", "wide"])])
def test_a_figure_has_one_of_two_widths(project: Project, width: int, classes: list[str]):
    project.chapter("demo", shown({"image/svg+xml": drawing(width)}))
    (figure,) = project.build().page(PAGE).select("figure")
    assert [name for name in figure["class"] if name in ("course-figure", "wide")] == classes


def test_a_figure_has_a_link_that_opens_its_image_and_is_translated(project: Project):
    project.chapter("demo", shown({"image/svg+xml": SVG}))
    built = project.build()
    (link,) = built.page(PAGE).select("figure > a.zoom")
    assert (link.get_text(), link["data-close"]) == ("Enlarge", "Close")
    assert link["href"] == built.page(PAGE).select("figure img")[0]["src"]
    entries = 'msgid "Enlarge"\nmsgstr "放大"\n\nmsgid "Close"\nmsgstr "关闭"\n'
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    project.write(f"locale/zh_CN/LC_MESSAGES/{PAGE}.po", header + entries)
    (link,) = project.build(language="zh_CN").page(PAGE).select("figure > a.zoom")
    assert (link.get_text(), link["data-close"]) == ("放大", "关闭")


def test_lines_are_preferred_to_pixels(project: Project):
    project.chapter("demo", shown({"image/png": png(), "image/svg+xml": SVG}))
    assert project.build().page(PAGE).select("figure img")[0]["src"].endswith("svg")


def test_width_and_name_come_from_the_metadata(project: Project):
    project.chapter("demo", shown({"image/png": png()}, width="60%", name="falls"), prose("See {numref}`falls`."))
    built = project.build()
    assert built.status == 0, built.warnings
    assert "width: 60%" in built.page(PAGE).select("figure img")[0]["style"]
    assert not built.page(PAGE).select("figure a.image-reference")
    assert "See Fig. 1." in built.page(PAGE).get_text()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            code("plot()", {"data": {"image/png": png(), "text/plain": "<Figure>"}}),
            "without alternative text in cell 2",
        ),
        (shown({"image/png": png()}, alt=" "), "without alternative text in cell 2"),
        (shown({"image/png": png()}, width="wide"), "'wide' is no length"),
        (code("show()", {"data": {"text/html": "<p><img src='data:,'></p>"}}), "<img> without alt in cell 2"),
        (prose("![](picture.png)"), "image without alternative text"),
    ],
)
def test_a_picture_that_says_nothing_stops_the_build(project: Project, cell: dict, message: str):
    project.write("chapters/demo/picture.png", "")
    project.chapter("demo", cell)
    built = project.build()
    assert built.status == 1
    assert message in built.warnings


def test_caption_and_alternative_text_reach_the_translator_and_the_page(project: Project):
    project.chapter("demo", shown({"image/png": png()}))
    messages = project.build("gettext").messages()
    assert 'msgid "The loss falls from $e^2$."' in messages
    assert 'msgid "A falling curve"' in messages
    catalogue = {"The loss falls from $e^2$.": "损失从 $e^2$ 下降。", "A falling curve": "下降的曲线"}
    entries = "".join(
        f"msgid {json.dumps(k)}\nmsgstr {json.dumps(v, ensure_ascii=False)}\n\n" for k, v in catalogue.items()
    )
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    project.write(f"locale/zh_CN/LC_MESSAGES/{PAGE}.po", header + entries)
    built = project.build(language="zh_CN")
    assert built.status == 0, built.warnings
    assert built.page(PAGE).select("figure img")[0]["alt"] == "下降的曲线"
    assert "下降。" in built.page(PAGE).select("figcaption")[0].get_text()


def test_a_described_table_gets_its_caption(project: Project):
    rows = "| model | $d$ |\n| --- | --- |\n| VAE | 1.5 |"
    data = {"text/html": "<table><caption>twin</caption></table>", "text/markdown": rows}
    project.chapter("demo", code("table()", {"data": data, "metadata": {"aigc": {"caption": "Distances in $d$."}}}))
    built = project.build()
    assert built.status == 0, built.warnings
    (table,) = built.page(PAGE).select("table")
    assert "Distances in" in table.select("caption")[0].get_text()
    assert table.select("caption:first-child .math")  # HTML allows a caption nowhere else
    assert [cell.get_text() for cell in table.select("td")] == ["VAE", "1.5"]
    assert 'msgid "Distances in $d$."' in project.build("gettext").messages()


ALLOWED = "Of $x_1$, `a_b`, *some* and **more**; the rest of <pad> & [it](b.html) is {role}`text`."
NASTY = [
    "<script>alert(1)</script>",
    "<pad> cat <pad>",
    "a|b \\| c",
    "&lt; and &amp;",
    "[a](https://example.org) ![b](c.png) <https://example.org>",
    "*a* _b_ **c** `d` ~~e~~ $f$ $$g$$",
    "{math}`x` {{name}} %",
    "# 1. - + > :::",
    "\\ \\n \\$",
    "$5 or $6",
]


def test_a_cell_shows_its_text_and_a_caption_only_what_is_allowed(project: Project, monkeypatch: pytest.MonkeyPatch):
    from aigc_course.core import show

    outputs = []
    monkeypatch.setattr(
        show, "display", lambda data, raw, metadata: outputs.append({"data": data, "metadata": metadata})
    )
    template = ALLOWED.replace("{role}", "{{role}}")
    show.table([{"plain": text, "<b>$W_1$</b>": 1.5} for text in NASTY], caption=template)
    project.chapter("demo", code("table()", *outputs), shown({"image/png": png()}, caption=ALLOWED, alt=NASTY[0]))
    built = project.build()
    assert built.status == 0, built.warnings
    page = built.page(PAGE)
    assert [row.select("td")[0].get_text() for row in page.select("tbody tr")] == NASTY
    assert not page.select("td *:not(p), table script, figure script, a[href*=example], b")
    assert [head.get_text() for head in page.select("thead th")] == ["plain", "<b>W1</b>"]
    for caption in (page.select("table caption")[0], page.select("figcaption")[0]):
        marks = [
            (mark.name, mark.get_text()) for mark in caption.select("span.math, code, em, strong, a:not(.headerlink)")
        ]
        assert marks == [("span", "x1"), ("code", "a_b"), ("em", "some"), ("strong", "more"), ("code", "text")]
        assert "the rest of <pad> & [it](b.html) is {role}text." in caption.get_text()
    assert page.select("figure img")[0]["alt"] == NASTY[0]


def test_the_text_of_a_table_reaches_the_translator(project: Project, monkeypatch: pytest.MonkeyPatch):
    from aigc_course.core import show

    outputs = []
    monkeypatch.setattr(
        show, "display", lambda data, raw, metadata: outputs.append({"data": data, "metadata": metadata})
    )
    show.table([{"word": "<pad>"}], caption="Where <pad> stands.")
    project.chapter("demo", code("table()", *outputs))
    messages = project.build("gettext").messages()
    assert 'msgid "Where \\\\<pad\\\\> stands."' in messages
