"""`.ci/run` with a make that only pretends: every part runs, and the last line tells the truth."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml

from book.tools.chapters import ROOT

MAKE = """#!/bin/sh
echo "make $*" >> asked
mkdir -p _build/reports
case "$1" in
test) echo '{"seconds": 60, "outcomes": [{"name": "n", "cpu_s": 1, "problem": ""}]}' > _build/reports/notebooks.json
      echo '<testsuites><testsuite time="90">
            <testcase classname="a" name="b" time="1"/></testsuite></testsuites>' > _build/reports/tests.xml;;
test-site) echo '<testsuites/>' > _build/reports/site.xml;;
esac
[ "$1" != "$FAILS" ]
"""


@pytest.fixture
def ci(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    script(tmp_path / "bin" / "make", MAKE)
    script(tmp_path / "bin" / "id", "#!/bin/sh\necho 1000\n")  # nobody who may install things
    script(tmp_path / ".venv" / "bin" / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')

    def run(fails="nothing"):
        path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
        return subprocess.run(
            [tmp_path / ".ci" / "run"],
            env={"PATH": path, "PYTHONPATH": str(ROOT), "FAILS": fails},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_it_calls_the_readmes_two_commands_then_the_sites_tests(ci, tmp_path):
    ran = ci()
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "asked").read_text().splitlines() == ["make test", "make book", "make test-site"]
    assert ran.stdout.splitlines()[-1] == "2 passed, 0 failed"
    # 44 times the 90 s of one chapter's tests
    assert re.search(r"^  unit tests +90 s → 66 min 00 s, goal 8 min TOO LONG$", ran.stdout, re.MULTILINE)
    assert re.search(r"^  notebooks +60 s → 44 min 00 s, goal 16 min TOO LONG$", ran.stdout, re.MULTILINE)
    assert re.search(r"^  site build +\d", ran.stdout, re.MULTILINE)


@pytest.mark.parametrize("fails", ["test", "book", "test-site"])
def test_a_failing_part_fails_the_run_but_stops_nothing(ci, tmp_path, fails):
    ran = ci(fails)
    assert ran.returncode == 1
    assert len((tmp_path / "asked").read_text().splitlines()) == 3
    assert ran.stdout.splitlines()[-2:] == [f"failed: make {fails}", "2 passed, 1 failed"]


def test_an_installation_that_failed_is_one_failure(ci, tmp_path):
    (tmp_path / ".venv" / "bin" / "python").unlink()
    ran = ci("test")
    assert ran.returncode == 1
    assert ran.stdout.splitlines()[-1] == "0 passed, 1 failed"


def test_the_workflows_call_what_the_readme_says():
    def commands(name):
        jobs = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))["jobs"]
        return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]

    assert ".ci/run" in commands("test.yml")
    assert "make book" in commands("publish.yml")
