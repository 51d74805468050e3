"""A headless Chromium that sees the built site and nothing else, and what it notes on each page."""

from __future__ import annotations

import gzip
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Response, Route, sync_playwright

from book.tools import chapters

ROOT = chapters.ROOT
SITE = Path(os.environ.get("AIGC_SITE", ROOT / "_build" / "site"))
AXE = ROOT / "tests" / "site" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    *("--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-default-apps", "--disable-extensions", "--disable-domain-reliability"),
)
WEIGHED = (".js", ".css", ".woff", ".woff2", ".ttf")


def chromium() -> str | None:
    """Where a Chromium is, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def pages() -> list[str]:
    """Every page of the toc as a path below the site, and the search page."""
    return [f"{name.removesuffix('.ipynb').removesuffix('.md')}.html" for name in chapters.toc()] + ["search.html"]


@dataclass
class Visit:
    """One page as Chromium loaded it: its address, the requests that left, the errors, the gzipped sizes."""

    path: str
    left: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Bytes of scripts, styles and fonts, each gzipped."""
        return sum(self.sizes.values())


class Reader:
    """A browser in front of the served site; `visits` keeps what each page did on its first loading."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.browser, self.base = browser, base

    @contextmanager
    def open(self, path: str, *, width: int = 1440, mode: str = "light", visit: Visit | None = None) -> Iterator[Page]:
        """Open a page of the site in a fresh profile, all other hosts blocked, and wait for its formulas."""
        scheme: Any = mode
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(30_000)
        self._watch(page, visit or Visit(path))
        page.goto(f"{self.base}/{path}", wait_until="load")
        page.evaluate("() => window.MathJax && window.MathJax.startup ? window.MathJax.startup.promise : null")
        page.evaluate("() => document.fonts.ready.then(() => null)")
        page.wait_for_load_state("networkidle")
        try:
            yield page
        finally:
            context.close()

    def _watch(self, page: Page, visit: Visit) -> None:
        def route(route: Route) -> None:
            inside = route.request.url.startswith((self.base, "data:", "blob:"))
            if not inside:
                visit.left.append(route.request.url)
            route.continue_() if inside else route.abort()

        def response(response: Response) -> None:
            name = response.url.partition("?")[0]
            if response.status >= 400:
                visit.missing.append(f"{response.status} {name}")
            elif name.endswith(WEIGHED):
                visit.sizes[name.removeprefix(self.base)] = len(gzip.compress(response.body(), 9))

        page.route("**/*", route)
        page.on("response", response)
        page.on("pageerror", lambda error: visit.errors.append(str(error)))
        page.on("console", lambda said: visit.errors.append(said.text) if said.type == "error" else None)

    @cached_property
    def visits(self) -> dict[str, Visit]:
        """Every page loaded once and scrolled through, so that lazy parts load too."""
        found = {}
        for path in pages():
            visit = found[path] = Visit(path)
            with self.open(path, visit=visit) as page:
                page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
                page.wait_for_load_state("networkidle")
        return found


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, directory=str(SITE), **options)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: pytest's output is for results."""


@contextmanager
def reader(executable: str) -> Iterator[Reader]:
    """Serve the site on a free port of 127.0.0.1 and start the browser."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
            try:
                yield Reader(browser, f"http://127.0.0.1:{server.server_address[1]}")
            finally:
                browser.close()
    finally:
        server.shutdown()
        server.server_close()
