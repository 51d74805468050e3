"""The checks of the site see what they are for: a page with every fault planted in it, and the same page without."""

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.site import browser, checks, survey
from tests.site.browser import ROOT, SITE
from tests.site.survey import Survey

pytestmark = pytest.mark.site
SOUND = "book/pages/notation.html"
DROPDOWN = (
    '<details class="sd-dropdown"{}><summary>A solution</summary><div class="sd-summary-content">{}</div></details>'
)
DEAF = DROPDOWN.format("", "x").replace("<summary", '<summary onclick="event.preventDefault()"')
DEAF_QUESTION = '<div class="exercise exercise-question"><button class="answer">Yes</button></div>'
SAME = '<button class="answer">Yes</button><button class="answer">No</button><p class="answer-why">So it is.</p>'
BLANK = '<i style="display: block; height: 9px"></i>'
LONG = "<mi>x</mi><mo>+</mo>" * 90
DRAWING = """<div class="drawing"><svg viewBox="0 0 200 40" role="img" aria-label="a drawing" style="--w: 200px">
<rect width="20" height="20"/><text y="14" font-size="16">too wide</text>
<text y="30" font-size="6" class="forward">too small</text></svg></div>"""
FAULTS = f"""
<p><script>throw new Error("planted")</script> <script src="no-such-file.js"></script> <script src="heavy.js"></script>
<img src="https://example.org/picture.png"> <img src="no-such-picture.png" alt="">
<img alt="a box" width="9" height="9" style="background: white" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<span class="math">\\(never drawn\\)</span> <span class="math"><math><mi>Ⓢ</mi></math></span></p>
<p id="planted-line"><span class="math"><math style="overflow: visible"><mrow>{LONG}</mrow></math></span></p>
<div class="math" id="planted-wide"><div class="formula"><math display="block">{LONG}</math></div></div>
<div class="math" id="planted-lost"><span class="eqno" style="margin-right: -90rem">(1)</span><div class="formula">
<math display="block"><mi>x</mi></math></div></div>
<b style="display: block; width: 1px; white-space: nowrap">{"wide" * 60}</b>
<style>html[data-theme=dark] .planted {{ color: #444; background: #333; }}</style><p class="planted">dark on dark</p>
{DRAWING}
{DROPDOWN.format(" open", "x")} {DROPDOWN.format("", BLANK)} {DEAF} {DEAF}
{DEAF_QUESTION} <div class="exercise exercise-question">{SAME}</div>
"""
"""What each check must say of it, in words that no other fault brings about."""
EXPECTED: dict[str, tuple[Callable[[Survey], list[str]], str]] = {
    "a request to another host": (checks.loading, "another host: https://example.org/picture.png"),
    "a script that is missing": (checks.loading, "404 .*no-such-file.js"),
    "an error in a script": (checks.loading, "^planted"),
    "too many bytes": (checks.loading, "bytes gzipped.*heavy.js"),
    "a formula that is not drawn": (checks.formulas, "1 formulas were not drawn"),
    "a sign without a glyph": (checks.formulas, "lacks 'Ⓢ'"),
    "a formula wider than the column": (checks.formulas, "planted-wide.* is wider than the column"),
    "a formula cut on a phone": (checks.formulas, "320 pixels.* planted-line"),
    "a number that is out of view": (checks.formulas, "390 pixels.* planted-lost"),
    "a page that is too long": (checks.weight, "bytes gzipped without figures and fonts"),
    "a picture that is missing": (checks.pictures, "no-such-picture.png does not load"),
    "a picture on a box": (checks.pictures, "data:image/gif.* a box of its own"),
    "a text wider than its box in a drawing": (checks.drawings, "^too wide leaves its box"),
    "a text too small in a drawing": (checks.drawings, "^too small is .* pixels high"),
    "an open solution": (checks.solutions, "drop-down 0 is open"),
    "an empty solution": (checks.solutions, "drop-down 1 is empty"),
    "a solution deaf to the keyboard": (checks.solutions, "drop-down 2 stays closed after Enter"),
    "a solution deaf to clicks": (checks.solutions, "drop-down 3 stays closed after a click"),
    "too few exercises": (checks.solutions, "^2 exercises"),
    "a question with one option": (checks.questions, "question 0 has 1 options"),
    "an option deaf to clicks": (checks.questions, "question 0 answers nothing"),
    "one answer for all options": (checks.questions, "question 1 answers the same"),
    "a picture without words": (lambda seen: checks.accessibility(seen, "light"), "image-alt"),
    "too little contrast in the dark": (lambda seen: checks.accessibility(seen, "dark"), "color-contrast at .*planted"),
    "a page wider than a phone": (checks.phone, "pixels wide"),
}


@pytest.fixture(scope="module")
def surveys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Survey]]:
    """The sound page and the broken one, each visited once."""
    if not (executable := browser.chromium()):
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    site = tmp_path_factory.mktemp("site")
    for name in ("_static", "_images"):
        (site / name).symlink_to(SITE / name)
    pages = site / Path(SOUND).parent
    pages.mkdir(parents=True)
    text = (SITE / SOUND).read_text(encoding="utf-8")
    (pages / "sound.html").write_text(text, encoding="utf-8")
    (pages / "broken.html").write_text(text.replace("</article>", f"{FAULTS}</article>"), encoding="utf-8")
    heavy = "".join(f"// {hash((number, 'noise')):x}\n" for number in range(60_000))
    (pages / "heavy.js").write_text(heavy, encoding="utf-8")
    with browser.reader(executable, site) as reader:
        names = ("sound", "broken")
        yield {name: survey.take(reader, f"{Path(SOUND).parent}/{name}.html", site) for name in names}


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_planted_fault_is_seen_and_a_sound_page_is_not_blamed(surveys: dict[str, Survey], fault: str) -> None:
    check, words = EXPECTED[fault]
    told = check(surveys["broken"])
    assert any(re.search(words, one) for one in told), told
    assert not any(re.search(words, one) for one in check(surveys["sound"]))


def test_a_theme_that_does_not_follow_the_reader_is_seen(surveys: dict[str, Survey]) -> None:
    stuck = Survey("x", themes={"dark": "light"}, violations={"dark": []})
    assert checks.accessibility(stuck, "dark")
    assert not checks.accessibility(surveys["sound"], "dark")


@pytest.mark.parametrize("text", ["<title>T</title><h1></h1>", "<title> </title><h1>H</h1>"])
def test_a_page_without_heading_or_title_is_seen(text: str) -> None:
    assert checks.title(text)
    assert not checks.title("<title>T</title><h1>H</h1>")


@pytest.mark.parametrize(
    "text",
    ['<img src="https://a.b/c.png">', "a{b:url(//c.d/e)}", "@import 'http://a.b'", '<link rel="x" href="//a.b/c.css">'],
)
def test_markup_that_names_another_host_is_seen(text: str) -> None:
    assert checks.elsewhere(text)
    assert not checks.elsewhere(text.replace("https://a.b/", "").replace("http://a.b", "a").replace("//", ""))


def test_places_on_this_machine_are_seen_and_others_are_not() -> None:
    for place in (Path.home(), ROOT, Path(tempfile.gettempdir())):
        assert str(place) in checks.machine(f"<em>path=PosixPath('{place}/x.py')</em>")
        assert str(place) not in checks.machine(f"<em>a{place}way</em>")
