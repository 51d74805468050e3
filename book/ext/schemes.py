"""Dark and light without a script: the reader's system decides where no script could ask it.

A script sets `data-theme` to "light" or "dark"; without it a page keeps the "auto" of its source. So every rule for
one of the two is repeated for "auto", inside a media query. The rules come from the theme, from Pygments and from us;
here all of them get their twin in one place.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from sphinx.application import Sphinx

from book.ext.lean import rules, selectors

THEMED = re.compile(r"""\[data-theme=["']?(light|dark)["']?\]""")
NESTING = ("@media", "@supports")


def with_twins(css: str) -> str:
    """A style sheet in which a twin follows each run of rules for one colour scheme."""
    return "".join(written for themed, run in groupby(rules(css), _is_themed) for written in _run(list(run), themed))


def _is_themed(rule: tuple[str, str | None]) -> bool:
    return not rule[0].startswith("@") and bool(THEMED.search(rule[0]))


def _run(run: list[tuple[str, str | None]], themed: bool) -> Iterator[str]:
    for prelude, body in run:
        if body is None:
            yield f"{prelude};" if prelude else ""
        else:
            yield f"{prelude}{{{with_twins(body) if prelude.startswith(NESTING) else body}}}"
    for scheme in ("light", "dark") if themed else ():
        if twins := "".join(_twin(prelude, body or "", scheme) for prelude, body in run):
            yield f"@media (prefers-color-scheme:{scheme}){{{twins}}}"


def _twin(prelude: str, body: str, scheme: str) -> str:
    ours = [one for one in selectors(prelude) if (found := THEMED.search(one)) and found[1] == scheme]
    return f"{','.join(THEMED.sub('[data-theme=auto]', one) for one in ours)}{{{body}}}" if ours else ""


def follow_system(app: Sphinx, exception: Exception | None) -> None:
    """After the style sheets have their last form: add the twins."""
    if exception is None and app.builder.format == "html":
        for path in (Path(app.outdir) / "_static").rglob("*.css"):
            css = path.read_text(encoding="utf-8")
            if THEMED.search(css):
                path.write_text(with_twins(css), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook; the style sheets are cut down before, at 900."""
    app.connect("build-finished", follow_system, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
