"""One chapter checked alone: every step runs, and the page is built without the other chapters."""

import json
import subprocess

import pytest

from book.tools import chapters, check_chapter, page, readme
from book.tools.chapters import ROOT, BookError

PLAN = "parts:\n- {title: I, package: models, chapters: [{slug: two, title: Two}, {slug: late, title: Late}]}\n"


@pytest.fixture
def told(project, monkeypatch, capsys):
    """What `check` prints when its steps say what they are told to."""

    def run(**said):
        for name in ("lint", "test", "mutate", "execute", "build"):
            problem = said.get(name, "")
            monkeypatch.setattr(check_chapter, name, lambda *_, problem=problem: problem)
        monkeypatch.setattr(check_chapter, "missing", lambda _: said.get("missing", []))
        return check_chapter.check("two", root=project.root), capsys.readouterr().out

    return run


def test_a_chapter_that_lacks_nothing(told):
    count, out = told()
    assert count == 0
    assert [line.split()[1] for line in out.splitlines()[:5]] == ["ok"] * 5
    assert "0 steps failed, 0 things are missing" in out


def test_every_step_runs_when_others_fail(told):
    count, out = told(lint="E501", execute="cell 3 failed", missing=["no exercise", "no equation"])
    assert count == 4
    assert out.count("FAILED") == 2
    assert out.count(" ok ") == 3
    end = out[out.index("== ") :]
    assert "== lint\nE501" in end
    assert "== notebook\ncell 3 failed" in end
    assert "2 steps failed, 2 things are missing" in end
    assert end.index("  - no exercise") < end.index("  - no equation")


def test_a_chapters_own_modules_and_tests(project):
    project.write("book/course.yml", PLAN)
    for name in ("small", "other"):
        project.write(f"aigc_course/models/{name}.py", "")
        project.write(f"tests/models/test_{name}.py", "def test_it():\n    assert 1\n")
    marked = 'import pytest\n\n\n@pytest.mark.equation("two-a")\ndef test_a():\n    assert 1\n'
    project.write("tests/models/test_of_equations.py", marked)
    project.write("tests/models/test_small_more.py", "")
    project.notebook("two", ["# Two\n\n$$ a $$ (two-a)"], "%matplotlib inline\nfrom aigc_course.models import small")
    found = check_chapter.work(project.chapter("two"))
    assert found.modules == ("aigc_course/models/small.py",)
    assert [name.rpartition("/")[2] for name in found.tests] == [
        "test_of_equations.py",
        "test_small.py",
        "test_small_more.py",
    ]


def test_an_unknown_chapter_is_one_sentence(project, capsys):
    project.write("book/course.yml", PLAN)
    for slug, message in (
        ("tow", "there is no chapter 'tow'; did you mean two?"),
        ("late", "'late' is planned and not"),
    ):
        assert check_chapter.main([slug, "--root", str(project.root)]) == 1
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert message in line
    assert check_chapter.main(["two", "--mutants", "many", "--root", str(project.root)]) == 1
    assert "--mutants is a number or `all`, not 'many'" in capsys.readouterr().err
    with pytest.raises(BookError, match="`make chapter SLUG=late` begins it"):
        chapters.find("late", project.root)


def test_one_chapter_runs_and_its_page_is_built_alone(project):
    """Links to chapters that did not run are checked, and one that leads nowhere is found."""
    project.notebook("one", ["# One\n\n$$ E $$ (one-energy)"], "raise SystemExit('never run')")
    text = "# Two\n\nSee {eq}`one-energy`."
    project.notebook("two", [text], "print(40 + 2)")
    ran = project.run("execute", "--only", "two")
    assert ran.returncode == 0, ran.stderr
    assert project.done() == ["two"]
    path, problem = page.build(project.chapter("two"))
    assert problem == ""
    assert "42" in path.read_text("utf-8")
    project.notebook("two", [text.replace("energy", "enrgy")], "print(40 + 2)")
    assert "one-enrgy" in page.build(project.chapter("two"))[1]
    project.notebook("two", [text], "print(41 + 2)")
    assert not page.is_ready(project.chapter("two"))


@pytest.mark.parametrize(
    ("target", "status", "asked"),
    [
        # the first tool's complaint must not hide what the others would say
        ("lint", False, ["ruff check .", "ruff format --check .", "pyright"]),
        ("format", True, ["ruff check --quiet --select I --fix .", "ruff format .", "nbstripout chapters/"]),
    ],
)
def test_make_calls_every_tool(tmp_path, target, status, asked):
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\nshift\necho "$*"\n[ "$*" != "ruff check ." ]\n')
    fake.chmod(0o755)
    command = ["make", "--no-print-directory", target, f"PY={fake}"]  # make test is a make around it
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert [line.startswith(wanted) for line, wanted in zip(ran.stdout.splitlines(), asked, strict=False)] == [True] * 3
    assert (ran.returncode == 0) is status


def outcome(**changes):
    return {
        "name": "chapters/02_two/02_two.ipynb",
        "seconds": 12.3,
        "cpu_s": 11.2,
        "slower": 2.8,
        "peak_mb": 900,
        "cells": 1,
        "problem": "",
    } | changes


def test_times_in_the_readme_are_those_of_a_run_over_everything(project):
    project.write("book/course.yml", PLAN)
    project.notebook("two", ["# Two"], "1", minutes=30, budget={"cpu_s": 60})
    book = [project.chapter("two")]
    project.write("_build/executed/chapters/02_two/02_two.json", json.dumps({"seconds": 99.0, "peak_mb": 1}))
    with pytest.raises(BookError, match="has not passed in a run over all notebooks; run `make test` first"):
        readme.table(book, project.root)
    project.write("_build/reports/notebooks.json", json.dumps({"outcomes": [outcome(problem="broken")]}))
    with pytest.raises(BookError, match="has not passed"):
        readme.table(book, project.root)
    project.write("_build/reports/notebooks.json", json.dumps({"outcomes": [outcome()]}))
    assert "| 30 min | 12 s | 11 s | 4 s | 60 s | 0.9 GB |" in readme.table(book, project.root)
