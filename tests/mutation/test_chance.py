"""Changes at random places: where they may stand, that a seed repeats them, and that a verdict is an honest one."""

import ast

import pytest

from tests.mutation import ROOT, chance
from tests.mutation.chance import FREE, Mutant, Outcome, commands, free, library, outcomes, report, sample
from tests.mutation.changes import places
from tests.mutation.near import nearest, wider

TEXTS = '''"""One plus 1 is 2."""
from typing import Annotated, Literal, TYPE_CHECKING, cast
import dataclasses

if TYPE_CHECKING:
    SIZE = 1

@dataclasses.dataclass(frozen=True)
class Box:
    """Holds 1 + 1."""

    size: Literal[1, 2]

def check(x: Annotated[float, 1 + 1]) -> Literal[3]:
    """Not 2 < 1."""
    if x is None:
        raise ValueError(f"{x + 1} is not {-1}", 1, 2)
    y: Annotated[float, 4] = x
    assert y, f"{x - 1}"
    print(f"{y * 2}")
    return cast(Literal[3], y)

if __name__ == "__main__":
    check(1 + 1)
'''


def kinds(source):
    return {(change.kind, *change.lines(source)) for place in places(source) for change in place}


@pytest.mark.parametrize(
    ("kind", "was", "now"),
    [
        ("arithmetic", "a + b", "a - b"),
        ("arithmetic", "a ** b", "a * b"),
        ("arithmetic", "(a < b) | (a > 0)", "(a < b) & (a > 0)"),
        ("arithmetic", "a *= b", "a /= b"),
        ("comparison", "a < b <= 1", "a < b < 1"),
        ("comparison", "a not  in b", "a in b"),
        ("logic", "a and b and c", "a and b or c"),
        ("negation", "not (a or b)", "(a or b)"),
        ("negation", "x = -a", "x = a"),
        ("negated", "y = [a for a in b if a.any()]", "y = [a for a in b if not a.any()]"),
        ("branch", "a if (c) else 2 * b", "2 * b if (c) else a"),
        ("number", "x = 0", "x = 1"),
        ("number", "x = 32", "x = 16"),
        ("number", "x = 0.5", "x = 0.25"),
        ("number", "f(x=True)", "f(x=False)"),
        ("axis", "x.mean(dim=1)", "x.mean()"),
        ("axis", "x.mean(0, keepdim=True)", "x.mean(1, keepdim=True)"),
        ("axis", "F.softmax(x, -1)", "F.softmax(x, -2)"),
        ("axis", "x.sum((a), dim=1).y", "x.sum((a)).y"),
        ("arguments", "f(a, (b + c), x=1)", "f(b + c, (a), x=1)"),
        ("method", "x.mean()", "x.sum()"),
        ("method", "torch.relu(x)", "torch.tanh(x)"),
        ("method", "max(a, b)", "min(a, b)"),
        ("dropped", "y = (x * β).detach() * y", "y = (x * β) * y"),
        ("direction", "y = sorted(x)", "y = sorted(x, reverse=True)"),
        ("bound", "x.clamp(min=a)", "x.clamp(max=a)"),
        ("reduction", 'f(x, reduction="sum")', 'f(x, reduction="mean")'),
        ("statement", "x.zero_grad()", "pass"),
    ],
)
def test_every_kind_of_change_is_made(kind, was, now):
    source = f"def f(x):\n    μ = 'π'; {was}  # + < not and\n"
    before, after = (f"μ = 'π'; {line}  # + < not and" for line in (was, now))
    assert (kind, " ".join(before.split()), " ".join(after.split())) in kinds(source)


@pytest.mark.parametrize(
    "nothing", ["'a' + b", "'%d' % b", "max(a, b)", "f(a, a)", "isinstance(a, b)", "a | b", "sum(a)", "torch.log"]
)
def test_what_stops_the_program_at_once_or_changes_nothing_is_no_place(nothing):
    assert not [kind for kind, *_ in kinds(f"x = {nothing}\n") if kind != "method" or "max" not in nothing]


def test_texts_annotations_and_commands_are_no_places():
    found = kinds(TEXTS)
    assert {kind for kind, *_ in found} == {"comparison", "statement"}
    assert {was for _, was, _ in found} == {"if x is None:", 'print(f"{y * 2}")'}


def test_every_change_of_the_library_is_one_change():
    for mutant in sample(100, seed=0, words=["vae/"]):
        changed = mutant.change.apply(mutant.source)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(mutant.source))
        start, end = mutant.change.start, mutant.change.end
        new = mutant.change.new.encode()
        assert changed.encode()[: start + len(new)] == mutant.source.encode()[:start] + new
        assert changed.encode()[start + len(new) :] == mutant.source.encode()[end:]


def test_a_seed_repeats_the_sample_and_a_smaller_one_is_its_beginning():
    words = ["vae/"]
    assert sample(9, seed=3, words=words) == sample(9, seed=3, words=words)
    assert sample(5, seed=3, words=words) == sample(9, seed=3, words=words)[:5]
    assert sample(9, seed=3, words=words) != sample(9, seed=4, words=words)
    assert {mutant.file for mutant in sample(9, seed=3, words=words)} <= set(library(words=words))


