"""The API reference lists what the library defines."""

import importlib
import inspect
import re

from book.ext import library
from book.tools import chapters


def test_the_reference_lists_every_public_name_of_a_package():
    """Catches a package or function that the table forgets: compared with what an import finds."""
    for package in ("core", "layers", "metrics"):
        text = library.sections(chapters.ROOT, package)
        for name in library.modules(chapters.ROOT)[package]:
            module = importlib.import_module(f"aigc_course.{package}.{name}")
            defined = [thing for thing in vars(module).values() if getattr(thing, "__module__", "") == module.__name__]
            public = {thing.__name__ for thing in defined if inspect.isroutine(thing) or inspect.isclass(thing)}
            public = {thing for thing in public if not thing.startswith("_")}
            (row,) = (line for line in text.splitlines() if f"<{module.__name__}>`" in line)
            assert set(re.findall(r"py:obj\}`~[\w.]+\.(\w+)`", row)) == public, module.__name__


def test_every_package_has_a_page_in_the_toc_and_a_row_in_the_list():
    packages = library.modules(chapters.ROOT)
    pages = [page for page in chapters.toc() if page.startswith(f"{library.PAGE}/")]
    assert pages == [f"{library.PAGE}/{package}" for package in packages]
    rows = library.packages(chapters.ROOT)
    assert [f"aigc_course.{package} </{library.PAGE}/{package}>" in rows for package in packages] == [True] * len(
        packages
    )


def test_names_that_begin_with_a_stroke_are_not_in_the_reference():
    assert library.public_names("def _a(): ...\nclass B: ...\nx = 1\nasync def c(): ...") == ["B", "c"]
