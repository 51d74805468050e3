"""Put boxes on a grid as wide as their texts need, and lead arrows from border to border.

Columns are as far apart as the texts on the arrows between them ask for. Everything is in pixels of the drawing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from book.ext.diagram import text
from book.ext.diagram.source import Arrow, Box, Diagram, Group, Place

PAD_X, PAD_Y = 10.0, 8.0  # between a text and the border of its box
GAP, ROW_GAP = 30.0, 28.0  # between boxes of two columns, of two rows
HEAD = 20.0  # what an arrow needs beside the text on it
FRAME, HEADING = 12.0, 26.0  # between a group's frame and what it holds; for its heading
APART = 7.0  # half the distance of a forward arrow and the gradient that comes back beside it
BEYOND = 60.0  # a step on the grid outside the outermost boxes


@dataclass(frozen=True)
class Rect:
    """An upright rectangle: its corners."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, x: float, y: float, width: float, height: float) -> Rect:
        """The rectangle with this centre."""
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    @property
    def centre(self) -> Place:
        """The middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def grown(self, by: float) -> Rect:
        """The rectangle with a margin."""
        return Rect(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def touches(self, other: Rect) -> bool:
        """Whether two rectangles share a point inside both."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def union(rects: Iterable[Rect]) -> Rect:
    """The smallest rectangle that holds all of them."""
    lefts, tops, rights, bottoms = zip(*((r.left, r.top, r.right, r.bottom) for r in rects), strict=True)
    return Rect(min(lefts), min(tops), max(rights), max(bottoms))


@dataclass(frozen=True)
class Label:
    """Lines of text: the place they take, and on which side of it they are aligned."""

    lines: tuple[str, ...]
    rect: Rect
    anchor: str = "middle"


@dataclass
class Layout:
    """The drawing: places of boxes, points of arrows, texts on arrows, frames of groups and their headings."""

    diagram: Diagram
    boxes: dict[str, Rect] = field(default_factory=dict)
    paths: list[list[Place]] = field(default_factory=list)
    labels: dict[int, Label] = field(default_factory=dict)
    frames: list[Rect] = field(default_factory=list)
    headings: list[Label] = field(default_factory=list)

    def whole(self) -> Rect:
        """The drawing's outline."""
        points = [Rect(x, y, x, y) for path in self.paths for x, y in path]
        texts = [label.rect for label in (*self.labels.values(), *self.headings)]
        return union([*self.boxes.values(), *self.frames, *points, *texts]).grown(3.0)


def lay_out(diagram: Diagram, said: Callable[[str], str] = str) -> Layout:
    """Place everything, with each text as `said` gives it."""
    sizes = _sizes(diagram, said)
    columns = _Axis.fit(0, diagram, sizes, said)
    rows = _Axis.fit(1, diagram, sizes, said)
    drawn = Layout(diagram)
    for box in diagram.boxes:
        drawn.boxes[box.name] = Rect.around(columns.at(box.at[0]), rows.at(box.at[1]), *sizes[box.name])
    for number, arrow in enumerate(diagram.arrows):
        drawn.paths.append(_path(arrow, drawn, columns, rows))
        if arrow.text:
            drawn.labels[number] = _label(arrow, drawn, number, said)
    for group in diagram.groups:
        _frame(group, drawn, said)
    return drawn


def lines(box: Box, said: Callable[[str], str]) -> list[tuple[str, float]]:
    """The lines in a box and their sizes: first what it is, then its note."""
    main = [(line, text.TEXT) for line in said(box.text).splitlines()]
    return main + [(line, text.NOTE) for line in said(box.note).splitlines()]


def _sizes(diagram: Diagram, said: Callable[[str], str]) -> dict[str, Place]:
    """Width and height of each box; boxes of one kind in one column are equally wide, an operation is round."""
    own = {box.name: _size(box, lines(box, said)) for box in diagram.boxes}
    return {
        box.name: own[box.name]
        if box.kind == "operation"
        else (
            max(own[o.name][0] for o in diagram.boxes if (o.kind, o.at[0]) == (box.kind, box.at[0])),
            own[box.name][1],
        )
        for box in diagram.boxes
    }


