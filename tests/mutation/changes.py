"""Every slip of the hand that a module's text allows: one operator, number, axis, method or order of arguments.

A *place* is a spot of the syntax tree with one kind of change; it holds the changes that are possible there. Texts
(docstrings, messages of errors, f-strings), annotations and what runs only as a command are no places.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from tests.mutation import words

Place = tuple["Change", ...]
Edit = tuple[int, int, str]  # the bytes from here to there, and what stands in their place


@dataclass(frozen=True)
class Change:
    """The bytes from `start` to `end` of a source, replaced."""

    kind: str
    function: str  # where it stands, "" at the level of the module
    start: int
    end: int
    new: str

    def apply(self, source: str) -> str:
        """The source with this change."""
        text = source.encode()
        return (text[: self.start] + self.new.encode() + text[self.end :]).decode()

    def line(self, source: str) -> int:
        """Number of the line in which it begins."""
        return source.encode()[: self.start].count(b"\n") + 1

    def lines(self, source: str) -> tuple[str, str]:
        """The lines that it touches, before and after, without indentation."""
        text = source.encode()
        first, last = text.rfind(b"\n", 0, self.start) + 1, text.find(b"\n", self.end)
        tail = text[self.end : last if last >= 0 else None]
        was, now = text[first : self.end] + tail, text[first : self.start] + self.new.encode() + tail
        return " ".join(was.decode().split()), " ".join(now.decode().split())

    def means_something(self, source: str) -> bool:
        """Whether the result is Python, and another program than before."""
        try:
            return ast.dump(ast.parse(self.apply(source))) != ast.dump(ast.parse(source))
        except SyntaxError:
            return False


@cache
def places(source: str, skip: frozenset[str] = frozenset()) -> tuple[Place, ...]:
    """All places of a module in the order of the text; functions in `skip` and what they hold have none."""
    spots = _Spots(source)
    found = [place for node, where in _nodes(ast.parse(source), "", skip) for place in spots.at(node, where)]
    return tuple(sorted(found, key=lambda place: (place[0].start, place[0].end, place[0].kind)))


def _nodes(node: ast.AST, where: str, skip: frozenset[str]) -> Iterator[tuple[ast.AST, str]]:
    """What is neither text nor annotation nor command, with the function or class around it."""
    if _is_aside(node):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        if node.name in skip:
            return
        where = f"{where}.{node.name}".lstrip(".")
    yield node, where
    for child in _parts(node):
        yield from _nodes(child, where, skip)


def _is_aside(node: ast.AST) -> bool:
    """Whether the whole of a node is no place: errors and their messages, imports, what runs only as a command."""
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__")) | ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Call(func=called):
            return _name(called) in words.UNCHANGED["texts"]
    return isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.arg | ast.expr_context)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """The children of a node, without annotations and the messages of assertions."""
    match node:
        case ast.Assert():
            yield node.test
        case ast.AnnAssign():
            yield from [node.value] if node.value else []
        case ast.FunctionDef():
            yield from [*node.decorator_list, node.args, *node.body]
        case ast.ClassDef():
            yield from [*node.bases, *node.keywords, *node.body]  # `dataclass(frozen=True)` declares, like a type
        case _:
            yield from ast.iter_child_nodes(node)


def _name(node: ast.AST) -> str:
    """The last name of what is called: `mean` of `x.mean`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.AST) -> bool:
    """Whether adding to it means to append, so that every other operator stops the program at once."""
    listed = isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp)
    return listed or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


