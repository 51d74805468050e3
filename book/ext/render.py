"""The renderer of chapters: MyST-NB's own, plus figures and exercises.

MyST-NB offers two plug-in points, both found through installed entry points: a MIME renderer, which sees one
MIME type at a time and no cell, and an element renderer, which would have to be named in the configuration and
reinstalled whenever it moves. Subclassing the notebook renderer gives cells, outputs, metadata and the MyST parser
in one place, at parse time, so that everything inserted is translated like the chapter's own text. The class is put
in place when the extension loads; MyST-NB is pinned to one version, and a test builds a page with it.
"""

from collections.abc import Sequence
from typing import Any

import myst_nb.sphinx_
from docutils import nodes
from markdown_it.tree import SyntaxTreeNode
from myst_nb.sphinx_ import SphinxNbRenderer
from myst_parser.mdit_to_docutils.base import token_line
from sphinx.util import logging

from book.ext import exercises, figures, listings
from book.ext.phrases import place
from book.ext.sources import exercise_calls

logger = logging.getLogger(__name__)


class CourseRenderer(SphinxNbRenderer):
    """Renders notebooks with described figures, captioned tables and exercises."""

    def render_nb_cell_code(self, token: SyntaxTreeNode) -> None:
        """Render a code cell; a question takes the cell's place, arguments and help surround a graded cell."""
        calls = [(verb, self._exercise(id, token)) for verb, id in exercise_calls(token.content)]
        for verb, exercise in calls:
            if exercise and verb == "grade":
                self._append(exercises.before_grade(exercise), token)
        if not any(verb == "ask" for verb, _ in calls):
            super().render_nb_cell_code(token)
        for verb, exercise in calls:
            if exercise:
                make = exercises.after_grade if verb == "grade" else exercises.instead_of_ask
                self._append(make(self, exercise, token_line(token, 0)), token)

    def _exercise(self, id: str, token: SyntaxTreeNode) -> Any:
        try:
            return exercises.lookup(id)
        except (LookupError, ValueError, ImportError) as error:
            logger.warning("%s: exercise %r: %s", self._where(token), id, error, type="course")
            return None

    def _render_nb_cell_code_outputs(self, token: SyntaxTreeNode, outputs: list[Any]) -> None:
        for output in sorted(outputs, key=listings.is_listing):  # what a cell found stands under it, code below that
            if figures.described(output):
                arguments = (self._where(token), token.meta["metadata"], token_line(token, 0))
                self._append(figures.draw(self, output, *arguments), token)
            else:
                super()._render_nb_cell_code_outputs(token, [output])

    def _append(self, found: Sequence[nodes.Node], token: SyntaxTreeNode) -> None:
        for node in found:
            place(node, self.document["source"], token_line(token, 0))
        self.current_node.extend(found)

    def _where(self, token: SyntaxTreeNode) -> str:
        return f"{self.sphinx_env.docname}, cell {token.meta['index'] + 1}"


def install() -> None:
    """Make MyST-NB parse notebooks with ``CourseRenderer``; doing it twice changes nothing."""
    myst_nb.sphinx_.SphinxNbRenderer = CourseRenderer
