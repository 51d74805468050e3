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
        """Render a code cell; a question takes the cell's place, a graded cell stands in its exercise's box."""
        found = [
            (verb, exercise) for verb, id in exercise_calls(token.content) if (exercise := self._exercise(id, token))
        ]
        if not found:
            super().render_nb_cell_code(token)
        for verb, exercise in found:
            line = token_line(token, 0)
            box = exercises.begin(self, exercise, line)
            self._append([box], token)
            if verb == "grade":
                self._graded(box, token)
            self._append(exercises.end(self, exercise, line), token, box)

    def _graded(self, box: nodes.container, token: SyntaxTreeNode) -> None:
        """Put the cell into the box without its output, which says on every page that nothing was tried yet."""
        token.meta["metadata"].setdefault("tags", []).append("remove-output")
        with self.current_node_context(box):
            super().render_nb_cell_code(token)

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

    def _append(self, found: Sequence[nodes.Node], token: SyntaxTreeNode, parent: nodes.Element | None = None) -> None:
        for node in found:
            place(node, self.document["source"], token_line(token, 0))
        (self.current_node if parent is None else parent).extend(found)

    def _where(self, token: SyntaxTreeNode) -> str:
        return f"{self.sphinx_env.docname}, cell {token.meta['index'] + 1}"


def install() -> None:
    """Make MyST-NB parse notebooks with ``CourseRenderer``; doing it twice changes nothing."""
    myst_nb.sphinx_.SphinxNbRenderer = CourseRenderer
