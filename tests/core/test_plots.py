import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from aigc_course.core import plots, show


@pytest.fixture
def ax():
    yield show.axes()[1]
    show.plt.close("all")


def test_each_line_has_a_colour_and_a_dash_of_its_own(ax):
    names = [f"line {i}" for i in range(8)]
    plots.lines(ax, range(3), {name: [i, i, i] for i, name in enumerate(names)}, xlabel="step", yscale="log")
    looks = {(to_hex(line.get_color()), str(line._unscaled_dash_pattern)) for line in ax.lines}
    assert len(looks) == len({colour for colour, _ in looks}) == len({dash for _, dash in looks}) == 8
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names
    assert (ax.get_xlabel(), ax.get_yscale()) == ("step", "log")


def test_levels_are_grey_and_named_and_one_line_needs_no_legend(ax):
    plots.lines(ax, [1, 2], {"": torch.tensor([1.0, 2.0], requires_grad=True)})
    assert ax.get_legend() is None
    plots.lines(ax, [1, 2], {"cost": [1, 2]}, levels={"entropy": 1.5})
    assert to_hex(ax.lines[-1].get_color()) == show.GREY
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["cost", "entropy"]


def test_measured_points_have_marks_and_bars(ax):
    plots.lines(ax, [1, 2, 4], {"VAE": [3, 2, 1], "GAN": [1, 1, 1]}, errors={"VAE": [0.1, 0.2, 0.3]}, marked=True)
    bars = ax.collections[0].get_segments()
    assert [top[1] - bottom[1] for bottom, top in bars] == pytest.approx([0.2, 0.4, 0.6])
    assert len(ax.collections) == 1
    assert [line.get_marker() for line in ax.lines if line.get_label() == "GAN"] == ["s"]


def test_samples_of_a_model_lie_on_those_of_the_data(ax):
    plots.samples(ax, torch.zeros(5, 2), torch.ones(7, 2), limit=2.0, xlabel="x₁")
    below, above = ax.lines
    assert (len(below.get_xdata()), len(above.get_xdata())) == (5, 7)
    assert (below.get_color(), above.get_color()) == (plots.REAL, plots.GENERATED)
    assert ax.get_aspect() == 1
    assert ax.get_ylim() == (-2, 2)


def test_tiles_stand_row_by_row(ax):
    batch = torch.arange(5.0).view(5, 1, 1, 1).expand(5, 1, 2, 2) / 4
    plots.tiles(ax, batch, columns=3)
    sheet = ax.images[0].get_array()
    assert sheet.shape == (5, 8)
    assert [sheet[0, 0], sheet[0, 3], sheet[0, 6], sheet[3, 0], sheet[3, 3]] == [0, 0.25, 0.5, 0.75, 1]
    assert np.ma.getmaskarray(np.ma.masked_invalid(sheet))[3, 6]
    assert sheet[0, 2] == 0.5
    assert not ax.axison


def test_histograms_are_densities_over_common_bins(ax):
    plots.histograms(ax, {"training": torch.randn(100), "held out": torch.randn(50) + 3}, bins=10, xlabel="logit")
    first, second = ax.lines
    assert first.get_xdata().tolist() == second.get_xdata().tolist()
    for line in ax.lines:
        assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(1)
    assert ax.get_ylabel() == "density"
    assert len(ax.get_legend().get_texts()) == 2