def _size(box: Box, content: list[tuple[str, float]]) -> Place:
    wide = max(text.width(line, size) for line, size in content)
    high = sum(size * text.LEADING for _, size in content)
    if box.kind == "operation":
        side = max(38.0, math.hypot(wide, high * 0.7) + 10.0)
        return side, side
    return max(44.0, wide + 2 * PAD_X), high + 2 * PAD_Y


def _extent(content: str) -> Place:
    """Width and height of a text on an arrow."""
    rows = content.splitlines()
    return max(text.width(row, text.NOTE) for row in rows), len(rows) * text.NOTE * text.LEADING


@dataclass
class _Axis:
    """The middle of each whole column, or row."""

    middles: list[float]

    @classmethod
    def fit(cls, axis: int, diagram: Diagram, sizes: dict[str, Place], said: Callable[[str], str]) -> _Axis:
        """As close together as boxes, texts on straight arrows and frames allow."""
        last = max(math.ceil(box.at[axis]) for box in diagram.boxes)
        half = [
            max([sizes[b.name][axis] / 2 for b in diagram.boxes if b.at[axis] == n], default=0.0)
            for n in range(last + 1)
        ]
        gaps = [
            max(
                (ROW_GAP if axis else GAP) + _frames(axis, n, diagram),
                *(_wish(axis, n, arrow, diagram, sizes, half, said) for arrow in diagram.arrows),
                0.0,
            )
            for n in range(last)
        ]
        middles = [half[0]]
        for number, gap in enumerate(gaps):
            middles.append(middles[-1] + half[number] + gap + half[number + 1])
        return cls(middles)

    def at(self, place: float) -> float:
        """Pixels of a place on the grid, between and beyond the whole ones too."""
        last = len(self.middles) - 1
        if place < 0 or place >= last:
            end = 0 if place < 0 else last
            return self.middles[end] + (place - end) * BEYOND
        below = math.floor(place)
        return self.middles[below] + (place - below) * (self.middles[below + 1] - self.middles[below])


def _frames(axis: int, number: int, diagram: Diagram) -> float:
    """Room for the frames that end or begin between a column or row and the next."""
    at = {box.name: box.at[axis] for box in diagram.boxes}
    spans = [(min(at[name] for name in g.around), max(at[name] for name in g.around)) for g in diagram.groups]
    begins = FRAME + (HEADING if axis else 0.0)
    return FRAME * any(end == number for _, end in spans) + begins * any(start == number + 1 for start, _ in spans)


def _wish(
    axis: int,
    number: int,
    arrow: Arrow,
    diagram: Diagram,
    sizes: dict[str, Place],
    half: list[float],
    said: Callable[[str], str],
) -> float:
    """The gap that the text on a straight arrow between two neighbours asks for."""
    at = {box.name: box.at for box in diagram.boxes}
    ends = sorted((at[name], name) for name in (arrow.start, arrow.end))
    (first, one), (second, two) = sorted(ends, key=lambda end: end[0][axis])
    straight = not arrow.via and first[1 - axis] == second[1 - axis]
    if not (arrow.text and straight and (first[axis], second[axis]) == (number, number + 1)):
        return 0.0
    slack = half[number] - sizes[one][axis] / 2 + half[number + 1] - sizes[two][axis] / 2
    return _extent(said(arrow.text))[axis] + HEAD - slack


def _path(arrow: Arrow, drawn: Layout, columns: _Axis, rows: _Axis) -> list[Place]:
    """The points of an arrow, from the border of its first box to that of its last."""
    (ax, ay), (bx, by) = drawn.boxes[arrow.start].centre, drawn.boxes[arrow.end].centre
    if arrow.via is not None:
        corners = [(columns.at(column), rows.at(row)) for column, row in arrow.via]
    else:
        corners = [] if math.isclose(ax, bx) or math.isclose(ay, by) else [(bx, ay)]
    points = [(ax, ay), *corners, (bx, by)]
    if is_paired(arrow, drawn.diagram):
        by_x, by_y = _normal(points[0], points[1])
        off = APART if arrow.gradient else -APART
        points = [(x + off * by_x, y + off * by_y) for x, y in points]
    points[0] = _leave(drawn, arrow.start, points[0], points[1])
    points[-1] = _leave(drawn, arrow.end, points[-1], points[-2])
    return points


