"""Schematics: descriptions that cannot be drawn are refused, drawings are tidy, and their words are translated."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from aigc_course.foundations.autograd import Value
from book.ext.diagram import check, directive, layout, source, svg, text
from book.ext.diagram.source import Diagram, DiagramError
from book.tools.chapters import ROOT
from tests.ext.tiny import Built, Project

PATHS = sorted((ROOT / "book" / "diagrams").glob("*.yml"))
STYLES = ROOT / "book" / "_static"
EXTENSIONS = {"extensions": ["myst_nb", "sphinx_design", "book.ext.course", "book.ext.diagram.directive"]}
PAGE = "book/pages/start"


def described(**changes: Any) -> Diagram:
    """Two boxes and an arrow, with changes."""
    boxes = {"a": {"at": [0, 0], "text": "one"}, "b": {"at": [1, 0], "text": "two"}}
    return source.parse({"alt": "Two boxes.", "boxes": boxes, "arrows": {"a -> b": None}} | changes)


def boxes(**at: Any) -> dict[str, Any]:
    return {name: {"at": place, "text": f"box {name}"} for name, place in at.items()}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arrows": {"a -> c": None}}, r"arrow 'a -> c': there is no box 'c'; there are a, b"),
        ({"arrows": {"a b": None}}, r"write `from -> to`"),
        ({"arrows": {"a -> a": None}}, r"from a box to itself"),
        ({"arrows": {"a -> b": {"vai": []}}}, r"unknown vai; there are side, text, via"),
        ({"arrows": {"a -> b": {"side": "under"}}}, r"side 'under' is none of above"),
        ({"arrows": {"a -> b": {"via": [[1]]}}}, r"\[1\] is no place"),
        ({"arrows": {"a -> b": {"via": [[0, 0]]}}}, r"in the middle of its own box"),
        ({"boxes": {"a": {"at": [0, 0], "text": "x", "kind": "net"}}}, r"kind 'net' is none of data, network"),
        ({"boxes": {"a": {"text": "x"}}}, r"box 'a' lacks at"),
        ({"boxes": {"a": {"at": [0, True], "text": "x"}}}, r"no place; write \[column, row\]"),
        ({"boxes": {"a": {"at": [0, -1], "text": "x"}}}, r"begin with 0"),
        ({"boxes": {"a": {"at": [0, 0], "text": " "}}}, r"box 'a' says nothing"),
        ({"boxes": {"a": "x"}}, r"box 'a' is 'x', and not a mapping"),
        ({"boxes": {}}, r"there are no boxes"),
        ({"boxes": boxes(a=[0, 1], b=[0, 1])}, r"boxes 'a' and 'b' stand at the same place"),
        ({"alt": " "}, r"alt is empty"),
        ({"groups": [{"text": "g", "around": ["a", "z"]}]}, r"group 'g': there is no box 'z'"),
        ({"groups": [{"text": "g", "around": []}]}, r"group 'g' is around nothing"),
        ({"colour": "red"}, r"unknown colour"),
    ],
)
def test_a_description_with_a_fault_is_refused(changes: dict, message: str):
    with pytest.raises(DiagramError, match=message):
        described(**changes)


def test_a_fault_in_a_file_names_the_file(tmp_path: Path):
    (tmp_path / "d.yml").write_text("boxes: [", "utf8")
    with pytest.raises(DiagramError, match=r"^d\.yml: "):
        source.read(tmp_path / "d.yml")


LONG = "a rather long text"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"boxes": boxes(a=[0, 0], b=[0.3, 0])}, "box 'a' overlaps box 'b'"),
        ({"boxes": boxes(a=[0, 0], b=[2, 0], c=[1, 0])}, "arrow 'a -> b' runs through box 'c'"),
        ({"boxes": boxes(a=[0, 0], b=[3, 0]), "arrows": {"a -> b": LONG * 2}}, "box 'a' overlaps the text on 'a -> b'"),
        (
            {"boxes": boxes(a=[0, 0], b=[2, 0], c=[1, 1]), "arrows": {"a -> b": {"text": "1\n2\n3", "side": "below"}}},
            "box 'c' overlaps the text on 'a -> b'",
        ),
        (
            {
                "boxes": boxes(a=[0, 0], b=[1, 0], c=[0, 1], d=[1, 1]),
                "arrows": {"a -> d": {"via": []}, "c -> b": {"via": []}},  # lines may cross
            },
            "",
        ),
        ({"arrows": {"a -> b": {"via": [[1, 1], [-1, 1], [-1, 0], [0.5, 0]]}}}, "runs through box 'a'"),
        ({"boxes": boxes(**{f"b{n}": [n, 0] for n in range(12)}), "arrows": {}}, "pixels wide, and the page 800"),
        (
            {"boxes": boxes(a=[0, 0], b=[2, 0], c=[1, 0]), "groups": [{"text": "g", "around": ["a", "b"]}]},
            "box 'c' lies in the frame of group 'g'",
        ),
        (
            {
                "boxes": boxes(a=[0, 0], b=[1, 1], c=[1, 0], d=[0, 1]),
                "arrows": {},
                "groups": [{"text": "g", "around": ["a", "b"]}, {"text": "h", "around": ["c", "d"]}],
            },
            "group 'g' overlaps group 'h'",
        ),
    ],
)
def test_what_touches_is_named(changes: dict, message: str):
    wrong = check.problems(layout.lay_out(described(**changes)))
    assert any(message in one for one in wrong) if message else not wrong


def test_columns_make_room_for_the_text_on_an_arrow():
    for words in ("x", LONG, LONG * 3):
        drawn = layout.lay_out(described(arrows={"a -> b": words}))
        assert not check.problems(drawn)
        assert drawn.boxes["b"].left - drawn.boxes["a"].right > text.width(words, text.NOTE) + 10


def test_a_gradient_runs_beside_its_forward_arrow():
    drawn = layout.lay_out(described(arrows={"a -> b": "up", "b ~> a": "down"}))
    forward, back = drawn.paths
    assert forward[0][1] == forward[1][1] == back[0][1] - 2 * layout.APART == back[1][1] - 2 * layout.APART
    assert forward[0][0] < forward[1][0]
    assert back[0][0] > back[1][0]
    assert drawn.labels[0].rect.bottom < forward[0][1] < back[0][1] < drawn.labels[1].rect.top


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("turn", [False, True], ids=["level", "turned"])
def test_every_drawing_is_tidy(path: Path, turn: bool):
    diagram = source.read(path)
    drawn = layout.lay_out(diagram.turned() if turn else diagram)
    assert not check.problems(drawn)
    tree = ElementTree.fromstring(svg.draw(drawn, diagram.alt))
    left, top, wide, high = map(float, tree.attrib["viewBox"].split())
    assert wide <= check.WIDEST
    for one in tree.iter("text"):
        assert float(one.attrib["font-size"]) * directive.SMALLEST >= 9
        assert top + 8 < float(one.attrib["y"]) < top + high - 2
        assert left < float(one.attrib["x"]) < left + wide
    for line in tree.iter("path"):
        points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", line.attrib["d"])
        assert all(left < float(x) < left + wide and top < float(y) < top + high for x, y in points)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_drawing_fits_a_phone_or_turns_to_fit(path: Path):
    diagram = source.read(path)
    sizes = [layout.lay_out(one).whole() for one in (diagram, diagram.turned())]
    assert min(size.right - size.left for size in sizes) * directive.SMALLEST <= directive.PHONE


def test_a_turned_drawing_swaps_columns_and_rows():
    diagram = described(boxes=boxes(a=[0, 0], b=[2, 1]), arrows={"a -> b": {"text": "x", "side": "below"}})
    turned = diagram.turned()
    assert [box.at for box in turned.boxes] == [(0, 0), (1, 2)]
    assert (turned.arrows[0].via, turned.arrows[0].side) == (((0, 2),), "right")
    assert turned.turned().arrows[0].via == ((2, 0),)


def test_numbers_in_the_chain_rule_are_those_of_the_library():
    v = Value(2.0)
    first, second = v * v, v * 3
    loss = first * second
    loss.backward()
    said = source.read(ROOT / "book/diagrams/chain-rule.yml").words()
    values = {f"$v = {v.data:g}$", f"$u_1 = v^2 = {first.data:g}$", f"$u_2 = 3v = {second.data:g}$"}
    values |= {f"$L = u_1 u_2 = {loss.data:g}$", f"$1 · u_2 = {first.grad:g}$", f"$1 · u_1 = {second.grad:g}$"}
    values |= {f"$6 · 2v = {first.grad * 2 * v.data:g}$", f"$4 · 3 = {second.grad * 3:g}$"}
    assert values <= set(said)
    assert v.grad == 24 + 12
    assert "$∂L/∂v = 24 + 12$" in said


def test_variables_are_slanted_and_names_are_not():
    found = text.runs("image $q_φ(z | x̂)$, $D_{KL} - \\log x^2$".replace("\\", ""))
    slanted = [run.signs for run in found if run.slanted]
    assert slanted == ["q", "φ", "z", "x̂", "D", "x"]
    assert [run.signs for run in found if run.shift] == ["φ", "KL", "2"]
    assert "−" in [run.signs for run in found]


def test_text_is_measured_with_its_parts():
    assert text.width("mm", 10) > text.width("ii", 10)
    assert text.width("$x_i$", 10) == pytest.approx(text.width("$x$", 10) + text.SMALL * text.width("$i$", 10))
    assert text.width("变量", 10) == 20


def page(project: Project, words: str, **changes: Any) -> None:
    """A page with a diagram, and its description."""
    given = {
        "alt": 'A "small" <drawing>.',
        "boxes": {
            "a": {"at": [0, 0], "text": "loss & gain < 1", "kind": "frozen"},
            "b": {"at": [1, 0], "text": "encoder", "kind": "network"},
        },
        "arrows": {"a -> b": "eight numbers", "b ~> a": None},
    }
    project.settings |= EXTENSIONS
    project.write("book/diagrams/small.yml", yaml.safe_dump(given | changes, allow_unicode=True))
    project.write(f"{PAGE}.md", f"# Start\n\n{words}\n")


CAPTION = ":::{diagram} small\n:name: small\nA caption with *stress*.\n:::\n\nSee {numref}`small`."


def test_a_diagram_is_a_numbered_figure_with_caption_and_alternative_text(project: Project):
    page(project, CAPTION)
    built = project.build()
    assert built.status == 0, built.warnings
    (figure,) = built.page(PAGE).select("figure.diagram")
    assert re.search(r"Fig\. \d.*A caption with stress\.", built.words(PAGE, "figcaption")[0])
    assert re.search(r"See Fig\. \d", built.words(PAGE, "section > p")[-1])
    (drawn,) = figure.select("svg[role=img]")
    assert drawn["aria-label"] == 'A "small" <drawing>.'
    assert [one.get_text() for one in drawn.select("text")] == ["loss & gain < 1", "encoder", "eight numbers"]
    assert built.words(PAGE, ".drawing-key > span") == ["trained", "frozen", "gradient"]


def test_a_plain_diagram_needs_no_key(project: Project):
    page(project, CAPTION, boxes=boxes(a=[0, 0], b=[1, 0]), arrows={"a -> b": None})
    assert project.build().words(PAGE, ".drawing-key") == []


@pytest.mark.parametrize(
    ("words", "changes", "message"),
    [
        (":::{diagram} large\nC.\n:::", {}, "no diagram 'large'; there are small"),
        (":::{diagram} small\n:::", {}, "needs a caption"),
        (CAPTION, {"arrows": {"a -> c": None}}, "small.yml: arrow 'a -> c': there is no box 'c'"),
        (CAPTION, {"boxes": boxes(a=[0, 0], b=[0.1, 0])}, "small.yml: box 'a' overlaps box 'b'"),
    ],
)
def test_a_faulty_diagram_stops_the_build(project: Project, words: str, changes: dict, message: str):
    page(project, words.replace(":name: small\n", "").split("\n\nSee")[0], **changes)
    built = project.build()
    assert built.status == 1
    assert message in built.warnings


def translated(project: Project, **catalogue: str) -> Built:
    """The Chinese build of the page with translations of its words."""
    known = {"alt": 'A "small" <drawing>.', "loss": "loss & gain < 1", "arrow": "eight numbers", "key": "gradient"}
    entries = [f"msgid {json.dumps(known[key])}\nmsgstr {json.dumps(said)}\n" for key, said in catalogue.items()]
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    project.write(
        f"locale/zh_CN/LC_MESSAGES/{PAGE}.po", "\n".join([header, *entries]).encode().decode("unicode_escape")
    )
    return project.build(language="zh_CN")


def test_words_of_a_diagram_reach_the_translators(project: Project):
    page(project, CAPTION)
    messages = unescape(project.build("gettext").messages()).replace('\\"', '"')
    for words in ('A "small" <drawing>.', "loss & gain < 1", "encoder", "eight numbers", "trained", "gradient"):
        assert f'msgid "{words}"' in messages


def test_a_diagram_speaks_the_language_of_its_page_and_makes_room(project: Project):
    page(project, CAPTION)
    (before,) = project.build().page(PAGE).select("svg rect.frozen")
    built = translated(project, alt="说明", loss="损失与收益小于一而且还要长得多", key="梯度")
    assert built.status == 0, built.warnings
    (drawn,) = built.page(PAGE).select("figure.diagram svg.level")
    assert drawn["aria-label"] == "说明"
    assert drawn.select("text")[0].get_text() == "损失与收益小于一而且还要长得多"
    assert float(str(drawn.select("rect.frozen")[0]["width"])) > float(str(before["width"])) + 50
    assert built.words(PAGE, ".drawing-key .gradient") == ["梯度"]


def test_a_translation_that_does_not_fit_stops_the_build(project: Project):
    page(project, CAPTION)
    built = translated(project, loss="长" * 60)
    assert built.status == 1
    assert "a translated diagram: the drawing is" in built.warnings


def colours(mode: str) -> dict[str, str]:
    """The site's variables in a mode."""
    rule = re.search(rf'html\[data-theme="{mode}"\] {{(.*?)}}', (STYLES / "base.css").read_text("utf8"), re.DOTALL)
    assert rule
    return dict(re.findall(r"--([\w-]+): (#\w{6})", rule[1]))


