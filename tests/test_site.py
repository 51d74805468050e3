"""The built site in a real browser with no network: what a reader sees, hears, and can reach by keyboard."""

import functools
import json
import re
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from book.tools import chapters
from tests.site import browser, checks, survey
from tests.site.browser import ROOT, SITE, Reader
from tests.site.survey import MODES, Survey

pytestmark = pytest.mark.site
PAGES = browser.pages()
CHAPTERS = [chapter.docname + ".html" for chapter in chapters.all()]

LONG = ("book/pages/api.html",)  # every docstring and source of the library


def each(paths: list[str]) -> pytest.MarkDecorator:
    """One test for each page; a page's tests share one visit, and tests/conftest.py sends them to one process."""
    return pytest.mark.parametrize("path", paths)


@pytest.fixture(scope="module")
def visit(reader: Reader) -> Callable[[str], Survey]:
    return functools.cache(lambda path: survey.take(reader, path))


@pytest.fixture
def seen(visit: Callable[[str], Survey], path: str) -> Survey:
    return visit(path)


@each(PAGES)
def test_page_of_the_toc_exists_and_has_a_title(path: str) -> None:
    assert not checks.title((SITE / path).read_text(encoding="utf-8"))


def test_markup_names_no_other_host() -> None:
    files = [*SITE.rglob("*.html"), *SITE.rglob("*.css")]
    found = {str(path.relative_to(SITE)): checks.elsewhere(path.read_text(encoding="utf-8")) for path in files}
    assert found
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_nothing_names_a_place_on_the_machine_that_built_it() -> None:
    files = [path for path in SITE.rglob("*") if path.suffix in (".html", ".js", ".svg", ".ipynb", ".txt")]
    found = {str(path.relative_to(SITE)): checks.machine(path.read_text(encoding="utf-8")) for path in files}
    assert len(found) > len(PAGES)
    assert not {name: wrong for name, wrong in found.items() if wrong}


@each(PAGES)
def test_page_loads_cleanly_within_its_weight(seen: Survey) -> None:
    assert not checks.loading(seen)


@each([path for path in PAGES if path not in LONG])
def test_page_itself_is_light(seen: Survey) -> None:
    assert not checks.weight(seen)


@each(PAGES)
def test_formulas_are_drawn_with_every_glyph_within_the_column(seen: Survey) -> None:
    assert not checks.formulas(seen)


@each(PAGES)
def test_pictures_load_and_stand_on_no_box_of_their_own(seen: Survey) -> None:
    assert not checks.pictures(seen)


@pytest.mark.skipif(not CHAPTERS, reason="no chapter is in the toc yet")
@each(CHAPTERS)
def test_solutions_open_by_click_and_by_keyboard(seen: Survey) -> None:
    assert not checks.solutions(seen)


@pytest.mark.skipif(not CHAPTERS, reason="no chapter is in the toc yet")
@each(CHAPTERS)
def test_options_of_questions_answer_to_a_click(seen: Survey) -> None:
    assert seen.questions
    assert not checks.questions(seen)


@pytest.mark.parametrize("mode", MODES)
@each(PAGES)
def test_no_accessibility_violation(seen: Survey, mode: str) -> None:
    assert not checks.accessibility(seen, mode)


@each(PAGES)
def test_schematics_can_be_read_on_every_screen(seen: Survey) -> None:
    assert not checks.drawings(seen)


@each(PAGES)
def test_phone_does_not_scroll_sideways(seen: Survey) -> None:
    assert not checks.phone(seen)


def test_formulas_are_there_without_scripts(reader: Reader) -> None:
    with reader.blank(scripts=False) as page:
        page.goto(f"{reader.base}/book/pages/notation.html")
        boxes = [formula.bounding_box() for formula in page.locator("math").all()]
    assert len(boxes) > 50
    assert all(box and box["width"] > 3 and box["height"] > 5 for box in boxes)


@pytest.mark.skipif(not any("vae_theory" in path for path in CHAPTERS), reason="its formulas are the widest")
def test_keyboard_scrolls_a_wide_formula_and_its_number_stays(reader: Reader) -> None:
    path = next(path for path in CHAPTERS if "vae_theory" in path)
    with reader.open(path, width=320) as page:
        page.evaluate(BEFORE_A_WIDE_FORMULA)
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.activeElement.scrollLeft > 0")
        seen = page.evaluate("""() => {
          const one = document.activeElement, number = one.previousElementSibling.getBoundingClientRect();
          return [one.className, getComputedStyle(one).outlineStyle, number.left >= 0 && number.right <= innerWidth];
        }""")
    assert seen == ["formula", "solid", True]


BEFORE_A_WIDE_FORMULA = """() => {
  const wide = [...document.querySelectorAll('.eqno + .formula')].find(one => one.scrollWidth > one.clientWidth + 20);
  wide.previousElementSibling.tabIndex = -1;
  wide.previousElementSibling.focus();
}"""


