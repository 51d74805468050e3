import numpy as np
import pytest
import torch

from aigc_course.core import lettering, show
from aigc_course.core.lettering import _Label


@pytest.fixture(autouse=True)
def closed():
    yield
    show.plt.close("all")


def settled(*curves, **legend):
    fig, ax = show.axes()
    for name, y in curves:
        ax.plot(np.linspace(0, 1, len(y)), y, label=name)
    ax.legend(**legend)
    lettering.settle(fig)
    return fig, ax


def named(ax):
    return {text.get_text(): text for text in ax.texts if isinstance(text, _Label)}


def test_lines_are_named_at_their_ends_in_their_colours():
    _, ax = settled(("falls", [1, 0]), ("rises", [0, 0.9]))
    found = named(ax)
    assert ax.get_legend() is None
    assert {name: text.get_color() for name, text in found.items()} == dict(
        zip(("falls", "rises"), show.COLOURS, strict=False)
    )
    boxes = {name: text.get_window_extent() for name, text in found.items()}
    assert all(box.x0 >= ax.bbox.x1 for box in boxes.values())
    assert boxes["rises"].y0 > boxes["falls"].y1


@pytest.mark.parametrize(
    "curves",
    [
        [("one", [0, 1]), ("other", [1, 1])],  # ends at one place
        [("one", [0, 1]), ("a name that takes so much of the width that nothing is left of it", [1, 0])],
        [("one", [0, 1]), ("other", [1, np.nan])],  # ends before the side
    ],
)
def test_lines_whose_names_do_not_fit_have_a_legend(curves):
    _, ax = settled(*curves)
    assert not named(ax)
    assert len(ax.get_legend().get_texts()) == 2


def test_a_legend_moves_to_a_corner_without_data():
    y = np.ones(50)
    y[:25] = 0.0  # upper left and lower right are free
    fig, ax = show.axes()
    ax.fill_between(np.linspace(0, 1, 50), y * 0.1, y + 0.01, label="area")
    ax.legend(loc="upper right")
    lettering.settle(fig)
    box = ax.get_legend().get_window_extent()
    assert not lettering.covers(ax, box)
    assert box.x1 < ax.bbox.x1


@pytest.mark.parametrize("kind", ["bars", "picture", "marks", "points"])
def test_a_legend_without_a_free_corner_stands_beside_the_panel(kind):
    fig, ax = show.axes()
    spots = torch.rand(2, 2000, generator=torch.Generator().manual_seed(0))
    draw = {
        "bars": lambda: ax.bar(range(9), [5] * 9, width=1, label="n"),
        "picture": lambda: (ax.imshow(np.zeros((4, 9)), aspect="auto"), ax.plot([2, 5], [2, 2], label="n")),
        "marks": lambda: ax.plot(*spots, ".", label="n"),
        "points": lambda: ax.scatter(*spots, label="n"),
    }
    draw[kind]()
    ax.legend()
    lettering.settle(fig)
    box = ax.get_legend().get_window_extent()
    assert box.x0 >= ax.bbox.x1 - 1
    assert box.x1 <= fig.bbox.x1 + 1


def test_a_legend_that_cannot_be_placed_is_an_error(monkeypatch):
    monkeypatch.setattr(lettering, "OUTSIDE", {"loc": "center"})
    fig, ax = show.axes()
    ax.bar(range(9), [5] * 9, width=1, label="n")
    ax.legend()
    with pytest.raises(ValueError, match=r"the legend \(n\) covers data"):
        lettering.settle(fig)


def test_equal_legends_stand_once():
    fig, panels = show.axes(2)
    for ax in panels:
        ax.fill_between([0, 1], [1, 0], label="area")
        ax.legend()
    lettering.settle(fig)
    assert [ax.get_legend() is None for ax in panels] == [True, False]


def test_names_beside_lines_stand_in_every_panel():
    fig, panels = show.axes(2)
    for ax in panels:
        ax.plot([0, 1], [1, 0], label="falls")
        ax.plot([0, 1], [0, 1], label="rises")
        ax.legend()
    lettering.settle(fig)
    assert [set(named(ax)) for ax in panels] == [{"falls", "rises"}] * 2