def contrast(one: str, two: str) -> float:
    """The ratio of WCAG 2."""

    def light(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(two)))
    return (high + 0.05) / (low + 0.05)


def styles() -> dict[str, dict[str, str]]:
    """Selector → property → variable, of the rules for schematics."""
    css = (STYLES / "figures.css").read_text("utf8").partition("/* Schematics")[2].partition("@media")[0]
    rules = re.findall(r"^\.drawing ([^{]*[^{ ]) {(.*?)}", css, re.MULTILINE)
    return {selector: dict(re.findall(r"([\w-]+): var\(--([\w-]+)\)", body)) for selector, body in rules}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_lines_stand_out_in_both_modes(mode: str):
    known, rules = colours(mode), styles()
    plain = rules["rect"]
    for kind in source.KINDS:
        box = plain | rules.get(f"rect.{kind}", {})
        words = ["text", ":is(text.note, text.forward)"]
        assert all(contrast(known[rules[one]["fill"]], known[box["fill"]]) >= 4.5 for one in words), kind
        assert contrast(known[box["stroke"]], known["ground"]) >= 3, kind
    for line in (".line", ".line.gradient"):
        assert contrast(known[rules[line]["stroke"]], known["ground"]) >= 3, line
    for words in ("text", ":is(text.note, text.forward)", "text.gradient"):
        assert contrast(known[rules[words]["fill"]], known["ground"]) >= 4.5, words


def test_paper_has_its_own_colour_for_everything_in_a_drawing():
    """A page printed from the dark must not keep a dark ground behind black words."""
    used = {colour for rule in styles().values() for colour in rule.values()} & colours("dark").keys()
    rule = re.search(r"html\[data-theme\] {(.*?)}", (STYLES / "print.css").read_text("utf8"))
    assert rule
    assert {"tint", "ink"} <= used <= set(re.findall(r"--([\w-]+):", rule[1]))
