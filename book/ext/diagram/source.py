"""Read a schematic's description and say in words what is wrong with it.

    alt: What the drawing shows, for those who cannot see it.
    boxes:
      x: {at: [0, 0], text: image $x$, note: 1 × 32 × 32}
      encoder: {at: [1, 0], kind: network, text: encoder, note: $q_φ(z | x)$}
    arrows:
      x -> encoder:                          # forward
      encoder -> z: 2 × 8                    # with a shape on it
      loss ~> encoder: {text: ∂L/∂φ, via: [[1, 1]], side: below}   # a gradient, by a way of its own
    groups:
      - {text: 1. Update, around: [x, encoder]}

`at` is column and row; halves stand between. `kind` is one of KINDS. A text may hold line breaks and small formulas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

KINDS = ("data", "network", "frozen", "operation", "loss", "step")
SIDES = ("above", "below", "left", "right")
ARROW = re.compile(r"(\w+) (->|~>) (\w+)")
Place = tuple[float, float]


class DiagramError(ValueError):
    """A description that cannot be drawn."""


@dataclass(frozen=True)
class Box:
    """A box: what it is and says, and its column and row."""

    name: str
    at: Place
    text: str
    kind: str = "data"
    note: str = ""


@dataclass(frozen=True)
class Arrow:
    """An arrow from box to box; `via` are its corners in columns and rows, None where it may choose."""

    start: str
    end: str
    gradient: bool = False
    text: str = ""
    via: tuple[Place, ...] | None = None
    side: str = ""


@dataclass(frozen=True)
class Group:
    """A frame with a heading around some boxes and the arrows between them."""

    text: str
    around: tuple[str, ...]


@dataclass(frozen=True)
class Diagram:
    """A whole description."""

    alt: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    groups: tuple[Group, ...] = ()

    def words(self) -> list[str]:
        """Every text in the drawing, in the order of the description."""
        texts = [text for box in self.boxes for text in (box.text, box.note)]
        texts += [arrow.text for arrow in self.arrows] + [group.text for group in self.groups]
        return [text for text in texts if text]

    def turned(self) -> Diagram:
        """The same drawing with columns for rows, for narrow screens."""
        at = {box.name: box.at for box in self.boxes}
        return replace(
            self,
            boxes=tuple(replace(box, at=_swapped(box.at)) for box in self.boxes),
            arrows=tuple(_turned(arrow, at[arrow.start], at[arrow.end]) for arrow in self.arrows),
        )


def _turned(arrow: Arrow, start: Place, end: Place) -> Arrow:
    """An arrow with columns for rows; one that may choose its corner keeps the one it had."""
    bent = arrow.via is None and start[0] != end[0] and start[1] != end[1]
    via = ((end[0], start[1]),) if bent else arrow.via
    sides = {"above": "left", "left": "above", "below": "right", "right": "below", "": ""}
    return replace(arrow, via=via and tuple(map(_swapped, via)), side=sides[arrow.side])


def _swapped(place: Place) -> Place:
    return place[1], place[0]


def read(path: Path) -> Diagram:
    """The description in a file; raises ``DiagramError``, which names the file."""
    try:
        return parse(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (DiagramError, yaml.YAMLError) as error:
        raise DiagramError(f"{path.name}: {error}") from error


def parse(given: Any) -> Diagram:
    """The description in what YAML gave."""
    _fields("a diagram", given, needed={"alt", "boxes"}, allowed={"arrows", "groups"})
    if not str(given["alt"] or "").strip():
        raise DiagramError("alt is empty; say what the drawing shows")
    boxes = tuple(_box(str(name), fields) for name, fields in (given["boxes"] or {}).items())
    if not boxes:
        raise DiagramError("there are no boxes")
    known = {box.name: box.at for box in boxes}
    for one, two in combinations(known, 2):
        if known[one] == known[two]:
            raise DiagramError(f"boxes {one!r} and {two!r} stand at the same place")
    arrows = tuple(_arrow(str(key), value, known) for key, value in (given.get("arrows") or {}).items())
    groups = tuple(_group(fields, known) for fields in given.get("groups") or ())
    return Diagram(str(given["alt"]).strip(), boxes, arrows, groups)


def _box(name: str, given: Any) -> Box:
    where = f"box {name!r}"
    _fields(where, given, needed={"at", "text"}, allowed={"kind", "note"})
    kind = given.get("kind", "data")
    if kind not in KINDS:
        raise DiagramError(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
    at, words = _place(where, given["at"]), _text(given["text"])
    if min(at) < 0:
        raise DiagramError(f"{where}: columns and rows begin with 0")
    if not words:
        raise DiagramError(f"{where} says nothing")
    return Box(name, at, words, kind, _text(given.get("note")))


def _arrow(key: str, given: Any, known: dict[str, Place]) -> Arrow:
    found = ARROW.fullmatch(key)
    if not found:
        raise DiagramError(f"arrow {key!r}: write `from -> to`, or `from ~> to` for a gradient")
    start, kind, end = found.groups()
    for name in (start, end):
        _known(f"arrow {key!r}", name, known)
    if start == end:
        raise DiagramError(f"arrow {key!r} leads from a box to itself")
    fields = given if isinstance(given, dict) else {"text": given}
    _fields(f"arrow {key!r}", fields, needed=set(), allowed={"text", "via", "side"})
    side = fields.get("side", "")
    if side and side not in SIDES:
        raise DiagramError(f"arrow {key!r}: side {side!r} is none of {', '.join(SIDES)}")
    via = fields.get("via")
    corners = None if via is None else tuple(_place(f"arrow {key!r}: via", corner) for corner in via)
    if corners and (corners[0] == known[start] or corners[-1] == known[end]):
        raise DiagramError(f"arrow {key!r}: a corner lies in the middle of its own box")
    return Arrow(start, end, kind == "~>", _text(fields.get("text")), corners, side)


def _group(given: Any, known: Iterable[str]) -> Group:
    _fields("a group", given, needed={"text", "around"}, allowed=set())
    if not given["around"]:
        raise DiagramError(f"group {given['text']!r} is around nothing")
    for name in given["around"]:
        _known(f"group {given['text']!r}", name, known)
    return Group(_text(given["text"]), tuple(given["around"]))


def _fields(where: str, given: Any, *, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(given, dict):
        raise DiagramError(f"{where} is {given!r}, and not a mapping")
    if missing := needed - given.keys():
        raise DiagramError(f"{where} lacks {', '.join(sorted(missing))}")
    if unknown := given.keys() - needed - allowed:
        names = ", ".join(sorted(map(str, unknown)))
        raise DiagramError(f"{where}: unknown {names}; there are {', '.join(sorted(needed | allowed))}")


def _known(where: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise DiagramError(f"{where}: there is no box {name!r}; there are {', '.join(sorted(known))}")


def _place(where: str, given: Any) -> Place:
    if not isinstance(given, list) or [type(one) in (int, float) for one in given] != [True, True]:
        raise DiagramError(f"{where}: {given!r} is no place; write [column, row]")
    return float(given[0]), float(given[1])


def _text(given: Any) -> str:
    return "" if given is None else str(given).strip()
