"""A docutils table from ready inline nodes, and the table of data sets."""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book.ext.phrases import paragraph, place, say


def table(heads: list[nodes.Node], rows: list[list[list[nodes.Node]]], *, classes: list[str]) -> nodes.table:
    """Return a table: ``heads`` is a row; a row is a list of cells, a cell a list of inline nodes or of paragraphs."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in heads), cols=len(heads))
    group += nodes.thead("", _row([[head] for head in heads]))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group, classes=[*classes, "colwidths-auto"])


def _row(cells: list[list[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", *_paragraphs(cell)) for cell in cells))


def _paragraphs(cell: list[nodes.Node]) -> list[nodes.Node]:
    return cell if isinstance(cell[0], nodes.paragraph) else [paragraph(*cell)]


class Datasets(SphinxDirective):
    """``{datasets}``: the registry of data sets with licence, source and whether a network is needed."""

    def run(self) -> list[nodes.Node]:
        """Return a table with one row per registered data set."""
        from aigc_course.core.data import DATASETS  # imports torch

        heads = ["Name", "Description", "Licence", "Source", "Network"]
        rows = [
            [
                [nodes.literal("", name)],
                [say(entry.description)],
                [say(entry.licence)],
                [say(entry.source)],
                [say("not needed") if entry.offline else say("one download")],
            ]
            for name, entry in DATASETS.items()
        ]
        drawn = table([say(head) for head in heads], rows, classes=["course-datasets"])
        return [place(drawn, *self.get_source_info())]
