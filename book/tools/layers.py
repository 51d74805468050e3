"""The library's layers: a package imports from itself and from those before it, never from a later one.

`core` knows no model; `foundations`, `metrics` and `layers` know no family; a family may use families of earlier parts;
what compares or applies families comes after them, and exercises come last.
"""

from __future__ import annotations

from pathlib import Path

from book.tools.chapters import ROOT
from book.tools.dependencies import PACKAGE, imported

LAYERS = ("core", "foundations", "metrics", "layers", "vae", "gan", "language", "museum", "exercises")


def problems(root: Path = ROOT) -> list[str]:
    """Imports that point upward, and packages that no layer names."""
    packages = sorted(path.parent.name for path in (root / PACKAGE).glob("*/__init__.py"))
    unplaced = [name for name in packages if name not in LAYERS]
    wrong = [f"{PACKAGE}/{name} has no place in {__name__}.LAYERS; put it there" for name in unplaced]
    for path in sorted((root / PACKAGE).rglob("*.py")):
        wrong += [f"{path.relative_to(root).as_posix()}: {message}" for message in _upward(path, root)]
    return wrong


def _upward(path: Path, root: Path) -> list[str]:
    """What one module imports from later layers; imports within functions count too."""
    package = path.relative_to(root).parts[:-1]
    own = package[1] if len(package) > 1 else ""
    if own not in LAYERS:
        return []
    later = LAYERS[LAYERS.index(own) + 1 :]
    names = imported(path.read_text(encoding="utf-8"), ".".join(package))
    return [
        f"{own} imports {name}, which belongs to a later layer; move what it needs down, or move this module up"
        for name in names
        if name.split(".")[1:2] and name.split(".")[1] in later
    ]
