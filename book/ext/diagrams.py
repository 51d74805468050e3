"""`{diagram} name`: a diagram of book/diagrams, drawn ahead by `python -m book.tools.diagrams`, light and dark.

The body is the caption. The alternative text is the description in the diagram's source.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.ext import zoom
from book.ext.labels import words_of
from book.ext.phrases import place
from book.tools import diagrams


class Diagram(SphinxDirective):
    """A figure with both drawings; the theme shows the one that suits the page."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Check that the drawings belong to the source, and place them."""
        name, root = self.arguments[0], Path(self.env.srcdir)
        source = root / "book" / "diagrams" / f"{name}.mmd"
        if not source.is_file():
            known = ", ".join(sorted(path.stem for path in source.parent.glob("*.mmd")))
            raise self.error(f"no diagram {name!r}; there are {known}")
        self.env.note_dependency(str(source))
        text = source.read_text(encoding="utf-8")
        _, description = diagrams.words(text)
        figure = nodes.figure("", classes=["diagram"])
        for mode in diagrams.INKS:
            uri = f"/book/_static/diagrams/{name}-{mode}.svg"
            figure += nodes.image(uri=uri, alt=description, classes=[f"only-{mode}", "no-scaled-link"])
        figure += zoom.link()
        if self.content:
            caption = nodes.caption("\n".join(self.content))
            self.state.nested_parse(self.content, self.content_offset, caption)
            figure += nodes.caption(caption.rawsource, "", *caption.children[0].children)
        figure += words_of(diagrams.labels(text))
        return [place(figure, *self.get_source_info())]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("diagram", Diagram)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