def test_chinese_glyphs_are_drawn(reader: Reader) -> None:
    known = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
    if not known:
        pytest.skip("no font with Chinese glyphs on this machine (Debian: apt-get install fonts-noto-cjk)")
    with reader.open("book/pages/glossary.html") as page:
        drawn = page.evaluate(DRAWN)
    tofu = drawn.pop("\ue123")
    assert len(drawn) > 60
    assert not [sign for sign, picture in drawn.items() if picture == tofu]
    assert len(set(drawn.values())) == len(drawn), "different characters look the same"


DRAWN = """() => {
  const terms = [...document.querySelectorAll('dt[lang|=zh]')], canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  canvas.width = canvas.height = 40;
  pen.font = '32px ' + getComputedStyle(terms[0]).fontFamily;
  const signs = new Set([...terms.map(t => t.firstChild.textContent).join('').match(/[\\u4e00-\\u9fff]/g), '\\ue123']);
  return Object.fromEntries([...signs].map(sign => {
    pen.clearRect(0, 0, 40, 40);
    pen.fillText(sign, 2, 32);
    return [sign, [...pen.getImageData(0, 0, 40, 40).data].filter((_, i) => i % 4 === 3).join(',')];
  }));
}"""


@pytest.mark.parametrize("stack", ["--read", "--ui", "--code"])
def test_latin_punctuation_is_not_as_wide_as_a_chinese_sign(reader: Reader, stack: str) -> None:
    with reader.open("book/pages/glossary.html") as page:
        wide = page.evaluate(WIDE, stack)
    assert not wide


# a sign is as wide as the type size in a Chinese font, and never wider than 0.6 of it in a font with one width
WIDE = """stack => {
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = '100px ' + getComputedStyle(document.documentElement).getPropertyValue(stack);
  return [...'’‘“”αβθ'].filter(sign => pen.measureText(sign).width > 80);
}"""


@pytest.mark.parametrize(
    "word",
    [
        "reparameterisation",
        "reparametrization",
        "spectral normalization",
        "变分自编码器",
        "后验坍塌",
        "似然函数",
        "自编码器",
        "证据下界",
        "mode collapse",
    ],
)
def test_search_finds(reader: Reader, word: str) -> None:
    with reader.open(f"search.html?q={quote(word)}") as page:
        page.wait_for_function(SEARCHED)
        found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert any("glossary" in address for address in found), found
    assert all((SITE / re.split(r"[?#]", address)[0]).is_file() for address in found)


SEARCHED = "() => document.querySelector('.search-summary')?.innerText"


@pytest.mark.skipif(not CHAPTERS, reason="no chapter is in the toc yet")
def test_search_shows_chapters_first_and_opens_where_the_words_stand(reader: Reader) -> None:
    with reader.open("search.html?q=reparametrization") as page:
        page.wait_for_function(SEARCHED)
        found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        excerpts = page.locator("#search-results p.context").all_inner_texts()
        kinds = ["reference" if re.match("book/pages/(api|checks)", one) else one.split("/")[0] for one in found]
        assert {"chapters", "reference"} <= set(kinds)
        assert kinds.index("reference") > len(kinds) - 1 - kinds[::-1].index("chapters")
        assert not [text for text in excerpts if "\\" in text or "$" in text]
        chapter = next(one for one in found if one.startswith("chapters/") and "#" in one)
        page.locator(f"#search-results a[href='{chapter}']").click()
        page.wait_for_selector(".highlighted")
        marked = page.locator(f"#{chapter.partition('#')[2]} .highlighted").all_inner_texts()
        assert any(text.lower().startswith("reparameterisation") for text in marked)
        icon = page.locator("#searchbox .highlight-link a").evaluate(ICON)
    assert icon["width"] > 8
    assert icon["picture"].startswith("url(")


ICON = """link => {
  const style = getComputedStyle(link, '::before');
  return {width: parseFloat(style.width), picture: style.maskImage};
}"""


