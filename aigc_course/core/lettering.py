"""Names of lines where a reader sees them: at the line's end if they fit, else in a legend that covers no data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

PLACES = ("upper right", "upper left", "lower right", "lower left", "center right", "center left", "upper center")
OUTSIDE: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
SHARE = 0.4  # of a panel's width: longer names than this do not stand beside it
SHIFT = 0.75  # heights of a line of text: so far may a name stand from the height of its line's end
APART = 0.25  # the same for two lines: ends that are closer cannot be told apart by their names


class Label(Annotation):
    """A word of the drawing, for translators; what cells annotate is data."""


def settle(fig: Figure) -> None:
    """Give every legend of a figure its place: names beside the lines, a free corner, or beside the panel.

    Raises:
        ValueError: A legend still covers data; the figure is too small for it.
    """
    contain(fig)
    _move_row_names(fig)
    for ax in [ax for ax in fig.axes if ax.get_legend()]:
        if not _name_ends(ax):
            _free(ax)
    for ax in fig.axes:
        if (legend := ax.get_legend()) and covers(ax, legend.get_window_extent()):
            names = ", ".join(text.get_text() for text in legend.get_texts())
            raise ValueError(f"the legend ({names}) covers data; give the figure more height, or fewer lines")


def contain(fig: Figure) -> None:
    """Lay a figure out so that no word is cut: higher for long names of axes, and inside its own edge.

    Matplotlib's layout alone may swing between two choices of tick labels, and count with the shorter ones.
    """
    for _ in range(3):
        fig.draw_without_rendering()
        if grow := max((_longer(ax) for ax in fig.axes), default=0.0):
            fig.set_figheight(fig.get_figheight() * (1 + grow))
            continue
        box, width = fig.get_tightbbox(), fig.get_figwidth()
        left, right = max(0.0, -box.x0), max(0.0, box.x1 - width)
        engine: Any = fig.get_layout_engine()
        if engine is None or left + right < 0.01:
            return
        x, _, w, _ = engine.get()["rect"]
        engine.set(rect=(x + left / width, 0, w - (left + right) / width, 1))


def _longer(ax: Axes) -> float:
    """By which share of the panel's height the name of its vertical axis exceeds it."""
    if not ax.axison or not ax.get_ylabel():
        return 0.0
    return max(0.0, ax.yaxis.label.get_window_extent().height / ax.bbox.height - 1)


def covers(ax: Axes, box: Bbox) -> bool:
    """Whether a box on the drawing lies over a line, a mark, an area, a picture or words of the panel."""
    for line in ax.lines:
        if _meets(line, box):
            return True
    for artist in (*ax.collections, *ax.patches):
        if artist.get_visible() and _touches(artist, box):
            return True
    return bool(ax.images) and box.overlaps(ax.bbox) or any(
        text.get_window_extent().overlaps(box) for text in ax.texts if text.get_text()
    )


def _meets(line: Line2D, box: Bbox) -> bool:
    path = line.get_path().transformed(line.get_transform())
    if line.get_linestyle() not in ("None", "none", "", " ") and len(path.vertices) > 1:
        return path.intersects_bbox(box.padded(2), filled=False)
    at = np.asarray(path.vertices)
    inside = box.padded(line.get_markersize())
    return bool(((at > (inside.x0, inside.y0)) & (at < (inside.x1, inside.y1))).all(axis=1).any())


def _touches(artist: Any, box: Bbox) -> bool:
    if hasattr(artist, "get_path"):  # a patch: a bar, a wedge
        return artist.get_path().transformed(artist.get_transform()).intersects_bbox(box, filled=True)
    offsets = artist.get_offset_transform().transform(np.ma.filled(artist.get_offsets(), np.nan))
    if artist.get_offset_transform() != artist.get_transform() and len(offsets) and np.any(artist.get_offsets()):
        return bool(((offsets > box.min) & (offsets < box.max)).all(axis=1).any())
    moved = artist.get_transform()
    filled = len(artist.get_facecolor()) > 0 or artist.get_array() is not None
    return any(path.transformed(moved).intersects_bbox(box, filled=filled) for path in artist.get_paths())


