"""What is wrong with a laid-out drawing: things that touch, lines through boxes, more width than the page has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from book.ext.diagram.layout import Layout, Rect
from book.ext.diagram.source import Arrow, Place

WIDEST = 800  # pixels, the site's widest column
CLEAR = 2.0  # pixels between any two things


def problems(drawn: Layout, widest: float = WIDEST) -> list[str]:
    """Everything that is wrong, in words; nothing for a good drawing."""
    found = [*_touching(drawn), *_crossed(drawn), *_outside(drawn)]
    whole = drawn.whole()
    if (wide := whole.right - whole.left) > widest:
        found.append(f"the drawing is {wide:.0f} pixels wide, and the page {widest:.0f}")
    return found


def name(arrow: Arrow) -> str:
    """An arrow as its description writes it."""
    return f"{arrow.start} {'~>' if arrow.gradient else '->'} {arrow.end}"


def _things(drawn: Layout) -> dict[str, Rect]:
    things = {f"box {key!r}": rect for key, rect in drawn.boxes.items()}
    for number, label in drawn.labels.items():
        things[f"the text on {name(drawn.diagram.arrows[number])!r}"] = label.rect
    for label in drawn.headings:
        things[f"the heading {label.lines[0]!r}"] = label.rect
    return things


def _touching(drawn: Layout) -> Iterator[str]:
    """Boxes and texts on top of each other, frames of groups likewise."""
    for (one, first), (two, second) in combinations(_things(drawn).items(), 2):
        if first.touches(second.grown(CLEAR)):
            yield f"{one} overlaps {two}"
    for (one, first), (two, second) in combinations(zip(drawn.diagram.groups, drawn.frames, strict=True), 2):
        if first.touches(second):
            yield f"group {one.text!r} overlaps group {two.text!r}"


def _crossed(drawn: Layout) -> Iterator[str]:
    """Arrows that run through a text, or through a box that is not their own."""
    things = _things(drawn)
    for arrow, path in zip(drawn.diagram.arrows, drawn.paths, strict=True):
        own = {f"box {arrow.start!r}", f"box {arrow.end!r}"}
        for what, rect in things.items():
            # a line leaves its own box at the border, which in a circle lies within the rectangle, and must not return
            room = rect.grown((rect.left - rect.right) / 4) if what in own else rect
            if any(_through(room, *pair) for pair in pairwise(path)):
                yield f"arrow {name(arrow)!r} runs through {what}"


def _through(rect: Rect, start: Place, end: Place) -> bool:
    """Whether a stretch has a point inside the rectangle (Liang and Barsky's clipping)."""
    (x, y), dx, dy = start, end[0] - start[0], end[1] - start[1]
    low, high = 0.0, 1.0
    for step, room in ((-dx, x - rect.left), (dx, rect.right - x), (-dy, y - rect.top), (dy, rect.bottom - y)):
        if step == 0:
            if room <= 0:
                return False
        elif step < 0:
            low = max(low, room / step)
        else:
            high = min(high, room / step)
    return low < high


def _outside(drawn: Layout) -> Iterator[str]:
    """Boxes that lie in a frame and do not belong to its group."""
    for group, frame in zip(drawn.diagram.groups, drawn.frames, strict=True):
        for key, rect in drawn.boxes.items():
            if key not in group.around and rect.touches(frame):
                yield f"box {key!r} lies in the frame of group {group.text!r}, to which it does not belong"
