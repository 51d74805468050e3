import base64
import html
import inspect
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_course.core import inks, show


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    monkeypatch.setattr(show, "display", lambda data, raw, metadata=None: bundles.append((data, metadata)))
    return bundles


def picture(bundle):
    return np.array(Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))))


def test_a_figure_is_svg_with_words_beside_it_and_the_same_every_time(shown):
    for _ in range(2):
        fig, ax = show.axes()
        ax.plot([0, 1], [0, 1])
        show.figure(fig, caption="A line <rises>.", alt="A rising line.")
    (first, about), (second, _) = shown
    assert first == second
    assert first["image/svg+xml"].startswith("<?xml")
    assert 'alt="A rising line."' in first["text/html"]
    assert "A line &lt;rises&gt;." in first["text/html"]
    assert about == {"aigc": {"caption": "A line <rises>.", "alt": "A rising line.", "values": {}}}


def test_captions_are_filled_for_the_notebook_and_templates_for_the_site(shown):
    words = {"caption": "A gap of {gap:.2f} nats.", "alt": "{n:,} lines.", "gap": 0.126, "n": 1000}
    show.figure(show.axes()[0], **words)
    show.images(torch.zeros(1, 1, 4, 4), **words)
    show.curves([{"loss": 1.0}], ["loss"], ylabel="nats", **words)
    show.table([{"a": 1}], caption="A gap of {gap:.2f} nats.", gap=0.126)
    for bundle, about in shown:
        assert about["aigc"]["caption"] == "A gap of {gap:.2f} nats."
        assert about["aigc"]["values"]["gap:.2f"] == "0.13"
        assert "A gap of 0.13 nats." in bundle["text/html"]
        assert "A gap of 0.13 nats." in bundle["text/plain"]
    for bundle, about in shown[:3]:
        assert about["aigc"]["alt"] == "{n:,} lines."
        assert 'alt="1,000 lines."' in bundle["text/html"]


def test_a_value_that_shows_nowhere_is_refused(shown):
    with pytest.raises(ValueError, match="gap=… shows nowhere"):
        show.figure(show.axes()[0], caption="The gap.", alt="a", gap=1.0)
    with pytest.raises(ValueError, match="gap=… shows nowhere"):
        show.images(torch.zeros(1, 1, 4, 4), caption="The gap.", alt="a", gap=1.0)
    with pytest.raises(ValueError, match="gap=… shows nowhere"):
        show.curves([{"loss": 1.0}], ["loss"], caption="The gap.", alt="a", ylabel="nats", gap=1.0)
    with pytest.raises(ValueError, match="gap=… shows nowhere"):
        show.table([{"a": 1}], caption="The gap.", gap=1.0)
    assert not shown


def test_text_in_a_drawing_is_text_and_its_words_are_recorded(shown):
    fig, (left, right) = show.axes(2)
    left.plot([1, 10], [1, 2], label="σ = 2")
    left.plot([1, 10], [2, 1], label="cost & gain")
    left.annotate("a sentence that was generated", (1, 1))
    left.set(xscale="log", xlabel="update", title="z₁", ylabel="$x_1$")
    right.bar([0, 1], [1, 2])
    right.set_xticks([0, 1], ["sick", "cured"])
    right.set_xlabel("update")
    left.legend()
    show.figure(fig, caption="c", alt="a")
    svg, about = shown[0][0]["image/svg+xml"], shown[0][1]["aigc"]
    assert sorted(about["labels"]) == ["cost & gain", "cured", "sick", "update"]
    for label in ("update", "cost &amp; gain", "sick", "σ = 2", "a sentence that was generated"):
        assert f">{label}</text>" in svg
    families = set(re.findall(r"font-family: ([^;\"]+)", svg))
    assert families == {"'DejaVu Sans', 'Verdana', sans-serif"}  # of formulas; the site's is the rule for the rest
    assert f"text{{font-size:11px;font-family:{inks.FONTS}}}" in svg


def test_a_single_curve_has_no_legend(shown):
    show.curves([{"loss": 1.0, "KL": 2.0}] * 3, ["loss"], caption="c", alt="a", ylabel="nats")
    show.curves([{"loss": 1.0, "KL": 2.0}] * 3, ["loss", "KL"], caption="c", alt="a", ylabel="nats")
    assert [sorted(about["aigc"]["labels"]) for _, about in shown] == [
        ["nats", "update"],
        ["loss", "nats", "update"],
    ]


