"""What the site in place consists of, so that a page that was lost, cut or exchanged is noticed."""

from __future__ import annotations

from pathlib import Path

from book.tools import files, record

SITE = "_build/site"
KEY = "_build/site.json"


def write(root: Path, key: str) -> None:
    """Say from which inputs the site was built, and the digest of each of its files."""
    files.write_json(root / KEY, {"key": key, "files": digests(root / SITE)})


def digests(site: Path) -> dict[str, str]:
    """SHA-256 of every file below `site`, by its path there."""
    return {path.relative_to(site).as_posix(): record.digest(path) for path in site.rglob("*") if path.is_file()}


def is_current(root: Path, key: str) -> bool:
    """Whether the site in place was built from exactly these inputs, and is whole."""
    return _built_from(root) == key and not damage(root)


def damage(root: Path) -> list[str]:
    """Files of the site that are missing, changed or foreign."""
    built = files.read_json(root / KEY)
    kept = built.get("files") if isinstance(built, dict) else None
    if not isinstance(kept, dict) or "index.html" not in kept:
        return ["site.json"]
    now = digests(root / SITE)
    return sorted(name for name in kept.keys() | now.keys() if kept.get(name) != now.get(name))


def _built_from(root: Path) -> str:
    built = files.read_json(root / KEY)
    return str(built.get("key")) if isinstance(built, dict) else ""


def report(root: Path, key: str) -> str:
    """A sentence about a site that would be up to date if it were whole, or nothing."""
    wrong = damage(root) if (root / KEY).exists() and _built_from(root) in (key, "") else []
    if not wrong:
        return ""
    more = ", …" if wrong[3:] else ""
    return f"{SITE} was damaged ({len(wrong)} files: {', '.join(wrong[:3])}{more}); its pages are built again."