def _free(ax: Axes) -> None:
    """Move a legend to the first corner without data; if there is none, beside the panel."""
    legend = ax.get_legend()
    if legend is None or not covers(ax, legend.get_window_extent()):
        return
    for place in PLACES:
        legend.set_loc(place)
        ax.figure.draw_without_rendering()
        if not covers(ax, legend.get_window_extent()):
            return
    texts = [text.get_text() for text in legend.get_texts()]
    ax.legend(legend.legend_handles, texts, **OUTSIDE)
    contain(ax.figure)


def _name_ends(ax: Axes) -> bool:
    """Write each line's name at its right end in the line's colour, and drop the legend, if all of them fit."""
    handles, names = ax.get_legend_handles_labels()
    lines = [handle[0] if isinstance(handle, ErrorbarContainer) else handle for handle in handles]
    if not all(isinstance(line, Line2D) and line.axes is ax for line in lines) or not lines:
        return False
    ends = [_end(ax, line) for line in lines]
    height = 1.25 * ax.get_legend().get_texts()[0].get_window_extent().height
    if any(end is None for end in ends) or _widest(ax) > SHARE * ax.bbox.width:
        return False
    wanted = [float(end) for end in ends if end is not None]
    places = spread(wanted, height)
    moved = max(abs(a - b) for a, b in zip(places, wanted, strict=True))
    if moved > SHIFT * height or min(np.diff(sorted(wanted)), default=height) < APART * height:
        return False
    for line, name, y in zip(lines, names, places, strict=True):
        _write(ax, line, name, (y - ax.bbox.y0) / ax.bbox.height)
    ax.get_legend().remove()
    contain(ax.figure)
    return True


def _widest(ax: Axes) -> float:
    return max(text.get_window_extent().width for text in ax.get_legend().get_texts())


def _end(ax: Axes, line: Line2D) -> float | None:
    """Height on the drawing at which a line reaches the right side of its panel, if it does within it."""
    at = line.get_transform().transform(np.column_stack(line.get_data()).astype(float))
    inside = at[np.isfinite(at).all(axis=1) & (at[:, 0] <= ax.bbox.x1 + 1)]
    if not len(inside):
        return None
    x, y = inside[inside[:, 0].argmax()]
    near, within = x > ax.bbox.x1 - 0.08 * ax.bbox.width, ax.bbox.y0 - 1 <= y <= ax.bbox.y1 + 1
    return float(y) if near and within else None


def spread(heights: list[float], gap: float) -> list[float]:
    """Heights in the same order that keep a gap, each block of neighbours around the mean of what it wanted."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    blocks: list[list[float]] = []  # wanted heights, less what the names below take
    for rank, i in enumerate(order):
        blocks.append([heights[i] - rank * gap])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    level = [_mean(block) for block in blocks for _ in block]
    placed = {i: level[rank] + rank * gap for rank, i in enumerate(order)}
    return [placed[i] for i in range(len(heights))]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _write(ax: Axes, line: Line2D, name: str, y: float) -> None:
    beside: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "clip_on": False}
    look = {"va": "center", "ha": "left", "color": to_hex(line.get_color())}
    ax.add_artist(Label(name, (1.0, y), xytext=(5, 0), **beside, **look))


def row_name(ax: Axes, name: str) -> None:
    """Write the name of a row of panels beside its first panel; ``settle`` moves it out of the way of the axis."""
    beside: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "clip_on": False}
    look: dict[str, Any] = {"ha": "right", "va": "center", "rotation": 90, "fontweight": "bold"}
    ax.add_artist(Label(name, (0.0, 0.5), xytext=(-5, 0), **beside, **look, gid="row"))


def _move_row_names(fig: Figure) -> None:
    found = {ax: text for ax in fig.axes for text in ax.texts if text.get_gid() == "row"}
    for ax, text in found.items():
        text.set_visible(False)
        left = ax.get_tightbbox().x0
        text.set_visible(True)
        text.set(position=((left - ax.bbox.x0) * 72 / fig.dpi - 5, 0), gid=None)
    if found:
        contain(fig)


def words(fig: Figure) -> Iterator[str]:
    """Every text of a drawn figure that is no datum."""
    data = {text for ax in fig.axes for text in ax.texts if not isinstance(text, Label)}
    for text in fig.findobj(Text):
        if isinstance(text, Text) and text not in data and text.get_visible():
            yield text.get_text()
