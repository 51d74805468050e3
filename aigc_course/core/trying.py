"""Running a learner's function: with torch's default settings, its output shown once, every failure put in words.

The function meets the same inputs and the same noise as the solution. Whatever it changes (torch's default device and
precision, random numbers, its own buffers) is put back or does not matter.
"""

import contextlib
import inspect
import io
import math
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Timer
from typing import Any

import torch
from IPython.utils.capture import capture_output

from aigc_course.core.comparing import TEXT, Result, Tolerance, all_same, freeze

TRIALS = 5
FEWEST = 2  # a function that takes long is tried on so many at least
SLOW = 3.0  # seconds; then it is announced, and not tried again once it has had as much
OUTPUT = 2000  # characters of its own output that are shown
CPU = torch.device("cpu")
MESSAGE = 200  # characters of an error's message that are shown
CHANGES = "your function changes torch's default device or precision; the grader has put it back"

Sampler = Callable[[torch.Generator], tuple[Any, ...]]


@dataclass(frozen=True)
class Attempt:
    """What came of running a function.

    Attributes:
        results: One for each trial.
        trouble: One sentence on why there are no results; else empty.
        notes: Sentences on settings of torch that were not the default ones.
        slow: Whether the function took longer than ``SLOW`` seconds.
    """

    results: tuple[Result, ...] = ()
    trouble: str = ""
    notes: tuple[str, ...] = ()
    slow: bool = False


def arguments(inputs: Sampler, trial: int) -> tuple[Any, ...]:
    """The arguments of trial number ``trial``, which is their seed; made anew at each call, so that none is spoilt."""
    return inputs(torch.Generator().manual_seed(trial))


def outputs(inputs: Sampler, function: Callable[..., Any], trials: int = TRIALS) -> tuple[Result, ...]:
    """Results of a function that can be trusted (the solution, a known wrong answer), one for each trial."""
    with neutral():
        return tuple(_call(function, arguments(inputs, trial), trial) for trial in range(trials))


def attempt(inputs: Sampler, function: Callable[..., Any], names: Sequence[str], plain: Sequence[str] = ()) -> Attempt:
    """Run a learner's function on random arguments; whatever it raises is put in words.

    Args:
        inputs: Samples the arguments; an error of its own is raised.
        function: What to run.
        names: Names of the arguments, for messages; none where they are not known.
        plain: Those that are plain numbers.

    Raises:
        KeyboardInterrupt: The learner interrupted the function.
    """
    if names and (misfit := _misfit(function, names)):
        return Attempt(trouble=misfit)
    results: list[Result] = []
    began = time.monotonic()
    with _announcement(), neutral() as notes:
        for trial in range(TRIALS):
            slow = time.monotonic() - began > SLOW
            if slow and trial >= FEWEST:
                break
            given = arguments(inputs, trial)
            try:
                with _shown(trial == 0):
                    results.append(_call(function, given, trial))
                if _make_usual() and CHANGES not in notes:
                    notes.append(CHANGES)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a learner's function may also exit
                return Attempt(tuple(results), trouble(error, plain), tuple(notes))
    return Attempt(tuple(results), "", tuple(notes), time.monotonic() - began > SLOW)


def _call(function: Callable[..., Any], given: tuple[Any, ...], trial: int) -> Result:
    torch.default_generator.manual_seed(trial)  # the CPU alone: seeding a GPU that is not in use yet is slow
    return freeze(function(*given))


def held(inputs: Sampler, index: int) -> Sampler:
    """The same arguments, but argument ``index`` keeps its value of trial 0, cut or repeated to the present shape."""

    def sample(generator: torch.Generator) -> tuple[Any, ...]:
        given, first = list(inputs(generator)), arguments(inputs, 0)[index]
        if isinstance(first, torch.Tensor):
            now = given[index]
            times = math.ceil(now.numel() / first.numel())
            first = first.flatten().repeat(times)[: now.numel()].reshape(now.shape)
        given[index] = first
        return tuple(given)

    return sample


def exchanged(inputs: Sampler, i: int, j: int) -> Sampler:
    """The same arguments, but arguments ``i`` and ``j`` change places."""

    def sample(generator: torch.Generator) -> tuple[Any, ...]:
        given = list(inputs(generator))
        given[i], given[j] = given[j], given[i]
        return tuple(given)

    return sample


def ignored(inputs: Sampler, function: Callable[..., Any], given: Sequence[Result], near: Tolerance) -> list[int]:
    """Indices of the arguments that a function's results (``given``) do not depend on."""
    return [i for i in range(len(arguments(inputs, 0))) if _ignores(inputs, function, given[:FEWEST], near, i)]


def _ignores(
    inputs: Sampler, function: Callable[..., Any], given: Sequence[Result], near: Tolerance, index: int
) -> bool:
    try:
        with _shown(False):
            return all_same(outputs(held(inputs, index), function, len(given)), given, near)
    except KeyboardInterrupt:
        raise
    except BaseException:  # it worked with the true arguments; whatever this is, the argument matters
        return False


@contextlib.contextmanager
def neutral() -> Iterator[list[str]]:
    """Torch's default settings inside the block (CPU, float32, gradients, no autocast); on exit the learner's are back.

    Yields:
        Sentences on settings that were not the default ones.
    """
    device, dtype = torch.get_default_device(), torch.get_default_dtype()
    notes: list[str] = []
    if device != CPU:
        notes.append(f"torch's default device is “{device}”; the grader computes on the CPU and leaves it as it was")
    if dtype != torch.float32:
        notes.append(f"torch's default precision is {dtype}; the grader uses torch.float32 and leaves it as it was")
    _make_usual()
    with (
        torch.random.fork_rng(),
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
    ):
        try:
            yield notes
        finally:
            torch.set_default_dtype(dtype)
            _set_back(device)


