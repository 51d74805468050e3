import pytest

from tests.ext.tiny import Project, code, prose

PAGE = "chapters/demo/demo"
FOLDED = ("hide-input",)


def folds(project: Project, *cells: dict) -> list[str]:
    """What stands in each fold of the page."""
    project.chapter("demo", *cells)
    built = project.build()
    assert built.status == 0, built.warnings
    return [fold.select("pre")[0].get_text().strip() for fold in built.page(PAGE).select("details.hide")]


def test_neighbouring_folds_become_one(project: Project):
    cells = [code(f"step = {i}", tags=FOLDED) for i in range(3)]
    assert folds(project, *cells) == ["step = 0\n\n\nstep = 1\n\n\nstep = 2"]


STREAM = {"output_type": "stream", "name": "stdout", "text": "7 of 8"}


@pytest.mark.parametrize(
    "between",
    [
        [prose("A sentence.")],
        [code("shown = 1")],
        [code("print(7)", tags=FOLDED) | {"outputs": [STREAM]}],
    ],
)
def test_what_stands_between_them_keeps_them_apart(project: Project, between: list[dict]):
    first, *_, last = folds(project, code("a = 1", tags=FOLDED), *between, code("b = 2", tags=FOLDED))
    assert "b = 2" not in first
    assert last == "b = 2"
