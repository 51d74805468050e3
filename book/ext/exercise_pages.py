"""What a page makes of all its exercises: their numbers, the answers for paper, and where a reader's own are kept."""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx_design.shared import is_component

from book.ext.phrases import heading, link, paragraph, place, say

KEPT = "book/pages/start", "start-answers"  # the page and the label of ``{my-answers}``


def boxes(document: nodes.document) -> list[nodes.container]:
    """Return the exercises of a page, in their order."""
    return [box for box in document.findall(nodes.container) if "exercise" in box["classes"]]


class Frame(SphinxTransform):
    """Adds to a page with exercises the note on what is kept, and an empty place for the answers on paper."""

    default_priority = 9  # before Sphinx collects (10) and applies (20) translations

    def apply(self, **kwargs: Any) -> None:
        """Put the note behind the last exercise and the answers at the end of the page."""
        if not (found := boxes(self.document)):
            return
        last, (page, label) = found[-1], KEPT
        answers = nodes.container("", heading(say("Answers to the exercises"), level=2), classes=["exercise-answers"])
        *_, page_end = (one for one in self.document.children if isinstance(one, nodes.section))
        page_end += place(answers, self.document["source"], last.line)
        if page in self.env.found_docs:
            words = say("Your answers stay in this browser.")
            where = link(label, say("Export or forget them"), kind="ref", docname=self.env.docname)
            note = paragraph(words, nodes.Text(" "), where, classes=("exercise-kept", "pst-js-only"))
            last.parent.insert(last.parent.index(last) + 1, place(note, self.document["source"], last.line))


class Number(SphinxPostTransform):
    """Writes "5.1" before the title of the first exercise of chapter 5."""

    default_priority = 150  # before sphinx-design (199) takes its dropdowns apart

    def run(self, **kwargs: Any) -> None:
        """Number by the order on the page; the chapter's own number is known only now."""
        chapter = self.env.toc_secnumbers.get(self.env.docname, {}).get("", ())
        for n, box in enumerate(boxes(self.document), 1):
            (number,) = (one for one in box.findall(nodes.reference) if "exercise-number" in one["classes"])
            number += nodes.Text(".".join(map(str, (*chapter, n))))


class Answers(SphinxPostTransform):
    """Fills the place at the end of the page, which is seen on paper alone, from the exercises as translated."""

    default_priority = 160
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Copy the options' explanations, the hints and the solutions."""
        for answers in [one for one in self.document.findall(nodes.container) if "exercise-answers" in one["classes"]]:
            for box in boxes(self.document):
                answers.extend(_without_ids(copy) for copy in _answer(box))


def _answer(box: nodes.container) -> Iterator[nodes.Node]:
    folded = [one.deepcopy() for one in box.findall(lambda node: is_component(node, "dropdown"))]
    if not folded:
        return
    yield box.children[0].deepcopy()
    if "exercise-question" in box["classes"]:
        items = [nodes.list_item("", *one.children[1:]) for one in folded]
        yield nodes.enumerated_list("", *items, enumtype="upperalpha", prefix="", suffix=".")
        return
    for one in folded:
        yield nodes.paragraph("", "", nodes.strong("", "", *one.children[0].children))
        yield from one.children[1:]


def _without_ids(copy: nodes.Node) -> nodes.Node:
    for node in copy.findall(nodes.Element):
        node["ids"] = []
    return copy


WORDS = {
    "count": "Answers kept in this browser: {count}",
    "export": "Export my answers",
    "import": "Import answers",
    "wrong": "This file holds no answers of this course.",
    "forget": "Forget everything",
    "sure": "Forget all answers that are kept in this browser?",
}


class MyAnswers(SphinxDirective):
    """``{my-answers}``: the words of the buttons that export, import and forget; the script makes them."""

    def run(self) -> list[nodes.Node]:
        """Return one paragraph for each of the words."""
        said = [paragraph(say(words), classes=(f"answers-{name}",)) for name, words in WORDS.items()]
        return [place(nodes.container("", *said, classes=["my-answers"]), *self.get_source_info())]


def setup(app: Sphinx) -> None:
    """Register transforms, directive and scripts."""
    app.add_transform(Frame)
    app.add_post_transform(Number)
    app.add_post_transform(Answers)
    app.add_directive("my-answers", MyAnswers)
