"""What must hold on every page of the site: each check takes a survey and returns what is wrong."""

from __future__ import annotations

import gzip
import re
import tempfile
from pathlib import Path

from tests.site.browser import ROOT
from tests.site.survey import MODES, PHONE, WIDE, Survey

LIMIT = 180_000  # bytes, gzipped: scripts, styles and fonts of one page
PAGE = 150_000  # bytes, gzipped: the page itself, its scripts and styles
INDEX = "/searchindex.js"  # the book's words, which the search page alone loads; they grow with the book
ELSEWHERE = re.compile(r"""(?:(?:src|srcset|poster|data)\s*=|url\(|@import)\s*["']?(?:https?:)?//""")


def title(text: str) -> list[str]:
    """A page's markup has a heading and a title."""
    wanted = {"a heading": r"<h1>.+?</h1>", "a title": r"<title>\s*[^\s<]"}
    return [f"the page lacks {name}" for name, pattern in wanted.items() if not re.search(pattern, text, re.DOTALL)]


def elsewhere(text: str) -> list[str]:
    """No markup or style rule loads anything from another host."""
    links = [link for link in re.findall(r"<link[^>]+>", text) if re.search(r'href="(?:https?:)?//', link)]
    return [match[0] for match in ELSEWHERE.finditer(text)] + links


def machine(text: str) -> list[str]:
    """A page names no place on the machine that built it: no home folder, no repository, no temporary folder."""
    places = {str(Path.home()), str(ROOT), tempfile.gettempdir()} - {"/"}
    return sorted(place for place in places if re.search(rf"{re.escape(place)}(?![\w-])", text))


def loading(seen: Survey) -> list[str]:
    """No request to another host, no missing file, no error, and no more than a page may weigh."""
    wrong = [f"a request to another host: {url}" for url in seen.left] + seen.missing + seen.errors
    weight = sum(size for name, size in seen.sizes.items() if name != INDEX)
    heaviest = sorted(seen.sizes.items(), key=lambda item: -item[1])[:6]
    return wrong if 0 < weight <= LIMIT else [*wrong, f"{weight} bytes gzipped, the heaviest {heaviest}"]


def weight(seen: Survey) -> list[str]:
    """The page with its scripts and styles is light; its fonts come once for all pages."""
    parts = {name: size for name, size in seen.sizes.items() if name.endswith((".js", ".css")) and name != INDEX}
    page = len(gzip.compress(seen.text.encode(), 9))
    total = page + sum(parts.values())
    return [] if total <= PAGE else [f"{total} bytes gzipped without figures and fonts, the text alone {page}"]


def formulas(seen: Survey) -> list[str]:
    """Every formula is there, within its column, from signs that the vendored font has."""
    lost = seen.formulas["written"] - seen.formulas["drawn"]
    wrong = [f"{lost} formulas were not drawn"] if lost else []
    wrong += [f"the formulas' font lacks {sign!r}; add it to KEPT in book/tools/vendor.py" for sign in seen.strange]
    wrong += [f"the formula {name} is wider than the column; break it into lines" for name in seen.cut[WIDE]["wide"]]
    return wrong + [
        f"{width} pixels: the formula {name} leaves the column; display it, or break it into lines"
        for width, cut in seen.cut.items()
        for name in cut["inline"] + cut["lost"]
    ]


def pictures(seen: Survey) -> list[str]:
    """Pictures load in both themes, and stand on no box of their own on a dark page."""
    wrong = [f"{mode}: {p['source']} does not load" for mode in MODES for p in seen.pictures[mode] if not p["width"]]
    boxed = [p["source"] for p in seen.pictures["dark"] if p["ground"] != "rgba(0, 0, 0, 0)"]
    return wrong + [f"{source} stands on a box of its own on a dark page" for source in boxed]


def drawings(seen: Survey) -> list[str]:
    """The texts of schematics can be read and stay in their boxes, on a wide screen and on a phone."""
    return seen.drawings


def solutions(seen: Survey) -> list[str]:
    """At least five exercises, whose solutions open by click and by keyboard and say something."""
    few = [] if seen.exercises >= 5 else [f"{seen.exercises} exercises; a chapter has at least five"]
    return few + [said for said in seen.solutions if said]


def questions(seen: Survey) -> list[str]:
    """A question has at least three options, and a click on one shows its own reason and no other."""
    wrong = []
    for number, said in enumerate(seen.questions):
        if len(said) < 3:
            wrong.append(f"question {number} has {len(said)} options to click")
        if not all(said):
            wrong.append(f"question {number} answers nothing to a click")
        if len(set(said)) < len(said):
            wrong.append(f"question {number} answers the same to different options")
    return wrong


def accessibility(seen: Survey, mode: str) -> list[str]:
    """The theme is the one asked for, and axe finds nothing against WCAG 2.1 AA in it."""
    theme = seen.themes[mode]
    wrong = [] if theme == mode else [f"the theme is {theme} where the reader prefers {mode}"]
    return wrong + [f"{one['rule']} at {one['where']}: {one['says']}" for one in seen.violations[mode]]


def phone(seen: Survey) -> list[str]:
    """Nothing is wider than a phone."""
    width = seen.width_on_a_phone
    return [] if 0 < width <= PHONE else [f"the page is {width} pixels wide on a phone of {PHONE}"]
