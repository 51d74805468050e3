"""The whole book as one PDF: `python -m book.tools.pdf` prints the built site with a headless Chromium.

The articles of all pages become one document, whose links lead from page to page inside it; it is printed with page
numbers, an outline and tags for screen readers. The reference pages stay on the screen: nobody reads them in a row.
"""

from __future__ import annotations

import argparse
import mimetypes
import posixpath
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from book.tools import chapters, doctor, files
from book.tools.chapters import ROOT, BookError

PDF = "_build/aigc.pdf"
SITE = "_build/site"
REFERENCE = ("book/pages/api", "book/pages/checks", "book/api/", "book/checks/")  # what only a screen needs
HOST = "http://book.invalid"  # answered from the disk; the browser looks nothing up
NAMED = ("id", "for", "aria-labelledby", "aria-describedby")
READY = """async () => {
  document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; });
  await Promise.all([...document.images].map(image => image.decode().catch(() => 0)));
  await document.fonts.ready;
}"""


def pages(root: Path) -> list[str]:
    """The pages in print, in the order of the book."""
    names = [name.removesuffix(".ipynb").removesuffix(".md") for name in chapters.toc(root)]
    return [f"{name}.html" for name in names if not name.startswith(REFERENCE)]


def document(site: Path, names: list[str]) -> str:
    """One HTML document of the articles of these pages of a site."""
    read = [BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser") for name in names]
    articles = "\n".join(_article(soup, name, names) for soup, name in zip(read, names, strict=True))
    heads = [(len(soup.head("script")), name, soup.head) for soup, name in zip(read, names, strict=True) if soup.head]
    _, name, head = max(heads, key=lambda one: one[0])  # of a page with formulas
    _address(head, name, names)
    for unscripted in head("noscript"):
        unscripted.decompose()
    language = read[0].html.get("lang", "en") if read[0].html else "en"
    return (
        f'<!DOCTYPE html><html lang="{language}" data-theme="light" data-content_root="/">{head}<body>'
        '<div class="bd-container"><main class="bd-main"><div class="bd-content"><div class="bd-article-container">'
        f"{articles}</div></div></main></div></body></html>"
    )


def _article(soup: BeautifulSoup, name: str, names: list[str]) -> str:
    article = soup.select_one("article.bd-article")
    if article is None:
        raise BookError(f"{SITE}/{name} has no article; run `make book` again")
    for tag in article("script"):
        tag.decompose()
    _address(article, name, names)
    article["id"] = _anchor(name, "")
    return str(article)


def _address(part: Tag, name: str, names: list[str]) -> None:
    """Give each element of a page a name and each link an address that holds in the one document."""
    for tag in part(True):
        for key in NAMED if not tag.find_parent("svg") else ():
            if key in tag.attrs:
                tag[key] = " ".join(_anchor(name, one) for one in str(tag[key]).split())
        if "src" in tag.attrs:
            tag["src"] = _path(name, str(tag["src"]))
        if "href" in tag.attrs and tag.name != "a":
            tag["href"] = _path(name, str(tag["href"]))
        elif "href" in tag.attrs:
            _lead(tag, name, names)


def _lead(link: Tag, name: str, names: list[str]) -> None:
    """Lead a link to its place in the document; one to a page that is not printed becomes plain text."""
    address = urlsplit(str(link["href"]))
    if address.scheme or address.netloc:
        return
    target = _path(name, unquote(address.path)).lstrip("/") if address.path else name
    if target in names:
        link["href"] = f"#{_anchor(target, unquote(address.fragment))}"
    else:
        link.unwrap()


def _anchor(name: str, id: str) -> str:
    stem = name.removesuffix(".html").replace("/", "-")
    return f"{stem}--{id}" if id else stem


def _path(name: str, address: str) -> str:
    if urlsplit(address).scheme or address.startswith("/"):
        return address
    return "/" + posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def printed(executable: str, site: Path, html: str) -> bytes:
    """Print a document whose addresses lie in the site's folder."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 800, "height": 1100}, color_scheme="light")
            page.set_default_timeout(0)
            page.route("**/*", lambda route: _answer(route, site, html))
            page.goto(f"{HOST}/", wait_until="load")
            page.evaluate(READY)
            return page.pdf(format="A4", prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        finally:
            browser.close()


def _answer(route: Any, site: Path, html: str) -> None:
    path = unquote(urlsplit(route.request.url).path).lstrip("/")
    file = site / path
    if not route.request.url.startswith(HOST):
        route.abort()
    elif not path:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")
    elif file.is_file():
        route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(path)[0] or "application/octet-stream")
    else:
        route.fulfill(status=404, body="")


def make(root: Path, names: Iterable[str] | None = None) -> Path:
    """Print the site of a book into one file, whole or not at all."""
    site = root / SITE
    if not (site / "index.html").is_file():
        raise BookError(f"there is no site at {SITE}; run `make book` first")
    if not (executable := doctor.chromium()):
        raise BookError(
            "no Chromium was found, which prints the PDF; install one (Debian: `apt-get install chromium`, macOS: "
            "`brew install --cask chromium`), and ask `make doctor` whether it is seen"
        )
    content = printed(executable, site, document(site, list(names or pages(root))))
    files.write(root / PDF, content)
    return root / PDF


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 0 when the PDF stands."""
    parser = argparse.ArgumentParser(prog="python -m book.tools.pdf", description="Print the book as one PDF.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder")
    root = parser.parse_args(arguments).root.resolve()
    try:
        with files.in_words(root / "_build"):
            path = make(root)
    except BookError as error:
        files.complain([str(error)])
        return 1
    print(f"{path.relative_to(root)}: {path.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
