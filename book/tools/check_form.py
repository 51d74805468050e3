"""Checks of a notebook's form: the twelve blocks, short cells, asserts in words, words that translators reach."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from book.tools import check_words, markdown
from book.tools.chapters import Chapter

MOST_LINES = 20
# The first block, the hook, is what stands between the title and the first of these; each is a level-2 heading that
# begins with these words.
BLOCKS = (
    "What you will be able to do",
    "Predict first",
    "A toy whose answer is known",
    "The mathematics",
    "From scratch",
    "Train it",
    "Measure it",
    "Break it",
    "Use it",
    "Exercises",
    "Summary",
)
FORBIDDEN = ("it can be shown", "it can be proved", "left to the reader", "left as an exercise")
IPYTHON = re.compile(r"^([ \t]*)[%!].*", re.MULTILINE)  # a line that only a notebook understands
UNSEEN = {"remove-cell", "hide-cell"}  # the cell that installs the course is not a hook


def form(chapter: Chapter) -> list[str]:
    """Everything wrong with the form of one notebook."""
    parts = (
        _kernel(chapter),
        _cells(chapter),
        _asserts(chapter),
        _phrases(chapter),
        check_words.words(chapter),
        blocks(chapter),
    )
    return [f"{chapter.name}: {message}" for part in parts for message in part]


def _kernel(chapter: Chapter) -> Iterator[str]:
    name = chapter.metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield f"kernelspec is {name!r}; it must be 'python3', which every installation has"
    extra = chapter.metadata.keys() - {"kernelspec", "language_info", "aigc"}
    if extra:
        yield f"metadata holds {', '.join(sorted(extra))}; run `make format`"


def _cells(chapter: Chapter) -> Iterator[str]:
    for cell in chapter.code:
        lines = cell.source.count("\n") + 1
        if lines > MOST_LINES:
            yield f"code cell {cell.number} has {lines} lines; move what is above {MOST_LINES} into the library, tested"
        if not cell.source.strip():
            yield f"code cell {cell.number} is empty"


def _asserts(chapter: Chapter) -> Iterator[str]:
    """Asserts without a message in words: a reader whose run fails there must learn what was expected."""
    for cell in chapter.code:
        if cell.source.lstrip().startswith("%%"):  # another language
            continue
        try:
            tree = ast.parse(IPYTHON.sub(r"\1pass", cell.source))
        except SyntaxError as error:
            yield f"code cell {cell.number} is no Python: {error.msg}, line {error.lineno}"
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and not _in_words(node.msg):
                yield (
                    f"code cell {cell.number}, line {node.lineno}: the assert does not say what it expects; "
                    'write `assert …, "what was expected"`'
                )


def _in_words(message: ast.expr | None) -> bool:
    match message:
        case ast.JoinedStr():
            return True
        case ast.Constant(value=str(text)):
            return len(text.split()) > 1
        case _:
            return False


def _phrases(chapter: Chapter) -> Iterator[str]:
    for cell in chapter.prose:
        words = markdown.words(cell.source).lower()
        for phrase in FORBIDDEN:
            if phrase in words:
                yield f"cell {cell.index + 1} says “{phrase}”; show it, or leave it out"


def blocks(chapter: Chapter) -> Iterator[str]:
    """Each block's heading, in order and nothing between: readers know where to find things."""
    headings = [(words, index) for level, words, index in chapter.headings if level == 2]
    found = [re.sub(r"^\d+\.?\s+", "", words) for words, _ in headings]
    for wanted, words in zip(BLOCKS, found, strict=False):
        if not words.lower().startswith(wanted.lower()):
            yield f"level-2 heading “{words}” stands where the block “{wanted}” belongs"
            return
    if len(found) != len(BLOCKS):
        missing = (
            f"“{BLOCKS[len(found)]}” is missing" if len(found) < len(BLOCKS) else f"“{found[len(BLOCKS)]}” is one more"
        )
        yield f"{len(found)} level-2 headings instead of {len(BLOCKS)}: {missing}"
    shown = [cell.index for cell in chapter.code if not UNSEEN & set(cell.tags)]
    if headings and not any(index < headings[0][1] for index in shown):
        yield "the hook (before the first level-2 heading) has no code cell; begin with what the chapter's model made"
