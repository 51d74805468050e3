"""Writes the API reference: a list of the library's packages, and a page for each with all of its modules.

A page holds one comment line, `% library`; the list or the sections are put there when the page is read, so that a new
module appears by itself and none can be forgotten. The list links to every package, so that none can lack its page.
"""

from __future__ import annotations

import ast
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from book.tools.layers import LAYERS

PAGE = "book/pages/api"
MARK = "% library"
PACKAGE = "aigc_course"


def modules(root: Path) -> dict[str, list[str]]:
    """The library's modules by package, packages in the order of their layers."""
    folders = [path.parent for path in (root / PACKAGE).glob("*/__init__.py")]
    folders.sort(key=lambda path: (_rank(path.name), path.name))
    found = {path.name: sorted(file.stem for file in path.glob("*.py") if file.stem != "__init__") for path in folders}
    return {package: names for package, names in found.items() if names}


def _rank(package: str) -> int:
    return LAYERS.index(package) if package in LAYERS else len(LAYERS)


def summary(root: Path, package: str) -> str:
    """The first line of a package's docstring."""
    text = (root / PACKAGE / package / "__init__.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def sections(root: Path, package: str) -> str:
    """The page of a package as MyST: a table of its contents, and for each module autodoc's directive."""
    names = modules(root)[package]
    parts = [f"{summary(root, package)}\n\n{contents(root, package, names)}"]
    return "\n".join([*parts, *(_section(f"{PACKAGE}.{package}.{name}", package, name) for name in names)])


def packages(root: Path) -> str:
    """The list of packages as MyST: what is in each, and its modules."""
    rows = ["| Package | What is in it | Modules |", "| --- | --- | --- |"]
    for package, names in modules(root).items():
        found = ", ".join(f"{{py:mod}}`{name} <{PACKAGE}.{package}.{name}>`" for name in names)
        rows.append(f"| {{doc}}`{PACKAGE}.{package} </{PAGE}/{package}>` | {summary(root, package)} | {found} |")
    return "\n".join(rows) + "\n"


def contents(root: Path, package: str, names: list[str]) -> str:
    """A table of a package: its modules, and links to the public functions and classes of each."""
    rows = ["| Module | Functions and classes |", "| --- | --- |"]
    for name in names:
        path = f"{PACKAGE}.{package}.{name}"
        found = public_names((root / PACKAGE / package / f"{name}.py").read_text(encoding="utf-8"))
        rows.append(f"| {{py:mod}}`{name} <{path}>` | {', '.join(f'{{py:obj}}`~{path}.{thing}`' for thing in found)} |")
    return "\n".join(rows) + "\n"


def public_names(source: str) -> list[str]:
    """Public functions and classes of a module, in the order of its source."""
    found = [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    return [name for name in found if not name.startswith("_")]


def _section(path: str, package: str, name: str) -> str:
    head = f"## {package}.{name}\n"
    return f"{head}\n```{{eval-rst}}\n.. automodule:: {path}\n   :members:\n   :show-inheritance:\n```\n"


def fill_page(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the list of packages, or the sections of one, in the place of the mark."""
    package = docname.removeprefix(f"{PAGE}/")
    if docname != PAGE and package == docname:
        return
    root = Path(app.srcdir)
    if MARK not in source[0]:
        raise ValueError(f"{docname}.md has no line {MARK!r}; the reference goes there")
    if docname != PAGE and package not in modules(root):
        raise ValueError(f"{docname}.md is the page of no package; there are {', '.join(modules(root))}")
    source[0] = source[0].replace(MARK, packages(root) if docname == PAGE else sections(root, package))


def skip_tuple_fields(app: Sphinx, what: str, name: str, thing: object, skip: bool, options: object) -> bool | None:
    """Leave out the fields of named tuples: Python's own text says no more than their number."""
    return True if str(getattr(thing, "__doc__", "")).startswith("Alias for field number") else None


def defaults_as_written(app: Sphinx, config: Config) -> None:
    """Show a default value by the name that the code gives it: its value can be a path of this machine."""
    config.autodoc_preserve_defaults = True


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks."""
    app.connect("config-inited", defaults_as_written)
    app.connect("source-read", fill_page)
    app.connect("autodoc-skip-member", skip_tuple_fields)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
