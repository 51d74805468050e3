"""Checks of what translators get from a notebook's cells: captions, alternative texts, labels of drawings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aigc_course.core import captions
from book.tools.chapters import Cell, Chapter

TEMPLATES = ("caption", "alt")
LABELS = ("label", "xlabel", "ylabel", "title", "suptitle")
# What the functions of aigc_course.core.show take besides the values of their templates.
OPTIONS = {
    "figure": ("fig", "bitmap"),
    "images": ("batch", "columns", "rows", "width"),
    "curves": ("history", "names", "ylabel", "window"),
    "table": ("rows", "by_row"),
}


def words(chapter: Chapter) -> Iterator[str]:
    """Texts that a run would change under the translators' hands, fields without a value, labels that are formulas."""
    for cell in chapter.code:
        for message in _cell(cell):
            yield f"code cell {cell.number}: {message}"


def _cell(cell: Cell) -> Iterator[str]:
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:  # a cell with a magic
        return
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        yield from _templates(call, tree)
        for text in _labels(call):
            if "$" in text:
                yield f"label {text!r} is a formula; write its signs as letters, θ or x₁"


def _templates(call: ast.Call, tree: ast.AST) -> Iterator[str]:
    given = {word.arg: word.value for word in call.keywords if word.arg in TEMPLATES}
    texts = {name: _text(value, tree) for name, value in given.items()}
    for name, text in texts.items():
        if text is None:
            example = f'{name}="… {{gap:.2f}} …", gap=gap'
            yield f"{name} is put together by the program; write one text with fields and give their values, {example}"
    shower = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    named = [word.arg for word in call.keywords]
    if shower in OPTIONS and None not in texts.values() and None not in named:  # None: values come as **values
        values = {name: 0 for name in named if name not in (*TEMPLATES, *OPTIONS[shower])}
        yield from _agreement({name: text or "" for name, text in texts.items()}, values)


def _agreement(texts: dict[str, str], values: dict[str | None, int]) -> Iterator[str]:
    """What ``show`` would say of fields and values when the cell runs."""
    plain = {role: captions.FIELD.sub(_without_format, text) for role, text in texts.items()}
    try:
        captions.texts({str(name): value for name, value in values.items()}, **plain)
    except ValueError as error:
        yield str(error)


def _without_format(field: re.Match[str]) -> str:
    return f"{{{field['name']}}}" if field["name"] else field[0]


def _text(value: ast.expr, tree: ast.AST) -> str | None:
    """A text as it stands, or as the only one that a variable is given; nothing where the program makes it."""
    if isinstance(value, ast.Name):
        changes = (ast.Assign, ast.AugAssign, ast.AnnAssign)
        found = [node for node in ast.walk(tree) if isinstance(node, changes) and value.id in _targets(node)]
        value = found[0].value if len(found) == 1 and isinstance(found[0], ast.Assign) else value
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _targets(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _labels(call: ast.Call) -> Iterator[str]:
    """The texts that a call writes on a drawing."""
    found = [word.value for word in call.keywords if word.arg in LABELS]
    if isinstance(call.func, ast.Attribute) and call.func.attr.removeprefix("set_") in LABELS:
        found += call.args
    texts = (node.value for word in found for node in ast.walk(word) if isinstance(node, ast.Constant))
    yield from (text for text in texts if isinstance(text, str))
