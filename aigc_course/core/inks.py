"""The colours of the figures, and how a drawing changes them with the page's ground.

Every colour keeps 3 : 1 against both grounds as drawn, for that is how it stays in pixels. In an SVG it changes:
letters to 4.5 : 1, and everything to lighter tones on the dark page. The browser tells a drawing which page it is on
(``prefers-color-scheme`` follows the ``color-scheme`` of the page around an image, and so the page's own switch).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from matplotlib.colors import to_hex, to_rgb
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.text import Text

GROUNDS = {"light": "#fffefc", "dark": "#17191d"}  # as --ground in book/_static/base.css
LINE, TEXT = 3.0, 4.5  # the contrasts that WCAG 2.2 asks of lines and of letters
PALE = 0.5  # a line less opaque than this is a ground for another one


class Ink(NamedTuple):
    """One colour: as drawn, of letters on light, of lines on light, of both on dark."""

    drawn: str
    letters: str
    lines: str
    dark: str


# After Okabe and Ito: neighbours differ in lightness too, for readers who do not see every hue.
INKS = (
    Ink("#0072b2", "#0072b2", "#0072b2", "#4ea3e8"),  # blue
    Ink("#c77700", "#8f5600", "#c77700", "#f0a830"),  # orange
    Ink("#008f68", "#007a59", "#008f68", "#2cc295"),  # green
    Ink("#b35c93", "#9c4a7e", "#b35c93", "#e29cc6"),  # pink
    Ink("#2e8fc7", "#1b75a8", "#2e8fc7", "#a5d8f5"),  # sky blue
    Ink("#c24400", "#b84000", "#c24400", "#f07c4e"),  # vermilion
    Ink("#8a6fd1", "#6f55b8", "#8a6fd1", "#b8a4f0"),  # violet
    Ink("#8a8000", "#6b6300", "#8a8000", "#d6cc40"),  # olive
)
NEUTRAL = Ink("#808080", "#595959", "#595959", "#b0b5bd")
COLOURS = tuple(ink.drawn for ink in INKS)
GREY = NEUTRAL.drawn
# The site's own (--ui in book/_static/base.css). Matplotlib measures with DejaVu Sans, which is wider than all of them.
FONTS = (
    "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Source Sans 3','Liberation Sans',Arial,'Noto Sans',"
    "'DejaVu Sans',sans-serif,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei'"
)


def luminance(colour: Any) -> float:
    """Relative luminance of a colour, from 0 (black) to 1 (white), WCAG 2.2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Any, other: Any) -> float:
    """Contrast of two colours, from 1 to 21, WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def weak(colour: Any, *, wanted: float, kind: str = "drawn") -> str:
    """The ground on which a colour has too little contrast in the form that it takes there; empty if it has enough."""
    ink = next((ink for ink in (*INKS, NEUTRAL) if ink.drawn == to_hex(colour)), Ink(*[to_hex(colour)] * 4))
    shown = {"light": getattr(ink, kind), "dark": ink.drawn if kind == "drawn" else ink.dark}
    return next((name for name, ground in GROUNDS.items() if contrast(shown[name], ground) < wanted), "")


def check(fig: Figure) -> None:
    """Refuse lines, marks and words of a figure that are too pale for one of the pages.

    Areas may be pale, and so may lines with alpha below 0.5; what lies on a picture has no page under it.

    Raises:
        ValueError: It names the colour and the page.
    """
    drawn = [("a line", colour, LINE, "drawn") for ax in fig.axes if not _pictured(ax) for colour in _strokes(ax)]
    texts = [text for text in fig.findobj(Text) if isinstance(text, Text) and text.get_text() and text.get_visible()]
    texts = [text for text in texts if not (text.axes and text in text.axes.texts and _pictured(text.axes))]
    drawn += [(f"{text.get_text()!r}", text.get_color(), TEXT, "letters") for text in texts]
    for what, colour, wanted, kind in drawn:
        if ground := weak(colour, wanted=wanted, kind=kind):
            cure = "use show.COLOURS or show.GREY"
            raise ValueError(f"{what} in {to_hex(colour)} has less than {wanted} : 1 on the {ground} page; {cure}")


def _pictured(ax: Any) -> bool:
    return bool(ax.images) or any(isinstance(one, QuadMesh) for one in ax.collections)


def _strokes(ax: Axes) -> Iterator[Any]:
    """Colours of the lines and marks of a panel."""
    for line in ax.lines:
        if (line.get_alpha() or 1) >= PALE and line.get_visible():
            yield line.get_color()
    for many in ax.collections:
        if (many.get_alpha() or 1) >= PALE and isinstance(many, LineCollection | ContourSet):
            yield from many.get_edgecolor()
        elif (many.get_alpha() or 1) >= PALE and isinstance(many, PathCollection):
            yield from many.get_facecolor()


def dressed(svg: str) -> str:
    """The drawing with the site's font, and its colours fitted to light and dark pages."""
    used = [ink for ink in (*INKS, NEUTRAL) if ink.drawn in svg]
    light = "".join(rule for ink in used for rule in _on_light(ink))
    dark = "".join(_rule(f'[style*="{what}: {ink.drawn}"]', what, ink.dark) for ink in used for what in _KINDS)
    text = f"text{{font-size:11px;font-family:{FONTS}}}"  # without a size a formula's box is as high as 16 px need
    rules = f":root{{color-scheme:light dark}}{text}{_when('light', light)}{_when('dark', dark)}"
    start = svg.index(">", svg.index("<svg")) + 1
    return f"{svg[:start]}\n <style>{rules}</style>{svg[start:]}"


_KINDS = ("stroke", "fill")


def _on_light(ink: Ink) -> Iterator[str]:
    if ink.lines != ink.drawn:
        yield from (_rule(f'[style*="{what}: {ink.drawn}"]', what, ink.lines) for what in _KINDS)
    if ink.letters != ink.lines:
        yield _rule(f'text[style*="fill: {ink.drawn}"]', "fill", ink.letters)


def _rule(selector: str, what: str, colour: str) -> str:
    return f"{selector}{{{what}:{colour}!important}}"


def _when(scheme: str, rules: str) -> str:
    return f"@media (prefers-color-scheme:{scheme}){{{rules}}}" if rules else ""