def embedded(svg):
    """The bitmaps inside a drawing, as RGBA pixels."""
    found = re.findall(r"data:image/png;base64,([^\"]+)", svg)
    return [np.array(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")) for png in found]


def test_a_figure_has_no_ground_of_its_own_and_grey_axes(shown):
    fig, ax = show.axes()
    ax.set_xlabel("metres")
    ax.plot([0, 1], [0, 1])
    show.figure(fig, caption="c", alt="a")
    svg = shown[0][0]["image/svg+xml"]
    assert "fill: #ffffff" not in svg
    assert re.search(r"<text style=\"[^\"]*fill: #808080\"[^>]*>metres", svg)
    assert svg.count(show.GREY) >= 4


def test_a_bitmap_holds_the_points_and_leaves_the_words(shown):
    fig, ax = show.axes()
    ax.scatter(np.arange(3000), np.arange(3000), color="#0072B2")
    ax.plot([0, 3000], [0, 3000])
    ax.set_xlabel("metres")
    show.figure(fig, caption="c", alt="a", bitmap=True)
    svg = shown[0][0]["image/svg+xml"]
    points, line = embedded(svg)
    for pixels in (points, line):
        assert pixels[0, 0, 3] == 0
        assert (pixels[pixels[..., 3] == 255][:, :3] == (0, 0x72, 0xB2)).all(axis=1).any()
    assert svg.count("<use") < 100
    assert ">metres</text>" in svg


def test_a_figure_is_not_shown_twice(shown):
    fig, _ = show.axes()
    show.figure(fig, caption="c", alt="a")
    assert not show.plt.fignum_exists(fig.number)


@pytest.mark.parametrize(("caption", "alt"), [("", "a"), ("c", " ")])
def test_a_picture_without_words_is_refused(caption, alt):
    fig, _ = show.axes()
    with pytest.raises(ValueError, match="is empty"):
        show.figure(fig, caption=caption, alt=alt)


def test_there_are_two_widths_and_one_rule_for_the_height():
    made = [show.axes(columns)[0].get_size_inches() for columns in (1, 2, ["a", "b", "c"])]
    made.append(show.axes(rows=["sick", "cured"])[0].get_size_inches())
    made.append(show.axes(1, wide=True)[0].get_size_inches())
    widths = [width for width, _ in made]
    assert widths == pytest.approx([show.COLUMN, show.WIDE, show.WIDE, show.COLUMN, show.WIDE])
    assert [height for _, height in made] == pytest.approx(
        [3, 1 + show.WIDE / 6, 1 + show.WIDE / 9, 6, 1 + show.WIDE / 3]
    )
    show.plt.close("all")


def test_letters_of_a_column_are_9_pixels_high_on_a_phone_of_360():
    phone = 360 - 2 * (1.1 - 0.9) * 16  # its width less the margins that book/_static leaves a figure
    assert show.STYLE["font.size"] * phone / (72 * show.COLUMN) >= 9


def test_long_names_of_columns_take_several_lines_and_are_one_message(shown):
    fig, panels = show.axes(["discriminator overfitting"] * 6)
    assert panels[0].get_title() == "discriminator\noverfitting"
    show.figure(fig, caption="c", alt="a")
    assert "discriminator overfitting" in shown[0][1]["aigc"]["labels"]


def test_a_pale_figure_is_not_shown(shown):
    fig, ax = show.axes()
    ax.plot([0, 1], color="yellow")
    with pytest.raises(ValueError, match="on the light page"):
        show.figure(fig, caption="c", alt="a")
    assert not shown


def test_named_rows_and_columns_of_images_are_text(shown):
    batch = torch.linspace(0, 1, 6).view(6, 1, 1, 1).expand(6, 1, 8, 8)
    show.images(batch, columns=["one", "two", "3"], rows=["real", "generated"], caption="c", alt="a")
    svg, about = shown[0][0]["image/svg+xml"], shown[0][1]["aigc"]
    assert sorted(about["labels"]) == ["generated", "one", "real", "two"]
    for name in ("real", "generated", "one", "two", "3"):
        assert f">{name}</text>" in svg
    (pixels,) = embedded(svg)
    assert pixels.shape[:2] == (17, 26)  # pixel for pixel, with a gap of one
    assert "image-rendering:pixelated" in svg


@pytest.mark.parametrize(
    ("names", "message"),
    [({"rows": ["one"]}, "1 names for 2 rows"), ({"columns": ["a", "b"], "rows": ["a"]}, "for 3 rows")],
)
def test_names_must_be_as_many_as_rows(names, message):
    with pytest.raises(ValueError, match=message):
        show.images(torch.zeros(6, 1, 4, 4), **{"columns": 3} | names, caption="c", alt="a")
    show.plt.close("all")


def test_images_stand_row_by_row_with_clear_gaps(shown):
    batch = torch.linspace(0, 1, 5).view(5, 1, 1, 1).expand(5, 1, 16, 16)
    show.images(batch, caption="c", alt="a", columns=3)
    pixels = picture(shown[0][0])
    scale = pixels.shape[1] // 50
    small = pixels[::scale, ::scale]
    assert small.shape == (33, 50, 4)
    grey = [small[8 + 17 * (i // 3), 8 + 17 * (i % 3), 0] for i in range(5)]
    assert grey == [0, 64, 128, 191, 255]
    assert small[8, 16, 3] == 0
    assert small[25, 49, 3] == 0


def test_images_straight_from_a_network_are_shown(shown):
    """Catches a tensor that is still part of a graph, which NumPy refuses."""
    show.images(torch.rand(2, 1, 4, 4, requires_grad=True) * 1, caption="c", alt="a")
    assert picture(shown[0][0]).shape[1] > 0


def test_colour_images_keep_their_channels(shown):
    batch = torch.zeros(1, 3, 8, 8)
    batch[:, 1] = 1
    show.images(batch, caption="c", alt="a")
    assert picture(shown[0][0])[5, 5].tolist() == [0, 255, 0, 255]


@pytest.mark.parametrize("low", [-1.0, float("nan")])
def test_pixels_outside_the_unit_interval_are_refused(low):
    batch = torch.zeros(1, 1, 4, 4)
    batch[0, 0, 0, 0] = low
    with pytest.raises(ValueError, match="map them to"):
        show.images(batch, caption="c", alt="a")


def test_curves_draw_the_running_mean(shown, monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "figure", lambda fig, **_: drawn.append(fig))
    show.curves([{"loss": float(k)} for k in range(10)], ["loss"], caption="c", alt="a", ylabel="nats", window=4)
    x, y = drawn[0].axes[0].lines[1].get_data()
    assert y.tolist() == pytest.approx([1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5])
    assert x.tolist() == [3, 4, 5, 6, 7, 8, 9]
    show.plt.close("all")


def test_a_table_rounds_numbers_and_keeps_columns(shown):
    show.table([{"name": "a|b", "value": 1.23456, "n": 12345}, {"name": "c", "value": 98765.4, "n": 1}], caption="Two.")
    text = shown[0][0]["text/markdown"].splitlines()
    assert text[:2] == ["| name | value | n |", "| --- | ---: | ---: |"]
    assert text[2] == "| a\\|b | 1.2 | 12,345 |"
    assert text[3] == "| c | 98,765.4 | 1 |"
    page = shown[0][0]["text/html"]
    assert "<caption>Two.</caption>" in page
    assert '<th style="text-align:left">name</th><th style="text-align:right">value</th>' in page
    assert '<td style="text-align:right">98,765.4</td>' in page
    with pytest.raises(ValueError, match="no rows"):
        show.table([], caption="None.")


SCRIPT = "<script>alert(1)</script>"


def test_nothing_in_a_table_is_html(shown):
    show.table([{SCRIPT: SCRIPT, "$x$": "$5 or $6 & more"}], caption=SCRIPT)
    page = shown[0][0]["text/html"]
    assert "<script" not in page
    assert page.count(html.escape(SCRIPT)) == 3
    assert ">$x$</th>" in page
    assert r"\<script\>alert(1)\</script\> | \$5 or \$6 \& more |" in shown[0][0]["text/markdown"]
    assert f"| {SCRIPT} | $5 or $6 & more |" in shown[0][0]["text/plain"]
    assert "><span>$</span>5 or <span>$</span>6 &amp; more</td>" in page


def test_nothing_in_a_caption_or_alternative_text_is_html(shown):
    fig, _ = show.axes()
    show.figure(fig, caption=SCRIPT, alt='"><script>alert(1)</script>')
    page = shown[0][0]["text/html"]
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 2
    assert "&quot;&gt;" in page


def test_rows_with_other_columns_are_named(shown):
    with pytest.raises(ValueError, match=r"row 1 has the columns \['b'\], the first has \['a'\]"):
        show.table([{"a": 1}, {"b": 2}], caption="c")
    with pytest.raises(ValueError, match="row 1"):
        show.table([{"a": 1}, {"a": 1, "b": 2}], caption="c")


def test_source_is_what_runs(shown):
    show.source(show.count_parameters, show.Figure.clear)
    text = shown[0][0]["text/markdown"]
    assert text.startswith("```python\ndef count_parameters(")
    assert "\n\n    def clear(" not in text


def test_source_has_no_marks_of_code(shown):
    show.source(show.axes)
    text = shown[0][0]["text/plain"]
    assert "``plt.subplots``" in inspect.getsource(show.axes)
    assert "like plt.subplots." in text
    assert "``" not in text


def test_parameters_are_counted_whether_they_are_frozen_or_not():
    """Catches an average of weights, or a discriminator that rests, which counts as nothing."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 1).requires_grad_(False))
    assert show.count_parameters(model) == 21
