"""Output of the chapters in one style: figures, grids of images, training curves, tables and source code.

Every figure needs a caption (what is plotted, what to see) and an alternative text for readers who cannot see it.
Both are templates: ``caption="The gap is {gap:.2f} nats."`` takes ``gap=…`` beside it, so that the sentence, which
translators see, stays the same whatever was measured. Text in a drawing stays text, and its words go to the translators
too; annotations are data and do not. The ground is transparent; ``core.inks`` fits the colours to light and dark pages,
``core.lettering`` names the lines, and ``core.plots`` draws the plots that chapters need again and again.
"""

import base64
import html
import inspect
import io
import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from cycler import cycler
from IPython.display import display
from jaxtyping import Float
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from aigc_course.core import captions, inks, lettering, marks, plots
from aigc_course.core.columns import columns as written
from aigc_course.core.inks import COLOURS, GREY

COLUMN, WIDE = 6.0, 50 / 6  # inches: as wide as the text, and as what may be wider (50rem in base.css)
STYLE: Any = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.titlecolor": GREY,
    "axes.titlesize": "medium",
    "axes.titleweight": "bold",
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=list(COLOURS)),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # Matplotlib brings it along, so that every machine measures alike
    # 14.7 px on a screen as wide as the figure; at least 9 px in a figure of COLUMN's width on a phone of 360 px
    "font.size": 11,
    "lines.linewidth": 1.8,
    "image.cmap": "viridis",
    "svg.hashsalt": "aigc",
    "svg.fonttype": "none",
    "figure.constrained_layout.use": True,
}
FAMILIES = re.compile(r"font-family: 'DejaVu Sans',[^;\"]*(?:; )?")  # of words; ``inks.dressed`` names the site's
FORMULA_FONT = re.compile(r"'DejaVu Sans'(?!,)")  # in formulas Matplotlib places each sign by this font
FORMULA_FONTS = "'DejaVu Sans', 'Verdana', sans-serif"  # the second has nearly the widths of the first
LITERAL = re.compile(r"``([^`]+)``")


def axes(
    columns: int | Sequence[str] = 1,
    *,
    rows: int | Sequence[str] = 1,
    height: float | None = None,
    wide: bool | None = None,
    **options: Any,
) -> tuple[Figure, Any]:
    """A figure in the course's style; like ``plt.subplots``.

    Args:
        columns: Panels side by side: how many, or their names, which become their titles.
        rows: Panels below each other: how many, or their names, which stand left of them.
        height: Of one row, in inches; by default it follows from the width of a panel.
        wide: Whether the figure may leave the text column; by default it does when panels stand side by side.
        options: For ``plt.subplots``.

    Returns:
        The figure and its axes (one, or an array of them).
    """
    across, down = (one if isinstance(one, int) else len(one) for one in (columns, rows))
    width = WIDE if (across > 1 if wide is None else wide) else COLUMN
    plt.rcParams.update(STYLE)  # and not for a moment: a cell's own texts and ticks are made later
    fig, found = plt.subplots(down, across, figsize=(width, down * (height or _height(width / across))), **options)
    panels = np.reshape(found, (down, across))
    for ax, name in zip(panels[0], () if isinstance(columns, int) else columns, strict=False):
        ax.set_title(textwrap.fill(name, int(width / across * 10), break_long_words=False))
    for ax, name in zip(panels[:, 0], () if isinstance(rows, int) else rows, strict=False):
        lettering.row_name(ax, name)
    return fig, found


def _height(width: float) -> float:
    """The one rule for the height of a panel: room for its words, and a third of its width."""
    return 1.0 + width / 3


def figure(fig: Figure, *, caption: str, alt: str, bitmap: bool = False, **values: Any) -> None:
    """Show a figure as SVG, its text as text, and close it.

    A legend of lines becomes names at their ends where these fit; another one is moved to where it covers no data.

    Args:
        fig: The figure.
        caption: What is plotted and what to see; a template.
        alt: Alternative text for those who cannot see it; a template.
        bitmap: Whether points and lines are rasterised, which makes a smaller file when there are thousands of them.
        values: Values of the templates' fields.

    Raises:
        ValueError: A template is empty, or its fields and the values do not agree; a line or a word is too pale for
            light or for dark pages; a legend covers data.
    """
    words = _Words(caption, alt, values)
    inks.check(fig)
    lettering.settle(fig)
    for ax in fig.axes if bitmap else ():
        for artist in (*ax.lines, *ax.collections, *ax.patches, *ax.images):
            artist.set_rasterized(True)
    _display_drawing(fig, words)


def _display_drawing(fig: Figure, words: "_Words", **saving: Any) -> None:
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", dpi=200, metadata={"Date": None}, **saving)
    svg = inks.dressed(FORMULA_FONT.sub(FORMULA_FONTS, FAMILIES.sub("", buffer.getvalue())))
    found = [word for word in dict.fromkeys(lettering.words(fig)) if captions.has_word(word) and "$" not in word]
    plt.close(fig)
    _display_picture(svg.encode(), "svg", words, **({"labels": found} if found else {}))


