"""Installing, looking at the machine, serving, and summing up."""

import errno
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request

import pytest

from book.tools import doctor, files, install, progress, report, serve, spent
from book.tools.chapters import ROOT

LOCK = """\
nvidia-cublas==13.4 ; sys_platform == 'linux' \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via torch
torch==2.15.0 \\
    --hash=sha256:bb
    # via
    #   aigc-course (pyproject.toml)
    #   torchvision
torchmetrics==1.9.0 \\
    --hash=sha256:cc
torchvision==0.29.2 \\
    --hash=sha256:dd
triton==3.9.0 ; sys_platform == 'linux' \\
    --hash=sha256:ee
cuda-toolkit==13.2.2 ; sys_platform == 'linux' \\
    --hash=sha256:ff
"""


def test_a_lock_without_torch():
    assert install.without_torch(LOCK) == "torchmetrics==1.9.0 \\\n    --hash=sha256:cc\n"
    assert install.version(install.requirements(LOCK)["torch"]) == "torch==2.15.0"


def test_the_real_lock_survives_being_taken_apart():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    pins = re.findall(r"^[\w.-]+(?===)", text, re.MULTILINE)
    # a package may stand there twice, for different versions of Python
    assert list(install.requirements(text)) == list(dict.fromkeys(name.lower() for name in pins))
    assert "".join(install.requirements(text).values()).count("--hash=") == text.count("--hash=")
    left = install.requirements(install.without_torch(text))
    assert not {"torch", "torchvision", "triton"} & left.keys()
    assert {"torchmetrics", "transformers"} <= left.keys()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A project whose pip calls are written down instead of made; `machine.fails` makes them fail."""
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    venv = tmp_path / ".venv"
    venv.mkdir()
    calls = []

    def pip(python, arguments, environment=None):
        assert not (venv / "installed.json").exists(), "the stamp must go before anything changes"
        if machine.fails:
            raise install.InstallError("pip failed")
        index = (environment or {}).get("PIP_INDEX_URL")
        calls.append((arguments[0], [one for one in arguments if "==" in one], index))

    def machine(torch_index=None):
        calls.clear()
        install.install(tmp_path, venv, torch_index)
        return list(calls)

    machine.fails, machine.root, machine.stamp = False, tmp_path, venv / "installed.json"
    monkeypatch.setattr(install, "_pip", pip)
    monkeypatch.setattr(install, "make_venv", lambda venv: venv / "bin" / "python")
    return machine


def test_an_installation_is_made_once_for_each_lock_and_project_file(machine):
    assert [call[0] for call in machine()] == ["install", "install"]
    assert machine() == []
    (machine.root / "requirements.lock").write_text(LOCK + "x==1\n")
    assert machine() != []
    (machine.root / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert machine() != []


def test_a_failed_installation_leaves_no_stamp(machine):
    machine()
    (machine.root / "requirements.lock").write_text(LOCK + "x==1\n")
    machine.fails = True
    with pytest.raises(install.InstallError):
        machine()
    assert not machine.stamp.exists()
    machine.fails = False
    assert machine() != []


def test_the_index_for_torch_is_used_for_torch_alone_and_remembered(machine):
    pair = ("install", ["torch==2.15.0", "torchvision==0.29.2"], "https://example.org/cpu")
    first = machine("https://example.org/cpu")
    assert first[0] == pair
    assert [index for _, _, index in first[1:]] == [None, None]
    assert machine() == []
    (machine.root / "requirements.lock").write_text(LOCK + "x==1\n")
    assert machine()[0] == pair
    assert machine("")[0] == ("uninstall", [], None)


def test_make_says_what_to_do_about_an_old_python(tmp_path):
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in ("python", "python3", "python3.11", "python3.12", "python3.13"):
        (tmp_path / name).symlink_to(old)
    make = shutil.which("make")
    assert make
    # an outer make passes its own choices down, which are not these
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    ran = subprocess.run(
        [make, "-s", "venv", "PYTHON="],
        env=environment | {"PATH": f"{tmp_path}:{os.path.dirname(make)}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode
    assert "No Python 3.11 or newer was found" in ran.stderr


def test_installing_needs_the_standard_library_alone():
    code = "import runpy; runpy.run_path('book/tools/install.py', run_name='tried')"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


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


def test_the_server_shows_the_site_to_this_machine_only(tmp_path):
    (tmp_path / "index.html").write_text("the book")
    with serve.server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.read() == b"the book"
        server.shutdown()
    assert host == "127.0.0.1"


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
