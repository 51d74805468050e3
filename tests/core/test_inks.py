import re
from pathlib import Path

import numpy as np
import pytest

from aigc_course.core import inks, show

ROOT = Path(__file__).resolve().parents[2]
BASE = (ROOT / "book/_static/base.css").read_text(encoding="utf-8")


def test_contrast_is_that_of_wcag():
    assert inks.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert inks.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert inks.contrast("#ff0000", "#ff0000") == 1


def test_grounds_and_fonts_are_those_of_the_page():
    assert re.findall(r"--ground: (#\w+)", BASE) == list(inks.GROUNDS.values())
    found = re.search(r"--ui: ([^;]+);", BASE)
    assert found
    assert [name.strip().strip("\"'") for name in found[1].split(",")] == [
        name.strip("'") for name in inks.FONTS.split(",")
    ]


@pytest.mark.parametrize("ink", [*inks.INKS, inks.NEUTRAL], ids=lambda ink: ink.drawn)
def test_every_ink_is_strong_enough_on_both_pages(ink):
    light, dark = inks.GROUNDS.values()
    assert min(inks.contrast(ink.drawn, ground) for ground in (light, dark)) >= inks.LINE
    assert inks.contrast(ink.lines, light) >= inks.LINE
    assert inks.contrast(ink.letters, light) >= inks.TEXT
    assert inks.contrast(ink.dark, dark) >= inks.TEXT


def test_greys_are_those_of_the_text():
    assert inks.NEUTRAL[1:] == ("#595959", "#595959", "#b0b5bd")


def drawn(**look):
    fig, ax = show.axes()
    ax.plot([0, 1], [0, 1], **look)
    return fig, ax


@pytest.mark.parametrize(("colour", "ground"), [("#E69F00", "light"), ("#0000aa", "dark"), ("white", "light")])
def test_a_pale_line_is_refused_with_the_page_on_which_it_is(colour, ground):
    with pytest.raises(ValueError, match=f"a line in #\\w+ has less than 3.0 : 1 on the {ground} page"):
        inks.check(drawn(color=colour)[0])


def test_pale_words_marks_and_level_lines_are_refused():
    fig, ax = drawn()
    ax.text(0.5, 0.5, "word", color="#999999")
    with pytest.raises(ValueError, match=r"'word' in #999999 has less than 4\.5"):
        inks.check(fig)
    fig, ax = drawn()
    ax.scatter([0], [0], color="yellow")
    with pytest.raises(ValueError, match="a line in #ffff00"):
        inks.check(fig)
    fig, ax = drawn()
    ax.contour(np.random.default_rng(0).normal(size=(5, 5)))
    with pytest.raises(ValueError, match="a line"):
        inks.check(fig)


def test_areas_grounds_and_what_lies_on_a_picture_may_be_pale():
    fig, ax = drawn()
    ax.plot([0, 1], [1, 0], color="#E69F00", alpha=0.3)
    ax.fill_between([0, 1], [0, 1], color="#eeeeee")
    ax.annotate("word", (0, 0), color=show.COLOURS[1])
    inks.check(fig)
    fig, ax = show.axes()
    ax.imshow(np.zeros((2, 2)))
    ax.plot([0, 1], [0, 1], ".", color="white")
    inks.check(fig)


def test_a_drawing_is_dressed_in_what_it_uses():
    svg = '<?xml version="1.0"?><svg width="2pt"><path style="stroke: #808080"/><text style="fill: #c77700"/></svg>'
    dressed = inks.dressed(svg)
    assert '[style*="stroke: #808080"]{stroke:#595959!important}' in dressed
    assert 'text[style*="fill: #c77700"]{fill:#8f5600!important}' in dressed
    assert '[style*="stroke: #808080"]{stroke:#b0b5bd!important}' in dressed.split("scheme:dark")[1]
    assert "#0072b2" not in dressed
    assert dressed.index("<style>") > dressed.index("<svg")
