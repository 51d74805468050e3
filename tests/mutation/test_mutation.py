"""The list of planted mistakes is sound, and the planter tells a test that notices from one that does not."""

import pytest

from tests.mutation import ROOT, Mistake, read
from tests.mutation.__main__ import main, some, verdicts

ALL = read()
named = pytest.mark.parametrize("mistake", ALL, ids=[f"{m.file.removeprefix('aigc_course/')}: {m.why}" for m in ALL])


def test_there_are_enough_and_no_two_alike():
    assert len(ALL) >= 40
    assert len({(m.file, m.was, m.now) for m in ALL}) == len(ALL)


@named
def test_it_fits_the_library_of_today(mistake):
    source = (ROOT / mistake.file).read_text()
    planted = mistake.plant(source)
    assert planted != source
    if mistake.file.endswith(".py"):
        compile(planted, mistake.file, "exec")
    assert all((ROOT / test.split("::")[0]).exists() for test in mistake.tests.split())


def test_a_mistake_needs_a_place_of_its_own():
    twice = Mistake("a.py", was="x", now="y", why="", tests="")
    with pytest.raises(ValueError, match="2 times"):
        twice.plant("x + x")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A library of one function, with one test that sees its sign and one that sees nothing."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # loading them would take most of the time
    (tmp_path / "aigc_course").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "aigc_course" / "double.py").write_text("def double(x):\n    return 2 * x\n")
    (tmp_path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\npythonpath = ['.']\nmarkers = ['site', 'gpu']\n"
    )
    use = "from aigc_course.double import double\n\n\ndef test_it():\n    assert double({0}) == {1}\n"
    (tmp_path / "tests" / "test_sharp.py").write_text(use.format(1, 2))
    (tmp_path / "tests" / "test_blunt.py").write_text(use.format(0, 0))
    return tmp_path


def test_the_planter_tells_sharp_tests_from_blunt_ones(project, capsys):
    def mistake(now, test):
        return Mistake("aigc_course/double.py", was="2 * x", now=now, why="three times", tests=f"tests/test_{test}.py")

    planted = [mistake("3 * x", "sharp"), mistake("3 * x", "blunt"), mistake("2 * )", "blunt")]
    assert verdicts(planted, root=project) == ["caught", "SURVIVED", "BROKEN"]
    assert "three times" in capsys.readouterr().out
    assert "2 * x" in (project / "aigc_course" / "double.py").read_text()


def test_words_that_match_nothing_say_so(capsys):
    assert main(["no such mistake"]) == 1
    assert "leave the words out" in capsys.readouterr().out


def test_a_few_mistakes_of_one_chapter():
    own = read(chapter="vae_text")
    assert own
    assert set(own) < set(ALL)
    assert read(chapter="no_such_chapter") == []
    assert some(ALL[:10], 3) == [ALL[0], ALL[4], ALL[8]]
    assert some(own, 10**6) == own
    assert some([], 3) == []
