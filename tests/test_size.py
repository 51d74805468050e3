"""Code that a reader can hold in the head: short functions, short files."""

import ast
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = [path for folder in ("aigc_course", "benchmarks", "book", "tests") for path in (ROOT / folder).rglob("*.py")]


def test_no_module_is_longer_than_400_lines():
    """So long a module holds more than one idea; shorter ones are split by idea and not by length."""
    modules = [path for path in FILES if path.relative_to(ROOT).parts[0] != "tests"]
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    assert {name: n for name, n in lines.items() if n > 400} == {}


def test_no_function_is_longer_than_50_lines_and_half_of_them_have_at_most_8():
    lines = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                lines[path.name, node.name, node.lineno] = node.end_lineno - node.lineno + 1
    assert {name: n for name, n in lines.items() if n > 50} == {}
    assert statistics.median(lines.values()) <= 8
