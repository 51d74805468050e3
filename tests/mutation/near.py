"""Which tests can notice a change of a file of the library, by what they import; the nearest first."""

from functools import cache
from pathlib import Path

from book.tools.dependencies import EXERCISES, PACKAGE, imported, reach

# they test the book's machinery, or read the library's text where others run it
ASIDE = ("tests/ext", "tests/mutation", "tests/site", "tests/tools")
OF_EXERCISES = ("tests/test_exercises.py", "tests/test_learners.py")


def nearest(file: str, root: Path) -> list[str]:
    """The tests of the module itself: tests/gan/test_dcgan.py and tests/gan/test_dcgan_*.py for gan/dcgan.py."""
    module = Path(file).relative_to(PACKAGE)
    folder = root / "tests" / module.parent
    found = [*folder.glob(f"test_{module.stem}.py"), *sorted(folder.glob(f"test_{module.stem}_*.py"))]
    return [path.relative_to(root).as_posix() for path in found]


def wider(file: str, root: Path) -> list[str]:
    """All other tests that reach the module: first those that name it, last those of the exercises.

    Among equals a test that reaches less of the library comes first.
    """
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    tests = {test: found for test, found in _reach(root).items() if root / file in found[1]}
    first = sorted(
        tests.keys() - set(OF_EXERCISES), key=lambda test: (module not in tests[test][0], len(tests[test][1]), test)
    )
    own = nearest(file, root)
    return [test for test in first if test not in own] + _of_exercises(file, root)


@cache
def _reach(root: Path) -> dict[str, tuple[list[str], set[Path]]]:
    """What each file of tests names of the library, and the files that it reaches."""
    found = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(ASIDE):
            names = imported(path.read_text(encoding="utf-8"), "")
            found[name] = names, reach(names, root)
    return found


@cache
def _reach_of_exercises(root: Path) -> dict[str, set[Path]]:
    """The files that the exercises of each chapter reach; they are loaded by the chapter's name."""
    paths = sorted((root / EXERCISES.replace(".", "/")).glob("[!_]*.py"))
    return {path.stem: reach([f"{EXERCISES}.{path.stem}"], root) for path in paths}


def _of_exercises(file: str, root: Path) -> list[str]:
    """Tests of the chapters whose exercises reach the file, or of all chapters where what grades them does."""
    there = [test for test in OF_EXERCISES if test in _reach(root)]
    if any(root / file in _reach(root)[test][1] for test in there):
        return there
    slugs = [slug for slug, reached in _reach_of_exercises(root).items() if root / file in reached]
    return [f"{OF_EXERCISES[0]}::test_exercises[{slug}]" for slug in slugs] if there else []
