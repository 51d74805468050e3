"""Write a laid-out drawing as SVG whose colours and fonts are those of the page, by classes alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

from book.ext.diagram import text
from book.ext.diagram.layout import Label, Layout, Rect, lines
from book.ext.diagram.source import Arrow, Box, Place

ROUND = 9.0  # radius of an arrow's corners
TIP = (9.0, 4.0)  # length and half the width of an arrow's head


def draw(drawn: Layout, alt: str, said: Callable[[str], str] = str, *, kind: str = "level") -> str:
    """The drawing with its alternative text; `kind` says for which width of the screen it is."""
    whole = drawn.whole()
    wide, high = whole.right - whole.left, whole.bottom - whole.top
    parts = [
        *(_rect(frame, "group", 8) for frame in drawn.frames),
        *(_label(label, text.TEXT, "heading") for label in drawn.headings),
        *(_arrow(*pair) for pair in zip(drawn.diagram.arrows, drawn.paths, strict=True)),
        *(_box(box, drawn.boxes[box.name], said) for box in drawn.diagram.boxes),
        *(_label(label, text.NOTE, _kind(drawn.diagram.arrows[number])) for number, label in drawn.labels.items()),
    ]
    view = f"{whole.left:.1f} {whole.top:.1f} {wide:.1f} {high:.1f}"
    size = f'width="{wide:.0f}" height="{high:.0f}" style="--w:{wide:.0f}px"'
    return f'<svg class="{kind}" viewBox="{view}" {size} role="img" aria-label="{escape(alt)}">{"".join(parts)}</svg>'


def _kind(arrow: Arrow) -> str:
    return "gradient" if arrow.gradient else "forward"


def _rect(rect: Rect, kind: str, radius: float) -> str:
    wide, high = rect.right - rect.left, rect.bottom - rect.top
    place = f'x="{rect.left:.1f}" y="{rect.top:.1f}" width="{wide:.1f}" height="{high:.1f}"'
    return f'<rect {place} rx="{radius:g}" class="{kind}"/>'


def _box(box: Box, rect: Rect, said: Callable[[str], str]) -> str:
    """A box and its lines; data have round ends, an operation is a circle."""
    half = (rect.bottom - rect.top) / 2
    radius = {"operation": half, "data": min(half, 18.0)}.get(box.kind, 5.0)
    content = lines(box, said)
    (x, _), y = rect.centre, (rect.top + rect.bottom - sum(size * text.LEADING for _, size in content)) / 2
    parts = [_rect(rect, box.kind, radius)]
    for line, size in content:
        parts.append(text.svg(line, x, y + size * 0.96, size, kind="note" if size == text.NOTE else ""))
        y += size * text.LEADING
    return "".join(parts)


def _label(label: Label, size: float, kind: str) -> str:
    x = {"start": label.rect.left, "middle": label.rect.centre[0], "end": label.rect.right}[label.anchor]
    return "".join(
        text.svg(line, x, label.rect.top + size * (0.96 + number * text.LEADING), size, anchor=label.anchor, kind=kind)
        for number, line in enumerate(label.lines)
    )


def _arrow(arrow: Arrow, path: list[Place]) -> str:
    """A line with round corners and its head."""
    kind = _kind(arrow)
    (ux, uy), (x, y) = _unit(path[-2], path[-1]), path[-1]
    foot = x - TIP[0] * ux, y - TIP[0] * uy
    points = [*path[:-1], (foot[0] + ux, foot[1] + uy)]
    steps = [f"M{_point(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        steps.append(f"L{_point(_toward(corner, before))}Q{_point(corner)} {_point(_toward(corner, after))}")
    steps.append(f"L{_point(points[-1])}")
    wings = [(foot[0] - side * TIP[1] * uy, foot[1] + side * TIP[1] * ux) for side in (1, -1)]
    head = f"M{_point((x, y))}L{_point(wings[0])}L{_point(wings[1])}Z"
    return f'<path d="{"".join(steps)}" class="line {kind}"/><path d="{head}" class="tip {kind}"/>'


def _unit(start: Place, end: Place) -> Place:
    length = math.dist(start, end) or 1.0
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def _toward(corner: Place, point: Place) -> Place:
    """A point a radius away from a corner, or half the way when the stretch is short."""
    ux, uy = _unit(corner, point)
    by = min(ROUND, math.dist(corner, point) / 2)
    return corner[0] + by * ux, corner[1] + by * uy


def _point(point: Place) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"
