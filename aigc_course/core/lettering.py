"""Words around the data: none is cut, and each line has its name beside it or in a legend that covers nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FuncFormatter, LogFormatter, LogLocator, NullFormatter
from matplotlib.transforms import Bbox

PLACES = ("upper right", "upper left", "lower right", "lower left", "center right", "center left", "upper center")
OUTSIDE: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
BESIDE: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "clip_on": False}
NO_LINE = ("None", "none", "", " ")  # Matplotlib's names for marks alone
SHARE = 0.4  # of a panel's width: longer names than this do not stand beside it
SHIFT = 0.75  # heights of a line of text: so far may a name stand from the height of its line's end
RAISED = 0.6
APART = 0.25  # the same for two lines: ends that are closer cannot be told apart by their names


class _Label(Annotation):
    """A word of the drawing, for translators; what cells annotate is data."""


def settle(fig: Figure) -> None:
    """Lay a figure out and give every legend its place: names beside the lines, a free corner, or beside the panel.

    Raises:
        ValueError: A legend still covers data; the figure is too small for it.
    """
    _plain_numbers(fig)
    contain(fig)
    _move_row_names(fig)
    for ax, legend in _legends(fig):
        _name_ends(fig, ax, legend)
    _drop_repeated(fig)
    for ax, legend in _legends(fig):
        _free(fig, ax, legend)
    for ax, legend in _legends(fig):
        if covers(ax, legend.get_window_extent()):
            names = ", ".join(text.get_text() for text in legend.get_texts())
            raise ValueError(f"the legend ({names}) covers data; give the figure more height, or fewer lines")


def _plain_numbers(fig: Figure) -> None:
    """Name 1, 2 and 5 of each power of ten on a short logarithmic axis: 0.2, not 2 × 10⁻¹ beside others."""
    for axis in [axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis) if axis.get_scale() == "log"]:
        low, high = sorted(axis.get_view_interval())
        if high < 100 * low and isinstance(axis.get_major_formatter(), LogFormatter):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())


def contain(fig: Figure) -> None:
    """Lay a figure out so that no word is cut: higher for long names of axes, and inside its own edge.

    Matplotlib's layout alone may swing between two choices of tick labels, and count with the shorter ones.
    """
    for _ in range(3):
        fig.draw_without_rendering()
        if grow := max((_longer(ax) for ax in fig.axes), default=0.0):
            fig.set_figheight(fig.get_figheight() * (1 + grow))
            continue
        box = Bbox.union([fig.get_tightbbox(), *_tick_names(fig)])
        (width, height), engine = fig.get_size_inches(), _engine(fig)
        left, right = max(0.0, -box.x0) / width, max(0.0, box.x1 - width) / width
        low, high = max(0.0, -box.y0) / height, max(0.0, box.y1 - height) / height
        if engine is None or max(left, right, low, high) < 0.001:
            return
        x, y, w, h = engine.get()["rect"]
        engine.set(rect=(x + left, y + low, w - left - right, h - low - high))


def _tick_names(fig: Figure) -> Iterator[Bbox]:
    """Places of the numbers along the axes, in inches; Matplotlib does not count how far they pass an axis' end."""
    inches = fig.dpi_scale_trans.inverted()
    for axis in [axis for ax in fig.axes if ax.axison for axis in (ax.xaxis, ax.yaxis)]:
        low, high = sorted(axis.get_view_interval())
        for at, text in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False):
            if low <= at <= high and text.get_text() and text.get_visible():
                box = text.get_window_extent().transformed(inches)
                raised = RAISED * float(text.get_fontsize()) / 72 if "^" in text.get_text() else 0
                yield Bbox.from_extents(box.x0, box.y0, box.x1, box.y1 + raised)


def _engine(fig: Figure) -> Any:
    return fig.get_layout_engine()


def _longer(ax: Axes) -> float:
    """By which share of the panel's height the name of its vertical axis exceeds it."""
    if not ax.axison or not ax.get_ylabel():
        return 0.0
    return max(0.0, ax.yaxis.label.get_window_extent().height / ax.bbox.height - 1)


def _legends(fig: Figure) -> list[tuple[Axes, Legend]]:
    return [(ax, legend) for ax in fig.axes if (legend := ax.get_legend()) is not None]


def _drop_repeated(fig: Figure) -> None:
    """Keep the last of several equal legends; the panels before it need none."""
    found = {tuple(text.get_text() for text in legend.get_texts()): legend for _, legend in _legends(fig)}
    for _, legend in _legends(fig):
        if legend not in found.values():
            legend.remove()


def covers(ax: Axes, box: Bbox) -> bool:
    """Whether a box on the drawing lies over a line, a mark, an area, a picture or words of the panel."""
    drawn = [*ax.collections, *ax.patches]
    return (
        any(_meets(line, box) for line in ax.lines)
        or any(_touches(artist, box) for artist in drawn if artist.get_visible())
        or any(box.overlaps(ax.bbox) for _ in ax.images)
        or any(text.get_window_extent().overlaps(box) for text in ax.texts if text.get_text())
    )


