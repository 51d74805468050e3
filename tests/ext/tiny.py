"""A tiny book in a temporary folder, built in this process with warnings as errors."""

import base64
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from PIL import Image
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

CHECKS = "book/pages/checks"
PERMALINK = Path(__file__).parents[2] / "book" / "_templates" / "permalink.html"
SETTINGS: dict[str, Any] = {
    "extensions": ["myst_nb", "sphinx_design", "book.ext.course"],
    "html_theme": "basic",
    "nb_execution_mode": "off",
    "myst_enable_extensions": ["dollarmath", "colon_fence", "attrs_inline"],
    "exclude_patterns": ["_build", "aigc_course", "tests"],
    "root_doc": "index",
    "templates_path": ["_templates"],
    "numfig": True,
    "gettext_compact": False,
    "locale_dirs": ["locale"],
    "html_math_renderer": "mathml",
}


@dataclass
class Built:
    """The outcome of one build."""

    folder: Path
    warnings: str
    status: int

    def page(self, name: str) -> BeautifulSoup:
        return BeautifulSoup((self.folder / f"{name}.html").read_text("utf8"), "html.parser")

    def words(self, name: str, selector: str) -> list[str]:
        return [" ".join(found.get_text().split()) for found in self.page(name).select(selector)]

    def messages(self) -> str:
        return "".join(path.read_text("utf8") for path in self.folder.rglob("*.pot"))


@dataclass
class Project:
    """Files of a book and how to build it."""

    root: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
        return path

    def chapter(self, slug: str, *cells: dict[str, Any], title: str = "A chapter", **matter: Any) -> None:
        front = {"slug": slug, "title": title, "minutes": 50, "budget": {"cpu_s": 60}, "prerequisites": []} | matter
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        metadata = {"aigc": front, "kernelspec": kernel, "language_info": {"name": "python"}}
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": []}
        for i, cell in enumerate([prose(f"# {title}\n\nIt begins."), *cells]):
            notebook["cells"].append(cell | {"id": str(i)})
        self.write(f"chapters/{slug}/{slug}.ipynb", json.dumps(notebook))
        self.write(f"{CHECKS}/{slug}.md", f"# Checks: {{chapter}}`{slug}`\n\n```{{checks}} {slug}\n```\n")

    def build(self, builder: str = "html", **settings: Any) -> Built:
        out, stream = self.root / "_build" / builder, io.StringIO()
        options = SETTINGS | self.settings | settings
        options["extensions"] = [*options["extensions"], "book.ext.mathml"]
        self.write("_templates/permalink.html", PERMALINK.read_text("utf8"))
        locale.translators.clear()  # Sphinx keeps catalogues for the life of a process
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                str(self.root),
                None,
                str(out),
                str(self.root / "_build" / f"doctrees-{builder}"),
                builder,
                confoverrides=options | {"nitpicky": True},
                status=None,
                warning=stream,
                warningiserror=True,
                keep_going=True,
            )
            app.build()
        return Built(out, stream.getvalue(), app.statuscode)


def prose(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(text: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    found = [{"output_type": "display_data", "metadata": {}} | output for output in outputs]
    metadata = {"tags": list(tags)}
    return {"cell_type": "code", "metadata": metadata, "source": text, "outputs": found, "execution_count": 1}


def png() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4"/></svg>'


CODE = '''
def double(x):
    """Twice x."""
    return 2 * x


def same(x):
    return x


def one(generator):
    return (1.0,)
'''
EXERCISES = """
- id: demo.why
  kind: question
  title: Squares
  objective: 0
  text: Why is $z^2$ never *negative*?
  options:
    - {text: Because $a b$ commutes, correct: false, why: Commuting says nothing about `signs`.}
    - {text: A square of a real number, correct: true, why: Right signs multiply.}
- id: demo.double
  kind: exercise
  title: Doubling
  objective: 0
  text: Double it.
  stub: |-
    def f(x):
        return ...
  hints: [Think of $2x$., 'Add `x` to [itself]{#itself}.']
  solution: double
  inputs: one
  arguments: [{name: x}, {name: y, axes: [rows]}]
  wrong: [{function: same, diagnosis: not doubled}]
- id: demo.build
  kind: project
  title: A thing
  objective: 0
  text: Build a **thing**.
  rubric: [It runs., It has $n$ parts.]
"""
