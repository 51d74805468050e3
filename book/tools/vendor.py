"""Fetch the browser parts that the site carries: `python -m book.tools.vendor` (needs npm; for a change of version).

MathJax (components, no menu), Source Serif 4, and axe-core for the tests. MathJax's fonts lose their hints, and two of
them all but the glyphs that formulas in this book use; `tests/site` checks that no rendered glyph is missing.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from book.tools import files

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "_build" / "vendor"
VENDOR = ROOT / "book" / "_static" / "vendor"
MATHJAX_FONTS = [
    *("AMS-Regular", "Calligraphic-Regular", "Main-Bold", "Main-Italic", "Main-Regular", "Math-BoldItalic"),
    *("Math-Italic", "Script-Regular", "Size1-Regular", "Size2-Regular", "Size3-Regular", "Size4-Regular"),
    *("SansSerif-Regular", "Typewriter-Regular", "Zero"),
]
MATHJAX_SCRIPTS = [
    *("startup", "core", "input/tex-base", "output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml"),
    *(f"input/tex/extensions/{name}" for name in ("ams", "boldsymbol", "newcommand", "noundefined")),
]
ASCII = range(0x20, 0x7F)
KEPT_GLYPHS = {  # the rest of these two fonts (dozens of arrows and negated relations) costs 60 kB a page
    "AMS-Regular": [*ASCII, *map(ord, "ℏ∅∄∖∝∁∣⩽⩾≲≳≜≐□■◊★✓⟂⊮↦⇝")],
    "Main-Bold": [*ASCII, *range(0x391, 0x3AA), *map(ord, "±×·−∂∇∈∑∏√∞∼≈≠≤≥→←")],
}


@dataclass(frozen=True)
class Package:
    """An npm package: which of its files go where, and under which licence."""

    name: str
    version: str
    licence: str
    licence_file: str
    purpose: str
    files: dict[str, str]
    target: Path


def packages() -> tuple[Package, ...]:
    """Every vendored package, with the reason it is here."""
    scripts = {f"es5/{name}.js": f"{name}.js" for name in MATHJAX_SCRIPTS}
    woff = "output/chtml/fonts/woff-v2/MathJax_{}.woff"
    fonts = {"es5/" + woff.format(name): woff.format(name) for name in MATHJAX_FONTS}
    faces = [f"source-serif-4-latin-{face}.woff2" for face in ("400-normal", "400-italic", "600-normal")]
    return (
        Package("mathjax", "3.2.2", "Apache-2.0", "LICENSE", "formulas", scripts | fonts, VENDOR / "mathjax"),
        Package(
            "@fontsource/source-serif-4",
            "5.3.1",
            "OFL-1.1",
            "LICENSE",
            "the typeface of the text",
            {f"files/{face}": face for face in faces},
            VENDOR / "source-serif-4",
        ),
        Package(
            "axe-core",
            "4.14.1",
            "MPL-2.0",
            "LICENSE",
            "the accessibility checks of the tests; not part of the site",
            {"axe.min.js": "axe.min.js", "LICENSE-3RD-PARTY.txt": "LICENSE-3RD-PARTY.txt"},
            ROOT / "tests" / "site" / "axe-core",
        ),
    )


def fetch(name: str, version: str) -> Path:
    """Unpack `name@version` from the npm registry (npm checks its integrity) and return its folder."""
    home = WORK / f"{name.replace('/', '-').lstrip('@')}-{version}"
    if not (home / "package" / "package.json").exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "pack", f"{name}@{version}", "--silent"], cwd=home, check=True, stdout=subprocess.DEVNULL
        )
        with tarfile.open(next(home.glob("*.tgz"))) as archive:
            archive.extractall(home, filter="data")
    return home / "package"


def subset_font(path: Path) -> None:
    """Cut a font of MathJax down, in place."""
    font = TTFont(path)
    name = path.stem.removeprefix("MathJax_")
    codepoints = KEPT_GLYPHS.get(name) or list(font.getBestCmap() or {})
    options = subset.Options(flavor="woff", notdef_outline=True, drop_tables=["FFTM"], hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codepoints)
    cutter.subset(font)
    font.flavor = "woff"
    font.save(path)


def install(package: Package) -> dict[str, object]:
    """Copy the package's chosen files into place and return its line for the manifest."""
    source = fetch(package.name, package.version)
    shutil.rmtree(package.target, ignore_errors=True)
    for origin, name in {**package.files, package.licence_file: "LICENSE"}.items():
        path = package.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / origin, path)
    for path in package.target.rglob("MathJax_*.woff"):
        subset_font(path)
    return describe(package)


def describe(package: Package) -> dict[str, object]:
    """The package's name, version, licence, purpose, and the SHA-256 of each of its files."""
    paths = sorted(path for path in package.target.rglob("*") if path.is_file())
    digests = {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "purpose": package.purpose,
        "files": digests,
    }


def main() -> None:
    """Install every package and write the manifest."""
    manifest = [install(package) for package in packages()]
    path = VENDOR / "manifest.json"
    files.write_json(path, manifest)
    print(f"{sum(len(package.files) for package in packages())} files vendored, listed in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