def _meets(line: Line2D, box: Bbox) -> bool:
    path = line.get_path().transformed(line.get_transform())
    at = np.asarray(path.vertices)
    if line.get_linestyle() not in NO_LINE and len(at) > 1:
        return path.intersects_bbox(box.padded(2), filled=False)
    return _within(at, box.padded(line.get_markersize()))


def _touches(artist: Any, box: Bbox) -> bool:
    if hasattr(artist, "get_path"):  # a patch: a bar, a wedge
        return artist.get_path().transformed(artist.get_transform()).intersects_bbox(box, filled=True)
    offsets = np.ma.filled(artist.get_offsets(), np.nan)
    if np.any(offsets):  # marks, each at its place
        return _within(artist.get_offset_transform().transform(offsets), box)
    filled = len(artist.get_facecolor()) > 0 or artist.get_array() is not None
    return any(path.transformed(artist.get_transform()).intersects_bbox(box, filled) for path in artist.get_paths())


def _within(points: np.ndarray, box: Bbox) -> bool:
    return bool(((points > box.min) & (points < box.max)).all(axis=1).any())


def _free(fig: Figure, ax: Axes, legend: Legend) -> None:
    """Move a legend to the first corner without data; if there is none, beside the panel."""
    if not covers(ax, legend.get_window_extent()):
        return
    for place in PLACES:
        legend.set_loc(place)
        fig.draw_without_rendering()
        if not covers(ax, legend.get_window_extent()):
            return
    handles: Any = legend.legend_handles
    ax.legend(handles, [text.get_text() for text in legend.get_texts()], **OUTSIDE)
    contain(fig)


def _name_ends(fig: Figure, ax: Axes, legend: Legend) -> None:
    """Write each line's name at its right end in the line's colour, and drop the legend, if all of them fit."""
    handles, names = ax.get_legend_handles_labels()
    lines = [line for handle in handles if (line := _line(handle)) is not None and line.axes is ax]
    ends = [end for line in lines if (end := _end(ax, line)) is not None]
    boxes = [text.get_window_extent() for text in legend.get_texts()]
    if len(ends) < len(names) or not ends or max(box.width for box in boxes) > SHARE * ax.bbox.width:
        return
    height = 1.25 * boxes[0].height
    places = spread(ends, height)
    moved = max(abs(a - b) for a, b in zip(places, ends, strict=True))
    if moved > SHIFT * height or min(np.diff(sorted(ends)), default=height) < APART * height:
        return
    for line, name, y in zip(lines, names, places, strict=True):
        at = (1.0, (y - ax.bbox.y0) / ax.bbox.height)
        ax.add_artist(_Label(name, at, xytext=(5, 0), va="center", color=to_hex(line.get_color()), **BESIDE))
    legend.remove()
    contain(fig)


def _line(handle: Any) -> Line2D | None:
    drawn = handle[0] if isinstance(handle, ErrorbarContainer) else handle
    return drawn if isinstance(drawn, Line2D) and drawn.get_linestyle() not in NO_LINE else None


def _end(ax: Axes, line: Line2D) -> float | None:
    """Height on the drawing at which a line reaches the right side of its panel, if it does within it."""
    at = line.get_transform().transform(np.column_stack(line.get_data()).astype(float))
    inside = at[np.isfinite(at).all(axis=1) & (at[:, 0] <= ax.bbox.x1 + 1)]
    if not len(inside):
        return None
    x, y = inside[inside[:, 0].argmax()]
    near, within = x > ax.bbox.x1 - 0.08 * ax.bbox.width, ax.bbox.y0 - 1 <= y <= ax.bbox.y1 + 1
    return float(y) if near and within else None


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights in the same order that keep a gap, each block of neighbours around the mean of what it wanted."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    blocks: list[list[float]] = []  # wanted heights, less what the names below take
    for rank, i in enumerate(order):
        blocks.append([heights[i] - rank * gap])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    level = [float(np.mean(block)) for block in blocks for _ in block]
    placed = {i: level[rank] + rank * gap for rank, i in enumerate(order)}
    return [placed[i] for i in range(len(heights))]


def row_name(ax: Axes, name: str) -> None:
    """Write the name of a row of panels beside its first panel; ``settle`` moves it out of the way of the axis."""
    look: dict[str, Any] = {"ha": "right", "va": "center", "rotation": 90, "fontweight": "bold", "gid": "row"}
    ax.add_artist(_Label(name, (0.0, 0.5), xytext=(-5, 0), **BESIDE, **look))


def _move_row_names(fig: Figure) -> None:
    found = [(ax, text) for ax in fig.axes for text in ax.texts if text.get_gid() == "row"]
    for ax, text in found:
        text.set_visible(False)
        box = ax.get_tightbbox() or ax.bbox
        text.set(visible=True, position=((box.x0 - ax.bbox.x0) * 72 / fig.dpi - 5, 0), gid=None)
    if found:
        contain(fig)


def words(fig: Figure) -> Iterator[str]:
    """Every text of a drawn figure that is no datum; one in several lines is one text."""
    data = {text for ax in fig.axes for text in ax.texts if not isinstance(text, _Label)}
    for text in fig.findobj(Text):
        if isinstance(text, Text) and text not in data and text.get_visible():
            yield " ".join(text.get_text().split("\n"))
