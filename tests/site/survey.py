"""One visit to a page, in which everything is noted that the tests of the site ask about."""

from __future__ import annotations

import functools
import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request, Response

from tests.site.browser import HERE, SITE, Reader

AXE = HERE / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
MODES = ("light", "dark")
WIDE = 1440  # pixels
PHONE = 360
NARROW = (390, 320)  # of these phones each formula is looked at
WEIGHED = (".js", ".css", ".woff", ".woff2", ".ttf")


@dataclass
class Survey:
    """What a page did and showed: requests, errors, gzipped sizes, formulas, pictures, exercises, both themes."""

    path: str
    site: Path = SITE
    left: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    formulas: dict[str, int] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)
    cut: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    exercises: int = 0
    questions: list[list[str]] = field(default_factory=list)
    solutions: list[str] = field(default_factory=list)
    pictures: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    violations: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    themes: dict[str, str] = field(default_factory=dict)
    drawings: list[str] = field(default_factory=list)
    width_on_a_phone: int = 0

    @property
    def text(self) -> str:
        """The page's markup."""
        return (self.site / self.path).read_text(encoding="utf-8")


def take(reader: Reader, path: str, site: Path = SITE) -> Survey:
    """Visit a page once; what changes it (opened solutions, the dark theme, a phone's width) comes after the rest."""
    seen = Survey(path, site)
    with reader.blank() as page:
        _watch(page, seen, reader.base)
        reader.visit(page, path)
        page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
        seen.formulas = page.evaluate("() => survey.formulas()")
        seen.cut[WIDE] = page.evaluate("() => survey.cut()")
        seen.drawings = page.evaluate("() => survey.drawings()")
        seen.exercises = page.locator("article .exercise").count()
        seen.questions = page.evaluate("() => survey.questions()")
        seen.solutions = _open_solutions(page)
        page.evaluate("() => survey.openAll()")
        seen.strange = _strange_signs(page)
        page.add_script_tag(path=str(AXE))
        for mode in MODES:
            _look(page, seen, mode)
        page.set_viewport_size({"width": PHONE, "height": 900})
        seen.width_on_a_phone = page.evaluate("() => document.documentElement.scrollWidth")
        seen.drawings += page.evaluate("() => survey.drawings()")
        for width in NARROW:
            page.set_viewport_size({"width": width, "height": 900})
            seen.cut[width] = page.evaluate("() => survey.cut()")
        page.wait_for_load_state("networkidle")  # reached long ago, unless a request still hangs
    return seen


def _watch(page: Page, seen: Survey, base: str) -> None:
    """Note every request that leaves, every answer that fails, every error, and the weight of what comes."""

    def request(request: Request) -> None:
        if not request.url.startswith((base, "data:", "blob:")):
            seen.left.append(request.url)

    def response(response: Response) -> None:
        name = response.url.partition("?")[0]
        if response.status >= 400:
            seen.missing.append(f"{response.status} {name}")
        elif name.startswith(base) and name.endswith(WEIGHED):
            inside = name.removeprefix(base)
            seen.sizes[inside] = _gzipped(seen.site / inside.lstrip("/"))

    page.on("request", request)
    page.on("response", response)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)


@functools.cache
def _gzipped(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 9))


def _strange_signs(page: Page) -> list[str]:
    """Signs of formulas that the browser took from a font of the machine, because the site's own lack them."""
    signs = page.evaluate("() => survey.signs()")
    browser = page.context.new_cdp_session(page)
    browser.send("DOM.enable")
    browser.send("CSS.enable")
    root = browser.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    strange = []
    for number, sign in enumerate(signs):
        found = browser.send("DOM.querySelector", {"nodeId": root, "selector": f'[data-sign="{number}"]'})
        fonts = browser.send("CSS.getPlatformFontsForNode", {"nodeId": found["nodeId"]})["fonts"]
        strange += [sign] if any(not font["isCustomFont"] for font in fonts) else []
    browser.detach()
    return strange


def _open_solutions(page: Page) -> list[str]:
    """Open each drop-down, by click and by keyboard in turn; "" where it worked, else what was wrong."""
    first = page.evaluate("() => survey.solutions()")
    summaries = page.locator("article details.sd-dropdown > summary")
    for number, found in enumerate(first):
        if not found["open"]:
            summaries.nth(number).click() if number % 2 else summaries.nth(number).press("Enter")
    then = page.evaluate("() => survey.solutions()")
    return [_wrong(number, *pair) for number, pair in enumerate(zip(first, then, strict=True))]


def _wrong(number: int, first: dict[str, Any], then: dict[str, Any]) -> str:
    if first["open"]:
        return f"drop-down {number} is open from the start"
    if not then["open"]:
        return f"drop-down {number} stays closed after {'a click' if number % 2 else 'Enter'}"
    return "" if then["says"] else f"drop-down {number} is empty"


def _look(page: Page, seen: Survey, mode: Any) -> None:
    """Pictures and accessibility in one theme; in the second theme, what colours and other pictures can change."""
    page.emulate_media(color_scheme=mode)
    page.evaluate("() => survey.settle()")
    seen.themes[mode] = page.evaluate("() => document.documentElement.dataset.theme")
    seen.pictures[mode] = page.evaluate("() => survey.pictures()")
    seen.violations[mode] = page.evaluate("rules => survey.violations(rules)", RULES)
