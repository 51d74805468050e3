"""Keeps pages light: no unused scripts, and style sheets cut down to the rules the built pages can use.

The stock theme sends 700 kB (gzipped) with every page: an icon script, bootstrap's script, and a style sheet of which
nine tenths never match. What is left out here is also deleted from the site.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

UNUSED = (
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.LICENSE.txt",
    "scripts/bootstrap.js",
    "scripts/bootstrap.js.LICENSE.txt",
    "vendor/fontawesome",
    "locales",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
    "images",
    "__init__.py",
    "__pycache__",
    "alabaster.css",
)
CLASS = re.compile(r"\.(-?[A-Za-z_](?:[\w-]|\\.)*)")
WORD = re.compile(r"[A-Za-z_][\w-]*")
NOT_TESTED = re.compile(r"\[[^\]]*\]|:[\w-]+\([^()]*(?:\([^()]*\)[^()]*)*\)")
STRING = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
SPACES = re.compile(r"\s*([;,{}])\s*|(?<=:)\s+")  # of declarations
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LICENCE = re.compile(r"/\*!.*?\*/", re.DOTALL)


def rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Split a style sheet into (prelude, body) pairs; a statement such as `@import …;` has no body."""
    start = at = 0
    while at < len(css):
        if css[at] in "\"'":
            at = _string_end(css, at)
        elif css[at] == ";":
            yield css[start:at].strip(), None
            start = at + 1
        elif css[at] == "{":
            end = _block_end(css, at)
            yield css[start:at].strip(), css[at + 1 : end]
            at, start = end, end + 1
        at += 1


def _string_end(css: str, at: int) -> int:
    quote, at = css[at], at + 1
    while at < len(css) and css[at] != quote:
        at += 2 if css[at] == "\\" else 1
    return at


def _block_end(css: str, at: int) -> int:
    depth = 0
    while at < len(css):
        if css[at] in "\"'":
            at = _string_end(css, at)
        depth += {"{": 1, "}": -1}.get(css[at], 0)
        if depth == 0:
            return at
        at += 1
    raise ValueError(f"a block of the style sheet is not closed: {css[max(0, at - 60) : at]!r}")


def selectors(prelude: str) -> list[str]:
    """Split a rule's selectors at the commas outside brackets."""
    found, depth, start = [], 0, 0
    for at, sign in enumerate(prelude):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            found.append(prelude[start:at])
            start = at + 1
    return [*found, prelude[start:]]


def may_match(selector: str, words: set[str]) -> bool:
    """Whether every class that the selector demands is a word of the built pages or their scripts."""
    demanded = CLASS.findall(NOT_TESTED.sub("", selector))
    return all(name.replace("\\", "") in words for name in demanded)


def tight(declarations: str) -> str:
    """Leave out the spaces that a browser does not need; those in strings stay."""
    parts = (part if part[:1] in ("'", '"') else SPACES.sub(r"\1", part) for part in STRING.split(declarations))
    return "".join(parts).strip(" \n;")


def purge(css: str, words: set[str]) -> str:
    """Drop the rules that cannot match, the icon fonts, comments and spaces; the rest means what it did."""
    kept = []
    for prelude, body in rules(COMMENT.sub("", css)):
        if body is None:
            kept.append(f"{prelude};" if prelude else "")
        elif prelude.startswith(("@media", "@supports")):
            inner = purge(body, words)
            kept.append(f"{prelude}{{{inner}}}" if inner else "")
        elif prelude.startswith("@"):
            kept.append("" if "Font Awesome" in body else f"{prelude}{{{tight(body)}}}")
        else:
            used = [selector for selector in selectors(prelude) if may_match(selector, words)]
            kept.append(f"{','.join(used)}{{{tight(body)}}}" if used else "")
    return "".join(kept)


def used_words(site: Path) -> set[str]:
    """Every word in a class attribute of the site's pages, and every word of its scripts (which set classes)."""
    words: set[str] = set()
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for value in re.findall(r'class="([^"]*)"', text):
            words.update(value.split())
        for script in re.findall(r"<script[^>]*>([^<]+)</script>", text):
            words.update(WORD.findall(script))
    for script in (site / "_static").rglob("*.js"):
        if "vendor" not in script.parts:
            words.update(WORD.findall(script.read_text(encoding="utf-8")))
    return words


def remove_unused(site: Path) -> None:
    """Delete the theme's parts that no page loads, and every source map."""
    static = site / "_static"
    for path in [*(static / name for name in UNUSED), *static.rglob("*.map")]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """After the build: delete what no page loads, and shrink every style sheet."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    remove_unused(site)
    words = used_words(site)
    for path in (site / "_static").rglob("*.css"):
        css = path.read_text(encoding="utf-8")
        notices = "".join(dict.fromkeys(LICENCE.findall(css)))
        path.write_text(f"{notices}\n{purge(css, words)}\n", encoding="utf-8")


# A script, and what the page holds that it is for.
SIGNS = {
    "design-tabs": "sd-tab",
    "zoom.js": 'class="zoom"',
    "exercises.js": 'class="exercise ',
    "answers.js": 'class="my-answers',
}


def drop_scripts(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Take the scripts of tabs, figures and exercises off pages without them."""
    body = context.get("body", "")
    idle = [name for name, sign in SIGNS.items() if sign not in body]
    context["script_files"] = [
        file for file in context["script_files"] if not any(name in _address(file) for name in idle)
    ]


def _address(script: Any) -> str:
    return str(getattr(script, "filename", script))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks; `lighten` comes after the theme has written its own style sheets."""
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it for an extension that we leave out
    app.connect("html-page-context", drop_scripts, priority=900)
    app.connect("build-finished", lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
