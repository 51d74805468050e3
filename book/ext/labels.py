r"""Words inside drawings and displayed formulas: messages of the catalogue, replaced in the page's own copy.

A drawing is an SVG with its text as text; a formula has its words in ``\text{…}``. Beside each stands a node that is
never shown and that carries the words to the translators; it must outlive the reading of the page, for the catalogue
is made afterwards.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from aigc_course.core.captions import has_word
from book.ext.phrases import place

SVG = "http://www.w3.org/2000/svg"
BREAK = re.compile(r"\s*<br\s*/?>\s*")  # between lines; a translation may break elsewhere
TEXT = re.compile(r"(?P<before>\\text(?:normal|rm|it)?\{\s*)(?P<words>[^{}$\\]*?)(?P<after>\s*\})")


class labels(addnodes.translatable, nodes.Invisible, nodes.Element):
    """The words of the drawings or the formula in the same parent."""

    def preserve_original_messages(self) -> None:
        """Do nothing: the words are kept in the node from the start."""

    def extract_original_messages(self) -> list[str]:
        """Return the words, for the catalogue."""
        return self["words"]

    def apply_translated_message(self, original_message: str, translated_message: str) -> None:
        """Note the translation; ``Replace`` applies all of them at once."""
        self["translations"][original_message] = translated_message


def words_of(drawn: Iterable[str]) -> labels:
    """Return the node that carries ``drawn``; what holds no word needs no translation."""
    return labels("", words=[word for word in dict.fromkeys(drawn) if has_word(word)], translations={})


class FormulaWords(SphinxTransform):
    """Gives translators the words of displayed formulas, and not the formulas themselves."""

    default_priority = 9  # before Sphinx collects (10) and applies (20) translations

    def apply(self, **kwargs: Any) -> None:
        """Put the words of each formula behind it."""
        for formula in list(self.document.findall(nodes.math_block)):
            formula["translatable"] = False
            words = words_of(match["words"] for match in TEXT.finditer(formula.astext()))
            place(words, self.document["source"], formula.line)
            words["formula"] = True
            if words["words"]:
                formula.parent.insert(formula.parent.index(formula) + 1, words)


class Replace(SphinxTransform):
    """Puts translated words into drawings, which become files of their own, and into formulas."""

    default_priority = 25  # after translations have been applied (20)

    def apply(self, **kwargs: Any) -> None:
        """Treat every node that received a translation."""
        for node in [one for one in self.document.findall(labels) if one["translations"]]:
            if node.get("formula"):
                _reword(node)
                continue
            for image in node.parent.findall(nodes.image):
                self._redraw(image, node["translations"])

    def _redraw(self, image: nodes.image, translations: Mapping[str, str]) -> None:
        _, path = self.env.relfn2path(image["uri"], self.env.docname)
        source = Path(path)
        target = Path(self.env.srcdir, "_build", "translated", self.config.language, source.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(translated_drawing(source.read_text("utf8"), translations), "utf8")
        image["uri"] = "/" + target.relative_to(self.env.srcdir).as_posix()


def _reword(node: labels) -> None:
    """Replace the words in the formula before a node; its test may stand between the two."""
    before = reversed(node.parent.children[: node.parent.index(node)])
    formula = next(one for one in before if isinstance(one, nodes.math_block))
    formula.children = [nodes.Text(translated_formula(formula.astext(), node["translations"]))]
    formula.setup_child(formula.children[0])


def translated_formula(latex: str, translations: Mapping[str, str]) -> str:
    r"""Return the formula with the words of its ``\text{…}`` replaced."""
    return TEXT.sub(
        lambda found: found["before"] + translations.get(found["words"], found["words"]) + found["after"], latex
    )


def translated_drawing(svg: str, translations: Mapping[str, str]) -> str:
    """Return the drawing with each text replaced that is one of the translated words."""
    rows = {_plain(words): BREAK.split(translation) for words, translation in translations.items()}
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    tree = ElementTree.fromstring(svg.encode())
    for lines in _texts(tree):
        said = " ".join(" ".join("".join(line.itertext()).split()) for line in lines)
        if found := rows.get(said):
            _write(lines, found)
    return ElementTree.tostring(tree, encoding="unicode")


def _texts(tree: ElementTree.Element) -> Iterator[list[ElementTree.Element]]:
    """The lines of each text: parts of one element, or elements of one group as Matplotlib draws them."""
    for group in tree.iter(f"{{{SVG}}}g"):
        if len(lines := group.findall(f"{{{SVG}}}text")) > 1:
            yield lines
    for text in tree.iter(f"{{{SVG}}}text"):
        yield list(text) or [text]


def _write(lines: list[ElementTree.Element], rows: list[str]) -> None:
    """Put one row into each line that the drawing has, and what is left into the last."""
    rows = [*rows[: len(lines) - 1], " ".join(rows[len(lines) - 1 :])]
    for i, line in enumerate(lines):
        for part in list(line):
            line.remove(part)
        line.text = rows[i] if i < len(rows) else ""


def _plain(words: str) -> str:
    return " ".join(BREAK.sub(" ", words).split())


def skip(visitor: Any, node: nodes.Element) -> None:
    """Write nothing for a node that only carries words."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node and its transform."""
    app.add_node(
        labels, html=(skip, None), latex=(skip, None), text=(skip, None), man=(skip, None), texinfo=(skip, None)
    )
    app.add_transform(FormulaWords)
    app.add_transform(Replace)
