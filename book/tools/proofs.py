"""Which test checks what: the markers `equation` and `folklore` of tests/, read without running anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from book.tools.chapters import ROOT


@dataclass(frozen=True)
class Proof:
    """A test that names an equation, or a row of the folklore: where it stands, and its source with decorators."""

    label: str
    path: str
    test: str
    line: int
    source: str

    @property
    def node(self) -> str:
        """The test as pytest names it, e.g. `tests/vae/test_vae.py::test_kl`."""
        return f"{self.path}::{self.test}"


def collect(root: Path = ROOT, mark: str = "equation") -> dict[str, list[Proof]]:
    """Tests marked `mark` by label, in the order of files and lines; without tests/tools, which plants labels."""
    found: dict[str, list[Proof]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith("tests/tools/"):
            for proof in _proofs(path.read_text(encoding="utf-8"), name, mark):
                found.setdefault(proof.label, []).append(proof)
    return found


def _proofs(text: str, name: str, mark: str) -> Iterator[Proof]:
    for qualified, node in _tests(ast.parse(text, name).body, ""):
        for decorator in node.decorator_list:
            for label in _labels(decorator, mark, f"{name}:{decorator.lineno}"):
                start = min(d.lineno for d in node.decorator_list)
                source = "\n".join(text.splitlines()[start - 1 : node.end_lineno])
                yield Proof(label, name, qualified, node.lineno, source)


def _tests(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Functions and classes of a module; a class's marker counts as one proof, its methods' markers as their own."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{prefix}{node.name}::")


def _labels(decorator: ast.expr, mark: str, where: str) -> list[str]:
    if not (isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(f"mark.{mark}")):
        return []
    labels = [arg.value for arg in decorator.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if len(labels) != len(decorator.args) or not labels:
        raise ValueError(f"{where}: write the labels of @pytest.mark.{mark} as plain strings, at least one")
    return labels
