"""An IPython extension for the runner's kernels: when an `assert` of a cell fails, keep the values it compared.

Each operand of a comparison and each argument of a call within the `assert` is passed through a function that notes
it and hands it on. Nothing is evaluated twice or in another order, the exception stays the cell's own, and the names
of the notebook stay as they are, so that its outputs do not change. The values go into the file that the environment
names, as JSON: a list of pairs (source, value).
"""

from __future__ import annotations

import ast
import builtins
import json
import os
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T", bound=ast.AST)
NOTE = "@note"  # no name that a cell can use, and none that it sees: it lives in builtins
BEGIN = "@begin"
FILE = "AIGC_ASSERT_VALUES"
LENGTH = 240


class Values:
    """The operands of the last assert, source → value, in the order in which they were first seen."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def begin(self) -> bool:
        """Forget the last assert; true, so that it can stand before `and`."""
        self.seen.clear()
        return True

    def note(self, source: str, value: Any) -> Any:
        """Keep a value and hand it on; in a loop the last one stays, which is the one that failed."""
        self.seen[source] = value
        return value

    def shown(self) -> list[tuple[str, str]]:
        """The pairs as text, long values shortened."""
        return [(source, short(value)) for source, value in self.seen.items() if not callable(value)]


def short(value: Any) -> str:
    """The `repr` of a value in one line of at most 240 characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception as error:
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 20]} … {text[-15:]}"


class Noting(ast.NodeTransformer):
    """Let every `assert` note its operands."""

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        """`assert a < f(b)` becomes `assert begin() and (note("a", a) < note("f(b)", f(note("b", b))))`."""
        begin = ast.Call(ast.Name(BEGIN, ast.Load()), [], [])
        node.test = _at(ast.BoolOp(ast.And(), [begin, _Operands().visit(_noted_if_name(node.test))]), node.test)
        return node


class _Operands(ast.NodeTransformer):
    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        left, *rest = (_noted(one, self.visit(one)) for one in (node.left, *node.comparators))
        return _at(ast.Compare(left, node.ops, rest), node)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        arguments = [_noted(one, self.visit(one)) for one in node.args]
        keywords = [_at(ast.keyword(one.arg, _noted(one.value, self.visit(one.value))), one) for one in node.keywords]
        return _at(ast.Call(self.visit(node.func), arguments, keywords), node)


def _noted_if_name(test: ast.expr) -> ast.expr:
    """A bare `assert ready`, `assert not ready` or `assert ready or other` shows its values too."""
    if isinstance(test, ast.BoolOp):
        return _at(ast.BoolOp(test.op, [_noted_if_name(one) for one in test.values]), test)
    if isinstance(test, ast.UnaryOp):
        inner = test.operand
        shown = _noted(inner, inner) if isinstance(inner, ast.Call) else _noted_if_name(inner)
        return _at(ast.UnaryOp(test.op, shown), test)
    return _noted(test, test) if isinstance(test, ast.Name | ast.Attribute | ast.Subscript) else test


def _noted(source: ast.expr, value: ast.expr) -> ast.expr:
    if isinstance(source, ast.Constant | ast.Starred | ast.GeneratorExp | ast.Lambda):
        return value
    arguments: list[ast.expr] = [ast.Constant(ast.unparse(source)), value]
    return _at(ast.Call(ast.Name(NOTE, ast.Load()), arguments, []), source)


def _at(node: T, place: ast.AST) -> T:
    return ast.fix_missing_locations(ast.copy_location(node, place))


def _raised_in(error: BaseException, names: dict[str, Any]) -> bool:
    """Whether it was code of the notebook that raised, not a library that it called."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    return at is not None and at.tb_frame.f_globals is names


def load_ipython_extension(shell: Any) -> None:
    """Note the operands of asserts from now on, and write them to the file when one fails."""
    values = Values()
    setattr(builtins, NOTE, values.note)
    setattr(builtins, BEGIN, values.begin)
    shell.ast_transformers.append(Noting())

    def after_a_cell(result: Any) -> None:
        file = os.environ.get(FILE)
        error = result.error_in_exec
        if file and isinstance(error, AssertionError) and _raised_in(error, shell.user_ns):
            Path(file).write_text(json.dumps(values.shown()), encoding="utf-8")
        values.begin()  # large arrays must not outlive their cell

    shell.events.register("post_run_cell", after_a_cell)
