"""Docstrings as we write them, made safe for the API reference.

We write plain text: ``|a - b|``, a lone star, `names` in single ticks, and a table of symbols indented below the
word "Symbols". reStructuredText reads some of these as markup; here they keep their meaning.
"""

import re
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx

_MARKUP = re.compile(
    r"(?P<keep>``.+?``|:[\w:+-]+:`[^`]+`|`[^`]+`__?"
    r"|\*\*(?!\s)(?:(?!\n\n)[^*])+(?<!\s)\*\*|(?<!\w)\*(?!\s)(?:(?!\n\n)[^*])+(?<!\s)\*(?!\w))"
    r"|`(?P<name>[^`]+)`|(?P<sign>\\?[|*])|(?P<tail>\w_)(?!\w)",
    re.DOTALL,
)
_TABLE = re.compile(r"^\s*Symbols:?$")
_ROW = re.compile(r"^ *(?P<name>\S(?: ?\S)*) {2,}(?P<meaning>\S.*)$")


def safe_docstring(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Escape in place what is not meant as markup; runs before napoleon takes the sections apart."""
    lines[:] = "\n".join(_blocks(lines)).split("\n")


def _blocks(lines: list[str]) -> Iterator[str]:
    """Yield the docstring block by block; literal blocks stay as they are."""
    prose: list[str] = []
    at = 0
    while at < len(lines):
        table, literal = _TABLE.match(lines[at]), lines[at].rstrip().endswith("::")
        end = _block_end(lines, at + 1) if table or literal else at + 1
        prose.append(lines[at])
        if end > at + 1:
            yield _escaped("\n".join(prose)) + "\n"
            yield "\n".join(_symbols(lines[at + 1 : end]) if table else lines[at + 1 : end])
            prose = []
        at = end
    yield _escaped("\n".join(prose))


def _symbols(rows: list[str]) -> Iterator[str]:
    """Turn aligned rows, "name  meaning", into a definition list, which wraps on a narrow screen."""
    margin = min(_indent(row) for row in rows if row.strip())
    base = " " * max(margin - 4, 0)  # as deep as the heading: deeper would be a quotation
    for row in rows:
        found = _ROW.match(row)
        if found and _indent(row) == margin:
            yield from (f"{base}``{found['name'].strip('`')}``", f"{base}    {_escaped(found['meaning'])}")
        else:
            yield f"{base}    {_escaped(row.strip())}" if row.strip() else ""


def _block_end(lines: list[str], start: int) -> int:
    """Return where the lines indented deeper than line ``start - 1`` end."""
    depth = _indent(lines[start - 1])
    deeper = (at for at in range(start, len(lines)) if lines[at].strip() and _indent(lines[at]) <= depth)
    return next(deeper, len(lines))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _escaped(text: str) -> str:
    return _MARKUP.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    if match["name"]:
        return f"``{match['name']}``"
    if match["tail"]:
        return f"{match['tail'][0]}\\_"
    return match["keep"] or "\\" + match["sign"][-1]
