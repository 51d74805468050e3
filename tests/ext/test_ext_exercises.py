import pytest

from book.ext.exercise_pages import WORDS
from tests.ext.tiny import PERMALINK, Built, Project, code, prose

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


def test_a_graded_cell_stands_in_its_box_between_statement_and_closed_help(project: Project):
    page = built(project, GRADED).page(PAGE)
    (box,) = page.select("#exercise-demo-double")
    (cell,) = page.select(".cell")
    details = box.select("details")
    assert [d.select_one("summary").get_text(strip=True) for d in details] == ["Hint 1", "Hint 2", "Solution"]
    assert not any(d.has_attr("open") for d in details)
    assert details[0].select(".math")
    assert details[1].select("code")
    assert "return 2 * x" in details[2].get_text()
    statement, tried = box.find("p", string="Double it."), box.select_one(".exercise-try")
    assert [one for one in box.descendants if one in (statement, cell, tried, details[0])] == [
        statement,
        cell,
        tried,
        details[0],
    ]


def test_a_graded_cell_says_how_to_try_it_and_not_that_nothing_was_tried(project: Project):
    sections = "(start-run)=\n## Run\n\n(start-answers)=\n## Mine\n\n```{my-answers}\n```\n"
    project.write("book/pages/start.md", f"# Start\n\n{sections}")
    page = built(project, GRADED).page(PAGE)
    assert "not attempted" not in page.get_text()
    (tried,) = page.select("#exercise-demo-double .exercise-try")
    assert "replace the three dots" in tried.get_text()
    assert tried.select_one("a")["href"].endswith("start.html#start-run")
    (kept,) = page.select(".exercise-kept")
    assert kept.select_one("a")["href"].endswith("start.html#start-answers")
    assert kept.find_previous(class_="exercise")["id"] == "exercise-demo-double"


def test_the_arguments_stand_before_a_graded_cell(project: Project):
    page = built(project, GRADED).page(PAGE)
    (arguments,) = page.select(".exercise-arguments")
    assert [item.get_text() for item in arguments.select("li")] == ["x: a plain number", "y: a tensor of shape (rows,)"]
    assert arguments.find_next(class_="cell") is page.select(".cell")[0]


def test_exercises_have_numbers_titles_and_stars_in_the_order_of_the_page(project: Project):
    page = built(project, asked("demo.build"), GRADED, asked("demo.why")).page(PAGE)
    heads = page.select(".exercise > h3.exercise-head")
    assert [head.select_one("a").get_text() for head in heads] == ["1", "2", "3"]
    assert [head.select_one("a")["href"] for head in heads] == [f"#{head.parent['id']}" for head in heads]
    said = [" ".join(head.get_text().split()) for head in heads]
    assert said == [
        "1 A thing ★★★difficulty 3 of 3",
        "2 Doubling ★★difficulty 2 of 3",
        "3 Squares ★difficulty 1 of 3",
    ]
    assert all(head.select_one(".exercise-stars")["aria-hidden"] == "true" for head in heads)


def test_the_chapters_number_stands_before_the_exercises(project: Project):
    toctree = "```{toctree}\n:numbered:\n\nchapters/first/first\nchapters/demo/demo\n```\n\n"
    project.write("index.md", f"# The book\n\n{toctree}```{{toctree}}\n:glob:\n\nbook/pages/**\n```\n")
    project.chapter("first")
    assert built(project, asked("demo.why"), GRADED).words(PAGE, ".exercise .exercise-number") == ["2.1", "2.2"]


def test_the_answers_stand_once_more_at_the_end_for_paper(project: Project):
    page = built(project, asked("demo.why"), GRADED, asked("demo.build"), prose("## Summary\n\nThe end.")).page(PAGE)
    (answers,) = page.select(".exercise-answers")
    assert answers.find_previous("p", string="The end.")
    assert answers.select_one("h2").get_text() == "Answers to the exercises"
    heads = [" ".join(head.get_text().split()) for head in answers.select("h3")]
    assert [head.partition(" ★")[0] for head in heads] == ["1 Squares", "2 Doubling"]
    wrong, right = answers.select("ol.upperalpha > li")
    assert wrong.get_text().split() == ["Not", "quite.", "Commuting", "says", "nothing", "about", "signs."]
    assert right.get_text().split() == ["Right.", "Right", "signs", "multiply."]
    assert [strong.get_text() for strong in answers.select("p > strong")][2:] == ["Hint 1", "Hint 2", "Solution"]
    assert "return 2 * x" in answers.get_text()
    assert page.select("details #itself")
    ids = [found["id"] for found in page.select("[id]")]
    assert len(ids) == len(set(ids))


def test_a_page_without_exercises_has_no_place_for_answers(project: Project):
    assert not built(project, prose("## Nothing\n\nTo do.")).page(PAGE).select(".exercise-answers, .exercise-kept")


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
        "difficulty {stars} of {most}",
        "I have done this",
        "Answers to the exercises",
        "To try it, replace the three dots in the notebook and run the cell: it tells you what is wrong.",
    ]
    data = [
        "Squares",
        "Doubling",
        "A thing",
        "Double it.",
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
        "Squares": "平方",
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
    assert "平方" in made.words(PAGE, "#exercise-demo-why h3")[0]
    assert "对。" in made.words(PAGE, "#exercise-demo-why details")[1]
    assert {"提示 1", "提示 2"} <= set(made.words(PAGE, ".exercise-answers p"))
    assert "对。" in made.words(PAGE, ".exercise-answers ol > li")[1]


def test_the_words_of_the_scripts_reach_the_translator_and_the_page(project: Project):
    project.write("book/pages/start.md", "# Start\n\n```{my-answers}\n```\n")
    templates = [str(PERMALINK.parent), "_templates"]
    messages = project.build("gettext", templates_path=templates).messages()
    tried = "{tried} of {all} exercises tried"
    assert not [words for words in (*WORDS.values(), tried) if f'msgid "{words}"' not in messages]
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    ours = {"sphinx": (tried, "{all} 题中已做 {tried} 题"), "book/pages/start": (WORDS["export"], "导出")}
    for name, (said, translated) in ours.items():
        project.write(f"locale/zh_CN/LC_MESSAGES/{name}.po", f'{header}msgid "{said}"\nmsgstr "{translated}"\n')
    made = project.build(language="zh_CN", templates_path=templates)
    assert made.status == 0, made.warnings
    (meta,) = made.page("index").select('meta[name="exercises-tried"]')
    assert meta["content"] == "{all} 题中已做 {tried} 题"
    assert made.words("book/pages/start", ".my-answers .answers-export") == ["导出"]


def test_an_unknown_exercise_stops_the_build_and_names_the_cell(project: Project):
    project.chapter("demo", code('grade("demo.triple", f)'))
    made = project.build()
    assert made.status == 1
    assert "chapters/demo/demo, cell 2: exercise 'demo.triple'" in made.warnings
    assert "demo.double" in made.warnings
