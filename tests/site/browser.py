"""A headless Chromium that sees the built site and nothing else."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from book.tools import chapters
from book.tools.doctor import chromium as chromium

ROOT = chapters.ROOT
SITE = Path(os.environ.get("AIGC_SITE", ROOT / "_build" / "site"))
HERE = ROOT / "tests" / "site"
# No other host can be reached: its name is never looked up, and its address leads nowhere.
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
QUIET = (
    *("--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-default-apps", "--disable-extensions", "--disable-domain-reliability"),
)


def pages() -> list[str]:
    """Every page of the toc as a path below the site, and the search page."""
    return [f"{name.removesuffix('.ipynb').removesuffix('.md')}.html" for name in chapters.toc()] + ["search.html"]


class Reader:
    """A browser in front of a served site."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.browser, self.base = browser, base

    @contextmanager
    def blank(self, *, width: int = 1440, mode: str = "light", scripts: bool = True, **more: Any) -> Iterator[Page]:
        """An empty page in a fresh profile, with the questions of survey.js at hand on whatever it opens."""
        scheme: Any = mode
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts, **more
        )
        context.add_init_script(path=HERE / "survey.js")
        page = context.new_page()
        page.set_default_timeout(30_000)
        try:
            yield page
        finally:
            context.close()

    @contextmanager
    def open(self, path: str, *, width: int = 1440, mode: str = "light", **more: Any) -> Iterator[Page]:
        """A page of the site, when its formulas, pictures and fonts are there; ``more`` is the context's."""
        with self.blank(width=width, mode=mode, **more) as page:
            self.visit(page, path)
            yield page

    def visit(self, page: Page, path: str) -> None:
        """Load a page of the site and wait until it looks as it will stay."""
        page.goto(f"{self.base}/{path}", wait_until="load")
        page.evaluate("() => survey.settle()")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection for many files

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: pytest's output is for results."""


@contextmanager
def reader(executable: str, site: Path = SITE) -> Iterator[Reader]:
    """Serve a site on a free port of 127.0.0.1 and start the browser."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, ALONE])
            try:
                yield Reader(browser, f"http://127.0.0.1:{server.server_address[1]}")
            finally:
                browser.close()
    finally:
        server.shutdown()
        server.server_close()
