"""Versions stand in pyproject.toml, are locked once, and conda's file adds none of its own."""

import re
import tomllib

import yaml

from book.tools.chapters import ROOT
from book.tools.install import requirements, version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK_TEXT = (ROOT / "requirements.lock").read_text("utf-8")
LOCK = requirements(LOCK_TEXT)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned_and_locked_at_its_pin():
    for pin in PROJECT["dependencies"]:
        name, equals, wanted = pin.partition("==")
        assert equals, f"{pin}: pin it with =="
        assert version(LOCK[normal(name)]) == f"{normal(name)}=={wanted}", "run `make lock`"


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
    assert versioned == [f"python{PROJECT['requires-python']}"]
    assert {"make", "git", "pip"} <= set(packages)
