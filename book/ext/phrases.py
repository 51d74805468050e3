"""Words that the extension itself puts on a page, in a form that translators see."""

from collections.abc import Mapping
from typing import Any, TypeVar

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx_design.shared import create_component

from aigc_course.core import captions

logger = logging.getLogger(__name__)

AnyNode = TypeVar("AnyNode", bound=nodes.Node)


class phrase(addnodes.translatable, nodes.inline):
    """Inline text made from a template and values.

    The translator sees the template, so a new measurement or count does not outdate a translation.
    """

    def preserve_original_messages(self) -> None:
        """Do nothing: the template is kept in the node from the start."""

    def extract_original_messages(self) -> list[str]:
        """Return the template, for the catalogue."""
        return [self["template"]]

    def apply_translated_message(self, original_message: str, translated_message: str) -> None:
        """Show the translated template, filled with the same values."""
        fields = captions.fields(original_message).keys()
        if fields != captions.fields(translated_message).keys():
            wanted = ", ".join(f"{{{name}}}" for name in sorted(fields))
            logger.warning("translation %r must hold %s", translated_message, wanted, type="course", location=self)
            return
        self.children = [nodes.Text(_filled(translated_message, self["values"]))]
        self.setup_child(self.children[0])
        self["translated"] = True


def say(template: str, *, classes: tuple[str, ...] = (), **values: Any) -> phrase:
    """Return ``template`` filled with ``values`` as a translatable inline node; no values, no formatting."""
    return phrase(template, _filled(template, values), template=template, values=values, classes=list(classes))


def paragraph(*children: nodes.Node, classes: tuple[str, ...] = ()) -> nodes.paragraph:
    """Return a paragraph of ready nodes, which carry their own translations."""
    return nodes.paragraph("", "", *children, classes=list(classes), translatable=False)


def heading(*children: nodes.Node, level: int, classes: tuple[str, ...] = ()) -> nodes.rubric:
    """Return a heading that stays out of the page's table of contents."""
    return nodes.rubric("", "", *children, classes=list(classes), translatable=False, level=level)


def dropdown(title: nodes.TextElement, body: list[nodes.Node], *classes: str) -> nodes.container:
    """Return sphinx-design's dropdown, closed: it is a ``<details>`` element and needs no script."""
    return create_component(
        "dropdown",
        opened=False,
        type="dropdown",
        has_title=True,
        icon=None,
        chevron=None,
        container_classes=["sd-mb-2", *classes],
        title_classes=[],
        body_classes=[],
        children=[title, *body],
    )


def link(
    target: str, *children: nodes.Node, kind: str = "doc", docname: str, classes: tuple[str, ...] = ()
) -> nodes.Node:
    """Return a reference from ``docname`` to a page (kind doc), a label (ref) or an equation (eq)."""
    domain = "math" if kind == "eq" else "std"
    return addnodes.pending_xref(
        "",
        nodes.inline("", "", *children, classes=list(classes)),
        refdomain=domain,
        reftype=kind,
        reftarget=f"/{target}" if kind == "doc" else target,
        refexplicit=bool(children),
        refdoc=docname,
        refwarn=True,
    )


def place(element: AnyNode, source: str, line: int | None) -> AnyNode:
    """Say where ``element`` and all below it come from; Sphinx translates only nodes that know it."""
    for node in element.findall(nodes.Element):
        node.source = node.source or source
        node.line = node.line or line
    return element


def _filled(template: str, values: Mapping[str, Any]) -> str:
    return captions.filled(template, {name: str(value) for name, value in values.items()}) if values else template