class _Spots:
    """The changes at a node of one source; each method is one kind of place."""

    def __init__(self, source: str) -> None:
        self.text = source.encode()
        self.begins = [0]
        for line in self.text.splitlines(keepends=True):
            self.begins.append(self.begins[-1] + len(line))
        self.axes: set[int] = set()  # constants that `_axis` has taken; a call comes before what it holds

    def at(self, node: ast.AST, where: str) -> Iterator[Place]:
        for kind in (
            *(self._arithmetic, self._comparison, self._logic, self._negation, self._negated, self._branch),
            *(self._axis, self._number, self._arguments, self._method, self._dropped, self._direction),
            *(self._bound, self._reduction, self._statement),
        ):
            name = kind.__name__.removeprefix("_")
            if place := tuple(Change(name, where, *edit) for edit in kind(node)):
                yield place

    def _span(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, ast.expr | ast.stmt | ast.keyword)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.begins[node.lineno - 1] + node.col_offset, self.begins[node.end_lineno - 1] + node.end_col_offset

    def _old(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self.text[start:end].decode()

    def _between(self, left: int, right: int, operator: ast.AST) -> Iterator[Edit]:
        """Other operators in place of the one that stands between two offsets."""
        old, *others = words.OPERATORS.get(type(operator), ("",))
        pattern = rb"#[^\n]*|(" + rb"\s+".join(re.escape(word.encode()) for word in old.split()) + rb")"
        for found in re.finditer(pattern, self.text[left:right]) if others else ():
            if found[1]:
                yield from ((left + found.start(1), left + found.end(1), new) for new in others)
                return

    def _arithmetic(self, node: ast.AST) -> Iterator[Edit]:
        if isinstance(node, ast.BinOp) and not (_is_text(node.left) or _is_text(node.right)):
            masks = all(isinstance(side, ast.Compare | ast.UnaryOp) for side in (node.left, node.right))
            if masks or not isinstance(node.op, ast.BitOr | ast.BitAnd):
                yield from self._between(self._span(node.left)[1], self._span(node.right)[0], node.op)
        elif isinstance(node, ast.AugAssign) and not _is_text(node.value):
            yield from self._between(self._span(node.target)[1], self._span(node.value)[0], node.op)

    def _comparison(self, node: ast.AST) -> Iterator[Edit]:
        if isinstance(node, ast.Compare):
            for (left, right), op in zip(pairwise([node.left, *node.comparators]), node.ops, strict=True):
                yield from self._between(self._span(left)[1], self._span(right)[0], op)

    def _logic(self, node: ast.AST) -> Iterator[Edit]:
        if isinstance(node, ast.BoolOp):
            for left, right in pairwise(node.values):
                yield from self._between(self._span(left)[1], self._span(right)[0], node.op)

    def _negation(self, node: ast.AST) -> Iterator[Edit]:
        """A sign or a `not` left out."""
        if isinstance(node, ast.UnaryOp):
            yield self._span(node)[0], self._span(node.operand)[0] - self._opened(node), ""

    def _opened(self, node: ast.UnaryOp) -> int:
        """How much of the text before the operand is an opening bracket and what follows it."""
        start, end = self._span(node)[0], self._span(node.operand)[0]
        found = self.text.find(b"(", start, end)
        return end - found if found >= 0 else 0

    def _negated(self, node: ast.AST) -> Iterator[Edit]:
        """A `not` too many, before a condition that has no operator of its own."""
        tests = [node.test] if isinstance(node, ast.If | ast.IfExp | ast.While) else getattr(node, "ifs", [])
        for test in tests:
            if isinstance(test, ast.Name | ast.Attribute | ast.Call):
                yield self._span(test)[0], self._span(test)[0], "not "

    def _branch(self, node: ast.AST) -> Iterator[Edit]:
        """`a if c else b` with a and b in each other's place."""
        if isinstance(node, ast.IfExp) and self._old(node.body) != self._old(node.orelse):
            (a, b), (c, d) = self._span(node.body), self._span(node.orelse)
            yield a, d, self._old(node.orelse) + self.text[b:c].decode() + self._old(node.body)

    def _number(self, node: ast.AST) -> Iterator[Edit]:
        if isinstance(node, ast.Constant) and id(node) not in self.axes:
            yield from ((*self._span(node), new) for new in _other_numbers(node.value))

    def _axis(self, node: ast.AST) -> Iterator[Edit]:
        """Another axis, or all of them."""
        if not isinstance(node, ast.Call):
            return
        named = [k for k in node.keywords if k.arg in ("dim", "axis")]
        first = int(isinstance(node.func, ast.Attribute) and _name(node.func.value) in ("torch", "F", "np"))
        listed = [n for n in node.args[first : first + 1] if _name(node.func) in words.AXES]
        for held in [*named, *listed]:
            value = held.value if isinstance(held, ast.keyword) else held
            if (axis := _whole(value)) is None:
                continue
            self.axes |= {id(part) for part in ast.walk(value)}
            yield *self._span(value), str({0: 1, 1: 0, -1: -2}.get(axis, axis - 1))
            if _name(node.func) in words.REDUCTIONS and "keepdim" not in {k.arg for k in node.keywords}:
                yield from self._without(node, held)

    def _without(self, call: ast.Call, held: ast.expr | ast.keyword) -> Iterator[Edit]:
        """A call without one of its arguments, and without the comma before or after it."""
        given = sorted([*call.args, *call.keywords], key=self._span)
        i, (start, end) = given.index(held), self._span(held)
        if i > 0:
            yield self.text.rfind(b",", 0, start), end, ""
        else:
            yield start, self._span(given[1])[0] if len(given) > 1 else end, ""

    def _arguments(self, node: ast.AST) -> Iterator[Edit]:
        """Two neighbours in each other's place."""
        if isinstance(node, ast.Call) and _name(node.func) not in words.COMMUTATIVE | words.UNCHANGED["arguments"]:
            for one, two in pairwise(node.args):
                starred = isinstance(one, ast.Starred) or isinstance(two, ast.Starred)
                if not starred and self._old(one) != self._old(two):
                    (a, b), (c, d) = self._span(one), self._span(two)
                    yield a, d, self._old(two) + self.text[b:c].decode() + self._old(one)

    def _method(self, node: ast.AST) -> Iterator[Edit]:
        known = words.BUILTINS if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else words.METHODS
        if isinstance(node, ast.Call) and (name := _name(node.func)) in known:
            end = self._span(node.func)[1]
            yield end - len(name), end, words.METHODS[name]

    def _dropped(self, node: ast.AST) -> Iterator[Edit]:
        """`x.detach()` without its method."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in words.DROPPED:
            end = self._span(node)[1]
            dot = self.text.rfind(b".", 0, self._span(node.func)[1])
            if _name(node.func.value) not in ("torch", "F", "np", "math"):
                yield dot, end, ""

    def _direction(self, node: ast.AST) -> Iterator[Edit]:
        """Largest first in place of smallest first, and the other way round."""
        option = words.DIRECTIONS.get(_name(node.func)) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and option and not any(option.startswith(f"{k.arg}=") for k in node.keywords):
            end = self._span(node)[1] - 1
            yield end, end, f", {option}" if node.args or node.keywords else option

    def _bound(self, node: ast.AST) -> Iterator[Edit]:
        """A lower bound for an upper one."""
        if isinstance(node, ast.Call) and _name(node.func) in ("clamp", "clip"):
            for keyword in node.keywords if len(node.keywords) == 1 else ():
                if keyword.arg in ("min", "max"):
                    yield self._span(keyword)[0], self._span(keyword)[0] + 3, words.METHODS[keyword.arg]

    def _reduction(self, node: ast.AST) -> Iterator[Edit]:
        """`reduction="mean"` for the sum."""
        match node:
            case ast.keyword(arg="reduction", value=ast.Constant(value="mean" | "sum" as old)):
                yield *self._span(node.value), '"sum"' if old == "mean" else '"mean"'

    def _statement(self, node: ast.AST) -> Iterator[Edit]:
        """A call for its effect, left out."""
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _name(node.value.func) != "__init__":
            yield *self._span(node), "pass"


def _whole(node: ast.AST) -> int | None:
    """The whole number that is written here, with its sign."""
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return None


def _other_numbers(value: object) -> list[str]:
    """A neighbour of a small number, twice and half of a large one; a truth value turned over."""
    match value:
        case bool():
            return [str(not value)]
        case 0:
            return ["1" if isinstance(value, int) else "1.0"]
        case int() if value < 10:
            return [str(value + 1), str(value - 1)]
        case int():
            return [str(value * 2), str(value // 2)]
        case float():
            return [repr(value * 2), repr(value / 2)]
    return []
