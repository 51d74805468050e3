"""The checks of exercises, tried on small books with one planted mistake each."""

import dataclasses

import pytest
import torch

from aigc_course.core.grading import Exercise, Option, Project, Question, Tolerance, Wrong, number, tensor
from book.tools import check_exercises
from tests.tools.test_tools_checks import only


def double(x):
    return 2 * x


def square(x):
    return x**2


def same(x):
    return x


def half(x):
    return x / 2


def also_half(x):
    return 0.5 * x


STUB = "def double(x: Tensor) -> Tensor:\n    return ..."
CODE = Exercise(
    id="one.double",
    title="Doubling",
    objective=0,
    text="Double it.",
    stub=STUB,
    hints=("Twice.", "2 * x"),
    solution=double,
    inputs=lambda g: (torch.randn(3 + g.initial_seed() % 4, generator=g),),
    wrong=(Wrong(square, "a square"), Wrong(same, "the input"), Wrong(half, "a half")),
    arguments=(tensor("x", "numbers"),),
)
OPTIONS = (Option("left", False, "No."), Option("right", True, "Yes."), Option("up", False, "No."))
ASKED = Question("one.side", "A side", 1, "Which side?", OPTIONS)
OPEN = Project("one.open", "An open end", 2, "Build it.", ("It runs.", "It is measured.", "It is told."))
TASKS = [
    CODE,
    dataclasses.replace(CODE, id="one.again", title="Once more"),
    ASKED,
    OPEN,
    dataclasses.replace(ASKED, id="one.other", title="Another side"),
]


def hidden(source):
    return {"source": source, "metadata": {"tags": ["remove-input"]}}


def told(title, tags=("remove-cell",)):
    return {"cell_type": "markdown", "source": f"### ★★ {title}\n\nDouble it.", "metadata": {"tags": [*tags]}}


CELLS = [
    "from torch import Tensor\nfrom aigc_course.core.grading import ask, grade",
    told("Doubling"),
    f'{STUB}\n\ngrade("one.double", double)',
    told("Once more"),
    f'{STUB}\n\ngrade("one.again", double)',
    *(hidden(f'ask("{name}")') for name in ("one.side", "one.open", "one.other")),
]


def exercises(project, cells=CELLS, tasks=TASKS):
    project.notebook("one", ["# One"], *cells, objectives=["a", "b", "c"])
    return check_exercises.chapter(project.chapter("one"), tasks)


def test_exercises_that_are_right(project):
    assert exercises(project) == []


def with_code(**changes):
    return [dataclasses.replace(CODE, **changes), *TASKS[1:]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        # square is diagnosed as the input: a wrong diagnosis
        (
            {"wrong": (Wrong(same, "a square"), *CODE.wrong[1:])},
            "same gets the diagnosis “the input” against “a square”",
        ),
        ({"wrong": (*CODE.wrong, Wrong(also_half, "another"))}, "half gets the diagnosis “another” against “a half”"),
        ({"wrong": (*CODE.wrong, Wrong(double, "right!"))}, "double is graded “passed” instead of wrong"),
        ({"wrong": (*CODE.wrong, Wrong(lambda: 1, "none"))}, "is graded “error"),
        ({"wrong": (*CODE.wrong[:2], Wrong(half, "a square"))}, "needs a diagnosis of its own"),
        ({"wrong": CODE.wrong[:2]}, "only 2 wrong answers"),
        ({"hints": ("a", "a")}, "hints must be there"),
        ({"solution": square}, "square is graded “passed” instead of wrong"),
        ({"solution": lambda x: torch.randn(3, generator=GENERATOR)}, "the reference solution is graded"),
        ({"solution": lambda x: ...}, "the solution must return numbers"),
        ({"solution": lambda x: 1 / 0}, "the solution does not run: your function raised ZeroDivisionError"),
        ({"objective": 3}, "objective 3 does not exist"),
        ({"title": " "}, "one.double: it has no title"),
        ({"title": "doubling"}, "one.double: the title “doubling”; at most"),
        ({"title": "Doubling."}, "a capital first, no full stop"),
        ({"title": "D" * 49}, "at most 48 signs"),
        ({"title": "A side"}, "one.side: another exercise of the chapter has the title “A side”"),
        ({"text": "Double x."}, "code cell 2: the cell before must be Markdown"),
        ({"id": "two.double"}, "the id must begin with one."),
        ({"stub": "def double(x):\n    return x"}, "the stub is reported as"),
        ({"stub": "def double(x: Array):\n    return ..."}, "the stub does not run after the notebook's imports"),
        ({"stub": STUB + "  # edited"}, "code cell 2: the cell must be the stub of one.double as catalogued"),
    ],
)
def test_a_code_exercise_with_a_mistake(project, changes, message):
    assert any(message in found for found in exercises(project, tasks=with_code(**changes)))


GENERATOR = torch.Generator()


def two(generator):
    return torch.randn(3 + generator.initial_seed() % 4, generator=generator), 2.0


def times(x, y):
    return x * y


