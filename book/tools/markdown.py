"""What the checks and the site read out of Markdown: headings, equation labels, references; code is left out."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<mark>`{3,}|~{3,}|:{3,})(?P<info>.*)$")
# The label may be missing: an equation without one must be read too, or its end would pass for another's beginning.
_DOLLAR = re.compile(r"\$\$(?P<math>.+?)\$\$(?:[ \t]*\((?P<label>[^()\s]+)\))?", re.DOTALL)
_OPTION = re.compile(r"^:(?:(?:label|name):[ \t]*(?P<label>\S+)|\w+:.*)[ \t]*$", re.MULTILINE)
_ROLE = re.compile(r"\{(eq|row|chapter|cite(?::\w+)?)\}`([^`]+)`")
_CODE_SPAN = re.compile(r"\{[\w:]+\}`[^`]+`|(?P<mark>`+)(?!`).+?(?<!`)(?P=mark)(?!`)")
_WORDS_OF_ROLE = re.compile(r"\{[\w:]+\}`([^`<]+?)(?:\s*<[^`]*>)?`")
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)


def split(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The prose of `text` without its code, and its fenced blocks as (info string, body)."""
    prose: list[str] = []
    blocks: list[tuple[str, str]] = []
    opened: tuple[str, str] | None = None
    body: list[str] = []
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if opened is None and fence and not _is_directive_of_prose(fence["mark"], fence["info"]):
            opened, body = (fence["mark"], fence["info"].strip()), []
        elif opened and fence and fence["mark"].startswith(opened[0]) and not fence["info"].strip():
            blocks.append((opened[1], "\n".join(body)))
            opened = None
        else:
            (prose if opened is None else body).append(line)
    return "\n".join(prose), blocks


def _is_directive_of_prose(mark: str, info: str) -> bool:
    """Whether a fence holds prose (an admonition, a figure) rather than code or mathematics."""
    return mark.startswith(":") or (info.strip().startswith("{") and not info.strip().startswith(("{math", "{code")))


def equations(text: str) -> list[tuple[str, str]]:
    """Labelled equations of `text` as (label, LaTeX): `$$…$$ (label)` first, then `{math}` directives."""
    prose, blocks = split(text)
    pairs = _DOLLAR.finditer(without_inline_code(prose))
    found = [(match["label"], match["math"].strip()) for match in pairs if match["label"]]
    for info, body in blocks:
        if info.startswith("{math}"):
            latex = _OPTION.sub("", body).strip()
            found += [(match["label"], latex) for match in _OPTION.finditer(body) if match["label"]]
    return found


def labels(text: str) -> list[str]:
    """Labels of the equations in `text`, in the order of `equations`."""
    return [label for label, _ in equations(text)]


def roles(text: str, name: str) -> list[str]:
    """Targets of `{eq}`, `{row}` or `{cite…}` roles in `text`; several keys in one role are taken apart."""
    prose, _ = split(text)
    # a role quoted as code, ``{eq}`x` ``, is not a reference
    prose = re.sub(r"``.+?``", "", prose)
    found = [body for role, body in _ROLE.findall(prose) if role.split(":")[0] == name]
    return [key.strip() for body in found for key in body.split(",")]


def headings(text: str) -> list[tuple[int, str]]:
    """Headings of `text` as (level, words)."""
    prose, _ = split(text)
    return [(len(marks), words) for marks, words in _HEADING.findall(prose)]


def without_inline_code(prose: str) -> str:
    """`prose` without its code spans; roles stay as they are."""
    return _CODE_SPAN.sub(lambda found: "" if found["mark"] else found[0], prose)


def numbered(text: str, title: str) -> list[str]:
    """Items of the numbered list in the section of `text` whose heading ends with `title`, as plain words."""
    prose, _ = split(text)
    section = re.search(rf"^##[^\n]*{re.escape(title)}\n(.*?)(?=^## |\Z)", prose, re.MULTILINE | re.DOTALL)
    items = re.findall(r"^\d+\. +(.+(?:\n {2,}.+)*)", section[1], re.MULTILINE) if section else []
    return [" ".join(_WORDS_OF_ROLE.sub(r"\1", item).split()).removesuffix(".") for item in items]
