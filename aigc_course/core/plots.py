"""The plots that chapters draw again and again, each into one panel of ``show.axes``.

``show.figure`` writes the names that they give at the lines' ends, or in a legend where they do not fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from aigc_course.core.inks import COLOURS, GREY

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 3)), (0, (3, 2)))  # one for each colour
MARKS = "os^Dvx*+"
REAL, GENERATED = GREY, COLOURS[5]


def lines(
    ax: Axes,
    x: Any,
    ys: Mapping[str, Any],
    *,
    levels: Mapping[str, float] | None = None,
    errors: Mapping[str, Any] | None = None,
    marked: bool = False,
    **axis: Any,
) -> None:
    """Draw named lines over the same places; each has a colour and a dash of its own.

    Args:
        ax: The panel.
        x: Places, common to all lines.
        ys: Name to values; an empty name draws a line without one.
        levels: Name to height, for horizontal lines to compare with; grey.
        errors: Name to half-widths of error bars, for the lines that have them.
        marked: Whether each value is marked, as measured points should be.
        axis: For ``ax.set``: ``xlabel``, ``ylabel``, ``xscale``, ``ylim``, …
    """
    for colour, dash, mark, (name, y) in zip(cycle(COLOURS), cycle(DASHES), cycle(MARKS), ys.items(), strict=False):
        look: dict[str, Any] = {"color": colour, "linestyle": dash, "label": name or None}
        look |= {"marker": mark, "markersize": 4} if marked else {}
        if errors and name in errors:
            ax.errorbar(_array(x), _array(y), yerr=_array(errors[name]), capsize=3, **look)
        else:
            ax.plot(_array(x), _array(y), **look)
    for dash, (name, height) in zip(cycle(("--", ":", "-.")), (levels or {}).items(), strict=False):
        ax.axhline(height, color=GREY, linestyle=dash, linewidth=1.2, label=name or None)
    ax.set(**axis)
    named(ax)


def samples(
    ax: Axes, real: Float[Tensor, "n 2"] | None, generated: Float[Tensor, "m 2"], *, limit: float, **axis: Any
) -> None:
    """Draw points of the plane: real ones grey below, generated ones vermilion above.

    Args:
        ax: The panel.
        real: Points of the data, if they are to be seen.
        generated: Points of the model.
        limit: Both axes run from ``-limit`` to ``limit``.
        axis: For ``ax.set``.
    """
    if real is not None:
        ax.plot(*_array(real).T, ".", color=REAL, markersize=2, label="data")
    ax.plot(*_array(generated).T, ".", color=GENERATED, markersize=2, label="generated")
    ax.set(**{"xlim": (-limit, limit), "ylim": (-limit, limit), "aspect": "equal"} | axis)


def tiles(ax: Axes, batch: Float[Tensor, "n 1 h w"], *, columns: int) -> None:
    """Draw grey images with values in [0, 1] row by row into a panel, without axes.

    Args:
        ax: The panel.
        batch: The images.
        columns: Images per row.
    """
    padded = torch.nn.functional.pad(batch.detach().float().cpu(), (0, 1, 0, 1), value=0.5)
    n, _, h, w = padded.shape
    rows = math.ceil(n / columns)
    blank = torch.full((rows * columns - n, 1, h, w), math.nan)
    sheet = torch.cat([padded, blank]).view(rows, columns, h, w).transpose(1, 2).reshape(rows * h, columns * w)
    ax.imshow(sheet[:-1, :-1].numpy(), cmap="gray", vmin=0, vmax=1, interpolation="none")
    ax.set_axis_off()


def histograms(ax: Axes, values: Mapping[str, Any], *, bins: int = 24, **axis: Any) -> None:
    """Draw named densities of values as outlines over common bins, so that none hides another.

    Args:
        ax: The panel.
        values: Name to values.
        bins: How many bins.
        axis: For ``ax.set``; ``ylabel`` is "density" unless given.
    """
    arrays = {name: _array(value).ravel() for name, value in values.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(arrays.values())), bins)
    for colour, dash, (name, array) in zip(cycle(COLOURS), cycle(DASHES), arrays.items(), strict=False):
        height, _ = np.histogram(array, edges, density=True)
        ax.stairs(height, edges, color=colour, alpha=0.15, fill=True)
        ax.plot(np.repeat(edges, 2), [0, *np.repeat(height, 2), 0], color=colour, linestyle=dash, label=name)
    ax.set(**{"ylabel": "density"} | axis)
    named(ax)


def named(ax: Axes) -> None:
    """Ask for the names of a panel's lines; a single line is named by its axis."""
    if len(ax.get_legend_handles_labels()[0]) > 1:
        ax.legend()


def _array(values: Any) -> np.ndarray:
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    return np.asarray([float(v) for v in values] if isinstance(values, list | tuple | range) else values)