@pytest.mark.skipif(not CHAPTERS, reason="no chapter is in the toc yet")
def test_landing_page_shows_buttons_and_six_pictures_in_one_window(reader: Reader) -> None:
    with reader.open("index.html") as page:
        hidden = page.locator(".actions a, .hero img, .hero p").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().bottom > innerHeight).map(one => one.outerHTML)"
        )
        buttons = page.locator(".actions a").evaluate_all("all => all.map(a => [a.textContent, a.pathname + a.hash])")
        shown = page.locator(".heroes .hero a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert page.locator(".heroes img").evaluate_all("all => all.every(i => i.naturalWidth > 0 && i.alt)")
    assert not hidden
    assert buttons == [["Read chapter 1", f"/{CHAPTERS[0]}"], ["Run it", "/book/pages/start.html#start-run"]]
    assert len(set(shown)) == 6
    assert set(shown) <= set(CHAPTERS)


def test_landing_page_folds_planned_parts(reader: Reader) -> None:
    with reader.open("index.html") as page:
        assert page.locator(".course-part li.published").count() == len(CHAPTERS)
        folded = page.locator("details.course-part > summary")
        assert folded.count() > 3
        planned = page.locator("details.course-part").first.locator("li.planned").first
        assert not planned.is_visible()
        folded.first.press("Enter")
        assert planned.is_visible()


@pytest.mark.skipif(not CHAPTERS, reason="no chapter is in the toc yet")
def test_what_is_said_of_budgets_is_what_the_numbers_say(reader: Reader) -> None:
    with reader.open("book/pages/start.html") as page:
        rows = page.locator(".course-chapter-table tbody tr").evaluate_all(
            "rows => rows.map(row => [2, 3].map(i => parseInt(row.cells[i].innerText)))"
        )
        said = page.locator(".course-within").inner_text()
    within = sum(taken <= most for taken, most in rows)
    assert re.findall(r"\d+", said) == [str(within), str(len(rows))]
    lines = re.compile(r"stays? within (its|their|the) budgets?|\d+ s of \d+ s")
    pages = {path: (SITE / path).read_text(encoding="utf-8") for path in PAGES}
    assert not [path for path, text in pages.items() if lines.search(text)]


def test_lines_have_a_readable_length(reader: Reader) -> None:
    with reader.open("book/pages/start.html") as page:
        assert page.evaluate("() => document.fonts.check('18px \"Source Serif 4\"')")
        size = page.evaluate("() => parseFloat(getComputedStyle(document.querySelector('article p')).fontSize)")
        signs, lines = page.evaluate(LINES)
    assert 17 <= size <= 18
    assert 60 <= signs / lines <= 75


LINES = """() => {
  let signs = 0, lines = 0;
  for (const text of document.querySelectorAll('article section > p')) {
    const style = getComputedStyle(text), rows = Math.round(text.clientHeight / parseFloat(style.lineHeight));
    if (rows >= 3) { signs += text.textContent.length; lines += rows - 0.5; }
  }
  return [signs, lines];
}"""


def test_keyboard_reaches_content_search_and_theme(reader: Reader) -> None:
    with reader.open("book/pages/start.html") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.getAttribute('href')") == "#main-content"
        reached = [_tab(page) for _ in range(40)]
        assert any("search-button" in name for name in reached)
        assert any("theme-switch" in name for name in reached)
        assert any("primary-toggle" in name for name in reached)
        button = page.locator(".theme-switch-button").first
        before = page.evaluate("() => document.documentElement.dataset.theme")
        for _ in range(3):  # automatic, light, dark
            button.press("Enter")
            if page.evaluate("() => document.documentElement.dataset.theme") != before:
                return
    pytest.fail("the theme switch does nothing")


def _tab(page: Any) -> str:
    page.keyboard.press("Tab")
    name, outline = page.evaluate(
        """() => {
          const one = document.activeElement;  // after the last stop the browser itself has the focus
          return [one.className, one === document.body ? 'browser' : getComputedStyle(one).outlineStyle];
        }"""
    )
    assert outline != "none", f"no visible focus on {name!r}"
    return str(name)


def test_phone_menu_opens_and_closes_by_keyboard(reader: Reader) -> None:
    with reader.open("book/pages/start.html", width=360) as page:
        links = page.locator("nav.bd-links a")
        assert not links.first.is_visible()
        page.locator(".primary-toggle").first.press("Enter")
        assert links.first.is_visible()
        page.keyboard.press("Escape")
        links.first.wait_for(state="hidden")


@pytest.mark.skipif(not CHAPTERS, reason="no chapter is in the toc yet")
@pytest.mark.parametrize("width", [1440, 360])
def test_a_chapter_names_its_part_beside_the_buttons(reader: Reader, width: int) -> None:
    with reader.open(CHAPTERS[-1], width=width) as page:
        part = page.locator(".trail a").last
        trail, buttons = part.bounding_box(), page.locator(".article-header-buttons").bounding_box()
        assert trail
        assert buttons
        assert 0 <= trail["y"] < 60
        assert trail["x"] + trail["width"] <= buttons["x"]
        address = part.evaluate("link => link.pathname")
    assert address.startswith("/book/pages/parts/")
    assert (SITE / address[1:]).is_file()


def test_vendored_files_are_in_the_site() -> None:
    listed = json.loads((ROOT / "book/_static/vendor/manifest.json").read_text(encoding="utf-8"))
    names = [name for package in listed for name in package["files"] if name.startswith("book/_static/")]
    assert all((SITE / name.removeprefix("book/")).is_file() for name in names)
