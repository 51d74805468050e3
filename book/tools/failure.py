"""What the runner says of a notebook that failed: a budget that was missed, a cell that raised, a kernel that died."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any, NamedTuple

from book.tools.chapters import Chapter

WARN = 1.5  # a machine that others use makes CPU seconds grow by half
FAIL = 3  # a budget is missed for good beyond this many times itself
HANGS = 10  # by the clock, against a notebook that waits for something that never comes; being slow is no fault
TRACEBACK_LINES = 12
_NO_MEMORY = ("MemoryError", "allocate memory", "bad_alloc", "out of memory")
_CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE")


class Problem(NamedTuple):
    """Why a run does not count, and whether the notebook itself is to blame (else the machine is)."""

    text: str
    own: bool = True


def over_budget(
    chapter: Chapter, profile: str, cpu_s: float, wall_s: float, peak_mb: float, slower: float = 1.0
) -> Problem | None:
    """Which declared budget is exceeded threefold, in words.

    `cpu_s` is compared with the kernel's CPU seconds, which a crowded machine hardly changes, divided by `slower`, the
    factor by which this machine is slower than the reference; `gpu_s`, in the profile `gpu`, with the seconds by the
    clock; `ram_mb` with the largest memory seen.
    """
    for name, text in _exceeded(chapter, profile, cpu_s, wall_s, peak_mb, slower, FAIL):
        return Problem(f"{text}; make the notebook lighter or correct metadata.aigc.budget.{name}")
    return None


def hangs(chapter: Chapter, profile: str, waited_s: float, slower: float = 1.0) -> Problem | None:
    """Whether a notebook waited, without using the processor, for ten times its budget (`slower` times that here)."""
    limit = chapter.front.get("budget", {}).get(_time(profile))
    if limit is None or waited_s <= HANGS * limit * slower:
        return None
    return Problem(
        f"{chapter.name}: it hangs: for {waited_s:.0f} s, {HANGS} times its budget of {limit} s{_there(slower)}, "
        "it used no processor; "
        "look for what it waits for"
    )


def near_budget(
    chapter: Chapter, profile: str, cpu_s: float, wall_s: float, peak_mb: float, slower: float = 1.0
) -> str:
    """Which budgets are exceeded by half, as a warning, or nothing."""
    exceeded = _exceeded(chapter, profile, cpu_s, wall_s, peak_mb, slower, WARN)
    return "\n".join(f"Warning: {text}." for _, text in exceeded)


def _exceeded(
    chapter: Chapter, profile: str, cpu_s: float, wall_s: float, peak_mb: float, slower: float, times: float
) -> Iterator[tuple[str, str]]:
    """The name of each budget that is exceeded `times`, and a clause about it."""
    budget = chapter.front.get("budget", {})
    on_reference = f"CPU seconds{_there(slower)}" + (f", {cpu_s:.4g} here," if slower > 1 else "")
    figures = {"cpu_s": (cpu_s / slower, on_reference), "gpu_s": (wall_s, "seconds"), "ram_mb": (peak_mb, "MB")}
    for name in (_time(profile), "ram_mb"):
        used, unit = figures[name]
        if name in budget and used > times * budget[name]:
            yield name, f"{chapter.name}: {used:.4g} {unit} are more than {times:g} times its budget of {budget[name]}"


def _there(slower: float) -> str:
    return f" of the reference machine ({slower:.2g} times as fast)" if slower > 1 else ""


def _time(profile: str) -> str:
    return "gpu_s" if profile == "gpu" else "cpu_s"


def in_cell(chapter: Chapter, told: dict[str, Any], mb: float) -> Problem:
    """A cell that raised: where, what, its source, the end of the traceback, the values that an assert compared."""
    end = told["traceback"].strip().splitlines()[-TRACEBACK_LINES:]
    lines = [f"{chapter.name}, code cell {told['cell']}: {told['message']}", *_indented(told["source"].splitlines())]
    lines += ["  which ended with", *_indented(end)]
    if told.get("values"):
        lines += ["  where", *_indented([f"{source} = {value}" for source, value in told["values"]])]
    if any(words in told["traceback"] for words in _NO_MEMORY):
        lines.append(f"  There was not enough memory: {_memory(chapter, mb, mb)}.")
    return Problem("\n".join(lines))


def died(chapter: Chapter, told: dict[str, Any], mb: float, peak_mb: float, log: list[str]) -> Problem:
    """A kernel that died: with which cell, how, at how much memory, and the likely cause."""
    how, cause = _cause(told["died"])
    lines = [f"{chapter.name}, code cell {told['cell']}: the kernel died ({how}) while this cell was running"]
    lines += [*_indented(told["source"].splitlines()), f"  When last seen it used {_memory(chapter, mb, peak_mb)}."]
    lines += [f"  {cause}.", *_indented(log)]
    return Problem("\n".join(lines), own=told["died"] != -signal.SIGKILL)


def _cause(status: int) -> tuple[str, str]:
    """How a process ended, and what that usually means."""
    if status >= 0:
        return f"exit status {status}", "The cell, or a library that it calls, ended the process (`os._exit`)"
    name = signal.Signals(-status).name
    if name == "SIGKILL":
        return name, "Something killed it, most often the system because memory ran out: use less, or close programs"
    if name in _CRASHES:
        return name, "Compiled code crashed: the lines below, if there are any, say where; try other versions or sizes"
    return name, "Another process ended it, or the cell did so itself"


def _memory(chapter: Chapter, mb: float, peak_mb: float) -> str:
    budget = chapter.front.get("budget", {}).get("ram_mb")
    beside = f", with a budget of {budget} MB" if budget else ""
    return f"{mb:.0f} MB (at most {peak_mb:.0f} MB before){beside}"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
