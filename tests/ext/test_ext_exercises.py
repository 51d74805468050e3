import pytest

from tests.ext.tiny import Built, Project, code

pytestmark = pytest.mark.usefixtures("exercises")
PAGE = "chapters/demo/demo"
GRADED = code('def f(x):\n    return ...\n\ngrade("demo.double", f)', {"data": {"text/plain": "not attempted"}})


def asked(id: str) -> dict:
    return code(f'ask("{id}")', {"data": {"text/html": "<p>jupyter twin</p>"}}, tags=("remove-input",))


def built(project: Project, *cells: dict) -> Built:
    project.chapter("demo", *cells)
    made = project.build()
    assert made.status == 0, made.warnings
    return made


def test_help_follows_a_graded_cell_closed(project: Project):
    page = built(project, GRADED).page(PAGE)
    (help,) = page.select("#exercise-demo-double")
    details = help.select("details")
    assert [d.select_one("summary").get_text(strip=True) for d in details] == ["Hint 1", "Hint 2", "Solution"]
    assert not any(d.has_attr("open") for d in details)
    assert details[0].select(".math")
    assert details[1].select("code")
    assert "return 2 * x" in details[2].get_text()
    assert page.select(".cell")[0].find_next(id="exercise-demo-double") is help
    assert "not attempted" in page.get_text()


def test_the_arguments_stand_before_a_graded_cell(project: Project):
    page = built(project, GRADED).page(PAGE)
    (arguments,) = page.select(".exercise-arguments")
    assert [item.get_text() for item in arguments.select("li")] == ["x: a plain number", "y: a tensor of shape (rows,)"]
    assert arguments.find_next(class_="cell") is page.select(".cell")[0]


def test_a_question_takes_the_cells_place_and_every_option_explains_itself(project: Project):
    page = built(project, asked("demo.why")).page(PAGE)
    assert not page.select(".cell")
    assert "jupyter twin" not in page.get_text()
    (question,) = page.select("#exercise-demo-why")
    assert question.select("p > .math")
    assert "negative" in [found.get_text() for found in question.select("em")]
    wrong, right = question.select("details")
    assert wrong.select("summary .math")
    assert wrong.select_one("summary").get_text(strip=True).startswith("Because")
    assert "Not quite." in wrong.get_text()
    assert wrong.select("code")
    assert "Right." in right.get_text()
    assert "Right signs multiply." in right.get_text()


def test_a_project_shows_its_rubric(project: Project):
    (task,) = built(project, asked("demo.build")).page(PAGE).select("#exercise-demo-build")
    assert task.select("strong")[0].get_text() == "thing"
    assert task.select("li")[0].get_text(strip=True) == "It runs."
    assert task.select("li .math")


def test_every_word_of_an_exercise_reaches_the_translator(project: Project):
    project.chapter("demo", GRADED, asked("demo.why"), asked("demo.build"))
    messages = project.build("gettext").messages()
    own = [
        "{name}: a plain number",
        "{name}: a tensor of shape ({shape})",
        "Hint {n}",
        "Solution",
        "Right.",
        "Not quite.",
        "How to judge your work:",
    ]
    data = [
        "Think of $2x$.",
        "Because $a b$ commutes",
        "Right signs multiply.",
        "Why is $z^2$ never *negative*?",
        "It runs.",
    ]
    for message in own + data:
        assert f'msgid "{message}"' in messages
    assert "return 2 * x" not in messages


def test_a_translation_shows(project: Project):
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    pairs = {
        "Hint {n}": "提示 {n}",
        "Right.": "对。",
        "Because $a b$ commutes": "因为 $a b$ 可交换",
        "Think of $2x$.": "想 $2x$。",
    }
    text = header + "".join(f'msgid "{k}"\nmsgstr "{v}"\n\n' for k, v in pairs.items())
    project.write(f"locale/zh_CN/LC_MESSAGES/{PAGE}.po", text)
    project.chapter("demo", GRADED, asked("demo.why"))
    made = project.build(language="zh_CN")
    assert made.status == 0, made.warnings
    assert made.words(PAGE, "#exercise-demo-double summary")[:2] == ["提示 1", "提示 2"]
    assert made.words(PAGE, "#exercise-demo-why summary")[0].startswith("因为")
    assert "对。" in made.words(PAGE, "#exercise-demo-why details")[1]


def test_an_unknown_exercise_stops_the_build_and_names_the_cell(project: Project):
    project.chapter("demo", code('grade("demo.triple", f)'))
    made = project.build()
    assert made.status == 1
    assert "chapters/demo/demo, cell 2: exercise 'demo.triple'" in made.warnings
    assert "demo.double" in made.warnings
