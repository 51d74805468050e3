"""Escaping of Markdown and HTML in captions, column names and cells; a few marks keep their meaning in captions.

Allowed are formulas ``$x^2$``, code in single backquotes, ``*emphasis*`` and ``**strong emphasis**``. HTML, links,
entities and roles are not: the text may come from a model or from data.
"""

import html
import re

_SIGN = r"[\\`_\[\]<>&$~{}]"
_FIELD = r"(?<!\{)\{\w+(?::[^{}]*)?\}(?![`}])"  # a place for a value in a caption
_ALLOWED = rf"`[^`\n]+`|\$(?![\s$])[^$\n]*[^\s$\\]\$(?!\d)|{_FIELD}"
_MARKS = re.compile(rf"(?P<allowed>{_ALLOWED})|(?P<sign>{_SIGN})")
_BREAKS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")


def marked(text: str) -> str:
    """Escape all Markdown but the allowed marks; line breaks become spaces."""
    return _MARKS.sub(lambda found: found["allowed"] or f"\\{found['sign']}", _BREAKS.sub(" ", text))


def literal(text: str) -> str:
    """Escape all Markdown, so that a text is shown as it is; line breaks become spaces."""
    return re.sub(rf"{_SIGN}|\*", r"\\\g<0>", _BREAKS.sub(" ", text))


def literal_html(text: str) -> str:
    """Escape HTML, so that a text is shown as it is; a dollar in an element of its own starts no formula in Jupyter."""
    return html.escape(text).replace("$", "<span>$</span>")
