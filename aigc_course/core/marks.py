"""What may stand in a caption or a column's name besides plain words; all else is shown as it is written.

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
    """Markdown in which only what is allowed has a meaning."""
    return _MARKS.sub(lambda found: found["allowed"] or f"\\{found['sign']}", _BREAKS.sub(" ", text))


def literal(text: str) -> str:
    """Markdown that shows a text of one line as it is."""
    return re.sub(rf"{_SIGN}|\*", r"\\\g<0>", _BREAKS.sub(" ", text))


def literal_html(text: str) -> str:
    """HTML that shows a text as it is; a dollar alone in its element begins no formula in Jupyter."""
    return html.escape(text).replace("$", "<span>$</span>")