PAIR = {
    "stub": "def times(x: Tensor, y: float) -> Tensor:\n    return ...",
    "solution": times,
    "inputs": two,
    "wrong": tuple(Wrong(lambda x, y, c=c: x * y + c, f"+ {c}") for c in (1, 2, 3)),
    "arguments": (tensor("x", "numbers"), number("y")),
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "an answer that ignores `y` passes on 5 draws"),
        ({"inputs": lambda g: (two(g)[0], max(2.0, float(g.initial_seed())))}, "ignores `y` passes on 2 draws"),
        ({"inputs": lambda g: (torch.randn(3, generator=g), 2.0)}, "the size of `numbers` is the same"),
        ({"arguments": ()}, "`arguments` describes []; the stub takes ['x', 'y']"),
        ({"arguments": (number("y"), tensor("x", "numbers"))}, "`arguments` describes ['y', 'x']"),
        ({"arguments": (number("x"), number("y"))}, "“x: a plain number”, but Tensor is drawn"),
        (
            {"arguments": (tensor("x", "numbers"), number("y", whole=True))},
            "“y: a plain whole number”, but float is drawn",
        ),
        ({"arguments": (tensor("x", "a", "b"), number("y"))}, "but Tensor of shape (3,) is drawn"),
        ({"arguments": (tensor("x", "numbers", whole=True), number("y"))}, "but its numbers are torch.float32"),
        ({"arguments": (tensor("x", "numbers"), tensor("y"))}, "but float of shape () is drawn"),
        (
            {
                "arguments": (tensor("x", "numbers"), tensor("y", "numbers")),
                "inputs": lambda g: (torch.ones(3), torch.ones(1)),
            },
            "but `numbers` is 1 here and 3 in another argument",
        ),
        ({"tolerance": Tolerance(0.1, 0.1)}, "the tolerance is too coarse"),
        ({"tolerance": Tolerance(1e-12, 1e-12), "solution": lambda x, y: (x * y).exp()}, "the tolerance is too fine"),
    ],
)
def test_draws_and_descriptions_with_a_mistake(changes, message):
    task = dataclasses.replace(CODE, **(PAIR | changes))
    assert any(message in found for found in check_exercises.exercise(task, {"Tensor": torch.Tensor}))


def test_draws_that_tell_every_argument_apart():
    task = dataclasses.replace(CODE, **(PAIR | {"inputs": lambda g: (two(g)[0], 2.0 + g.initial_seed())}))
    assert check_exercises.exercise(task, {"Tensor": torch.Tensor}) == []


def test_an_inputs_draw_that_hides_a_wrong_answer(project):
    """At x = 2 doubling and squaring agree: a grader that draws only there passes a wrong answer."""
    tasks = with_code(inputs=lambda g: (torch.tensor(2.0),))
    assert any("square is graded “passed” instead of wrong" in found for found in exercises(project, tasks=tasks))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((*OPTIONS, Option("down", True, "Yes.")), "2 options are marked correct"),
        ((Option("left", False, "No."), *OPTIONS[2:], Option("x", False, "No.")), "0 options are marked correct"),
        (OPTIONS[:2], "2 options; at least 3"),
        ((*OPTIONS, Option("down", False, " ")), "option “down” has no explanation"),
    ],
)
def test_a_question_with_a_mistake(project, options, message):
    tasks = [*TASKS[:2], dataclasses.replace(ASKED, options=options), *TASKS[3:]]
    assert message in only(exercises(project, tasks=tasks))


@pytest.mark.parametrize(
    ("cells", "tasks", "message"),
    [
        (CELLS[:-1], TASKS, "one.other: chapters/01_one/01_one.ipynb must call ask('one.other', …) exactly once"),
        ([*CELLS, CELLS[-1]], TASKS, "one.other: "),
        ([*CELLS, hidden('ask("one.new")')], TASKS, "ask('one.new') names no exercise"),
        ([*CELLS[:-1], 'ask("one.other")'], TASKS, "carries the tag `remove-input`"),
        ([CELLS[0], told("Doubling", ()), *CELLS[2:]], TASKS, "code cell 2: the cell before must be Markdown with"),
        ([CELLS[0], *CELLS[2:]], TASKS, "and say\n### ★★ Doubling\n\nDouble it."),
        (CELLS[:-1], TASKS[:-1], "4 exercises, 2 with code"),
        (CELLS, [*TASKS[:-1], dataclasses.replace(TASKS[-1], objective=0)], ""),
        (CELLS, [*TASKS[:3], dataclasses.replace(OPEN, objective=1), TASKS[4]], "no exercise meets objective 2, “c”"),
        (CELLS, [*TASKS[:3], dataclasses.replace(OPEN, rubric=("a",)), TASKS[4]], "rubric has at least 3 lines"),
    ],
)
def test_a_notebook_that_differs_from_its_catalogue(project, cells, tasks, message):
    wrong = exercises(project, cells, tasks)
    assert message in only(wrong) if message else wrong == []
