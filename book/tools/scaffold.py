"""The files of a chapter that nobody has written yet: headings and calls in the right order, and nothing that passes.

Every text is empty or says what belongs there, so that `make check` names each thing that is missing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from book.tools import check_form

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
TASKS = (("recall", "ask"), ("reading", "ask"), ("first", "grade"), ("second", "grade"), ("project", "ask"))


def notebook(entry: dict[str, Any], first_cell: str) -> dict[str, Any]:
    """The notebook: first cell, title, objectives, a heading for each block, a cell for each exercise."""
    made = [_code(first_cell, ["remove-cell"]), _prose(f"# {entry['title']}\n\n{entry['summary']}")]
    made.append(_code("from aigc_course.core.grading import ask, grade", ["remove-cell"]))
    for number, block in enumerate(check_form.BLOCKS, 1):
        text = _objectives(entry) if number == 1 else ""
        made.append(_prose(f"## {block}\n\n{text}".strip()))
        if block == "Exercises":
            made += [cell for task in TASKS for cell in _task(entry["slug"], *task)]
    cells = [dict(sorted((cell | {"id": str(i)}).items())) for i, cell in enumerate(made)]
    declared = {"budget": {}, "datasets": [], "minutes": 0, "teaches": []}
    metadata = {"aigc": declared, "kernelspec": KERNEL, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def part(entry: dict[str, Any]) -> str:
    """The page of a new part: its title, the picture of its first chapter, its map."""
    text = "Write here what the part teaches, and link this page from `book/pages/parts.md`."
    shown = f"```{{heroes}}\n{entry['slug']}\n```\n\n## Its chapters\n\n```{{course-map}} {entry['package']}\n```"
    return f"# {entry['part']}\n\n{text}\n\n{shown}\n"


def _objectives(entry: dict[str, Any]) -> str:
    return "\n".join(f"{number}. {words}." for number, words in enumerate(entry["objectives"], 1))


def _task(slug: str, name: str, function: str) -> list[dict[str, Any]]:
    if function == "ask":
        return [_code(f'ask("{slug}.{name}")', ["remove-input"])]
    statement = _prose("### ★★") | {"metadata": {"tags": ["remove-cell"]}}
    return [statement, _code(f'{stub(name)}\n\n\ngrade("{slug}.{name}", {name})', [])]


def stub(name: str) -> str:
    """A code exercise's stub."""
    return f"def {name}(x):\n    return ..."


def _prose(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str, tags: list[str]) -> dict[str, Any]:
    metadata = {"tags": tags} if tags else {}
    source = text.splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source}


def modules(entry: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """The other files, as (path, text): module and its tests, exercises and their code, list of mistakes."""
    slug, package = entry["slug"], entry["package"]
    yield f"aigc_course/{package}/{name}.py", f'"""{entry["summary"]}"""\n'
    yield f"tests/{package}/test_{name}.py", f'"""Checks of {package}.{name}."""\n'
    yield f"aigc_course/exercises/{slug}.yml", _exercises(entry)
    yield f"aigc_course/exercises/{slug}.py", _code_of_exercises(slug)
    yield f"tests/mutation/mistakes/{slug}.yml", f"# Mistakes that one could make in {package}/{name}.py.\n[]\n"


def _exercises(entry: dict[str, Any]) -> str:
    slug, count = entry["slug"], len(entry["objectives"])
    head = f"Exercises of the chapter {entry['title']!r}; their code is in {slug}.py, the fields in core/catalogue.py."
    objectives = (f"{i} {words}." for i, words in enumerate(entry["objectives"]))
    lines = (textwrap.fill(line, 116, subsequent_indent="  ") for line in (head, "Objectives:", *objectives))
    comment = textwrap.indent("\n".join(lines), "# ")
    tasks = "\n\n".join(_entry(slug, i % count, *task) for i, task in enumerate(TASKS))
    return f"{comment}\n\n{tasks}\n"


def _entry(slug: str, objective: int, name: str, function: str) -> str:
    if function == "grade":
        kind = "exercise"
        rest = f"stub: |-\n{textwrap.indent(stub(name), '  ')}\nhints: []\nsolution: {name}\ninputs: _number\n"
        rest += "arguments:\n  - {name: x}\nwrong: []"
    else:
        kind, rest = ("project", "rubric: []") if name == "project" else ("question", "options: []")
    fields = f'id: {slug}.{name}\nkind: {kind}\ntitle: ""\nobjective: {objective}\ntext: ""\n{rest}'
    return "- " + textwrap.indent(fields, "  ").lstrip()


def _code_of_exercises(slug: str) -> str:
    answers = "".join(_answer(slug, name) for name, function in TASKS if function == "grade")
    return f'''"""Code of the exercises in ``{slug}.yml``: random inputs, solutions and wrong answers."""

import torch


def _number(generator: torch.Generator) -> tuple[float]:
    return (torch.rand(1, generator=generator).item(),)
{answers}'''


def _answer(slug: str, name: str) -> str:
    return f'''

def {name}(x: float) -> float:
    """The reference solution of ``{slug}.{name}``."""
    raise NotImplementedError("the reference solution of {slug}.{name} is not written yet")
'''
