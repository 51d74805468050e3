"""Fixtures for the tests of the extension."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.ext.tiny import CHECKS, CODE, EXERCISES, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("index.md", "# The book\n\n```{toctree}\n:glob:\n\n**\n```\n")
    made.write(f"{CHECKS}.md", "# Checks\n\n```{checks}\n```\n")
    made.write("tests/test_nothing.py", "")
    return made


@pytest.fixture
def exercises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exercises of a chapter ``demo``, read as the library reads its own."""
    from aigc_course.core import grading

    (tmp_path / "demo.yml").write_text(EXERCISES, "utf8")
    path = tmp_path / "demo_code.py"
    path.write_text(CODE, "utf8")
    spec = importlib.util.spec_from_file_location("aigc_course.exercises.demo", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "aigc_course.exercises.demo", module)
    spec.loader.exec_module(module)
    grading.chapter_exercises.cache_clear()
    monkeypatch.setattr(grading, "FOLDER", tmp_path)
