"""Draw the diagrams: `python -m book.tools.diagrams` renders book/diagrams/*.mmd to SVG, once light and once dark.

Needs npm (for mermaid) and a Chromium. The results are committed, so that the site carries no mermaid script; each
names the digest of its source, and a test compares the two.
"""

from __future__ import annotations

import hashlib
import re
import sys
from typing import Any
from xml.etree import ElementTree

from book.tools import doctor, files
from book.tools.vendor import ROOT, fetch

MERMAID = "11.12.1"
SOURCES = ROOT / "book" / "diagrams"
TARGET = ROOT / "book" / "_static" / "diagrams"
DIGEST = re.compile(r"<!-- drawn from sha256:([0-9a-f]{64}) by mermaid (\S+) -->")
# These faces have the same widths, so that text fits its box on every system.
FONT = 'Arial, "Liberation Sans", Helvetica, sans-serif'
INKS = {
    "light": {"ink": "#23262b", "line": "#5a5f68", "box": "#eaf2f8", "edge": "#005b96", "ground": "#fffefc"},
    "dark": {"ink": "#dcdfe4", "line": "#a6adb8", "box": "#1d2a36", "edge": "#77bdf2", "ground": "#17191d"},
}


def digest(source: str) -> str:
    """SHA-256 of a diagram's source."""
    return hashlib.sha256(source.encode()).hexdigest()


def recorded(svg: str) -> str:
    """The digest that a drawn diagram names, or nothing."""
    found = DIGEST.search(svg)
    return found[1] if found else ""


def words(source: str) -> tuple[str, str]:
    """The title and the description in the source, `accTitle` and `accDescr`."""
    found = [re.search(rf"^\s*{key}:\s*(.+)$", source, re.MULTILINE) for key in ("accTitle", "accDescr")]
    if not all(found):
        raise ValueError("a diagram needs an accTitle and an accDescr line, for readers who cannot see it")
    title, description = (match[1].strip() for match in found if match)
    return title, description


def labels(source: str) -> list[str]:
    """The words of boxes and arrows, in the order of the source; `<br/>` breaks a line."""
    return [box or arrow for box, arrow in re.findall(r'\["(.+?)"\]|\|"?(.+?)"?\|', source)]


def settings(mode: str) -> dict[str, Any]:
    """Mermaid's configuration: real text instead of HTML in the SVG, and the book's colours."""
    ink = INKS[mode]
    colours = {
        "background": ink["ground"],
        "primaryColor": ink["box"],
        "primaryBorderColor": ink["edge"],
        "primaryTextColor": ink["ink"],
        "lineColor": ink["line"],
        "edgeLabelBackground": ink["ground"],
        "tertiaryColor": ink["ground"],
        "fontFamily": FONT,
        "fontSize": "15px",
    }
    space = {"padding": 10, "nodeSpacing": 28, "rankSpacing": 34, "diagramPadding": 2}
    return {
        "startOnLoad": False,
        "theme": "base",
        "themeVariables": colours,
        "htmlLabels": False,
        "flowchart": {"htmlLabels": False, "curve": "basis", **space},
        "deterministicIds": True,
        "fontFamily": FONT,
        "securityLevel": "strict",
    }


def draw(page: Any, name: str, source: str, mode: str) -> str:
    """One diagram as SVG text."""
    page.evaluate("settings => mermaid.initialize(settings)", settings(mode))
    svg = page.evaluate(
        "([id, source]) => mermaid.render(id, source).then(drawn => drawn.svg)", [f"{name}-{mode}", source]
    )
    if "<foreignObject" in svg:
        raise ValueError(f"{name}.mmd: HTML labels came out, which an <img> does not show; simplify its labels")
    width, height = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg).groups()  # pyright: ignore[reportOptionalMemberAccess]
    svg = svg.replace('width="100%"', f'width="{float(width):.0f}" height="{float(height):.0f}"', 1)
    ElementTree.fromstring(svg)
    return f"<!-- drawn from sha256:{digest(source)} by mermaid {MERMAID} -->\n{svg}\n"


def main() -> int:
    """Draw every diagram anew."""
    from playwright.sync_api import sync_playwright

    if not (executable := doctor.chromium()):
        sys.exit("no Chromium on this machine; on Debian: apt-get install chromium")
    script = fetch("mermaid", MERMAID) / "dist" / "mermaid.min.js"
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content("<!doctype html><body></body>")
        page.add_script_tag(path=str(script))
        for path in sorted(SOURCES.glob("*.mmd")):
            source = path.read_text(encoding="utf-8")
            words(source)
            for mode in INKS:
                files.write(TARGET / f"{path.stem}-{mode}.svg", draw(page, path.stem, source, mode))
            print(f"drew {path.stem}")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