def images(
    batch: Float[Tensor, "n c h w"],
    *,
    caption: str,
    alt: str,
    columns: int | Sequence[str] = 10,
    rows: Sequence[str] = (),
    width: str | None = None,
    **values: Any,
) -> None:
    """Show images in a grid, row by row.

    Args:
        batch: Grey (``c=1``) or colour (``c=3``) images with values in [0, 1].
        caption: What is shown and what to see; a template.
        alt: Alternative text for those who cannot see it; a template.
        columns: Images per row, or the names of the columns, which stand above them.
        rows: Names of the rows, which stand left of them: short, translated, wherever rows differ in kind.
        width: Width on the page as a CSS length; as wide as the grid needs (at most the column) by default.
        values: Values of the templates' fields.

    Raises:
        ValueError: Pixels outside [0, 1], infinite or NaN; more or fewer names than rows; or as for ``figure``.
    """
    words = _Words(caption, alt, values)
    low, high = batch.min().item(), batch.max().item()
    if not (math.isfinite(low) and math.isfinite(high)) or low < -1e-3 or high > 1 + 1e-3:
        raise ValueError(f"pixel values run from {low:.3g} to {high:.3g}; map them to [0, 1] first")
    across = columns if isinstance(columns, int) else len(columns)
    pixels = _grid(batch.detach().float().cpu().clamp(0, 1), across)
    if rows or not isinstance(columns, int):
        shape = (math.ceil(len(batch) / across), min(across, len(batch)))
        _display_named(pixels, shape, rows, () if isinstance(columns, int) else columns, words)
        return
    scale = max(1, round(1440 / pixels.shape[1]))
    picture = Image.fromarray(pixels).resize(
        (pixels.shape[1] * scale, pixels.shape[0] * scale), Image.Resampling.NEAREST
    )
    buffer = io.BytesIO()
    picture.save(buffer, format="png", optimize=True)
    width = width or f"{min(round(96 * COLUMN), 72 * min(across, len(batch)))}px"
    _display_picture(buffer.getvalue(), "png", words, width=width)


def _display_named(
    pixels: np.ndarray, shape: tuple[int, int], rows: Sequence[str], columns: Sequence[str], words: "_Words"
) -> None:
    """A grid as a drawing that holds its pixels, with the names of its rows and columns as text."""
    for names, found, kind in ((rows, shape[0], "rows"), (columns, shape[1], "columns")):
        if names and len(names) != found:
            raise ValueError(f"{len(names)} names for {found} {kind} ({', '.join(names)}); give each one name")
    fig, ax = axes()
    ax.imshow(pixels, interpolation="none")
    high, wide = pixels.shape[0] / shape[0], pixels.shape[1] / shape[1]
    ax.set_yticks([high * (i + 0.5) for i in range(len(rows))], rows)
    ax.set_xticks([wide * (i + 0.5) for i in range(len(columns))], columns)
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    fig.draw_without_rendering()
    room = max((label.get_window_extent().width for label in ax.get_yticklabels()), default=0) / fig.dpi + 0.2
    tile = min(0.6, (COLUMN - room) / shape[1])
    fig.set_size_inches(room + tile * shape[1], tile * shape[0] * high / wide + (0.35 if columns else 0.1))
    _display_drawing(fig, words)


