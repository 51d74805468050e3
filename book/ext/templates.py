"""Captions and alternative texts with values: translators see the template, readers the values in it."""

from collections.abc import Mapping
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from aigc_course.core import captions

logger = logging.getLogger(__name__)


def keep(node: nodes.Element, template: str, shown: Mapping[str, str] | None) -> None:
    """Let ``Fill`` put values into ``node`` once it has been translated; no values, no template."""
    if shown is not None:
        node["filling"] = template, dict(shown)


class Fill(SphinxPostTransform):
    """Puts the values into every template of a page; a translation without a field of its original is a warning."""

    default_priority = 400  # before a formula is tied to the signs around it

    def is_supported(self) -> bool:
        """Everywhere but in the catalogue, which is made of the templates."""
        return self.app.builder.name != "gettext"

    def run(self, **kwargs: Any) -> None:
        """Fill captions, titles and alternative texts."""
        for node in [one for one in self.document.findall(nodes.Element) if "filling" in one]:
            template, shown = node["filling"]
            if isinstance(node, nodes.image):
                self._check(node, template, node["alt"])
                node["alt"] = captions.filled(node["alt"], shown)
                continue
            words = list(node.findall(nodes.Text))
            self._check(node, template, *words)
            for word in words:
                word.parent.replace(word, nodes.Text(captions.filled(word, shown)))

    def _check(self, node: nodes.Element, template: str, *words: str) -> None:
        wanted, found = (set().union(*map(captions.fields, texts)) for texts in ([template], words))
        if wanted != found:
            fields = ", ".join(f"{{{field}}}" for field in sorted(wanted)) or "no field"
            logger.warning("%r must hold exactly %s", "".join(words), fields, type="course", location=node)
