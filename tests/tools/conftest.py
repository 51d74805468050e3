"""A tiny book in a temporary folder: two notebooks, a library of three modules, tests with markers."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from book.tools.chapters import ROOT

BLOCKS = (
    "What you will be able to do",
    "Predict first",
    "A toy whose answer is known",
    "The mathematics",
    "From scratch",
    "Train it",
    "Measure it",
    "Break it",
    "Use it",
    "Exercises",
    "Summary",
)


@dataclass
class Project:
    root: Path

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def notebook(self, slug, *cells, **front):
        """A notebook of `cells`: strings are code, one-element lists are prose, dicts are cells as they stand."""
        made = [_cell(number, cell) for number, cell in enumerate(cells)]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "aigc": {"slug": slug} | front}
        value = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        name = self.path(slug)
        return self.write(name, json.dumps(value, indent=1) + "\n")

    def path(self, slug):
        number = {"one": "01", "two": "02"}[slug]
        return f"chapters/{number}_{slug}/{number}_{slug}.ipynb"

    def toc(self, *entries):
        files = "".join(f"  - file: {entry}\n" for entry in entries)
        return self.write("book/_toc.yml", f"format: jb-book\nroot: book/index\nchapters:\n{files}")

    def run(self, tool, *arguments, **options):
        command = [sys.executable, "-m", f"book.tools.{tool}", "--root", str(self.root), *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, **options)


def _cell(number, cell):
    if isinstance(cell, dict):
        return {"id": str(number), "metadata": {}, "outputs": [], "execution_count": None} | cell
    if isinstance(cell, list):
        return {"id": str(number), "cell_type": "markdown", "metadata": {}, "source": cell[0]}
    return _cell(number, {"cell_type": "code", "source": cell})


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    made.write("aigc_course/__init__.py", "")
    made.write("aigc_course/shared.py", "WORD = 'shared'\n")
    made.write("aigc_course/left.py", "from aigc_course.shared import WORD\n\nLEFT = WORD + ' left'\n")
    made.write("aigc_course/right.py", "RIGHT = 'right'\n")
    made.write("requirements.lock", "nothing==1.0\n")
    made.write("book/index.md", "# A tiny book\n")
    made.write(
        "_config.yml", "title: Tiny\nexecute:\n  execute_notebooks: cache\nsphinx:\n  config:\n    language: en\n"
    )
    made.notebook("one", ["# One"], "from aigc_course.left import LEFT\nprint(LEFT)")
    made.notebook("two", ["# Two"], "from aigc_course import right\nright.RIGHT")
    made.toc("chapters/01_one/01_one", "chapters/02_two/02_two")
    return made
