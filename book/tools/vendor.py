"""Fetch what the book carries of others: `python -m book.tools.vendor` (needs npm and uv; for a change of version).

temml, which turns TeX into MathML, STIX Two Math, Source Serif 4, and axe-core for the tests. The mathematics font
keeps only the signs that formulas use; `tests/site` checks that none is missing on a page.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from book.tools import files

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "_build" / "vendor"
VENDOR = ROOT / "book" / "_static" / "vendor"
MATHS = VENDOR / "stix-two-math" / "stix-two-math.woff2"
FONTTOOLS = "fonttools[woff]==4.68.0"
# The letters, digits and signs of formulas: what TeX's usual commands give, without rare arrows and negated relations.
KEPT = (
    *(range(0x20, 0x7F), range(0x391, 0x3A2), range(0x3A3, 0x3AA), range(0x3B1, 0x3CA), range(0x2061, 0x2065)),
    *(range(0x1D400, 0x1D4B6), range(0x1D538, 0x1D552), range(0x1D6A4, 0x1D6A6), range(0x1D6A8, 0x1D756)),
    *(range(0x1D7CE, 0x1D7D8), map(ord, "\u00a0¬¯°±·×÷ıȷˆ˙˜ϑϕϖϰϱϵ‐–—‖‘’“”†…′″‴‾\u20d7𝟙")),
    *(map(ord, "\u0300\u0302\u0303\u0304\u0305\u0307\u0308\u030c\u0338ℂℋℎℏℐℒℓℕℙℚℛℝℤℬℰℱℳℜℑ"),),
    *(map(ord, "←↑→↓↔↗↘↦⇐⇒⇔⟵⟶⟸⟹⟺∀∂∃∅∇∈∉∋∏∐∑−∓∖∗∘√∝∞∣∤∥∧∨∩∪∫∬∮"),),
    *(map(ord, "∼≃≅≈≐≔≕≜≟≠≡≤≥≪≫≲≳≺≻⊂⊃⊆⊇⊕⊖⊗⊙⊤⊥⊨⊮⋀⋁⋂⋃⋅⋆⋮⋯⋱⌈⌉⌊⌋⏞⏟□■▹◊○★✓⟂⟨⟩⨀⨁⨂⩽⩾"),),
)


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
    faces = [f"source-serif-4-latin-{face}.woff2" for face in ("400-normal", "400-italic", "600-normal")]
    return (
        Package(
            "temml",
            "0.13.5",
            "MIT",
            "LICENSE",
            "turns TeX into MathML while the book is built; not part of the site",
            {"dist/temml.min.js": "temml.min.js"},
            ROOT / "book" / "ext" / "temml",
        ),
        Package(
            "@fontsource/stix-two-math",
            "5.3.0",
            "OFL-1.1",
            "LICENSE",
            "the typeface of the formulas, cut down to the signs they use",
            {"files/stix-two-math-latin-400-normal.woff2": MATHS.name},
            MATHS.parent,
        ),
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
    """Cut a font down to what formulas need, in place; its table for mathematics stays."""
    signs = ",".join(f"{code:x}" for part in KEPT for code in part)
    options = ["--flavor=woff2", "--no-hinting", "--notdef-outline", f"--output-file={path}"]
    tool = [sys.executable, "-m", "uv", "tool", "run", "--from", FONTTOOLS, "pyftsubset"]
    command = [*tool, str(path), f"--unicodes={signs}", *options]
    subprocess.run(command, check=True)


def install(package: Package) -> dict[str, object]:
    """Copy the package's chosen files into place and return its line for the manifest."""
    source = fetch(package.name, package.version)
    shutil.rmtree(package.target, ignore_errors=True)
    for origin, name in {**package.files, package.licence_file: "LICENSE"}.items():
        path = package.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / origin, path)
    if MATHS.parent == package.target:
        subset_font(MATHS)
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
