"""How the site holds where a reader has other colours, a phone, no script, or paper."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.site.browser import Reader

pytestmark = pytest.mark.site
CHAPTER = "chapters/2_vae/2_vae.html"
A4 = {"width": 642, "height": 964}  # pixels of the print's text area: 17 by 25.5 centimetres


@contextmanager
def opened(reader: Reader, path: str, *, width: int = 1440, **options: Any) -> Iterator[Page]:
    """A page for a reader with these settings."""
    context = reader.browser.new_context(viewport={"width": width, "height": 900}, **options)
    try:
        page = context.new_page()
        page.goto(f"{reader.base}/{path}", wait_until="load")
        yield page
    finally:
        context.close()


def contrast(page: Page, selector: str) -> float:
    """Contrast of an element's text against the nearest ground behind it."""
    return page.locator(selector).first.evaluate(CONTRAST)


CONTRAST = """one => {
  const numbers = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  let ground = one;
  while (ground && (numbers(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
  const [light, dark] = [getComputedStyle(one).color, getComputedStyle(ground).backgroundColor].map(colour =>
    numbers(colour).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}"""


def test_icons_are_seen_in_forced_colours(reader: Reader) -> None:
    with opened(reader, CHAPTER, forced_colors="active") as page:
        icons = page.locator(".bd-header-article i:visible, .bd-sidebar-primary i:visible")
        assert icons.count() >= 3
        for number in range(icons.count()):
            picture = Image.open(io.BytesIO(icons.nth(number).screenshot())).convert("L")
            (low, high) = picture.getextrema()
            assert int(high) - int(low) > 150, f"icon {number} cannot be seen"  # pyright: ignore[reportArgumentType]
            share = sum(picture.histogram()[128:]) / (picture.width * picture.height)
            assert 0.3 < share < 0.95, f"icon {number} is no drawing on a ground"


def test_only_the_current_entry_is_marked_in_forced_colours(reader: Reader) -> None:
    with opened(reader, CHAPTER, forced_colors="active") as page:
        ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        idle = page.locator("nav.page-toc a.nav-link:not(.active)")
        lines = idle.evaluate_all("all => all.map(a => getComputedStyle(a).borderLeftColor)")
        assert len(lines) > 5
        assert set(lines) == {ground}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_skip_link_can_be_read(reader: Reader, mode: Any) -> None:
    with opened(reader, CHAPTER, color_scheme=mode) as page:
        page.keyboard.press("Tab")
        page.wait_for_function("() => document.querySelector('.skip-link').getBoundingClientRect().top === 0")
        assert contrast(page, ".skip-link a") >= 4.5


@pytest.mark.parametrize(("mode", "is_dark"), [("light", False), ("dark", True)])
def test_the_colour_scheme_is_the_readers_without_scripts(reader: Reader, mode: Any, is_dark: bool) -> None:
    with opened(reader, CHAPTER, color_scheme=mode, java_script_enabled=False) as page:
        ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (max(ground) < 60) is is_dark, ground
        for selector in ("article p", "article p a", ".cell_input .highlight .kn", "nav.bd-links a"):
            assert contrast(page, selector) >= 4.5, selector
        assert page.evaluate(
            "() => new Set(['k', 'n', 's2'].map(c => getComputedStyle(document.querySelector('.' + c)).color)).size > 2"
        )


