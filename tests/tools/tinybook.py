"""A tiny book in a temporary folder: two notebooks, a library of three modules."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from book.tools import chapters, dependencies, record


@dataclass
class Project:
    root: Path

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def notebook(self, name, *cells, **front):
        """A notebook of `cells`: strings are code, one-element lists are prose, dicts are cells as they stand."""
        made = [_cell(number, cell) for number, cell in enumerate(cells)]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "aigc": front}
        value = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        return self.write(path(name), json.dumps(value, indent=1) + "\n")

    def chapter(self, slug):
        return chapters.load(self.root / path(slug), self.root)

    def toc(self, *slugs):
        files = "".join(f"  - file: {path(slug).removesuffix('.ipynb')}\n" for slug in slugs)
        return self.write("book/_toc.yml", f"format: jb-book\nroot: book/index\nchapters:\n{files}")

    def command(self, tool, *arguments):
        return [sys.executable, "-m", f"book.tools.{tool}", "--root", str(self.root), *arguments]

    def run(self, tool, *arguments, **environment):
        command, ours = self.command(tool, *arguments), {"cwd": chapters.ROOT, "env": os.environ | environment}
        return subprocess.run(command, **ours, capture_output=True, text=True, check=False, timeout=300)

    def keep(self, slug, *said):
        """Let a notebook count as executed, its code cells having printed `said`, without the seconds that it takes."""
        chapter = self.chapter(slug)
        notebook = nbformat.read(chapter.path, as_version=4)
        for cell, text in zip([cell for cell in notebook.cells if cell.cell_type == "code"], said, strict=False):
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
        ran = self.write(f"_build/running/{slug}.ipynb", nbformat.writes(notebook))
        figures = {"cpu_s": 1.0, "slower": 1.0, "seconds": 1.5, "peak_mb": 100, "cells": len(chapter.code)}
        record.keep(chapter, ran, key=dependencies.key(chapter, "cpu"), profile="cpu", **figures)

    def executed(self, slug):
        """The outputs kept of a notebook's code cells, as text."""
        kept = self.root / "_build" / "executed" / path(slug)
        cells = json.loads(kept.read_text("utf-8"))["cells"]
        return [text(cell) for cell in cells if cell["cell_type"] == "code"]

    def done(self):
        """Slugs of the notebooks that are executed and kept."""
        return sorted(file.stem.partition("_")[2] for file in (self.root / "_build" / "executed").rglob("*.json"))


NUMBERS = {slug: f"{number:02}" for number, slug in enumerate(("one", "two", "three", "four", "five"), 1)}


def path(slug):
    return f"chapters/{NUMBERS[slug]}_{slug}/{NUMBERS[slug]}_{slug}.ipynb"


def text(cell):
    found = [out.get("text") or out["data"]["text/plain"] for out in cell["outputs"]]
    return "".join("".join(lines) for lines in found).strip()


def _cell(number, cell):
    if isinstance(cell, dict):
        return {"id": str(number), "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None} | cell
    if isinstance(cell, list):
        return {"id": str(number), "cell_type": "markdown", "metadata": {}, "source": cell[0]}
    return _cell(number, {"source": cell})
