"""Looking at the machine, serving, and summing up."""

import errno
import os
import threading
import urllib.request

import pytest

from book.tools import doctor, files, install, progress, report, serve, speed, spent, supported
from book.tools.chapters import BookError


def test_the_doctor_knows_a_torch_that_does_not_fit():
    broken = "RuntimeError: operator torchvision::nms does not exist"
    cure = doctor.pair_cure("2.15.0+cpu", 1, f"Traceback\n{broken}\n")
    assert broken in cure
    assert "TORCH_INDEX" in cure
    assert doctor.pair_cure("2.15.0+cpu", 0, "") == ""
    assert "TORCH_INDEX" not in doctor.pair_cure("2.15.0", 1, "ModuleNotFoundError: No module named 'torch'")


def test_the_doctor_names_a_home_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in doctor.home.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert doctor.caches() == doctor.Finding("Home", str(tmp_path))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert doctor.caches().line.startswith("optional Home          cannot be written: HOME\n")
    assert "_build/home" in doctor.caches().cure


def test_an_environment_that_cannot_be_written_is_one_sentence(monkeypatch, capsys):
    def refuse(*_):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "/there/.venv/installed.json")

    monkeypatch.setattr(install, "install", refuse)
    assert install.main() == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith(
        "/there/.venv/installed.json: Read-only file system; the packages go into .venv, which must be"
    )
    assert len(said.splitlines()) == 1


def test_only_essential_findings_make_the_doctor_fail(monkeypatch, capsys):
    good = doctor.Finding("A", "here")
    optional = doctor.Finding("B", "none", "get one", essential=False)
    monkeypatch.setattr(doctor, "CHECKS", (lambda: good, lambda: optional))
    assert doctor.main() == 0
    assert "get one" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "CHECKS", (lambda: good, lambda: doctor.Finding("C", "none", "cure")))
    assert doctor.main() == 1
    assert "MISSING  C" in capsys.readouterr().out


def test_the_doctor_says_what_is_wrong_with_a_python(monkeypatch):
    assert doctor.python().cure == ""
    monkeypatch.setattr(supported, "problem", lambda: "too new: install another")
    assert doctor.python().line.splitlines()[1].strip() == "too new: install another"


def test_the_server_shows_the_site_to_this_machine_only(tmp_path):
    (tmp_path / "index.html").write_text("the book")
    with serve.server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.read() == b"the book"
        server.shutdown()
    assert host == "127.0.0.1"


@pytest.mark.parametrize(("given", "factor"), [("2.5", 2.5), ("1", 1.0), ("0.4", 1.0)])
def test_a_faster_machine_keeps_the_whole_budget(monkeypatch, given, factor):
    monkeypatch.setenv(speed.GIVEN, given)
    assert speed.slower() == factor


def test_a_factor_that_is_none_and_a_machine_that_cannot_train_are_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv(speed.GIVEN, "twice")
    with pytest.raises(BookError, match="AIGC_SLOWER=twice is no number; leave it unset, or give a factor such as"):
        speed.slower()
    monkeypatch.delenv(speed.GIVEN)
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(BookError, match=r"\(ImportError: no torch here\); `make doctor` says what is missing"):
        speed.slower()


def test_the_fixed_work_is_measured_in_rounds_and_more_work_takes_longer(monkeypatch):
    monkeypatch.setattr(speed, "ROUNDS", 3)
    monkeypatch.setattr(speed, "STEPS", 2)
    few = speed.rounds()
    monkeypatch.setattr(speed, "STEPS", 20)
    assert len(few) == len(speed.rounds()) == 3
    assert 0 < min(few) < min(speed.rounds())