def test_every_module_of_the_library_aside_from_exercises_takes_part():
    assert not [file for file in library() if "exercises" in file]
    assert {f"aigc_course/core/{name}.py" for name in ("train", "show", "grading")} <= set(library())


def test_words_that_match_no_file_say_so(capsys):
    assert chance.main(3, 0, ["no such file"]) == 1
    assert "leave the words out" in capsys.readouterr().out


def test_a_free_change_is_one_of_those_that_are_made_and_has_its_reason():
    for row in free():
        source = (ROOT / row.file).read_text(encoding="utf-8")
        mutants = [Mutant(row.file, source, change) for place in places(source) for change in place]
        assert row.key in {mutant.key for mutant in mutants}, f"{FREE.name}: {row} is no longer possible"
        assert row.why


def test_nearest_tests_come_first():
    assert nearest("aigc_course/gan/wasserstein.py", ROOT)[0] == "tests/gan/test_wasserstein.py"
    others = wider("aigc_course/gan/wasserstein.py", ROOT)
    assert "tests/test_families.py" in others
    assert "tests/gan/test_wasserstein.py" not in others
    assert not [test for test in others if test.startswith(("tests/tools", "tests/mutation"))]
    assert wider("aigc_course/core/grading.py", ROOT)[-1] == "tests/test_learners.py"


DOUBLE = """def double(x, log=None):
    while x > 100:
        x = x - 1
    if log:
        log.append(x)
    return 2 * x


def main():
    return 1 + 1


if __name__ == "__main__":
    main()
"""
TESTS = {
    "test_double": "from aigc_course.double import double\n\n\ndef test_zero():\n    assert double(0) == 0\n",
    "test_lost": "from aigc_course.double import double\nimport something_that_is_not_there\n",
    "test_use": """from pathlib import Path

from aigc_course import double


def test_nothing():
    pass


def test_text():
    assert Path(double.__file__).read_text() == {0!r}


def test_one():
    assert double.double(1) == 2
""",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A library of one module: its own test sees little, another more, and a third every change of the text."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # loading them would take most of the time
    (tmp_path / "aigc_course").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "aigc_course" / "__init__.py").write_text("")
    (tmp_path / "aigc_course" / "double.py").write_text(DOUBLE)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\npythonpath = ['.']\nmarkers = ['site', 'gpu']\n"
    )
    for name, text in TESTS.items():
        (tmp_path / "tests" / f"{name}.py").write_text(text.format(DOUBLE))
    return tmp_path


FILE = "aigc_course/double.py"
MUTANTS = {m.key[3]: m for m in (Mutant(FILE, DOUBLE, change) for place in places(DOUBLE) for change in place)}


def test_a_verdict_is_that_of_the_nearest_test_that_sees_meaning(project, monkeypatch):
    monkeypatch.setattr(chance, "EACH", 1)
    chosen = [MUTANTS[now] for now in ("return 2 / x", "while x < 100:", "return 3 * x", "while x > 200:")]
    assert [(found.verdict, found.by) for found in outcomes(chosen, root=project)] == [
        ("caught", "tests/test_double.py::test_zero"),
        ("caught", "tests/test_double.py::test_zero"),  # an endless loop
        ("caught", "tests/test_use.py::test_one"),
        ("SURVIVED", ""),
    ]
    assert (project / FILE).read_text() == DOUBLE
    monkeypatch.setattr(chance, "WIDE", 0)
    (found,) = outcomes(chosen[2:3], root=project, workers=1)
    assert (found.verdict, found.by) == ("SURVIVED", "not all tests ran")


def test_what_runs_only_as_a_command_is_no_place(project):
    assert commands(FILE, project) == {"main"}
    assert {mutant.change.function for mutant in sample(100, seed=0, root=project)} == {"double"}
    (project / "tests" / "test_use.py").write_text("double.main()\n")
    assert commands(FILE, project) == set()


def test_a_free_change_is_not_tried_and_does_not_count(tmp_path):
    path = tmp_path / "free.yml"
    lines = 'was: "while  x > 100:", now: "while x > 200:"'
    path.write_text(f"- {{file: {FILE}, function: double, {lines}, why: no number is so large}}")
    found = outcomes([MUTANTS["while x > 200:"]], known=free(path))
    assert found == [Outcome(MUTANTS["while x > 200:"], "free")]
    found += [Outcome(MUTANTS[now], "caught") for now in ("return 3 * x", "x = x + 1")]
    assert report(found)[1]
    assert "100.0% of 2" in report(found)[0]
    text, enough = report([*found, Outcome(MUTANTS["while x >= 100:"], "SURVIVED")])
    assert not enough
    assert "SURVIVED aigc_course/double.py:2  comparison: > → >=\n    in double\n    - while x > 100:" in text
    assert "1 SURVIVED, 2 caught, 1 free" in text
    assert "arithmetic    1 of 1\ncomparison    0 of 1\nnumber        1 of 1" in text
