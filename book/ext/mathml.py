"""Formulas as MathML, drawn by the browser itself: temml turns their TeX into it while the pages are written.

No script comes with the page, a screen reader gets the structure, and the formulas are there without JavaScript.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import quickjs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

TEMML = Path(__file__).parent / "temml" / "temml.min.js"
# JSON, because the engine's wrapper cannot hand over a string that was joined from parts.
CONVERT = """
globalThis.convert = (tex, display) => JSON.stringify(
  temml.renderToString(tex, {displayMode: display, throwOnError: true, wrap: display ? "none" : "tex"}));
"""
SCRIPTS = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
APPLIED = "\N{FUNCTION APPLICATION}"
TABLE_STYLE = re.compile(r"padding-(left|right):([\d.]+)(em|pt);")


class UnreadableError(ValueError):
    """TeX that cannot be turned into MathML."""


@functools.cache
def _engine() -> Any:
    """The converter, in an engine of its own; one for the process."""
    context = quickjs.Context()
    context.eval(TEMML.read_text(encoding="utf-8"))
    context.eval(CONVERT)
    return context.get("convert")


@functools.cache
def convert(tex: str, display: bool = False) -> str:
    """MathML of a formula in TeX; a long one in a line of text may break after its relations and sums."""
    try:
        markup = json.loads(_engine()(_lines(tex) if display else tex, display))
    except quickjs.JSException as error:
        raise UnreadableError(_reason(error)) from None
    return ElementTree.tostring(_tidy(ElementTree.fromstring(markup)), "unicode", short_empty_elements=False)


def _reason(error: Exception) -> str:
    """What temml says, without the addresses in its source."""
    said = str(error).partition("\n    at ")[0].removeprefix("ParseError:")
    return " ".join(said.replace("\N{COMBINING LOW LINE}", "").split())


def _lines(tex: str) -> str:
    """A display of several lines without an environment gets one; no environment numbers its lines."""
    tex = re.sub(r"\\(begin|end)\{(align|alignat|equation|gather|multline)\}", r"\\\1{\2*}", tex)
    return rf"\begin{{aligned}}{tex}\end{{aligned}}" if r"\\" in tex and r"\begin" not in tex else tex


def _tidy(formula: Element) -> Element:
    """Space operators as TeX does, where browsers and temml do not, and drop what the style sheet says."""
    formula.attrib.pop("class", None)
    formula.attrib.pop("style", None)
    _join_signs(formula)
    for element in formula.iter():
        _space_names(element)
        if element.tag == "mo" and element.text == APPLIED:
            element.attrib.update(lspace="0", rspace="0")
        elif element.tag in SCRIPTS:
            _tighten(element)
        elif element.tag == "mtd":
            _tidy_cell(element)
    return formula


def _join_signs(formula: Element) -> None:
    """A sign that stands alone between two breaks joins the part before it, or it would lose its space."""
    kept = None
    for part in list(formula):
        if kept is not None and [one.tag for one in part] == ["mo"]:
            kept.append(part[0])
            formula.remove(part)
        else:
            kept = part


def _space_names(row: Element) -> None:
    """A thin space before the name of a function that follows a factor, as in ½ log x."""
    for before, after in itertools.pairwise(row):
        named = len(after) > 1 and after[1].text == APPLIED
        last = before[-1] if len(before) else before
        if named and before.tag != "mo" and last.tag not in ("mspace", "mrow"):
            after.insert(0, Element("mspace", width="0.1667em"))


def _tighten(script: Element) -> None:
    """No space around an operator in an index or an exponent."""
    for part in list(script)[1:]:
        for operator in part.iter("mo"):
            operator.attrib.update(lspace="0", rspace="0")


def _tidy_cell(cell: Element) -> None:
    """A cell that goes on with a sign, after the one that its line is aligned at, has a sum before it."""
    first = next((one for one in cell.iter() if one.tag not in ("mtd", "mrow", "mstyle")), None)
    if "tml-left" in cell.get("class", "") and first is not None and first.text in ("+", "\N{MINUS SIGN}"):
        first.set("form", "infix")
    if style := cell.get("style"):
        cell.set("style", "".join(match[0] for match in TABLE_STYLE.finditer(style)))


def _written(writer: Any, node: nodes.Element, *, display: bool) -> str:
    """The formula as MathML; an unreadable one stops the build and says where it stands."""
    tex = node["tex"] if "tex" in node else node.astext()
    try:
        return convert(tex.strip(), display)
    except UnreadableError as error:
        place = node if node.source else writer.docnames[0]
        logger.warning("the formula %r cannot be read: %s", tex.strip(), error, type="course", location=place)
        return f"<code>{writer.encode(tex)}</code>"


def visit_inline(writer: Any, node: nodes.math) -> NoReturn:
    """Write a formula within a line."""
    start = writer.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    writer.body.append(f"{start}{_written(writer, node, display=False)}</span>")
    raise nodes.SkipNode


def visit_displayed(writer: Any, node: nodes.math_block) -> NoReturn:
    """Write a formula of its own lines with its number, which stays in view when the formula scrolls."""
    writer.body.append(writer.starttag(node, "div", "", CLASS="math notranslate nohighlight"))
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, _("Link to this equation"))
        writer.body.append("</span>")
    writer.body.append(f'<div class="formula">{_written(writer, node, display=True)}</div></div>\n')
    raise nodes.SkipNode


def keep_from_the_index(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take the TeX out of the text of a page: the search would find `frac` and `mathrm`."""
    if app.builder.format != "html":
        return
    for node in [*doctree.findall(nodes.math), *doctree.findall(nodes.math_block)]:
        node["tex"] = node.astext()
        node.clear()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer; `html_math_renderer: mathml` chooses it."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_displayed, None))
    app.connect("doctree-resolved", keep_from_the_index, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