def _grid(batch: Float[Tensor, "n c h w"], columns: int) -> np.ndarray:
    """RGBA pixels of the grid; the gaps are transparent."""
    n, _, h, w = batch.shape
    columns, gap = min(columns, n), max(1, w // 16)
    rows = math.ceil(n / columns)
    canvas = np.zeros((rows * (h + gap) - gap, columns * (w + gap) - gap, 4), dtype=np.uint8)
    rgb = (batch.expand(-1, 3, -1, -1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    for i, image in enumerate(rgb):
        top, left = (i // columns) * (h + gap), (i % columns) * (w + gap)
        canvas[top : top + h, left : left + w, :3] = image
        canvas[top : top + h, left : left + w, 3] = 255
    return canvas


def curves(
    history: Sequence[Mapping[str, float]],
    names: Iterable[str],
    *,
    caption: str,
    alt: str,
    ylabel: str,
    window: int = 25,
    **values: Any,
) -> None:
    """Plot training curves: metrics against updates, pale as measured, strong as a moving average.

    Args:
        history: Metrics of each update, as ``fit`` returns them.
        names: The metrics to plot.
        caption: As for ``figure``.
        alt: As for ``figure``.
        ylabel: Label of the vertical axis, with the unit.
        window: Updates in the moving average.
        values: As for ``figure``.
    """
    fig, ax = axes()
    for colour, style, name in zip(COLOURS, plots.DASHES, names, strict=False):
        measured = np.array([row[name] for row in history])
        ax.plot(measured, color=colour, alpha=0.25, linewidth=0.8)
        kernel = np.ones(min(window, len(measured))) / min(window, len(measured))
        smooth = np.convolve(measured, kernel, mode="valid")
        ax.plot(np.arange(len(smooth)) + len(kernel) - 1, smooth, style, color=colour, label=name)
    ax.set(xlabel="update", ylabel=ylabel)
    if len(ax.lines) > 2:  # a single curve is named by its axis
        ax.legend()
    figure(fig, caption=caption, alt=alt, **values)


def table(rows: Sequence[Mapping[str, Any]], *, caption: str, by_row: bool = False, **values: Any) -> None:
    """Show a table; numbers stand at the right, with one precision for each column (see ``core.columns``).

    Args:
        rows: Mappings with the same keys, the column names; words are shown as they are.
        caption: A template. It and the column names may hold the markup that ``core.marks`` allows.
        by_row: Whether each row holds a quantity of its own, so that the precision belongs to the row.
        values: Values of the template's fields.

    Raises:
        ValueError: No rows, rows with different keys, or as for ``figure``.
    """
    words = _Words(caption, None, values)
    if not rows:
        raise ValueError("no rows to show; give at least one mapping from column name to value")
    names = list(rows[0])
    columns = written(names, _cells(rows), by_row=by_row)
    cells = list(zip(*(column.texts for column in columns), strict=True))
    rule = "|".join(" ---: " if column.is_numeric else " --- " for column in columns)
    lines = [_line(map(marks.marked, names)), f"|{rule}|"]
    lines += [_line(map(marks.literal, row)) for row in cells]
    sides = ["right" if column.is_numeric else "left" for column in columns]
    body = "".join(f"<tr>{_tagged('td', map(marks.literal_html, row), sides)}</tr>" for row in cells)
    head = f"<caption>{html.escape(words.caption)}</caption><tr>{_tagged('th', map(html.escape, names), sides)}</tr>"
    bundle = {
        "text/markdown": "\n".join(lines),
        "text/html": f"<table>{head}{body}</table>",
        "text/plain": "\n".join([words.caption, *map(_line, (names, *cells))]),
    }
    display(bundle, raw=True, metadata={"aigc": words.about})


def _cells(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    names = list(rows[0])
    for number, row in enumerate(rows):
        if set(row) != set(names):
            raise ValueError(f"row {number} has the columns {list(row)}, the first has {names}; give all the same")
    return [[row[name] for name in names] for row in rows]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _tagged(tag: str, cells: Iterable[str], sides: Sequence[str]) -> str:
    pairs = zip(cells, sides, strict=True)
    return "".join(f'<{tag} style="text-align:{side}">{cell}</{tag}>' for cell, side in pairs)


def source(*objects: Any) -> None:
    """Show the source code of functions or classes; what docstrings mark as ``code`` stands without its marks."""
    text = "\n\n".join(textwrap.dedent(inspect.getsource(o)).rstrip() for o in objects)
    text = LITERAL.sub(r"\1", text)
    display({"text/markdown": f"```python\n{text}\n```", "text/plain": text}, raw=True)


def count_parameters(model: torch.nn.Module) -> int:
    """Number of parameters of a model, frozen ones included: an average of weights has as many as what it averages."""
    return sum(p.numel() for p in model.parameters())


class _Words:
    """Caption and alternative text: filled for the notebook, as templates and texts for the site."""

    def __init__(self, caption: str, alt: str | None, values: Mapping[str, Any]) -> None:
        templates = {"caption": caption} | ({} if alt is None else {"alt": alt})
        for name, template in templates.items():
            if not template.strip():
                raise ValueError(f"{name} is empty; say what the image shows")
        shown = captions.texts(values, **templates)
        self.caption = captions.filled(caption, shown)
        self.alt = captions.filled(alt or "", shown)
        self.about: dict[str, Any] = templates | {"values": shown}


def _display_picture(content: bytes, kind: str, words: _Words, **about: Any) -> None:
    """One bundle: an HTML figure for Jupyter, the picture itself for the site, and what the site needs beside it."""
    mime = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    encoded = base64.b64encode(content).decode()
    style = f"max-width:100%;width:{about['width']}" if "width" in about else "max-width:100%"
    bundle = {
        mime: content.decode() if kind == "svg" else encoded,
        "text/html": f'<figure><img src="data:{mime};base64,{encoded}" alt="{html.escape(words.alt)}" style="{style}">'
        f"<figcaption>{html.escape(words.caption)}</figcaption></figure>",
        "text/plain": f"[figure: {words.caption}]",
    }
    display(bundle, raw=True, metadata={"aigc": words.about | about})