def test_menus_work_without_scripts_on_a_phone(reader: Reader) -> None:
    with opened(reader, CHAPTER, width=390, java_script_enabled=False) as page:
        for button, target in (("primary", "nav.bd-links a"), ("secondary", "nav.page-toc a")):
            page.locator(f"noscript a.{button}-toggle").click()
            assert page.locator(target).first.is_visible()
            box = page.locator(target).first.bounding_box()
            assert box
            assert 0 <= box["x"] <= 390
            assert box["y"] < 900
            assert page.evaluate("() => document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [320, 390])
def test_code_and_tables_hold_on_a_phone(reader: Reader, width: int) -> None:
    with opened(reader, CHAPTER, width=width, has_touch=True, is_mobile=True) as page:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        found = page.evaluate(CODE)
        assert found["wrapped"] > 20
        assert found["fallen"] == []
        assert found["hidden"] == []
        assert page.evaluate(CAPTIONS) == []


# Of listings: lines that go on left of where they start, code that is cut off or hides behind a scroll bar.
CODE = """() => {
  document.querySelectorAll('article details').forEach(one => { one.open = true; });
  const fallen = [], hidden = [];
  let wrapped = 0;
  for (const line of document.querySelectorAll('article pre .hang')) {
    const range = document.createRange();
    range.selectNodeContents(line);
    const indent = line.textContent.match(/^ */)[0].length;
    const signs = [...range.getClientRects()].filter(one => one.width);
    const top = Math.min(...signs.map(one => one.top));
    const later = signs.filter(one => one.top > top + 8);
    if (!later.length) continue;
    wrapped += 1;
    const start = line.parentElement.getBoundingClientRect().left + 16 + indent * 6;
    if (Math.min(...later.map(one => one.left)) < start) fallen.push(line.textContent);
  }
  for (const pre of document.querySelectorAll('article pre'))
    if (pre.scrollWidth > pre.clientWidth + 1) hidden.push(pre.textContent);
  const buttons = [...document.querySelectorAll('.cell_input button.copybtn')];
  const pale = buttons.filter(one => getComputedStyle(one).opacity < 1);
  return {wrapped, fallen, hidden: [...hidden, ...pale.map(one => one.outerHTML)]};
}"""
# Captions that leave the screen when their table is moved to its end.
CAPTIONS = """() => [...document.querySelectorAll('.pst-scrollable-table-container')].filter(place => {
  const caption = place.querySelector('caption');
  place.scrollLeft = 10_000;
  if (!caption) return false;
  const [inner, outer] = [caption.getBoundingClientRect(), place.getBoundingClientRect()];
  return inner.left < outer.left - 1 || inner.right > outer.right + 1;
}).map(place => place.textContent.slice(0, 60))"""


def test_listings_show_88_columns_beside_both_sidebars(reader: Reader) -> None:
    with opened(reader, CHAPTER) as page:
        widths = page.evaluate(COLUMNS)
    assert len(widths) > 10
    assert min(widths) >= 88


COLUMNS = """() => {
  const found = [...document.querySelectorAll('article :is(.cell_input, .cell_output) pre')];
  return found.filter(one => one.checkVisibility()).map(one => {
    const style = getComputedStyle(one), pen = document.createElement('canvas').getContext('2d');
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return room / pen.measureText('x').width;
  });
}"""


@pytest.mark.parametrize("width", [800, 1210, 1440])
def test_footer_and_equations_begin_where_the_text_begins(reader: Reader, width: int) -> None:
    with opened(reader, CHAPTER, width=width) as page:
        lefts, beyond = page.evaluate(EDGES)
    assert max(lefts.values()) - min(lefts.values()) < 1, lefts
    assert sum(abs(pixels) < 2 for pixels in beyond) >= 0.7 * len(beyond), beyond


# Left edges by what begins there, and how far each equation's number stands right of the text.
EDGES = """() => {
  const edges = name => document.querySelector(name).getBoundingClientRect();
  const text = 'article section > p';
  const names = [text, 'article div.math', '.prev-next-area a', '.bd-footer-content__inner'];
  const numbers = [...document.querySelectorAll('article section > .math .eqno')];
  return [
    Object.fromEntries(names.map(name => [name, edges(name).left])),
    numbers.map(one => one.getBoundingClientRect().right - edges(text).right),
  ];
}"""


def test_the_print_of_a_chapter_has_everything_and_no_large_gaps(reader: Reader) -> None:
    with opened(reader, CHAPTER, width=A4["width"]) as page:
        page.evaluate("() => document.fonts.ready.then(() => null)")
        page.emulate_media(media="print")
        wrong = page.evaluate(PRINT)
        assert wrong.pop("cells") > 15
        assert not any(wrong.values()), wrong
        tall = page.evaluate("() => document.querySelector('article').getBoundingClientRect().height") / A4["height"]
        content = page.pdf(format="A4", prefer_css_page_size=True)
    sheets = content.count(b"/Type /Page\n")
    assert tall <= sheets <= 1.25 * tall + 1


# What a print lacks, and what it has too much.
PRINT = """() => {
  const low = one => one.getBoundingClientRect().height < 8;
  const all = name => [...document.querySelectorAll(name)];
  const words = one => one.textContent.replace(/\\s+/g, ' ').trim();
  const answers = all('article .exercise-answers').map(words).join(' ');
  // hints and solutions stand among the answers, not at the exercise
  return {
    cells: all('article .cell_input pre').length,
    folded: all('article .cell_input pre, article .sd-summary-content, article .cell_output > *').filter(low)
      .filter(one => !(one.closest('.exercise') && answers.includes(words(one))))
      .map(one => one.textContent.slice(0, 60)),
    screen: all('.bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, button.copybtn, .prev-next-area')
      .filter(one => one.checkVisibility()).map(one => one.className),
    addresses: all('article a[href]').filter(one => getComputedStyle(one, '::after').content.includes('http'))
      .map(one => one.href),
  };
}"""
