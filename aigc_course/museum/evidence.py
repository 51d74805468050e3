"""The table of detector values for every exhibit and seed, broken and repaired, kept as JSON.

``make museum`` (or ``python -m aigc_course.museum.evidence``) trains what is missing and writes ``evidence.json`` after
each run, so that an interrupted command goes on where it stopped. The table holds a fingerprint of the settings,
detectors, models and of all that they import; when any of it changes, the table is made anew. Values have four
significant digits.

A row has the keys ``exhibit``, ``repaired``, ``seed``, ``cause`` (as ``detectors.cause``) and ``values`` (by detector).
"""

import ast
import hashlib
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from aigc_course.core.files import write_atomically
from aigc_course.museum import detectors
from aigc_course.museum.exhibits import EXHIBITS, run

TABLE = Path(__file__).with_name("evidence.json")
SEEDS = range(10, 20)  # the thresholds were set on seeds 0 to 9
ENOUGH = 9  # of ten seeds on which a detector must be right
Row = dict[str, Any]


def sources(module: Path = Path(__file__)) -> list[Path]:
    """The files of the library that ``module`` consists of: itself and all that it imports, directly or not."""
    found, waiting = set[Path](), [module]
    while waiting:
        path = waiting.pop()
        if path not in found and path.exists():
            found.add(path)
            waiting += _imported(path)
    return sorted(found)


def _imported(path: Path) -> Iterator[Path]:
    """Possible paths of the modules of the library that one of its files imports."""
    library = Path(__file__).parents[1]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == library.name:
            place = library.joinpath(*node.module.split(".")[1:])
            yield from (place.with_suffix(".py"), *(place / f"{name.name}.py" for name in node.names))


def fingerprint(module: Path = Path(__file__)) -> str:
    """SHA-256 of the bytes of ``sources(module)``, as 16 hexadecimal digits: the same on every Python."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources(module))).hexdigest()[:16]


def examine_run(name: str, seed: int, *, repaired: bool) -> Row:
    """Train one exhibit and return its row: the value of every detector, and the cause that they point to."""
    findings = run(name, seed, repaired=repaired).findings
    values = {key: _short(finding.value) for key, finding in findings.items()}
    return {"exhibit": name, "repaired": repaired, "seed": seed, "cause": detectors.cause(findings), "values": values}


def _short(value: float) -> float | str:
    """Four significant digits; infinity and NaN as strings, because JSON has no such numbers."""
    return float(f"{value:.4g}") if math.isfinite(value) else str(value)


def rows(path: Path = TABLE) -> list[Row]:
    """The rows of a table, ordered by exhibit, broken before repaired, then seed."""
    found = json.loads(path.read_text(encoding="utf-8"))["rows"]
    for row in found:
        row["values"] = {name: float(value) for name, value in row["values"].items()}
    return found


def is_current(path: Path = TABLE) -> bool:
    """Whether a table exists and has the fingerprint of the present code."""
    return path.exists() and json.loads(path.read_text(encoding="utf-8"))["fingerprint"] == fingerprint()


def write(found: Sequence[Row], path: Path = TABLE) -> None:
    """Write a table with the present fingerprint, one row a line, in the order of ``rows``; whole or not at all."""
    order = list(EXHIBITS)
    ordered = sorted(found, key=lambda row: (order.index(row["exhibit"]), row["repaired"], row["seed"]))
    lines = [json.dumps(row) for row in ordered]
    text = f'{{"fingerprint": "{fingerprint()}", "rows": [\n' + ",\n".join(lines) + "\n]}\n"
    write_atomically(path, text)


def make(path: Path = TABLE, seeds: Sequence[int] = SEEDS, names: Sequence[str] = tuple(EXHIBITS)) -> Iterator[Row]:
    """Run what a table lacks, and write the table after each run; a table that is not current starts empty.

    Args:
        path: Of the table.
        seeds: Seeds of the runs.
        names: Exhibits to run, broken and repaired.

    Yields:
        The new rows.
    """
    kept = rows(path) if is_current(path) else []
    done = {(row["exhibit"], row["repaired"], row["seed"]) for row in kept}
    for key in [(name, repaired, seed) for seed in seeds for name in names for repaired in (False, True)]:
        if key not in done:
            kept.append(examine_run(key[0], key[2], repaired=key[1]))
            write(kept, path)
            yield kept[-1]


def success_counts(found: Sequence[Row], name: str) -> tuple[int, int]:
    """True positives and true negatives of an exhibit's detector.

    Returns:
        How many broken runs its own detector fires at, and how many repaired runs no detector fires at.
    """
    own = [row for row in found if row["exhibit"] == name]
    broken = sum(detectors.Finding(name, row["values"][name]).fires for row in own if not row["repaired"])
    return broken, sum(row["cause"] == "none" for row in own if row["repaired"])


def main() -> int:
    """Make the table and print a summary; return 1 when an exhibit does not reach ``ENOUGH`` on both counts, else 0."""
    torch.set_num_threads(1)
    began = time.perf_counter()
    for row in make():
        state = "repaired" if row["repaired"] else "broken"
        print(f"{time.perf_counter() - began:5.0f} s  seed {row['seed']}  {row['exhibit']}, {state}: {row['cause']}")
        sys.stdout.flush()
    counts = {name: success_counts(rows(), name) for name in EXHIBITS}
    for name, (broken, repaired) in counts.items():
        n = len(SEEDS)
        print(f"{name:26} fires at {broken} of {n} broken runs; none fires at {repaired} of {n} repaired runs")
    return int(any(min(pair) < ENOUGH for pair in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
