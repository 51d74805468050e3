"""The exercises of a chapter from two files: their prose in YAML, and their code in the Python module beside it.

The YAML file is a list of exercises, in the chapter's order. ``FIELDS`` says what each of its records holds. A name of
a function there (``solution``, ``inputs``, the ``function`` of a wrong answer) is one of the module. All faults
are reported together, each with the file, the exercise, the field and the cure.
"""

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from aigc_course.core.comparing import Tolerance
from aigc_course.core.tasks import Argument, Exercise, Option, Project, Question, Task, Wrong

_EVERY = {"id": str, "kind": str, "title": str, "objective": int, "text": str}
_CODE = {"stub": str, "hints": [str], "solution": "function", "inputs": "function", "arguments": ["argument"]}
KINDS: dict[str, dict[str, Any]] = {
    "question": _EVERY | {"options": ["option"]},
    "exercise": _EVERY | _CODE | {"wrong": ["wrong"], "tolerance": "tolerance"},
    "project": _EVERY | {"rubric": [str]},
}
# A field holds a type of Python, a record or function by its name, or a list of one of these.
FIELDS: dict[str, dict[str, Any]] = KINDS | {
    "option": {"text": str, "correct": bool, "why": str},
    "wrong": {"function": "function", "diagnosis": str},
    "argument": {"name": str, "axes": [str], "whole": bool},
    "tolerance": {"relative": float, "absolute": float},
}
OPTIONAL = {"tolerance", "axes", "whole", "relative", "absolute"}
CURES = {
    str: "write a text (in quotes, where YAML reads a number or true)",
    int: "write a whole number",
    float: "write a number with a point, such as 1.0e-3",
    bool: "write true or false",
}


class _Loader(yaml.SafeLoader):
    """Safe loading that does not let the second of two equal fields win silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, as the parent does, unless a field stands there twice.

        Raises:
            yaml.constructor.ConstructorError: It does; the message names the field.
        """
        keys = [key.value for key, _ in node.value]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            problem = f"the field {twice!r} stands there twice; keep one"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def load(path: Path, code: ModuleType) -> tuple[Task, ...]:
    """Read the exercises of a YAML file, with the functions of the module ``code``.

    Raises:
        ValueError: The file is no YAML or breaks a rule of ``FIELDS``; the message has a line for each fault.
    """
    file = "/".join(path.parts[-3:])
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"{file} is no YAML: {' '.join(str(error).split())}") from error
    if wrong := list(_problems(entries, code)):
        raise ValueError("\n".join(f"{file}: {message}" for message in wrong))
    return tuple(_task(entry, code) for entry in entries)


def _problems(entries: Any, code: ModuleType) -> Iterator[str]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield "the file must be a list of exercises, each beginning with `- id:`"
        return
    for id, times in Counter(str(entry["id"]) for entry in entries if "id" in entry).items():
        if times > 1:
            yield f"{id}, id: {times} exercises have it; rename all but one"
    for number, entry in enumerate(entries, 1):
        where = str(entry.get("id", f"exercise {number}"))
        if str(entry.get("kind")) in KINDS:
            yield from _wrong_in(entry, entry["kind"], where, code)
            yield from _wrong_options(entry, where)
        else:
            yield f"{where}, kind: {entry.get('kind')!r} is none; write {', '.join(KINDS)}"


def _wrong_in(value: Any, wanted: Any, where: str, code: ModuleType) -> Iterator[str]:
    """Compare a value with what a field holds, and what is within it."""
    if isinstance(wanted, list):
        if isinstance(value, list):
            for number, part in enumerate(value, 1):
                yield from _wrong_in(part, wanted[0], f"{where} {number}", code)
        else:
            yield f"{where}: {value!r} is no list; begin each part with a dash"
    elif wanted == "function":
        yield from _wrong_function(value, where, code)
    elif isinstance(wanted, str):
        yield from _wrong_record(value, wanted, where, code)
    elif type(value) is not wanted:
        yield f"{where}: {value!r}; {CURES[wanted]}"
    elif where.endswith("diagnosis") and not value.strip():
        yield f"{where}: it is empty; tell the learner what the mistake is"


def _wrong_record(value: Any, kind: str, where: str, code: ModuleType) -> Iterator[str]:
    fields = FIELDS[kind]
    if not isinstance(value, dict):
        yield f"{where}: {value!r}; write the fields {', '.join(fields)}"
        return
    for name in value:
        if name not in fields:
            yield f"{where}, {name}: there is no such field; {_meant(str(name), fields)}"
    for name, wanted in fields.items():
        if name in value:
            yield from _wrong_in(value[name], wanted, f"{where}, {name}", code)
        elif name not in OPTIONAL:
            yield f"{where}, {name}: the field is missing; add it"


def _wrong_function(name: Any, where: str, code: ModuleType) -> Iterator[str]:
    if not isinstance(name, str) or not callable(getattr(code, name, None)):
        there = [key for key, value in vars(code).items() if callable(value)]
        yield f"{where}: {code.__name__} has no function {name!r}; {_meant(str(name), there)}"


def _meant(name: str, there: Any) -> str:
    near = get_close_matches(name, there)
    return f"did you mean {near[0]!r}?" if near else "correct the name, or add it there"


def _wrong_options(entry: dict[str, Any], where: str) -> Iterator[str]:
    """Exactly one option is right, where any is written yet."""
    options = entry.get("options")
    if isinstance(options, list) and options:
        right = sum(isinstance(option, dict) and option.get("correct") is True for option in options)
        if right != 1:
            yield f"{where}, options: {right} are marked `correct: true`; mark exactly one"


def _task(entry: dict[str, Any], code: ModuleType) -> Task:
    every = {field: entry[field] for field in ("id", "title", "objective", "text")}
    if entry["kind"] == "question":
        return Question(**every, options=tuple(Option(**option) for option in entry["options"]))
    if entry["kind"] == "project":
        return Project(**every, rubric=tuple(entry["rubric"]))
    return Exercise(
        **every,
        stub=entry["stub"],
        hints=tuple(entry["hints"]),
        solution=getattr(code, entry["solution"]),
        inputs=getattr(code, entry["inputs"]),
        wrong=tuple(Wrong(getattr(code, wrong["function"]), wrong["diagnosis"]) for wrong in entry["wrong"]),
        arguments=tuple(_argument(**argument) for argument in entry["arguments"]),
        tolerance=Tolerance(**entry.get("tolerance", {})),
    )


def _argument(name: str, axes: list[str] | None = None, whole: bool = False) -> Argument:
    return Argument(name, None if axes is None else tuple(axes), whole)
