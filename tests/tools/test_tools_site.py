"""`make book` on a tiny book: what the site shows, when it is rebuilt, what an accident leaves in place."""

import os
import re
import shutil
import signal
import subprocess
import time

import nbformat
import pytest

from book.tools import chapters, files, manifest, places, record, site
from tests.tools.tinybook import path


def page(project, name):
    return (project.root / "_build" / "site" / f"{name}.html").read_text("utf-8")


def build(project, problem=""):
    ran = project.run("site")
    assert ran.returncode == (1 if problem else 0), ran.stdout + ran.stderr
    assert problem in ran.stderr
    return ran.stdout


def test_the_site_shows_what_nbval_saw_and_follows_every_edit(project):
    # a fresh draw each time: a second execution would show another number
    draw = "from aigc_course.left import LEFT\nimport secrets\nprint(LEFT, secrets.token_hex(16))"
    project.notebook("one", ["# One"], draw)
    project.notebook("two", ["# Two"], "'second'")
    build(project)
    first = project.executed("one")[0]
    assert first in page(project, "chapters/01_one/01_one")

    again = build(project)
    assert "0 of 2 notebooks to execute" in again
    assert "no page built" in again

    # the library changed, the notebook's file did not: its outputs are new, and its page must be too
    project.write("aigc_course/shared.py", "WORD = 'edited'\n")
    assert "Executing 1 of 2" in build(project)
    second = project.executed("one")[0]
    assert second.startswith("edited left")
    assert second in page(project, "chapters/01_one/01_one")
    assert first not in page(project, "chapters/01_one/01_one")

    # prose alone executes nothing and shows at once
    project.notebook("one", ["# One\n\nOther words."], draw)
    assert "0 of 2 notebooks to execute" in build(project)
    assert "Other words." in page(project, "chapters/01_one/01_one")
    assert second in page(project, "chapters/01_one/01_one")

    # a warning of Sphinx is an error, and the last good site stays
    project.notebook("one", ["# One\n\n[nowhere](nothing.md)"], draw)
    build(project, f"{path('one')}, cell 1: WARNING: 'myst' cross-reference target not found: 'nothing.md'")
    assert "Other words." in page(project, "chapters/01_one/01_one")

    # so it does when a cell fails
    project.notebook("one", ["# One"], "1 / 0")
    build(project, f"{path('one')}, code cell 1")
    assert "Other words." in page(project, "chapters/01_one/01_one")


def test_only_kept_outputs_are_published_and_damage_is_healed(executed):
    build(executed)
    one = "chapters/01_one/01_one"
    assert "kept one" in page(executed, one)
    assert "shared left" not in page(executed, one)

    built = executed.root / "_build"
    (built / "site" / f"{one}.html").write_text("cut")
    (built / "site" / "search.html").unlink()
    files.remove(built / ".jupyter_cache")
    for place in (".lock", "sphinx.log", "reports"):
        files.remove(built / place)
    (built / ".jupyter_cache").write_text("no folder")
    (built / "reports").write_text("no folder")
    (built / ".lock").mkdir()
    (built / "sphinx.log").mkdir()
    said = build(executed)
    assert f"_build/site was damaged (2 files: {one}.html, search.html); its pages are built again." in said
    for place in (".lock", ".jupyter_cache", "sphinx.log", "reports"):
        assert re.search(rf"{re.escape(place)}.* was damaged", said), said
    assert "kept one" in page(executed, one)
    again = build(executed)
    assert "no page built" in again
    assert "damaged" not in again


def test_sphinxs_places_are_told_as_cells(project):
    project.notebook("one", ["# One\n\nmore"], "x = 1", ["b\n\nc"], "y = 2")
    said = f"{project.root}/{path('one')}:10003: WARNING: a\n{path('one')}:40001: b\n{path('one')}:90001: c\nx.md:3: d"
    assert places.in_cells(said, project.root).splitlines() == [
        f"{path('one')}, cell 1, line 3: WARNING: a",
        f"{path('one')}, code cell 2, line 1: b",
        f"{path('one')}:90001: c",
        "x.md:3: d",
    ]


