import pytest

from tests.ext.tiny import Project, prose

PAGE = "chapters/demo/demo"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("A mean ($m$), a spread $s$.", ["(m),", "s."]),
        ("The $n$th of $k$ terms", ["nth"]),
        ("Both $a$,$b$ end", ["a,"]),
        ("Ends with $x$", []),
        ("*Of $x$.* Then", ["x."]),
    ],
)
def test_signs_that_touch_a_formula_stay_with_it(project: Project, text: str, pieces: list[str]):
    project.chapter("demo", prose(text))
    built = project.build()
    assert built.status == 0, built.warnings
    assert built.words(PAGE, ".glued") == pieces
    assert text.replace("*", "").replace("$", "") in built.page(PAGE).get_text()


def test_translators_see_whole_sentences(project: Project):
    project.chapter("demo", prose("A mean ($m$), a spread $s$."))
    assert "A mean ($m$), a spread $s$." in project.build(builder="gettext").messages()
