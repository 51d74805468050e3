"""What must hold on every page of the site: each check takes a survey and returns what is wrong."""

from __future__ import annotations

import re

from fontTools.ttLib import TTFont

from tests.site.survey import MODES, PHONE, Survey

LIMIT = 400_000  # bytes, gzipped: scripts, styles and fonts of one page
ELSEWHERE = re.compile(r"""(?:(?:src|srcset|poster|data)\s*=|url\(|@import)\s*["']?(?:https?:)?//""")


def title(text: str) -> list[str]:
    """A page's markup has a heading and a title."""
    wanted = {"a heading": r"<h1>.+?</h1>", "a title": r"<title>\s*[^\s<]"}
    return [f"the page lacks {name}" for name, pattern in wanted.items() if not re.search(pattern, text, re.DOTALL)]


def elsewhere(text: str) -> list[str]:
    """No markup or style rule loads anything from another host."""
    links = [link for link in re.findall(r"<link[^>]+>", text) if re.search(r'href="(?:https?:)?//', link)]
    return [match[0] for match in ELSEWHERE.finditer(text)] + links


def loading(seen: Survey) -> list[str]:
    """No request to another host, no missing file, no error, and no more than a page may weigh."""
    wrong = [f"a request to another host: {url}" for url in seen.left] + seen.missing + seen.errors
    weight = sum(seen.sizes.values())
    heaviest = sorted(seen.sizes.items(), key=lambda item: -item[1])[:6]
    return wrong if 0 < weight <= LIMIT else [*wrong, f"{weight} bytes gzipped, the heaviest {heaviest}"]


def mathjax(seen: Survey) -> list[str]:
    """Pages with formulas load MathJax, and no others."""
    has_formulas, loaded = 'class="math' in seen.text, any("mathjax" in name for name in seen.sizes)
    return [] if loaded == has_formulas else [f"formulas: {has_formulas}, MathJax loaded: {loaded}"]


def formulas(seen: Survey) -> list[str]:
    """Every formula is typeset, within its column, from signs that the vendored fonts have."""
    found = seen.formulas
    lost = found["written"] - found["drawn"]
    wrong = [f"{lost} formulas were not rendered"] if lost > 0 else []
    wrong += [f"MathJax could not read {text}" for text in found["broken"]]
    wrong += [
        f"the vendored fonts {urls} lack {sign!r}; add it to KEPT_GLYPHS in book/tools/vendor.py"
        for urls, signs in found["glyphs"].items()
        for sign in sorted(_missing(seen, urls, signs))
    ]
    return wrong + [
        f"the formula {name} leaves the column or runs into its number; break it into lines" for name in found["cut"]
    ]


def _missing(seen: Survey, urls: str, signs: str) -> set[str]:
    """Signs that none of the fonts has; parts of a stretched bracket name several, and the first that can draws."""
    files = [seen.site / "_static" / url[url.index("vendor/") :] for url in urls.split()]
    known = {code for file in files for code in TTFont(file).getBestCmap() or {}}
    return {sign for sign in signs if ord(sign) not in known and not sign.isspace()}


def pictures(seen: Survey) -> list[str]:
    """Pictures load in both themes, and stand on no box of their own on a dark page."""
    wrong = [f"{mode}: {p['source']} does not load" for mode in MODES for p in seen.pictures[mode] if not p["width"]]
    boxed = [p["source"] for p in seen.pictures["dark"] if p["ground"] != "rgba(0, 0, 0, 0)"]
    return wrong + [f"{source} stands on a box of its own on a dark page" for source in boxed]


def solutions(seen: Survey) -> list[str]:
    """At least five exercises, whose solutions open by click and by keyboard and say something."""
    few = (
        [] if len(seen.solutions) >= 5 else [f"{len(seen.solutions)} drop-downs; a chapter has at least five exercises"]
    )
    return few + [said for said in seen.solutions if said]


def accessibility(seen: Survey, mode: str) -> list[str]:
    """The theme is the one asked for, and axe finds nothing against WCAG 2.1 AA in it."""
    theme = seen.themes[mode]
    wrong = [] if theme == mode else [f"the theme is {theme} where the reader prefers {mode}"]
    return wrong + [f"{one['rule']} at {one['where']}: {one['says']}" for one in seen.violations[mode]]


def phone(seen: Survey) -> list[str]:
    """Nothing is wider than a phone."""
    width = seen.width_on_a_phone
    return [] if 0 < width <= PHONE else [f"the page is {width} pixels wide on a phone of {PHONE}"]
