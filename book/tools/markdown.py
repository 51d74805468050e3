"""What the checks and the site read out of Markdown, with the parser and the extensions that the pages are built with.

Code is left out; what stands in a directive that holds prose (an admonition, a figure) is read like all else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

_WITHOUT_TARGET = re.compile(r"\s*<[^<>]*>$")
_CONFIG = Path(__file__).resolve().parents[2] / "_config.yml"


@cache
def _parser() -> MarkdownIt:
    extensions = yaml.safe_load(_CONFIG.read_text(encoding="utf-8"))["parse"]["myst_enable_extensions"]
    return create_md_parser(MdParserConfig(enable_extensions=set(extensions)), RendererHTML)


@cache
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple(_read(text))


def _read(text: str) -> Iterator[Token]:
    for token in _parser().parse(text):
        prose = token.info.startswith("{") and not token.info.startswith(("{math", "{code"))
        if token.type == "colon_fence" or (token.type == "fence" and prose):
            yield from _read(token.content)
        else:
            yield token


def _inline(text: str) -> list[Token]:
    """What stands within lines: words, roles, links, formulas, code."""
    return [child for token in _tokens(text) for child in token.children or ()]


def equations(text: str) -> list[tuple[str, str]]:
    """Labelled equations of `text` as (label, LaTeX), whether `$$…$$ (label)` or a `{math}` directive."""
    found = []
    for token in _tokens(text):
        if token.type == "math_block_label":
            found.append((token.info, token.content.strip()))
        elif token.type == "fence" and token.info.startswith("{math}"):
            options, latex = _directive(token.content)
            found += [(options[name], latex) for name in ("label", "name") if name in options]
    return found


def formulas(text: str) -> list[tuple[str, bool]]:
    """Every formula of `text` as (LaTeX, whether it is displayed)."""
    within = [(token.content, False) for token in _inline(text) if token.type.startswith("math_inline")]
    blocks = [token for token in _tokens(text) if token.type in ("math_block", "math_block_label", "amsmath")]
    fences = [token for token in _tokens(text) if token.type == "fence" and token.info.startswith("{math}")]
    return [
        *within,
        *((token.content, True) for token in blocks),
        *((_directive(token.content)[1], True) for token in fences),
    ]


def _directive(body: str) -> tuple[dict[str, str], str]:
    """The options at the head of a directive, and what follows them."""
    lines = body.splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith(":")), len(lines))
    options = (line[1:].partition(":") for line in lines[:end])
    return {name: value.strip() for name, _, value in options}, "\n".join(lines[end:]).strip()


def labels(text: str) -> list[str]:
    """Labels of the equations in `text`, in order."""
    return [label for label, _ in equations(text)]


def roles(text: str, name: str) -> list[str]:
    """Targets of the roles `name` in `text` (`cite` stands for `cite:p` too); several keys in one are taken apart."""
    found = [t.content for t in _inline(text) if t.type == "myst_role" and t.meta["name"].split(":")[0] == name]
    return [key.strip() for body in found for key in body.split(",")]


def links(text: str) -> list[str]:
    """Targets of the links `[words](target)` in `text`."""
    return [str(token.attrs["href"]) for token in _inline(text) if token.type == "link_open"]


def headings(text: str) -> list[tuple[int, str]]:
    """Headings of `text` as (level, words)."""
    pairs = pairwise(_tokens(text))
    return [(int(token.tag[1]), after.content) for token, after in pairs if token.type == "heading_open"]


def words(text: str) -> str:
    """The words of `text` on one line, without blocks of code; a role is what it shows."""
    return " ".join(_shown(token.children or ()) for token in _tokens(text) if token.type == "inline")


def _shown(inline: Sequence[Token]) -> str:
    shapes = {"text": "{}", "myst_role": "{}", "code_inline": "`{}`", "math_inline": "${}$", "softbreak": " "}
    parts = (shapes.get(token.type, "").format(_WITHOUT_TARGET.sub("", token.content)) for token in inline)
    return " ".join("".join(parts).split())


def numbered(text: str, title: str) -> list[str]:
    """Items of the numbered lists below the heading of `text` that ends with `title`, as words without a full stop."""
    inside, found, item = False, [], False
    for token, after in pairwise(_tokens(text)):
        if token.type == "heading_open":
            inside = after.content.endswith(title)
        item = token.type != "list_item_close" and (item or (token.type == "list_item_open" and token.info.isdigit()))
        if inside and item and token.type == "inline":
            found.append(_shown(token.children or ()).removesuffix("."))
    return found
