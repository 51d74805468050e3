"""A new chapter: every file of it, in the right place, and a list of what it lacks."""

import json
import shutil
import subprocess
import sys

import pytest
import yaml

from book.tools import chapters, check_exercises, contributing, new_chapter, scaffold, toc
from book.tools.chapters import ROOT, BookError

OBJECTIVES = ["Say a", r"Write $\alpha$, and check it", "Measure c"]
PLAN = [
    {"title": "Part I — Models", "package": "models", "chapters": ["first", "second", "models_third"]},
    {"title": "Part II — More", "package": "more", "chapters": ["fourth"]},
]


def entry(slug):
    made = {"slug": slug, "title": slug.title(), "summary": f"What {slug} is.", "prerequisites": []}
    return made | {"objectives": OBJECTIVES}


@pytest.fixture
def book(project):
    plan = [part | {"chapters": [entry(slug) for slug in part["chapters"]]} for part in PLAN]
    project.write("book/course.yml", yaml.safe_dump({"parts": plan}))
    files = ("book/pages/glossary", "book/pages/parts", "book/pages/checks", "book/pages/api")
    pages = {"caption": "Appendices", "numbered": False, "chapters": [{"file": file} for file in files]}
    start = {"caption": "Start here", "numbered": False, "chapters": [{"file": "book/pages/start"}]}
    project.write("book/_toc.yml", toc.dumped({"format": "jb-book", "root": "index", "parts": [start, pages]}))
    shutil.rmtree(project.root / "chapters")
    return project


def names(book):
    return sorted(path.relative_to(book.root / "chapters").as_posix() for path in chapters.notebooks(book.root))


def test_every_file_of_a_chapter(book):
    made = new_chapter.create("models_third", book.root)
    assert made == [
        "chapters/1_models/1_models_third.ipynb",
        "aigc_course/models/third.py",
        "tests/models/test_third.py",
        "aigc_course/exercises/models_third.yml",
        "aigc_course/exercises/models_third.py",
        "tests/mutation/mistakes/models_third.yml",
        "book/pages/checks/models_third.md",
        "book/pages/parts/models.md",
        "book/pages/api/models.md",
        "aigc_course/models/__init__.py",
        "tests/models/__init__.py",
    ]
    assert all((book.root / path).is_file() for path in made)
    assert yaml.safe_load((book.root / made[5]).read_text("utf-8")) == []
    found = chapters.find("models_third", book.root)
    assert found.objectives == OBJECTIVES
    assert len(found.ids("ask", "grade")) == len(scaffold.TASKS) >= check_exercises.LEAST_TASKS
    assert len(found.ids("grade")) >= check_exercises.LEAST_CODE


def test_a_chapter_in_between_renumbers_its_part_alone(book):
    for slug in ("models_third", "fourth", "first", "second"):
        new_chapter.create(slug, book.root)
    wanted = [
        "1_models/1_first.ipynb",
        "1_models/2_second.ipynb",
        "1_models/3_models_third.ipynb",
        "2_more/1_fourth.ipynb",
    ]
    assert names(book) == wanted
    assert [chapter.name.removeprefix("chapters/") for chapter in chapters.all(book.root)] == wanted
    assert (
        json.loads((book.root / "chapters" / wanted[2]).read_text("utf-8"))["cells"][1]["source"][0]
        == "# Models_Third\n"
    )
    captions = [part["caption"] for part in yaml.safe_load((book.root / "book/_toc.yml").read_text("utf-8"))["parts"]]
    assert captions == ["Start here", "Part I — Models", "Part II — More", "Appendices"]


def test_the_pages_of_checks_and_of_the_library_follow(book):
    for slug in ("fourth", "first"):
        new_chapter.create(slug, book.root)
    toc_now = yaml.safe_load((book.root / "book/_toc.yml").read_text("utf-8"))
    _, parts, checks, library = toc_now["parts"][-1]["chapters"]
    assert parts["sections"] == [{"file": f"book/pages/parts/{package}"} for package in ("models", "more")]
    assert checks["sections"] == [{"file": f"book/pages/checks/{slug}"} for slug in ("first", "fourth")]
    assert {"file": "book/pages/api/models"} in library["sections"]
    assert {"file": "book/pages/api/more"} in library["sections"]
    for page in (
        *parts["sections"],
        *checks["sections"],
        {"file": "book/pages/api/models"},
        {"file": "book/pages/api/more"},
    ):
        assert (book.root / f"{page['file']}.md").is_file()


