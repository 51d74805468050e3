"""Bring the README up to date: `python -m book.tools.readme` renews its picture and its table of chapters.

The times are those of a run over all notebooks (`make test`, as CI runs it) and of no other: what one `make book` saw
depends on what else the machine did. The picture comes from the executed notebooks.
"""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from book.ext import heroes
from book.tools import chapters, execute, files, record
from book.tools.chapters import ROOT, BookError, Chapter

PICTURE = "book/_static/readme.png"
_TABLE = re.compile(r"(?<=<!-- chapters -->\n).*?(?=<!-- /chapters -->)", re.DOTALL)
WIDTH = 1200
SHOWN = ("vae", "gan_better")  # more than two would push the commands off the README's first screen


def table(book: list[Chapter], root: Path = ROOT) -> str:
    """Rows of the chapters with what the last run over all of them measured."""
    heads = ("chapter", "reading and doing", "runs in", "CPU seconds", "of the reference", "budget", "peak memory")
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    measured = _measured(root)
    for chapter in book:
        kept, front = measured.get(chapter.name), chapter.front
        if not kept or kept["problem"]:
            raise BookError(f"{chapter.name} has not passed in a run over all notebooks; run `make test` first")
        lines.append(
            f"| [{front['title']}]({chapter.name}) | {front['minutes']} min | {kept['seconds']:.0f} s "
            f"| {kept['cpu_s']:.0f} s | {kept['cpu_s'] / kept['slower']:.0f} s | {front['budget']['cpu_s']} s "
            f"| {kept['peak_mb'] / 1000:.1f} GB |"
        )
    return "\n".join(lines) + "\n"


def _measured(root: Path) -> dict[str, dict[str, Any]]:
    """The outcomes in the report of a run over all notebooks, by name."""
    report = files.read_json(root / execute.REPORT) or {"outcomes": []}
    return {outcome["name"]: outcome for outcome in report["outcomes"]}


def picture(book: list[Chapter]) -> bytes:
    """The opening pictures of two chapters (the last two where none is ``SHOWN``), one under the other, as a PNG."""
    book = [chapter for chapter in book if chapter.slug in SHOWN] or book[-2:]
    executed = [json.loads(record.record_path(chapter).with_suffix(".ipynb").read_text("utf-8")) for chapter in book]
    found = [heroes.find(chapter, notebook) for chapter, notebook in zip(book, executed, strict=True)]
    images = [_on_white(hero.data) for hero in found if hero and hero.suffix == ".png"]
    if not images:
        raise BookError("no chapter has a picture tagged `hero`")
    gap = 24
    canvas = Image.new("RGB", (WIDTH, sum(i.height + gap for i in images) - gap), "white")
    top = 0
    for image in images:
        canvas.paste(image, (0, top))
        top += image.height + gap
    buffer = io.BytesIO()
    canvas.quantize(64).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def _on_white(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    flat = Image.alpha_composite(white, image).convert("RGB")
    return flat.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)


def renew(root: Path = ROOT) -> None:
    """Rewrite the README's table and its picture."""
    book, readme = chapters.all(root), root / "README.md"
    text = readme.read_text("utf-8")
    rows = table(book, root)
    if not _TABLE.search(text):
        raise BookError("README.md lost its marks <!-- chapters --> and <!-- /chapters -->; put them back")
    files.write(root / PICTURE, picture(book))
    files.write(readme, _TABLE.sub(lambda _: rows, text))


if __name__ == "__main__":
    try:
        renew()
    except BookError as error:
        sys.exit(str(error))
