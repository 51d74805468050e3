"""Every figure of every chapter as a browser draws it: words whole and apart, colours on both pages, the large view."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from aigc_course.core import inks
from book.tools import chapters
from tests.site.browser import SITE, Reader
from tests.site.survey import MODES, PHONE

pytestmark = pytest.mark.site
PAGES = [f"{chapter.docname}.html" for chapter in chapters.all()]
DRAWING = re.compile(r'<figure class="[^"]*course-figure.*?<img[^>]* src="([^"]+\.svg)"', re.DOTALL)
AIR = 4  # pixels: so much of a line's height stands above and below its letters
# Of each drawing: its words with their places, its lines, and the place of all.
SEEN = """() => [...document.querySelectorAll('body > svg')].map(svg => {
  const box = one => { const r = one.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const solid = one => { const s = getComputedStyle(one); return s.opacity * s.strokeOpacity >= 0.5; };
  const style = one => getComputedStyle(one);
  return {
    box: box(svg),
    words: [...svg.querySelectorAll('text')].map(one => ({
      text: one.textContent.trim(), box: box(one), colour: style(one).fill, group: one.closest('g[id]')?.id,
    })),
    lines: [...svg.querySelectorAll('path, use')].filter(one =>
      !one.closest('defs, clipPath') && style(one).stroke !== 'none' && solid(one)
      && !one.closest('g[id^=axes]')?.querySelector('image')).map(one => style(one).stroke),
  };
})"""


def drawings(path: str) -> dict[str, str]:
    """Name to source of the drawings that the notebook of a page made."""
    folder = (SITE / path).parent
    found = DRAWING.findall((SITE / path).read_text(encoding="utf-8"))
    return {name: (folder / name).read_text(encoding="utf-8") for name in found}


def looked_at(page: Page, sources: dict[str, str], mode: Any = "light") -> dict[str, dict[str, Any]]:
    page.emulate_media(color_scheme=mode)
    page.set_content("".join(source[source.index("<svg") :] for source in sources.values()))
    return dict(zip(sources, page.evaluate(SEEN), strict=True))


def cut_or_crossed(drawing: dict[str, Any]) -> list[str]:
    """Words that leave the drawing, and pairs of them that lie on each other."""
    left, top, right, bottom = drawing["box"]
    words = [word for word in drawing["words"] if word["text"]]
    wrong = []
    for i, word in enumerate(words):
        a, b, c, d = word["box"]
        if a < left - AIR or b < top - AIR or c > right + AIR or d > bottom + AIR:
            wrong.append(f"{word['text']!r} is cut")
        for other in words[:i]:
            e, f, g, h = other["box"]
            across, down = min(c, g) - max(a, e), min(d, h) - max(b, f)
            if across > 2 and down > AIR and word["group"] != other["group"]:
                wrong.append(f"{word['text']!r} lies on {other['text']!r}")
    return wrong


def pale(drawing: dict[str, Any], mode: str) -> list[str]:
    """Words and lines with too little contrast on a page."""

    def contrast(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        return inks.contrast(parts, inks.GROUNDS[mode])

    words = {f"{w['text']!r} in {w['colour']}" for w in drawing["words"] if contrast(w["colour"]) < inks.TEXT}
    return [*words, *{f"a line in {line}" for line in drawing["lines"] if contrast(line) < inks.LINE}]


@pytest.mark.parametrize("path", PAGES)
def test_words_in_drawings_are_whole_and_apart(reader: Reader, path: str) -> None:
    with reader.blank() as page:
        found = looked_at(page, drawings(path))
    assert not {name: wrong for name, seen in found.items() if (wrong := cut_or_crossed(seen))}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", PAGES)
def test_words_and_lines_read_on_both_pages(reader: Reader, path: str, mode: str) -> None:
    with reader.blank() as page:
        found = looked_at(page, drawings(path), mode)
    assert not {name: wrong for name, seen in found.items() if (wrong := pale(seen, mode))}


@pytest.mark.parametrize("path", PAGES)
def test_letters_are_9_pixels_high_on_a_phone_or_in_the_figure_enlarged(reader: Reader, path: str) -> None:
    with reader.open(path, width=PHONE) as page:
        links = page.locator("figure.course-figure a.zoom")
        assert links.count() == page.locator("figure.course-figure").count()
        sizes = page.evaluate(
            """() => [...document.querySelectorAll('figure.course-figure:not(.wide) img[src$=svg]')]
            .map(image => [image.src.split('/').pop(), 11 * image.clientWidth * 4 / 3 / image.naturalWidth])"""
        )
        if page.locator("figure.wide a.zoom").count():
            page.locator("figure.wide img").first.click()
            large = page.locator("dialog.zoomed img").evaluate("image => image.clientWidth / image.naturalWidth")
            sizes.append(("enlarged", 11 * 4 / 3 * large))
    assert not [(name, size) for name, size in sizes if size < 8.95]


@pytest.fixture
def illustrated() -> str:
    return next(path for path in PAGES if drawings(path))


def test_a_figure_opens_and_closes_by_keyboard_and_by_pointer(reader: Reader, illustrated: str) -> None:
    with reader.open(illustrated) as page:
        link, dialog = page.locator("a.zoom").first, page.locator("dialog.zoomed")
        before = page.locator("figure:has(a.zoom) img:visible").first.evaluate("image => image.clientWidth")
        for opened in (lambda: (link.focus(), page.keyboard.press("Enter")), lambda: _image(page).click()):
            opened()
            assert dialog.locator("img").evaluate("image => image.clientWidth") > before
            assert page.evaluate("() => document.activeElement.closest('dialog') !== null")
            page.keyboard.press("Escape")
            assert dialog.count() == 0
            assert link.evaluate("link => link === document.activeElement")
        link.click()
        dialog.get_by_role("button", name="Close").click()
        assert dialog.count() == 0


def _image(page: Page) -> Any:
    return page.locator("figure:has(a.zoom) img:visible").first


def test_without_scripts_the_link_is_the_image(reader: Reader, illustrated: str) -> None:
    context = reader.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{reader.base}/{illustrated}")
    page.locator("a.zoom").first.click()
    page.wait_for_url(re.compile(r"/_images/"))
    assert page.url.endswith((".svg", ".png"))
    context.close()


def test_the_switch_of_the_site_changes_the_drawings(reader: Reader, illustrated: str) -> None:
    brightest = {}
    with reader.open(illustrated, mode="light") as page:
        image = page.locator("figure.course-figure img[src$=svg]").first
        for theme in MODES:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            pixels = Image.open(io.BytesIO(image.screenshot())).convert("L")
            brightest[theme] = pixels.getextrema()
    assert brightest["light"][0] < 0x70
    assert brightest["light"][1] > 0xF0
    assert brightest["dark"][0] < 0x30
    assert brightest["dark"][1] > 0x90


def test_faults_in_a_drawing_are_seen(reader: Reader) -> None:
    letters = 'style="font-size: 11px; fill: #999999"'
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="40" viewBox="0 0 100 40">'
        f'<g id="a"><text x="5" y="20" {letters}>one</text></g><g id="b"><text x="8" y="20" {letters}>two</text></g>'
        f'<g id="c"><text x="85" y="35" {letters}>three</text></g><path d="M0 0L9 9" style="stroke: #e69f00"/></svg>'
    )
    with reader.blank() as page:
        seen = looked_at(page, {"a": svg})["a"]
    assert cut_or_crossed(seen) == ["'two' lies on 'one'", "'three' is cut"]
    assert len(pale(seen, "light")) == 4
    assert not pale(seen, "dark")
