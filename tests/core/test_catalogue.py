"""Reading exercises from YAML and a module: what is there, and what is said where something is wrong."""

import types

import pytest

from aigc_course.core.catalogue import load
from aigc_course.core.comparing import Tolerance
from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor

TEXT = """
- id: toy.side
  kind: question
  title: A side
  objective: 0
  text: Which side?
  options:
    - {text: left, correct: false, why: No.}
    - {text: right, correct: true, why: Yes.}
- id: toy.double
  kind: exercise
  title: Doubling
  objective: 1
  text: >-
    Double it,
    as in `2 * x`.
  stub: |-
    def f(x, y):
        return ...
  hints: [Twice., Add it.]
  solution: double
  inputs: _one
  arguments:
    - {name: x, axes: [rows], whole: true}
    - {name: y}
  wrong:
    - {function: same, diagnosis: not doubled}
  tolerance: {relative: 1.0e-3}
- id: toy.build
  kind: project
  title: An open end
  objective: 2
  text: Build it.
  rubric: [It runs., It is measured.]
"""


def double(x, y):
    return 2 * x


def same(x, y):
    return x


def _one(generator):
    return (1, 1.0)


@pytest.fixture
def read(tmp_path):
    code = types.ModuleType("aigc_course.exercises.toy")
    vars(code).update(double=double, same=same, _one=_one, CONSTANT=2)
    path = tmp_path / "aigc_course" / "exercises" / "toy.yml"
    path.parent.mkdir(parents=True)

    def reading(text):
        path.write_text(text, encoding="utf-8")
        return load(path, code)

    return reading


def test_every_kind_is_read_whole_and_in_order(read):
    assert read(TEXT) == (
        Question("toy.side", "A side", 0, "Which side?", (Option("left", False, "No."), Option("right", True, "Yes."))),
        Exercise(
            "toy.double",
            "Doubling",
            1,
            "Double it, as in `2 * x`.",
            "def f(x, y):\n    return ...",
            ("Twice.", "Add it."),
            double,
            _one,
            (Wrong(same, "not doubled"),),
            (tensor("x", "rows", whole=True), number("y")),
            Tolerance(1e-3),
        ),
        Project("toy.build", "An open end", 2, "Build it.", ("It runs.", "It is measured.")),
    )


FAULTS = [
    ("hints: [", "hint: [", "toy.double, hint: there is no such field; did you mean 'hints'?"),
    ("hints: [", "hint: [", "toy.double, hints: the field is missing; add it"),
    ("whole: true", "hole: true", "toy.double, arguments 1, hole: there is no such field; did you mean 'whole'?"),
    (
        "solution: double",
        "solution: duoble",
        "toy.double, solution: {module} has no function 'duoble'; did you mean 'd",
    ),
    ("inputs: _one", "inputs: CONSTANT", "toy.double, inputs: {module} has no function 'CONSTANT'; correct the name"),
    ("function: same", "function: [same]", "toy.double, wrong 1, function: {module} has no function"),
    (", correct: true", ", correct: false", "toy.side, options: 0 are marked `correct: true`; mark exactly one"),
    (", correct: false", ", correct: true", "toy.side, options: 2 are marked `correct: true`; mark exactly one"),
    (", correct: false", ", correct: never", "toy.side, options 1, correct: 'never'; write true or false"),
    ("id: toy.build", "id: toy.side", "toy.side, id: 2 exercises have it; rename all but one"),
    (", diagnosis: not doubled", "", "toy.double, wrong 1, diagnosis: the field is missing; add it"),
    ("not doubled", "'  '", "toy.double, wrong 1, diagnosis: it is empty; tell the learner what the mistake is"),
    ("kind: project", "kind: quiz", "toy.build, kind: 'quiz' is none; write question, exercise, project"),
    ("  title: Doubling\n", "", "toy.double, title: the field is missing; add it"),
    ("title: Doubling", "title: 2", "toy.double, title: 2; write a text (in quotes, where YAML reads"),
    ("objective: 2", "objective: two", "toy.build, objective: 'two'; write a whole number"),
    ("text: Build it.", "text: 17", "toy.build, text: 17; write a text (in quotes, where YAML reads"),
    ("Twice.", "17", "toy.double, hints 1: 17; write a text (in quotes"),
    ("1.0e-3", "1e-3", "toy.double, tolerance, relative: '1e-3'; write a number with a point, such as 1.0e-3"),
    (
        "[It runs., It is measured.]",
        "It runs.",
        "toy.build, rubric: 'It runs.' is no list; begin each part with",
    ),
    ("{name: y}", "y", "toy.double, arguments 2: 'y'; write the fields name, axes, whole"),
    ("  rubric:", "  text: Again.\n  rubric:", "the field 'text' stands there twice; keep one"),
    ("- id: toy.side", "id: toy.side", " is no YAML: "),
    (TEXT, "toy: 1", "the file must be a list of exercises, each beginning with `- id:`"),
    ("- id: toy.build\n  kind", "- kind", "exercise 3, id: the field is missing; add it"),
]


@pytest.mark.parametrize(("was", "now", "told"), FAULTS)
def test_a_fault_is_told_with_its_place_and_its_cure(read, was, now, told):
    assert was in TEXT
    with pytest.raises(ValueError, match=r"^aigc_course/exercises/toy\.yml") as error:
        read(TEXT.replace(was, now, 1))
    assert told.format(module="aigc_course.exercises.toy") in str(error.value)


def test_all_faults_are_told_at_once(read):
    with pytest.raises(ValueError, match="toy") as error:
        read(TEXT.replace("hints:", "hint:").replace("why: No.", "whys: No."))
    assert len(str(error.value).splitlines()) == 4


def test_what_is_not_written_yet_is_left_to_the_checks_of_the_book(read):
    options = TEXT[TEXT.index("  options:") : TEXT.index("- id: toy.double")]
    assert read(TEXT.replace(options, "  options: []\n"))[0] == Question("toy.side", "A side", 0, "Which side?", ())
