"""Words and small formulas in a drawing: how wide they are, and how SVG writes them.

Between dollars, single letters are variables and slanted, longer names (log, KL) upright; `_` and `^` lower and raise
the next sign or what stands in braces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import matplotlib
from PIL import ImageFont

TEXT, NOTE = 16.0, 14.0  # pixels
SMALL = 0.76  # of the size, for what is raised or lowered
SHIFT = {"": 0.0, "_": 0.22, "^": -0.36}  # of the size, downwards
LEADING = 1.28  # of the size, from line to line
# Source Serif 4 is set about as wide as this face, which comes with matplotlib; no word is wider in it
WIDER = 0.96
FACE = "DejaVuSerif{}.ttf"
FORMULA = re.compile(r"([_^])(?:\{([^}]*)\}|(.))|([^\W\d_][\u0300-\u036f]*)+|[^_^]")
VARIABLE = re.compile(r"[A-Za-zα-ωϕϵ][\u0300-\u036f]*")


@dataclass(frozen=True)
class Run:
    """Signs that are set alike."""

    signs: str
    slanted: bool = False
    shift: str = ""


def runs(line: str) -> list[Run]:
    """A line of text as runs."""
    found: list[Run] = []
    for number, part in enumerate(line.split("$")):
        found += _formula(part) if number % 2 else [Run(part)] * bool(part)
    return found


def _formula(text: str, shift: str = "") -> Iterator[Run]:
    for match in FORMULA.finditer(text.replace("-", "−")):
        if match[1]:
            yield from _formula(match[2] or match[3] or "", match[1])
        else:
            yield Run(match[0], VARIABLE.fullmatch(match[0]) is not None, shift)


@cache
def _face(style: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", FACE.format(style)), 100)


def width(line: str, size: float) -> float:
    """Pixels that a line takes at the most, whichever of the site's fonts the reader has."""
    return sum(_width(run) * (SMALL if run.shift else 1.0) for run in runs(line)) * size


def _width(run: Run) -> float:
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in run.signs)
    narrow = "".join(sign for sign in run.signs if unicodedata.east_asian_width(sign) not in "WF")
    return wide + WIDER * _face("-Italic" if run.slanted else "").getlength(narrow) / 100


def svg(line: str, x: float, y: float, size: float, *, anchor: str = "middle", kind: str = "") -> str:
    """A line whose baseline is at y."""
    parts, at = [], 0.0
    for run in runs(line):
        move, at = SHIFT[run.shift] - at, SHIFT[run.shift]
        marks = f' dy="{move * size:.1f}"' if move else ""
        marks += f' font-size="{SMALL * size:.1f}"' if run.shift else ""
        marks += ' font-style="italic"' if run.slanted else ""
        signs = escape(run.signs, quote=False)
        parts.append(f"<tspan{marks}>{signs}</tspan>" if marks else signs)
    said = "".join(parts)
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" class="{kind}">{said}</text>'