def test_nothing_is_executed_while_the_pages_are_built(executed):
    trace = executed.root / "trace"
    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
    executed.write("book/index.md", f"{head}# Page\n\n```{{code-cell}}\nopen({str(trace)!r}, 'w')\n```\n")
    build(executed, "would be executed again")
    assert not trace.exists(), "the page's code has run"


def test_an_interrupted_build_leaves_the_last_good_site(executed):
    build(executed)
    executed.write("book/index.md", "# Another title\n")
    command = executed.command("site")
    with subprocess.Popen(
        command, cwd=chapters.ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        for _ in range(300):
            if list((executed.root / "_build").glob("site-new-*/html/*")):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "still in place" in said
    assert "A tiny book" in page(executed, "book/index")
    assert not list((executed.root / "_build").glob("site-new-*"))

    build(executed)
    assert "Another title" in page(executed, "book/index")


def test_a_half_written_site_never_replaces_the_good_one(project):
    good = project.write("_build/site/index.html", "good").parent
    half = project.write("_build/site-new-x/html/other.html", "half").parent
    with pytest.raises(chapters.BookError, match=r"wrote no index\.html"):
        site.swap(half, project.root)
    assert (good / "index.html").read_text() == "good"


def test_a_swap_cut_short_is_undone_at_the_next_start(project):
    good = project.write("_build/site/index.html", "good").parent
    good.rename(good.with_name("site-old"))
    site.recover(project.root)
    assert (good / "index.html").read_text() == "good"
    assert not good.with_name("site-old").exists()


def test_a_swap_that_fails_puts_the_old_site_back(project, monkeypatch):
    good = project.write("_build/site/index.html", "good").parent
    new = project.write("_build/site-new-x/html/index.html", "new").parent
    rename = type(new).rename

    def failing(self, target):
        if self == new:
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(type(new), "rename", failing)
    with pytest.raises(OSError, match="disk full"):
        site.swap(new, project.root)
    assert (good / "index.html").read_text() == "good"
    monkeypatch.undo()
    site.swap(new, project.root)
    assert (good / "index.html").read_text() == "new"


@pytest.mark.parametrize(
    ("file", "rebuilds"),
    [
        ("book/index.md", True),
        ("aigc_course/right.py", True),
        ("tests/one/test_energy.py", True),
        ("_config.yml", True),
        ("_build/executed/chapters/01_one/01_one.json", True),
        ("_build/reports/tests.xml", False),
        (".git/HEAD", False),
        ("aigc_course/__pycache__/x.pyc", False),
    ],
)
def test_what_makes_the_site_out_of_date(executed, file, rebuilds):
    before = site.inputs_key(executed.root)
    executed.write("_build/site/index.html", "x")
    manifest.write(executed.root, before)
    assert manifest.is_current(executed.root, site.inputs_key(executed.root))
    executed.write(file, "edited")
    assert manifest.is_current(executed.root, site.inputs_key(executed.root)) != rebuilds


def test_a_site_that_was_removed_is_not_up_to_date(executed):
    executed.write("_build/site/index.html", "x")
    manifest.write(executed.root, "k")
    assert manifest.is_current(executed.root, "k")
    shutil.rmtree(executed.root / "_build" / "site")
    assert not manifest.is_current(executed.root, "k")


def test_tags_are_read_from_the_source_not_from_the_execution(executed):
    chapter = executed.chapter("one")
    notebook = nbformat.read(chapter.path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["hide-input"]
    nbformat.write(notebook, chapter.path)
    merged = site.merged(chapter.path, record.record_path(chapter).with_suffix(".ipynb"))
    assert merged.cells[1].metadata.tags == ["hide-input"]
    assert merged.cells[1].outputs[0].text == "kept one"


def test_outputs_of_other_code_are_refused(executed):
    two = record.record_path(executed.chapter("two")).with_suffix(".ipynb")
    with pytest.raises(chapters.BookError, match="is not an execution of"):
        site.merged(executed.chapter("one").path, two)
