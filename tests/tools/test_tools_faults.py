"""Notebooks with a fault each, in one run: every one is named with its cell, its cause and its cure."""

import re
import signal
import subprocess

import psutil
import pytest

from book.tools import failure, job, processes, record
from tests.tools.conftest import tiny_book
from tests.tools.tinybook import path

SLUGS = ("one", "two", "three", "four", "five")
KILLS_ITSELF = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
# what is mapped already is more than what is used; a limit beyond it leaves the kernel its own small needs
TAKES_TOO_MUCH = """\
import resource
mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + 200_000_000, resource.RLIM_INFINITY))
x = bytearray(2_000_000_000)"""
BURNS_IN_A_CHILD = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"
HANGS = "import threading\nthreading.Event().wait()"
GOES_PAST_JUPYTER = "import subprocess\nsubprocess.run(['sh', '-c', 'echo lost >&2']);"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What the runner said of five notebooks that it executed at the same time, and the book."""
    book = tiny_book(tmp_path_factory.mktemp("faults"))
    book.notebook("one", ["# One"], "x = 1", KILLS_ITSELF)
    book.notebook("two", ["# Two"], TAKES_TOO_MUCH, budget={"ram_mb": 4000})
    book.notebook("three", ["# Three"], BURNS_IN_A_CHILD, budget={"cpu_s": 0.3})
    book.notebook("four", ["# Four"], HANGS, budget={"cpu_s": 0.4})
    book.notebook("five", ["# Five"], "1 + 1", GOES_PAST_JUPYTER)
    book.toc(*SLUGS)
    said = book.run("execute", "--jobs", "5")
    assert said.returncode == 1
    assert said.stdout.splitlines()[-1].startswith("0 notebooks passed, 5 failed")
    # one paragraph for each, which begins with the notebook's name
    paragraphs = re.split(r"^chapters/", said.stderr, flags=re.MULTILINE)[1:]
    found = {
        slug: text for text in paragraphs for slug in SLUGS if text.startswith(path(slug).removeprefix("chapters/"))
    }
    return lambda slug: found[slug]


def test_a_kernel_that_is_killed_is_named_with_its_cell_its_memory_and_the_likely_cause(ran):
    said = ran("one")
    assert "code cell 2: the kernel died (SIGKILL) while this cell was running" in said
    assert re.search(r"signal.SIGKILL\)\n  When last seen it used [1-9]\d+ MB \(at most \d+ MB before\)", said)
    assert "most often the system because memory ran out" in said


def test_a_cell_beyond_the_machines_memory_shows_how_much_was_used(ran):
    said = ran("two")
    assert "code cell 1: " in said
    assert "MemoryError" in said
    assert "There was not enough memory: " in said
    assert "with a budget of 4000 MB" in said


def test_a_child_that_burns_the_budget_is_stopped(ran):
    assert "CPU seconds are more than 3 times its budget of 0.3; make the notebook lighter" in ran("three")


def test_waiting_costs_no_budget_but_does_not_go_on_for_ever(ran):
    assert "it hangs: " in ran("four")
    assert "10 times its budget of 0.4 s, it used no processor" in ran("four")


def test_what_no_page_would_show_is_refused(ran):
    assert "code cell 2: wrote past Jupyter (a child process, or compiled code)" in ran("five")
    assert "\n    lost" in ran("five")


@pytest.mark.parametrize(
    ("budget", "cpu", "wall", "memory", "fails", "warns"),
    [
        ({"cpu_s": 10, "ram_mb": 100}, 14, 99, 140, "", ""),
        ({"cpu_s": 10}, 29, 99, 0, "", "29 CPU seconds are more than 1.5 times its budget of 10"),
        ({"cpu_s": 10}, 31, 40, 0, "metadata.aigc.budget.cpu_s", "31 CPU seconds"),
        ({"cpu_s": 10}, 1, 999, 0, "", ""),
        ({"ram_mb": 100}, 999, 999, 290, "", "290 MB are more than 1.5 times"),
        ({"ram_mb": 100}, 0, 0, 301, "metadata.aigc.budget.ram_mb", "301 MB"),
        ({}, 999, 999, 999, "", ""),
    ],
)
def test_a_budget_warns_beyond_half_as_much_again_and_fails_beyond_three_times(
    project, budget, cpu, wall, memory, fails, warns
):
    project.notebook("one", "1", budget=budget)
    chapter = project.chapter("one")
    problem = failure.over_budget(chapter, "cpu", cpu, wall, memory)
    assert fails in problem.text if fails else problem is None
    warning = failure.near_budget(chapter, "cpu", cpu, wall, memory)
    assert warns in warning if warns else warning == ""


def test_on_a_slower_machine_budgets_count_seconds_of_the_reference(project):
    project.notebook("one", "1", budget={"cpu_s": 10, "ram_mb": 100})
    chapter = project.chapter("one")
    assert failure.over_budget(chapter, "cpu", 74.0, 0.0, 0.0, slower=2.5) is None
    assert (
        "31 CPU seconds of the reference machine (2.5 times as fast), 77.5 here, are more than 3 times its budget of 10"
        in failure.over_budget(chapter, "cpu", 77.5, 0.0, 0.0, slower=2.5).text
    )
    assert failure.near_budget(chapter, "cpu", 37.0, 0.0, 150.0, slower=2.5) == ""
    assert "16 CPU seconds" in failure.near_budget(chapter, "cpu", 40.0, 0.0, 0.0, slower=2.5)
    assert "151 MB are more than 1.5 times" in failure.near_budget(chapter, "cpu", 0.0, 0.0, 151.0, slower=2.5)
    assert failure.hangs(chapter, "cpu", 249.0, slower=2.5) is None
    assert "10 times its budget of 10 s of the reference" in failure.hangs(chapter, "cpu", 251.0, slower=2.5).text


def test_on_a_gpu_the_clock_counts(project):
    project.notebook("one", "1", budget={"cpu_s": 1, "gpu_s": 10})
    chapter = project.chapter("one")
    assert failure.over_budget(chapter, "gpu", 99.0, 29.0, 0.0) is None
    assert "31 seconds are more than 3 times its budget of 10" in failure.over_budget(chapter, "gpu", 1, 31, 0).text


@pytest.mark.parametrize(
    ("status", "how", "cause", "own"),
    [
        (1, "exit status 1", "`os._exit`", True),
        (-signal.SIGSEGV, "SIGSEGV", "Compiled code crashed", True),
        (-signal.SIGKILL, "SIGKILL", "memory ran out", False),
        (-signal.SIGTERM, "SIGTERM", "Another process ended it", True),
    ],
)
def test_how_a_kernel_ended_says_what_to_look_for(project, status, how, cause, own):
    told = {"cell": 3, "died": status, "source": "train()"}
    problem = failure.died(project.chapter("one"), told, 900.0, 1200.0, ["Fatal Python error", "line 7 in train"])
    assert f"code cell 3: the kernel died ({how})" in problem.text
    assert cause in problem.text
    assert "used 900 MB (at most 1200 MB before)" in problem.text
    assert problem.text.endswith("    line 7 in train")
    assert problem.own == own


def test_a_run_ends_what_an_earlier_one_left_and_works_in_a_folder_of_its_own(project, capsys):
    children = [subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(2)]
    left, stranger = (psutil.Process(child.pid) for child in children)
    earlier = job.new_run(project.root)
    processes.note(earlier / "01_one-x" / job.PYTEST, left)
    # its number was given to another process in the meantime
    job.files.write_json(earlier / "01_one-x" / job.NOTED, {"pid": stranger.pid, "born": stranger.create_time() - 60})
    project.write("_build/running/old/kernel.json", "[]")
    try:
        now = job.new_run(project.root)
        assert not processes.is_alive(left)
        assert processes.is_alive(stranger)
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert now != earlier
    assert not earlier.exists()
    assert "Ended 1 processes that an earlier run had left behind." in capsys.readouterr().out


class Ended:
    """A process that ended well."""

    returncode = 0


def ended(project, **files):
    """A job of the first notebook that ended, with what it left in its folder."""
    folder = job.new_run(project.root) / "01_one"
    folder.mkdir()
    for name, value in files.items():
        job.files.write_json(folder / f"{name}.json", value)
    chapter = project.chapter("one")
    return job.Job(chapter, "cpu", job.dependencies.key(chapter, "cpu"), folder, Ended())


FAILED = {"cell": 1, "message": "raised", "source": "x", "values": []}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (FAILED | {"traceback": "AssertionError"}, False),
        ({"cell": 1, "died": 1, "source": "x"}, False),
        ({"cell": 1, "died": -signal.SIGKILL, "source": "x"}, True),
        ({"cell": 0, "message": "RuntimeError: the kernel did not start"}, True),
    ],
)
def test_only_the_notebooks_own_failure_drops_an_older_success(project, told, kept):
    project.keep("one")
    ran = ended(project, failure=told)
    assert job.finish(ran).problem
    assert record.is_done(ran.chapter, "cpu") == kept


@pytest.mark.parametrize("words", ["OSError: [Errno 28] No space left on device", "(OperationalError) disk is full"])
def test_a_full_disk_costs_no_record_and_says_how_much_is_needed(project, monkeypatch, words):
    project.keep("one")
    monkeypatch.setattr(job.files, "free_mb", lambda folder: 12.0)
    ran = ended(project, failure=FAILED | {"traceback": words})
    with pytest.raises(job.files.DiskFull, match=r"disk full: 12 MB are free where .*_build lies, .* about 500 MB"):
        job.finish(ran)
    assert record.is_done(ran.chapter, "cpu")


def test_a_disk_without_room_is_the_cause_whatever_the_notebook_said(project, monkeypatch):
    project.keep("one")
    monkeypatch.setattr(job.files, "free_mb", lambda folder: 0.0)
    with pytest.raises(job.files.DiskFull):
        job.finish(ended(project, failure={"cell": 0, "message": "INTERNALERROR"}))


@pytest.fixture
def watched(project, monkeypatch):
    """A job with a budget of one second, and looks at it: (seconds since the last one, CPU seconds in all)."""
    now, used = [100.0], [0.0]
    project.notebook("one", "1", budget={"cpu_s": 1})
    monkeypatch.setattr(job.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(job, "_usage", lambda running: processes.Usage(used[0], 50.0))
    running = ended(project, state={"cell": 1, "of": 2, "began": 100.0, "cpu_began": 2.0})

    def look(*looks):
        for passed, cpu in looks:
            now[0], used[0] = now[0] + passed, 2.0 + cpu
            problem = job.watch(running)
        return problem.text if problem else ""

    look.running = running
    return look


def test_time_in_which_the_machine_slept_does_not_count(watched):
    assert watched((1.0, 0.5), (3600.0, 0.5), (1.0, 0.5)) == ""
    assert watched.running.cells_wall_s == 2.0 + job.LONGEST_LOOK_S


def test_only_waiting_hangs_and_not_a_process_that_others_keep_from_the_processor(watched):
    assert watched(*((0.25, 0.01 * step) for step in range(100))) == ""
    assert watched(*((0.25, 1.0) for _ in range(30))) == ""
    assert "it hangs: for 10 s, 10 times its budget of 1 s" in watched(*((0.25, 1.0) for _ in range(12)))


def test_a_job_on_a_slower_machine_has_more_seconds_to_work_and_to_wait(watched):
    watched.running.slower = 2.0
    assert watched((0.25, 5.9), *((0.25, 5.9) for _ in range(79))) == ""
    assert "it hangs: for 20 s" in watched((0.25, 5.9), (0.25, 5.9))
    assert "3.05 CPU seconds of the reference" in watched((0.25, 6.1))


def test_seconds_before_the_first_cell_are_not_the_notebooks(watched):
    assert watched((0.25, 2.9)) == ""
    assert "3.1 CPU seconds are more than 3 times its budget of 1" in watched((0.25, 3.1))