def _make_usual() -> bool:
    """Set torch's default device and precision to the CPU and float32; return whether they had been something else."""
    changed = torch.get_default_device() != CPU or torch.get_default_dtype() != torch.float32
    if torch.get_default_device() != CPU:
        torch.set_default_device("cpu")
    torch.set_default_dtype(torch.float32)
    return changed


def _set_back(device: torch.device) -> None:
    """Restore a default device, which may have been set for good or by a ``with`` around the call."""
    if torch.get_default_device() != device:
        torch.set_default_device(None)
    if torch.get_default_device() != device:
        torch.set_default_device(device)


@contextlib.contextmanager
def _announcement() -> Iterator[None]:
    """Say that a function is slow while it runs; the wait needs a reason."""
    words = (
        f"your function has been running for {SLOW:g} seconds; it is tried on fewer inputs. "
        "Interrupt the kernel to stop it."
    )
    timer = Timer(SLOW, print, (words,), {"file": sys.stdout, "flush": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Limited(io.TextIOBase):
    """A stream that passes on the first ``left`` characters and says if there were more; nothing at all if negative."""

    def __init__(self, to: Any, left: int) -> None:
        self.to, self.left = to, left

    def write(self, text: str) -> int:
        """Pass on what there is room for, and write once that there was more; return the length of ``text``."""
        if self.left >= 0 and text:
            self.to.write(text[: self.left])
            self.left -= len(text)
            if self.left < 0:
                self.to.write("\n… (the rest of your function's output is left out)\n")
        return len(text)

    def flush(self) -> None:
        """Flush the other stream."""
        self.to.flush()


@contextlib.contextmanager
def _shown(first: bool) -> Iterator[None]:
    """Let the output of the first call through, shortened, and none of the others', which would repeat it."""
    left = OUTPUT if first else -1
    with contextlib.ExitStack() as stack:
        if not first:
            stack.enter_context(capture_output(stdout=False, stderr=False))
        stack.enter_context(contextlib.redirect_stdout(_Limited(sys.stdout, left)))
        stack.enter_context(contextlib.redirect_stderr(_Limited(sys.stderr, left)))
        yield


def _misfit(function: Callable[..., Any], names: Sequence[str]) -> str:
    """One sentence where a function cannot be called with these arguments; else empty."""
    try:
        signature = inspect.signature(function)
    except Exception:  # a builtin does not tell, and an odd object may raise anything
        return ""
    try:
        signature.bind(*names)
    except TypeError:
        return f"your function takes ({', '.join(signature.parameters)}); it is called with ({', '.join(names)})"
    return ""


def trouble(error: BaseException, plain: Sequence[str] = ()) -> str:
    """Describe an error that a function raised in one sentence; ``plain`` names the arguments that are numbers."""
    if isinstance(error, SystemExit):
        return "your function ends Python (`sys.exit()` or `exit()`): use `return`"
    if isinstance(error, RecursionError):
        return "your function calls itself again and again without an end"
    text = message(error)
    return _for_a_tensor(error, text, plain) or f"your function raised {type(error).__name__}: {text}{_line(error)}"


def message(error: BaseException) -> str:
    """First line of an error's message, at most ``MESSAGE`` characters; a placeholder where reading it raises."""
    try:
        line = (str(error).splitlines() or [""])[0]
    except Exception:
        return "(its message cannot be read)"
    return line[:MESSAGE] + ("…" if len(line) > MESSAGE else "")


def _line(error: BaseException) -> str:
    """The last line of the learner's own cell or file on the way to an error."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _of_the_machinery(frame.filename)]
    lines = [frame.line for frame in frames if frame.filename == frames[0].filename]
    return f" (at `{lines[-1][:TEXT]}`)" if lines and lines[-1] else ""


def _of_the_machinery(file: str) -> bool:
    return file == __file__ or "site-packages" in file


# torch's words for a plain number in place of a tensor, and Python's
_PLAIN = re.compile(
    r"(?P<torch>\w+)\(\).* (must be Tensor, not|- got \()\s*(float|int|numpy\.\w+)\b"
    r"|'(float|int)' object has no attribute '(?P<method>\w+)'"
)
_WHOLE_TENSOR = re.compile(r"only (one element tensors|0-dimensional arrays|length-1 arrays) can be converted")


def _for_a_tensor(error: BaseException, text: str, plain: Sequence[str]) -> str:
    """A plain number where a tensor is wanted, or a tensor where a plain number is."""
    if _WHOLE_TENSOR.search(text):
        return "`math` and `float` take one number and got a whole tensor: use torch's functions, such as `x.log()`"
    found = _PLAIN.search(text) if isinstance(error, TypeError | AttributeError) else None
    if not found:
        return ""
    name = found["torch"] or found["method"]
    use = f"use math.{name}" if hasattr(math, name) else "compute with it as it is"
    if not plain:
        return f"`{name}` wants a tensor and got a plain number: {use}, or make a tensor of it with torch.tensor(…)"
    listed = " and ".join(filter(None, (", ".join(f"`{n}`" for n in plain[:-1]), f"`{plain[-1]}`")))
    kind = "are plain numbers, not tensors" if len(plain) > 1 else "is a plain number, not a tensor"
    return f"{listed} {kind}, and `{name}` wants a tensor: {use}, or torch.tensor({plain[0]})"
