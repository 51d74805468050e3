"""The table of ten seeds: complete, of today's settings, good enough; and one row of it made again."""

from pathlib import Path

import pytest

from aigc_course.museum import evidence
from aigc_course.museum.detectors import THRESHOLDS
from aigc_course.museum.exhibits import EXHIBITS

ROWS = evidence.rows()
PACKAGE = Path(evidence.__file__).parents[1]


def test_the_museum_and_the_detectors_name_the_same_failures():
    assert list(EXHIBITS) == list(THRESHOLDS)


def test_the_table_is_of_today():
    assert evidence.is_current(), "settings or detectors changed since the table was made: run `make museum`"


def test_the_table_is_complete_and_in_order():
    keys = [(row["exhibit"], row["repaired"], row["seed"]) for row in ROWS]
    assert keys == [
        (name, repaired, seed) for name in EXHIBITS for repaired in (False, True) for seed in evidence.SEEDS
    ]


@pytest.mark.parametrize("name", EXHIBITS)
def test_nine_of_ten(name):
    """On broken runs their own detector fires, on repaired runs none of the six."""
    broken, repaired = evidence.success_counts(ROWS, name)
    assert broken >= evidence.ENOUGH
    assert repaired >= evidence.ENOUGH


@pytest.mark.parametrize("name", EXHIBITS)
def test_reports_name_the_cause(name):
    causes = [row["cause"] for row in ROWS if row["exhibit"] == name and not row["repaired"]]
    assert causes.count(name) >= evidence.ENOUGH


@pytest.mark.parametrize("repaired", [False, True])
def test_a_row_made_again_agrees(repaired):
    """Catches a table written by hand; another processor rounds differently, so values may differ a little."""
    kept = next(
        r for r in ROWS if r["exhibit"] == "posterior collapse" and r["repaired"] == repaired and r["seed"] == 14
    )
    again = evidence.examine_run("posterior collapse", 14, repaired=repaired)
    assert again["cause"] == kept["cause"]
    assert again["values"] == pytest.approx(kept["values"], rel=0.2, abs=0.05)


def fake(name, seed, *, repaired):
    said = dict.fromkeys(THRESHOLDS, 0.5) | {"divergence": float("inf") if name == "divergence" else 1.0}
    said = {key: str(value) if value == float("inf") else value for key, value in said.items()}
    return {"exhibit": name, "repaired": repaired, "seed": seed, "cause": "none", "values": said}


def test_an_interrupted_table_goes_on(tmp_path, monkeypatch):
    """Catches rows that are run again, lost, or kept after the settings changed; infinity must survive the file."""
    monkeypatch.setattr(evidence, "examine_run", fake)
    path = tmp_path / "table.json"
    some = evidence.make(path, seeds=range(2), names=("divergence", "mode collapse"))
    first = [next(some) for _ in range(3)]
    assert len(evidence.rows(path)) == 3
    rest = list(evidence.make(path, seeds=range(2), names=("divergence", "mode collapse")))
    assert len(first) + len(rest) == 8
    table = evidence.rows(path)
    assert [row["exhibit"] for row in table] == ["divergence"] * 4 + ["mode collapse"] * 4
    assert table[0]["values"]["divergence"] == float("inf")
    assert [path.name] == [p.name for p in tmp_path.iterdir()]
    monkeypatch.setattr(evidence, "fingerprint", lambda: "of other settings")
    assert len(list(evidence.make(path, seeds=range(1), names=("divergence",)))) == 2


def test_the_verdict_counts_by_the_limits():
    """Catches broken runs counted by another exhibit's detector, and repaired ones by their own detector only."""
    broken = [
        {"exhibit": "memorisation", "repaired": False, "cause": "x", "values": {"memorisation": v}} for v in (0.9, 0.6)
    ]
    repaired = [
        {"exhibit": "memorisation", "repaired": True, "cause": c, "values": {}} for c in ("none", "mode collapse")
    ]
    other = [{"exhibit": "divergence", "repaired": False, "cause": "divergence", "values": {"memorisation": 0.9}}]
    assert evidence.success_counts([*broken, *repaired, *other], "memorisation") == (1, 1)


def test_the_fingerprint_covers_whatever_decides_a_run():
    """Catches a list of files that forgets a loss, a network, the training loop or the data."""
    found = {path.relative_to(PACKAGE).as_posix() for path in evidence.sources()}
    assert found >= {"gan/gan.py", "vae/vae.py", "core/train.py", "core/data.py", "metrics/modes.py"}
    assert found >= {"museum/evidence.py", "museum/exhibits.py", "museum/detectors.py", "gan/augmentation.py"}
    assert not found & {"museum/toys.py", "core/show.py", "gan/style.py"}


def test_the_fingerprint_is_of_the_bytes(tmp_path):
    """Catches a digest of a syntax tree, which every Python prints in its own way."""
    script = tmp_path / "script.py"
    prints = []
    for text in ("x = 1\n", "x = 1  # one\n", "x = 1\n"):
        script.write_text(text)
        prints.append(evidence.fingerprint(script))
    assert prints[0] == prints[2] != prints[1]


@pytest.mark.slow
def test_all_seeds_again(request, tmp_path):
    """The whole table from nothing, on this machine."""
    if "slow" not in request.config.option.markexpr:
        pytest.skip("takes minutes; run `python -m pytest -m slow tests/museum`, or `make museum` to renew the table")
    path = tmp_path / "table.json"
    assert len(list(evidence.make(path))) == len(ROWS)
    again = evidence.rows(path)
    assert all(min(evidence.success_counts(again, name)) >= evidence.ENOUGH for name in EXHIBITS)