JUNIT = """<testsuites><testsuite>
<testcase classname="tests.core.test_a" name="test_slow" time="3.5"/>
<testcase classname="tests.core.test_a" name="test_fast" time="0.1"/>
<testcase classname="tests.test_b" name="test_bad" time="1"><failure/></testcase>
<testcase classname="tests.test_b" name="test_broken" time="1"><error/></testcase>
<testcase classname="tests.test_b" name="test_skipped" time="0"><skipped/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "_build" / "reports"
    outcomes = [
        {"name": "chapters/a", "cpu_s": 31.0, "problem": ""},
        {"name": "chapters/b", "cpu_s": 5, "problem": "x"},
    ]
    files.write_json(folder / "notebooks.json", {"seconds": 20.0, "outcomes": outcomes})
    files.write(folder / "tests.xml", JUNIT)
    files.write(folder / "site.xml", "<testsuites/>")
    return tmp_path


def test_the_summary_counts_tests_and_notebooks(reports, capsys):
    assert report.main([], reports) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "3 passed, 3 failed"
    assert "4 tests ran, 1 skipped" in lines
    assert "2 notebooks ran" in lines
    slowest = lines.index("slowest tests:")
    assert lines[slowest + 1].split() == ["3.5", "s", "tests/core/test_a::test_slow"]
    assert "failed: chapters/b" in lines


def test_what_did_not_run_counts_as_failed(reports, capsys):
    (reports / "_build/reports/site.xml").write_text("<testsuites><testsuite>")  # killed while writing
    (reports / "_build/reports/notebooks.json").unlink()
    assert report.main(["make book", "make test"], reports) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "2 passed, 5 failed"
    assert "failed: make book" in said


@pytest.mark.parametrize("text", ["[]", "{}", '{"outcomes": [{}]}', '{"outcomes": 3}', "null", "\0"])
def test_a_damaged_report_of_the_notebooks_counts_as_failed(reports, text):
    (reports / "_build/reports/notebooks.json").write_text(text)
    assert [one.passed for one in report.notebooks(reports / "_build/reports/notebooks.json")] == [False]


def test_the_time_is_told_by_part_and_projected(tmp_path):
    files.write(tmp_path / "steps", "make test 700\nmake book 60\nmake test-site 200\n")
    files.write(tmp_path / "tests.xml", '<testsuites><testsuite time="120.4"/></testsuites>')
    files.write(tmp_path / "site.xml", '<testsuites><testsuite time="180"/></testsuites>')
    files.write_json(tmp_path / "notebooks.json", {"seconds": 500, "outcomes": []})
    head, *lines = spent.table(tmp_path, 22)
    assert head == "where the time went, and what 44 chapters would take (22 are written):"
    assert [" ".join(line.split()) for line in lines] == [
        "unit tests 2 min 00 s → 4 min 01 s, goal 8 min",
        "notebooks 8 min 20 s → 16 min 40 s, goal 16 min TOO LONG",
        "site build 60 s → 2 min 00 s",
        "site tests 3 min 00 s → 6 min 00 s",
        "other 100 s → 100 s",
        "site 4 min 00 s → 8 min 00 s, goal 10 min",
        "all 16 min 00 s → 30 min 20 s, goal 40 min",
    ]


def test_a_part_that_left_no_report_took_nothing(tmp_path):
    assert set(spent.parts(tmp_path).values()) == {0.0}


def test_a_log_gets_a_line_now_and_then(capsys):
    shown = progress.Progress(every_s=0.0)
    shown.now(["a 1 s", "b 2 s"])
    shown.done()
    quiet = progress.Progress(every_s=1000.0)
    quiet.now(["c"])
    assert capsys.readouterr().out == "a 1 s\nb 2 s\n"


@pytest.mark.parametrize(
    ("value", "text"), [(0.44, "0.4 s"), (31.4, "31 s"), (125.0, "2 min 05 s"), (119.9, "2 min 00 s")]
)
def test_seconds(value, text):
    assert progress.seconds(value) == text


def test_a_file_is_whole_or_not_there(tmp_path):
    target = tmp_path / "a" / "b.json"
    files.write_json(target, {"x": 1})
    with pytest.raises(TypeError):
        files.write_json(target, {"x": object()})
    assert files.read_json(target) == {"x": 1}
    assert [path.name for path in target.parent.iterdir()] == ["b.json"]