def everything(book):
    return {path: path.read_bytes() for path in sorted(book.root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("frist", "book/course.yml has no chapter 'frist'; did you mean first?"),
        ("../../x", "book/course.yml has no chapter '../../x'; there are first, second"),
        ("", "book/course.yml has no chapter ''"),
        ("second", "the chapter 'second' is begun already: aigc_course/models/second.py exists"),
        ("fourth", "the chapter 'fourth' is begun already: its notebook in chapters/2_more exists"),
    ],
)
def test_what_cannot_be_made_changes_nothing(book, slug, message):
    book.write("aigc_course/models/second.py", "")
    book.write("chapters/2_more/7_fourth.ipynb", "{}")
    before = everything(book)
    with pytest.raises(BookError) as told:
        new_chapter.create(slug, book.root)
    assert str(told.value).startswith(message)
    assert everything(book) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slug": "../../x"}, "'../../x' does not match"),
        ({"objectives": []}, "[] "),
        ({"objectives": None}, "None is not of type 'array'"),
        ({"title": ""}, "'' does not match"),
    ],
)
def test_a_plan_that_is_wrong_is_refused_before_anything_is_written(book, changes, message):
    parts = [{"title": "I", "package": "models", "chapters": [entry("first") | changes]}]
    book.write("book/course.yml", yaml.safe_dump({"parts": parts}))
    before = everything(book)
    with pytest.raises(BookError) as told:
        new_chapter.create(changes.get("slug", "first"), book.root)
    assert message in str(told.value)
    assert everything(book) == before


def test_a_chapter_without_objectives_is_not_begun(book):
    planned = {name: value for name, value in entry("first").items() if name != "objectives"}
    book.write(
        "book/course.yml", yaml.safe_dump({"parts": [{"title": "I", "package": "models", "chapters": [planned]}]})
    )
    with pytest.raises(BookError, match="has no objectives for 'first' yet; write three to five there first"):
        new_chapter.create("first", book.root)


def test_the_toc_of_this_book_is_written_as_it_stands():
    text = (ROOT / chapters.TOC).read_text("utf-8")
    assert toc.dumped(yaml.safe_load(text)) == text


MISSING = """
from book.tools import chapters, check_chapter
print(*check_chapter.missing(check_chapter.work(chapters.find("zebra"))), sep="\\n")
"""


def test_what_is_made_in_this_book_lints_and_is_no_chapter(tmp_path):
    """The frame is valid, and the checks name everything that a chapter needs and it has not."""
    for name in ("aigc_course", "book/tools", "book/ext", "book/pages", "chapters", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "axe-core"))
    for name in ("book/course.yml", "book/_toc.yml", "book/folklore.yml", "_config.yml", "pyproject.toml", "index.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    plan = yaml.safe_load((tmp_path / "book/course.yml").read_text("utf-8"))
    plan["parts"][0]["chapters"].append(entry("zebra"))
    (tmp_path / "book/course.yml").write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False))
    made = [str(tmp_path / name) for name in new_chapter.create("zebra", tmp_path) if not name.endswith(".yml")]
    for command in (["check"], ["format", "--check"]):
        ran = subprocess.run([sys.executable, "-m", "ruff", *command, *made], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout
    told = subprocess.run(
        [sys.executable, "-c", MISSING], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    for wanted in (
        "metadata.aigc.teaches: [] should be non-empty",
        "metadata.aigc.budget: 'cpu_s' is a required property",
        "the hook (before the first level-2 heading) has no code cell",
        "the block “Train it” is empty",
        "0 labelled equations; at least 3",
        "imports no module of aigc_course/foundations",
        "tests/mutation/mistakes/zebra.yml plants no mistake",
        "zebra.recall: 0 options; at least 3",
        "zebra.first: only 0 wrong answers; at least 3",
        "the reference solution of zebra.second is not written yet",
        "zebra.project: a project's rubric has at least 3 lines",
    ):
        assert wanted in told
    assert all("zebra" in line for line in told.splitlines()), told


def test_the_rules_are_told_as_they_are_checked():
    assert (ROOT / contributing.NAME).read_text("utf-8") == contributing.text(), (
        "run `python -m book.tools.contributing`"
    )


def test_a_changed_limit_changes_the_rules(monkeypatch):
    monkeypatch.setattr(check_exercises, "LEAST_WRONG", 17)
    assert "each with its diagnosis | 17 |" in contributing.text()