def is_paired(arrow: Arrow, diagram: Diagram) -> bool:
    """Whether another arrow leads back between the same boxes; both are straight then."""
    return any((other.start, other.end) == (arrow.end, arrow.start) for other in diagram.arrows if not other.via) and (
        not arrow.via
    )


def _normal(start: Place, end: Place) -> Place:
    """The unit vector across a stretch that points down; to the right for a steep stretch."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    x, y = -dy / length, dx / length
    turn = -1 if (y if abs(dx) >= abs(dy) else x) < 0 else 1
    return turn * x, turn * y


def _leave(drawn: Layout, name: str, inside: Place, outside: Place) -> Place:
    """Where the line from a point in a box to one outside crosses the border."""
    rect, (x, y) = drawn.boxes[name], inside
    dx, dy = outside[0] - x, outside[1] - y
    if next(box.kind for box in drawn.diagram.boxes if box.name == name) == "operation":
        (cx, cy), radius = rect.centre, (rect.right - rect.left) / 2
        a, b = dx * dx + dy * dy, (x - cx) * dx + (y - cy) * dy
        c = (x - cx) ** 2 + (y - cy) ** 2 - radius**2
        share = (-b + math.sqrt(max(b * b - a * c, 0.0))) / (a or 1.0)
    else:
        across = ((rect.right if dx > 0 else rect.left) - x) / dx if dx else math.inf
        along = ((rect.bottom if dy > 0 else rect.top) - y) / dy if dy else math.inf
        share = min(across, along)
    return x + share * dx, y + share * dy


def _label(arrow: Arrow, drawn: Layout, number: int, said: Callable[[str], str]) -> Label:
    """The text beside the longest stretch of an arrow: above it, or at its right; of two arrows, outside."""
    content = said(arrow.text)
    wide, high = _extent(content)
    (ax, ay), (bx, by) = max(pairwise(drawn.paths[number]), key=lambda pair: math.dist(*pair))
    x, y = _normal((ax, ay), (bx, by))
    level = abs(bx - ax) >= abs(by - ay)
    paired = is_paired(arrow, drawn.diagram)
    after = arrow.side in ("below", "right") if arrow.side else arrow.gradient if paired else not level
    off = (abs(x) * wide + abs(y) * high) / 2 + (3.0 if level else 6.0)
    off = off if after else -off
    rect = Rect.around((ax + bx) / 2 + off * x, (ay + by) / 2 + off * y, wide, high)
    return Label(tuple(content.splitlines()), rect)


def _frame(group: Group, drawn: Layout, said: Callable[[str], str]) -> None:
    """Draw a frame around boxes and the arrows between them, its heading at the top left."""
    inside = set(group.around)
    held = [drawn.boxes[name] for name in group.around]
    for number, arrow in enumerate(drawn.diagram.arrows):
        if {arrow.start, arrow.end} <= inside:
            held += [Rect(x, y, x, y) for x, y in drawn.paths[number]]
            held += [drawn.labels[number].rect] if number in drawn.labels else []
    core = union(held).grown(FRAME)
    heading = said(group.text)
    wide = text.width(heading, text.TEXT) * 1.08  # it is bold
    high = text.TEXT * text.LEADING
    frame = Rect(core.left, core.top - HEADING + 4, max(core.right, core.left + wide + 2 * FRAME), core.bottom)
    spot = Rect(frame.left + FRAME, frame.top + 8, frame.left + FRAME + wide, frame.top + 8 + high)
    drawn.frames.append(frame)
    drawn.headings.append(Label((heading,), spot, "start"))
