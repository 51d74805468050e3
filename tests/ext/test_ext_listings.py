import pytest

from book.ext.listings import SHORT, hung
from tests.ext.tiny import Project, code

PAGE = "chapters/demo/demo"
SETTINGS = ["myst_nb", "sphinx_design", "book.ext.course", "book.ext.listings"]
SOURCE = 'def f(x):\n    """One line that is too long for\n    a phone, & another <one> that is."""\n\n    return x\n'


def listing(text: str) -> dict:
    return {"data": {"text/markdown": f"```python\n{text}\n```", "text/plain": text}}


def test_long_lines_know_their_indentation_and_the_text_stays(project: Project):
    project.chapter("demo", code(SOURCE), title="Demo")
    built = project.build(extensions=SETTINGS)
    assert built.status == 0, built.warnings
    (pre,) = built.page(PAGE).select("div.highlight pre")
    assert pre.get_text() == SOURCE
    lines = [line for line in SOURCE.splitlines(keepends=True) if len(line.rstrip()) > SHORT]
    assert [line.get_text() for line in pre.select(".hang")] == lines
    assert [line["style"] for line in pre.select(".hang")] == ["--in:4", "--in:4"]


@pytest.mark.parametrize("markup", ["<span>x", "x</span>" * 2, f'<span class="s">{"x" * 40}\n{"y" * 40}</span>'])
def test_what_is_not_whole_on_a_line_stays_as_it_is(markup: str):
    assert hung(markup) == markup


def test_what_a_cell_found_stands_before_the_code_that_it_shows(project: Project):
    stream = {"output_type": "stream", "name": "stdout", "text": "7 of 8"}
    cell = code("show.source(f); print('7 of 8')", listing("def f(): pass"))
    cell["outputs"].append(stream)
    project.chapter("demo", cell)
    built = project.build()
    assert built.status == 0, built.warnings
    found = [pre.get_text().strip() for pre in built.page(PAGE).select(".cell_output pre")]
    assert found == ["7 of 8", "def f(): pass"]
