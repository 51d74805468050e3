"""The built site in a real browser with no network: what a reader sees, hears, and can reach by keyboard."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fontTools.ttLib import TTFont

from book.tools import chapters
from tests.site import browser
from tests.site.browser import AXE, ROOT, SITE, Reader

pytestmark = pytest.mark.site
PAGES = browser.pages()
LIMIT = 400_000  # bytes, gzipped: scripts, styles and fonts of one page
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
CHAPTERS = [chapter.docname + ".html" for chapter in chapters.all()]
ELSEWHERE = re.compile(r"""(?:(?:src|srcset|poster|data)\s*=|url\(|@import)\s*["']?(?:https?:)?//""")


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    executable = browser.chromium()
    if executable is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    if not (SITE / "index.html").is_file():
        pytest.fail(f"there is no site at {SITE}; run `make book` first")
    with browser.reader(executable) as found:
        yield found


@pytest.mark.parametrize("path", PAGES)
def test_page_of_the_toc_exists_and_has_a_title(path: str) -> None:
    text = (SITE / path).read_text(encoding="utf-8")
    assert re.search(r"<h1>.+?</h1>", text, re.DOTALL), f"{path} has no heading"
    assert re.search(r"<title>\s*\S", text), f"{path} has no title"


def test_markup_names_no_other_host() -> None:
    found = []
    for path in [*SITE.rglob("*.html"), *SITE.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(SITE)}: {match[0]}" for match in ELSEWHERE.finditer(text)]
        links = re.findall(r"<link[^>]+>", text)
        found += [f"{path.relative_to(SITE)}: {link}" for link in links if re.search(r'href="(?:https?:)?//', link)]
    assert not found


@pytest.mark.parametrize("path", PAGES)
def test_page_loads_cleanly_within_its_weight(reader: Reader, path: str) -> None:
    visit = reader.visits[path]
    assert not visit.left, f"requests to other hosts: {visit.left}"
    assert not visit.missing
    assert not visit.errors
    heaviest = sorted(visit.sizes.items(), key=lambda item: -item[1])[:6]
    assert 0 < visit.weight <= LIMIT, f"{visit.weight} bytes gzipped, {heaviest}"


def test_only_pages_with_formulas_load_mathjax(reader: Reader) -> None:
    for path, visit in reader.visits.items():
        has_formulas = 'class="math' in (SITE / path).read_text(encoding="utf-8")
        assert any("mathjax" in name for name in visit.sizes) == has_formulas, path


@pytest.mark.parametrize("path", PAGES)
def test_formulas_render_with_every_glyph_within_the_column(reader: Reader, path: str) -> None:
    with reader.open(path) as page:
        formulas, rendered = page.locator(".math").count(), page.locator(".math mjx-container").count()
        assert rendered >= formulas, f"{formulas - rendered} formulas were not rendered"
        broken = page.locator("mjx-merror, [data-mjx-error]").all_text_contents()
        assert not broken, f"MathJax could not read: {broken}"
        glyphs = page.evaluate(GLYPHS)
        cut = page.evaluate(CUT)
    missing = {(fonts, sign) for fonts, signs in glyphs.items() for sign in _missing(fonts, signs)}
    assert not missing, "vendored fonts lack these glyphs; add them to KEPT_GLYPHS in book/tools/vendor.py"
    assert not cut, "these formulas leave the column or run into their numbers; break them into lines"


GLYPHS = """() => {
  const files = {}, used = {};
  for (const sheet of document.styleSheets) for (const rule of sheet.cssRules)
    if (rule instanceof CSSFontFaceRule && rule.style.src)
      files[rule.style.fontFamily.replaceAll('"', '')] = rule.style.src.match(/url\\("(.*?)"\\)/)[1];
  for (const sign of document.querySelectorAll('mjx-c')) {
    const style = getComputedStyle(sign, '::before');
    const families = style.fontFamily.split(',').map(name => files[name.trim().replaceAll('"', '')]).join(' ');
    const text = style.content.replace(/^"|"$/g, '').replace('\\\\"', '"').replace('\\\\\\\\', '\\\\');
    if (text && text !== 'none') (used[families] ??= new Set()).add(text);
  }
  return Object.fromEntries(Object.entries(used).map(([file, texts]) => [file, [...texts].join('')]));
}"""


CUT = """() => [...document.querySelectorAll('div.math')].filter(formula => {
  const signs = formula.querySelector('mjx-math')?.getBoundingClientRect();
  const number = formula.querySelector('.eqno')?.getBoundingClientRect();
  return signs && (formula.scrollWidth > formula.clientWidth + 1 || (number && signs.right > number.left));
}).map(formula => formula.id || formula.textContent)"""


def _missing(urls: str, signs: str) -> set[str]:
    """Signs that none of the fonts has; parts of a stretched bracket name several, and the first that can draws."""
    files = [SITE / "_static" / url[url.index("vendor/") :] for url in urls.split()]
    known = {code for file in files for code in TTFont(file).getBestCmap() or {}}
    return {sign for sign in signs if ord(sign) not in known and not sign.isspace()}


@pytest.mark.parametrize("path", PAGES)
def test_pictures_load_and_stand_on_no_box_of_their_own(reader: Reader, path: str) -> None:
    with reader.open(path, mode="dark") as page:
        pictures = page.locator("article img").evaluate_all(
            "all => all.map(i => [i.src.slice(0, 60), i.naturalWidth, getComputedStyle(i).backgroundColor])"
        )
    assert not [source for source, width, _ in pictures if width == 0], "pictures that do not load"
    assert not [source for source, _, ground in pictures if ground != "rgba(0, 0, 0, 0)"], "boxes on a dark page"


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


@pytest.mark.parametrize("word", ["reparameterisation", "变分自编码器", "mode collapse"])
def test_search_finds(reader: Reader, word: str) -> None:
    with reader.open(f"search.html?q={quote(word)}") as page:
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert any("glossary" in address for address in found), found
    assert all((SITE / re.split(r"[?#]", address)[0]).is_file() for address in found)


@pytest.mark.skipif(not CHAPTERS, reason="no chapter is in the toc yet")
@pytest.mark.parametrize("path", CHAPTERS)
def test_solutions_open_by_click_and_by_keyboard(reader: Reader, path: str) -> None:
    with reader.open(path) as page:
        dropdowns = page.locator("article details.sd-dropdown")
        assert dropdowns.count() >= 5, "a chapter has at least five exercises"
        for number in range(dropdowns.count()):
            summary, body = (
                dropdowns.nth(number).locator("summary"),
                dropdowns.nth(number).locator(".sd-summary-content"),
            )
            assert not body.is_visible()
            summary.click() if number % 2 else summary.press("Enter")
            assert body.is_visible(), f"dropdown {number} stays closed"
            assert body.inner_text().strip(), f"dropdown {number} is empty"


@pytest.mark.skipif(not CHAPTERS, reason="no chapter is in the toc yet")
def test_landing_page_shows_a_picture_from_every_chapter(reader: Reader) -> None:
    with reader.open("index.html") as page:
        shown = page.locator(".heroes .hero a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert [address.partition("#")[0] for address in shown] == CHAPTERS
        assert page.locator(".heroes img").evaluate_all("all => all.every(i => i.naturalWidth > 0 && i.alt)")


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_no_accessibility_violation(reader: Reader, path: str, mode: str) -> None:
    with reader.open(path, mode=mode) as page:
        page.evaluate("() => document.querySelectorAll('article details').forEach(one => one.open = true)")
        page.add_script_tag(path=str(AXE))
        result: Any = page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
        )
        assert page.evaluate("() => document.documentElement.dataset.theme") == mode
    told = [
        {"rule": one["id"], "says": node["failureSummary"], "where": node["html"][:160]}
        for one in result["violations"]
        for node in one["nodes"][:3]
    ]
    assert not told, json.dumps(told, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("path", PAGES)
def test_phone_does_not_scroll_sideways(reader: Reader, path: str) -> None:
    with reader.open(path, width=360) as page:
        page.evaluate("() => document.querySelectorAll('article details').forEach(one => one.open = true)")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


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


def test_vendored_files_are_in_the_site() -> None:
    listed = json.loads((ROOT / "book/_static/vendor/manifest.json").read_text(encoding="utf-8"))
    names = [name for package in listed for name in package["files"] if name.startswith("book/_static/")]
    assert all((SITE / name.removeprefix("book/")).is_file() for name in names)