def test_a_line_over_a_box_is_seen_between_its_points():
    fig, ax = show.axes()
    ax.plot([0, 1], [0, 1])
    fig.draw_without_rendering()
    middle = lettering.Bbox.from_bounds(*ax.transData.transform((0.5, 0.5)) - 10, 20, 20)
    aside = lettering.Bbox.from_bounds(*ax.transData.transform((0.8, 0.2)) - 10, 20, 20)
    assert lettering.covers(ax, middle)
    assert not lettering.covers(ax, aside)


def test_nothing_is_cut():
    fig, ax = show.axes()
    ax.plot([0, 1], [0, 1.6])
    ax.set(ylim=(0, 1.6), ylabel="a name of an axis that is much longer than the axis itself is high")
    lettering.settle(fig)
    box = fig.get_tightbbox()
    assert box.x0 > -0.02
    assert box.x1 < fig.get_figwidth() + 0.02
    assert ax.yaxis.label.get_window_extent().height <= ax.bbox.height + 1


def test_a_number_at_the_end_of_an_axis_is_not_cut():
    fig, panels = show.axes(2, sharey=True)
    for ax in panels:
        ax.pcolormesh([0, 1], [-3, 8], [[0.0]])
        ax.set_xlabel("y₁")
    panels[0].set_ylabel("y₂")
    lettering.settle(fig)
    top = max(box.y1 for box in lettering._tick_names(fig))
    assert top <= fig.get_figheight() + 0.005


def test_names_keep_their_order_and_a_gap():
    assert lettering.spread([5.0, 0.0], 1.0) == [5.0, 0.0]
    assert lettering.spread([1.0, 1.0, 1.0], 1.0) == [0.0, 1.0, 2.0]
    assert lettering.spread([0.0, 0.5, 9.0], 1.0) == [-0.25, 0.75, 9.0]


@pytest.mark.parametrize("off", [True, False])
def test_rows_and_columns_have_names_that_cover_nothing(off):
    fig, panels = show.axes(["left", "right"], rows=["sick", "cured"])
    for ax in panels.flat:
        ax.imshow(np.zeros((3, 3)))
        ax.set_ylabel("share")
        if off:
            ax.set_axis_off()
    lettering.settle(fig)
    assert [ax.get_title() for ax in panels.flat] == ["left", "right", "", ""]
    for ax, name in zip(panels[:, 0], ("sick", "cured"), strict=True):
        text = named(ax)[name]
        text.set_visible(False)
        box = ax.get_tightbbox()
        text.set_visible(True)
        assert text.get_window_extent().x1 <= box.x0
        assert text.get_window_extent().x0 >= -1
    assert {"left", "right", "sick", "cured"} <= set(lettering.words(fig))


def numbers(low, high):
    """What stands along a logarithmic axis."""
    fig, ax = show.axes()
    ax.semilogy([low, high])
    ax.set_ylim(low, high)
    lettering.settle(fig)
    ticks = [*ax.yaxis.get_major_ticks(), *ax.yaxis.get_minor_ticks()]
    inside = [tick.label1.get_text() for tick in ticks if low <= tick.get_loc() <= high]
    return [text for text in inside if text]


def test_a_short_logarithmic_axis_has_plain_numbers_and_a_long_one_powers():
    """Catches 3 × 10⁰ beside 4 × 10⁰, which lie on each other."""
    assert numbers(0.15, 6.0) == ["0.2", "0.5", "1", "2", "5"]
    assert all("10^" in text for text in numbers(1e-4, 1e-1))


def test_a_number_where_a_logarithmic_axis_ends_is_not_cut():
    fig, ax = show.axes()
    ax.loglog([1, 300], [0.05, 0.002])
    ax.set(xlabel="bits", ylabel="error", ylim=(1e-3, 1e-1))
    lettering.settle(fig)
    last = min(zip(ax.get_yticks(), ax.get_yticklabels(), strict=True), key=lambda tick: abs(tick[0] - 1e-1))[1]
    top = last.get_window_extent().y1
    room = lettering.RAISED * last.get_fontsize() / 72 * fig.dpi
    assert top + room <= fig.bbox.y1 + 0.5
