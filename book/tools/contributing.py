"""`CONTRIBUTING.md`, written from the constants that the checks use: `python -m book.tools.contributing`.

A test compares the file with this text, so that no rule is told otherwise than it is checked.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from book.tools import check_exercises, check_form, check_front, checks, failure, files, scaffold
from book.tools.chapters import ROOT

NAME = "CONTRIBUTING.md"
ENTRY = {"slug": "SLUG", "package": "PACKAGE", "title": "", "summary": "", "objectives": ["…"]}

TEXT = """\
# Contribute a chapter

<!-- Written by `python -m book.tools.contributing` from the constants of the checks; edit it there. -->

One command begins a chapter, one says what it still lacks. `book/course.yml` plans the chapters; take one from there.

1. Write its objectives into `book/course.yml`, then `make chapter SLUG=…`. It makes the files below, with a heading for
   each block and a call for each exercise, and lists the notebook in `book/_toc.yml`.
2. Write the model as a module of the library: objectives as pure functions, one model class. Test closed forms first,
   then agreement with a library, then recovery of a known truth. List the mistakes that one could make.
3. Write the notebook in JupyterLab (`make lab`), or as Markdown (`make edit CHAPTER=…`, then `make apply CHAPTER=…`).
   Show the library's source with `aigc_course.core.show`, do not paste it; give figures a caption and an alternative
   text there. Draw the model before its code: `:::{{diagram}} name`, described in `book/diagrams/name.yml`
   (`book/ext/diagram/source.py` shows how).
4. `make check CHAPTER=…` checks, tests, executes and builds this chapter alone, plants a few of its mistakes
   (`MUTANTS=all` plants all), and lists what is missing. Look at the page in light and dark.
5. Before a commit: `make format`, `make lint`. Before a pull request: `make test`, `make book`, `make test-site`.

## The files of a chapter

| file | what it holds |
| --- | --- |
{files}

New sources go to `book/references.bib`, new terms to `book/pages/glossary.md`, circulating mistakes to
`book/folklore.yml`.

## What is known of it

A fact has one place. In `book/course.yml`:

| field | what it is | limits |
| --- | --- | --- |
{planned}

In the notebook's metadata, under `aigc` (with `make edit`: at the head of the file):

| field | what it is | limits |
| --- | --- | --- |
{declared}

A budget counts CPU seconds of a reference machine, the same on every machine: the runner measures the factor by which
yours is slower, and shows it beside the CPU seconds (`AIGC_SLOWER=2.5` gives it). A chapter that needs more than {warn}
times its budget gets a warning, and beyond {fail} times it fails.

## The notebook

It begins with the cell that installs the course (`python -m book.tools.first_cell` writes it) and the title. Its blocks
come in this order, each but the first with its level-2 heading:

1. the hook: a cell that shows what the chapter's own model made
{blocks}

| of | at least | at most |
| --- | --- | --- |
{minima}

Cells may carry these tags and no others:

| tag | what it does |
| --- | --- |
{tags}

The checks refuse words that hide a step:
{phrases}.

## Equations, mistakes, exercises

Label an equation that matters, `$$ … $$ (SLUG-name)`, and name it at the test that checks it:
`@pytest.mark.equation("SLUG-name")`. Give it a title in `book/equations.yml`. A mistake that circulates is a row of
`book/folklore.yml`; write its id in the prose that repairs it, ``{{row}}`P01` ``, and at its tests,
`@pytest.mark.folklore("P01")`. Name other chapters by their slug, ``{{chapter}}`vae` ``.

A row of the list of mistakes has the `file`, the text that `was` there (once), what stands there `now`, `why` in a few
words, and the `tests` that must notice.

An exercise is data: a short title, a stub, hints in rising strength, a solution, a draw of random inputs, and
catalogued wrong answers, each with a diagnosis that no other answer gets. Its texts stand in the YAML file, its
functions in the Python file of the same name; `aigc_course/core/catalogue.py` says which fields there are. The title
and the text of a code exercise stand also in the notebook, before its cell. Every objective is met by an exercise.
"""


def text(root: Path = ROOT) -> str:
    """The whole file."""
    return TEXT.format(
        warn=failure.WARN,
        fail=failure.FAIL,
        files=_rows(_files()),
        planned=_rows(_fields(check_front.PLANNED)),
        declared=_rows(_fields(check_front.DECLARED)),
        blocks="\n".join(f"{number}. {block}" for number, block in enumerate(check_form.BLOCKS, 2)),
        minima=_rows(_limits(root)),
        tags=_rows([(f"`{tag}`", meaning) for tag, meaning in checks.TAGS.items()]),
        phrases=", ".join(f"“{phrase}”" for phrase in check_form.FORBIDDEN),
    )


def _rows(rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _files() -> list[tuple[str, ...]]:
    """The files that `make chapter` makes."""
    holds = ("the model", "its tests", "the exercises' texts", "their solutions and wrong answers", "planted mistakes")
    made = [path for path, _ in scaffold.modules(ENTRY, "NAME")]
    notebook = ("`chapters/N_PACKAGE/K_SLUG.ipynb`", "the chapter: part N, chapter K of it")
    pages = [("`book/pages/checks/SLUG.md`", "the page of its equations with their tests")]
    return [notebook, *((f"`{path}`", what) for path, what in zip(made, holds, strict=True)), *pages]


def _fields(schema: dict[str, Any], prefix: str = "") -> list[tuple[str, ...]]:
    """Rows of a record's fields; those of a record within it have its name before theirs."""
    rows = []
    for name, field in schema["properties"].items():
        if "properties" in field:
            rows += _fields(field, f"{name}.")
        else:
            rows.append((f"`{prefix}{name}`", field["description"], _range(field)))
    return rows


def _range(field: dict[str, Any]) -> str:
    """The limits of a schema in words."""
    if field["type"] == "array":
        least, most = field["minItems"], field["maxItems"]
        return f"{least} to {most}" if most < check_front.MANY else f"at least {least}" if least else "may be empty"
    if "minimum" in field:
        return f"{field['minimum']} to {field['maximum']}"
    return "small letters, digits and `_`" if field["pattern"].startswith("^") else "not empty"


def _limits(root: Path) -> list[tuple[str, ...]]:
    """Rows of everything that is counted: what, at least, at most."""
    read = {
        path: tomllib.loads((root / path).read_text(encoding="utf-8"))
        for path in ("pyproject.toml", "chapters/ruff.toml")
    }
    tasks = check_exercises
    least = {
        "labelled equations": checks.LEAST_EQUATIONS,
        "terms that link to the glossary": checks.LEAST_TERMS,
        "sources": checks.LEAST_SOURCES,
        "exercises": tasks.LEAST_TASKS,
        "exercises with code": tasks.LEAST_CODE,
        "wrong answers of an exercise with code, each with its diagnosis": tasks.LEAST_WRONG,
        "options of a question, each explained, one of them right": tasks.LEAST_OPTIONS,
        "lines of a project's rubric": tasks.LEAST_RUBRIC,
    }
    most = {
        "lines of a code cell": check_form.MOST_LINES,
        "columns of a program in a notebook": read["chapters/ruff.toml"]["line-length"],
        "columns of a program elsewhere": read["pyproject.toml"]["tool"]["ruff"]["line-length"],
    }
    rows = [(what, str(number), "") for what, number in least.items()]
    return [*rows, *((what, "", str(number)) for what, number in most.items())]


if __name__ == "__main__":
    files.write(ROOT / NAME, text())
