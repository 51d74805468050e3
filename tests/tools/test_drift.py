"""Ranges stand in pyproject.toml and exact versions in the lock, and nothing else has versions of its own.

What is supported stands in book/tools/supported.py; the pages, conda's file and the workflows say the same.
"""

import ast
import re
import sys
import tomllib

import yaml
from packaging.requirements import Requirement

from book.tools import chapters, compat, files, platforms, supported
from book.tools.chapters import ROOT
from book.tools.install import requirements, version

TOML = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = TOML["project"]
LOCK_TEXT = (ROOT / "requirements.lock").read_text("utf-8")
LOCK = requirements(LOCK_TEXT)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def ranges():
    """Every requirement of pyproject.toml, whichever part it stands in."""
    parts = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values(), *TOML["dependency-groups"].values()]
    return [Requirement(line) for part in parts for line in part]


def test_every_range_is_locked_to_a_version_within_it():
    for requirement in ranges():
        _, _, locked = version(LOCK[normal(requirement.name)]).partition("==")
        assert requirement.specifier.contains(locked), f"{requirement}, locked {locked}: run `make lock`"


def test_exact_versions_stand_in_the_lock_alone():
    assert [str(one) for one in ranges() if any("=" * 2 in s.operator for s in one.specifier)] == []


def test_the_library_has_lower_bounds_alone_so_that_it_replaces_nothing_that_works():
    """Where a kernel has a torch already (Colab), an upper bound or a pin would replace it."""
    for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["models"]]:
        assert [s.operator for s in Requirement(line).specifier] == [">="], line


# what a module is called where its package is called otherwise, and what comes with another package
PACKAGES = {
    "PIL": "pillow",
    "IPython": "ipython",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "cycler": "matplotlib",
    "safetensors": "transformers",
}


def imports(code):
    nodes = list(ast.walk(ast.parse(code)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.split(".")[0] for name in names}


def outside(found):
    return {PACKAGES.get(name, name) for name in found - set(sys.stdlib_module_names) - {"aigc_course"}}


def test_the_library_and_the_notebooks_import_what_the_project_declares():
    declared = {Requirement(line).name for line in PROJECT["dependencies"]}
    library = set().union(*(imports(path.read_text("utf-8")) for path in (ROOT / "aigc_course").rglob("*.py")))
    book = [chapters.load(path, ROOT) for path in chapters.notebooks(ROOT)]
    cells = [cell.source for chapter in book for cell in chapter.code if not cell.source.startswith("%")]
    notebooks = set().union(*(imports(cell) for cell in cells))
    assert outside(library | notebooks) - declared == {"transformers"}, "declare it under [project.dependencies]"
    assert declared <= outside(library | notebooks), "nothing imports it; take it out"
    models = {Requirement(line).name for line in PROJECT["optional-dependencies"]["models"]}
    assert "transformers" in models


def test_every_locked_package_has_hashes():
    for name, lines in LOCK.items():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", lines), name


def test_the_lock_names_no_address():
    """A mirror's address in the lock would tie every reader to it."""
    lines = [line for line in LOCK_TEXT.splitlines() if "://" in line or "index-url" in line or "find-links" in line]
    assert lines == []


def test_conda_takes_its_versions_from_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    *packages, pip = environment["dependencies"]
    assert environment["name"] == PROJECT["name"]
    assert pip == {"pip": ["-r requirements.lock"]}
    versioned = [package for package in packages if re.search(r"[=<>]", package)]
    major, minor = supported.LATEST
    assert versioned == [f"python{PROJECT['requires-python']},<{major}.{minor + 1}"]
    assert {"make", "git", "pip"} <= set(packages)


def test_the_pages_and_workflows_name_the_supported_pythons():
    first, *_, last = supported.PYTHONS
    assert PROJECT["requires-python"] == f">={first}"
    for page in ("README.md", "index.md", "book/pages/start.md", "Makefile"):
        assert f"Python {first} to {last}" in (ROOT / page).read_text("utf-8"), page
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert {first, last, supported.RECOMMENDED} <= set(tested) <= set(supported.PYTHONS)


def test_an_old_python_can_read_why_it_is_refused():
    """Catches newer syntax, modules and annotations: Python 3.6 would answer with an error of its own."""
    tree = ast.parse((ROOT / "book/tools/supported.py").read_text("utf-8"), feature_version=(3, 6))
    nodes = list(ast.walk(tree))
    modules = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert modules <= {"platform", "sys", "sysconfig", "typing"}, "list it if Python 3.6 has it"
    evaluated = [getattr(node, name, None) for node in nodes for name in ("annotation", "returns")]
    assert {type(node) for node in evaluated if node} == {ast.Name}, "list[str] and X | Y fail before 3.9"


RECORD = files.read_json(ROOT / platforms.RECORD)


def test_the_readme_shows_what_was_recorded():
    assert platforms.tables(ROOT) in (ROOT / "README.md").read_text("utf-8")


def test_every_supported_pair_was_tried_with_this_lock():
    kept = RECORD["platforms"]
    assert kept["lock"] == platforms.digest(ROOT), "run `make platforms`"
    assert {name: tuple(counts) for name, counts in kept["wheels"].items()} == {
        platform.name: supported.PYTHONS for platform in supported.PLATFORMS
    }


def test_the_lower_bounds_were_tried():
    """The oldest versions that were tested are those that the ranges allow."""
    kept = RECORD["compat"]
    assert kept["bounds"] == compat.bounds(ROOT), "run `make compat`"
    lowest = {Requirement(line).name: Requirement(line).specifier for line in PROJECT["dependencies"]}
    for run in kept["runs"]:
        assert run["passed"] > 0
        if run["name"].startswith("oldest"):
            assert {name: f">={number}" for name, number in run["versions"].items()} == {
                name: str(lowest[name]) for name in run["versions"]
            }
