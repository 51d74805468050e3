"""Checkpoint files, and a record of the run that each belongs to, so that no damaged or foreign one is resumed from.

A file that ``torch.save`` writes is a zip archive with a checksum for each part; ``load`` compares them.
"""

import hashlib
import inspect
import io
import pickle
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from aigc_course.core.files import write_atomically

State = dict[str, Any]
CURE = "delete it or use another file"


def save(path: Path, state: State) -> None:
    """Write ``state`` to ``path``, whole or not at all.

    Raises:
        OSError: The disk is full or the folder cannot be written; the message names the file.
        TypeError: The state holds what ``load`` would refuse.
    """
    written = io.BytesIO()
    torch.save(state, written)
    content = written.getvalue()
    if _read(content, "cpu") is None:
        cure = "let step() and state_dict() give only those"
        raise TypeError(f"{path} would hold more than tensors, numbers and words and could not be loaded again; {cure}")
    try:
        write_atomically(path, content)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}, so nothing was saved", str(path)) from error


def load(path: Path, *, device: torch.device | str = "cpu") -> Any:
    """Read what ``save`` wrote, its tensors moved to ``device``.

    Raises:
        OSError: The file does not exist or may not be read.
        ValueError: The file is cut short, damaged, or holds anything but tensors, numbers and words.
    """
    content = path.read_bytes()  # a file that may not be read is not a damaged one
    if not _whole(content):
        raise ValueError(f"{path} is cut short, damaged or no checkpoint; {CURE}")
    state = _read(content, device)
    if state is None:
        why = "holds more than tensors, numbers and words, and loading that could run a stranger's program"
        raise ValueError(f"{path} {why}; {CURE}")
    return state


def _whole(content: bytes) -> bool:
    """Whether it is an archive of torch's in which every part has its checksum."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {name.partition("/")[2] for name in archive.namelist()}
            # constants.pkl: a program for TorchScript, which torch would read in a way of its own
            return "data.pkl" in names and "constants.pkl" not in names and archive.testzip() is None
    except Exception:  # a damaged archive can fail in any way
        return False


def _read(content: bytes, device: torch.device | str) -> Any:
    """The state in a whole archive; ``None`` where torch refuses, whose own words advise to load it all the same."""
    try:
        return torch.load(io.BytesIO(content), map_location=device, weights_only=True)
    except torch.OutOfMemoryError:
        raise
    except (pickle.UnpicklingError, RuntimeError):
        return None


def contents(columns: Sequence[Tensor]) -> str:
    """Describe data by types, shapes and the first 16 digits of the SHA-256 of all numbers."""
    found = hashlib.sha256()
    for column in columns:
        found.update(column.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    kinds = ", ".join(f"{str(column.dtype).removeprefix('torch.')}{list(column.shape)}" for column in columns)
    return f"{kinds} with SHA-256 {found.hexdigest()[:16]}…"


def settings(algorithm: Any) -> dict[str, str]:
    """An algorithm's hyperparameters by name, as text; runs that differ in one must not share a checkpoint.

    These are its class; the numbers, words and functions that it and its networks keep under the names of their
    constructors' arguments; and from its ``state_dict()`` all numbers and words, the optimisers' hyperparameters among
    them, and the shapes of the tensors.
    """
    found = {"class": type(algorithm).__qualname__}
    for name, part in _parts(algorithm, ""):
        found |= {f"{name}.{key}".lstrip("."): value for key, value in _arguments(part)}
    return found | dict(_leaves(algorithm.state_dict(), ""))


def difference(old: State, new: State) -> str:
    """Describe the first three differences between two nested states in words; empty where they are equal."""
    old, new = dict(_leaves(old, "")), dict(_leaves(new, ""))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    said = [f"{name} was {old.get(name, 'not there')} and is {new.get(name, 'not there')}" for name in names[:3]]
    return ", ".join(said) + (f", and {len(names) - 3} more" if len(names) > 3 else "")


def _parts(algorithm: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """The algorithm, the parts of it that have a state of their own, its networks and their layers."""
    if isinstance(algorithm, nn.Module):
        yield from algorithm.named_modules(prefix=prefix)
        return
    yield prefix, algorithm
    for name, part in getattr(algorithm, "__dict__", {}).items():
        if hasattr(part, "load_state_dict") and not isinstance(part, Optimizer | LRScheduler):  # states say it all
            yield from _parts(part, f"{prefix}.{name}".lstrip("."))


def _arguments(thing: Any) -> Iterator[tuple[str, str]]:
    absent = inspect.Parameter.empty
    kept = {name: getattr(thing, name, absent) for name in inspect.signature(type(thing).__init__).parameters}
    yield from ((name, _word(value)) for name, value in kept.items() if value is not absent)


def _word(value: Any) -> str:
    """A number or word as it is, a function by its name, anything else by its class."""
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_word, value))})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_word(v)}' for name, v in value.items())}}}"
    if isinstance(value, partial):
        given = [*map(_word, value.args), *(f"{name}={_word(v)}" for name, v in value.keywords.items())]
        return f"{_word(value.func)}({', '.join(given)})"
    return getattr(value, "__qualname__", type(value).__qualname__)


def _leaves(state: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every number and word of a state, and the shapes of its tensors, by the way that leads there."""
    if isinstance(state, Tensor):
        yield name, f"a tensor of shape {list(state.shape)}"
    elif isinstance(state, dict | list | tuple):
        for key, value in state.items() if isinstance(state, dict) else enumerate(state):
            yield from _leaves(value, f"{name}.{key}".lstrip("."))
    else:
        yield name, state if isinstance(state, str) else repr(state)
