"""The table against the bibliography; H01 and H05 as they circulate are caught."""

import dataclasses
import re

import pytest

from aigc_course.foundations.timeline import EVENTS, MODALITIES, Event, contradictions
from book.tools.chapters import ROOT

ENTRIES = {
    key: body
    for key, body in re.findall(
        r"^@\w+\{(\S+),\n(.*?)^\}", (ROOT / "book/references.bib").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
}
TRANSLATED = {"markov2006example"}  # the lecture is of 1913, the translation of 2006


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.key)
def test_every_row_agrees_with_its_source(event):
    """Catches a key without an entry, another author, another arXiv number and another year."""
    entry = ENTRIES[event.key]
    assert event.modality in MODALITIES
    assert re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", event.date)
    if event.arxiv:
        assert f"arxiv.org/abs/{event.arxiv}" in entry
    elif event.key not in TRANSLATED:
        assert f"year = {{{event.date[:4]}}}" in entry
    assert event.who in entry


def test_the_table_is_in_order_of_time_and_agrees_with_itself():
    assert [e.year for e in EVENTS] == sorted(e.year for e in EVENTS)
    assert contradictions(EVENTS) == []
    assert Event("2013", "", "", "any", "").year == 2013.5
    assert [Event(f"2013-{m}", "", "", "any", "").year for m in ("01", "12")] == pytest.approx(
        [2013.042, 2013.958], abs=1e-3
    )


def test_a_wrong_month_contradicts_its_source_too():
    """Catches a comparison of years only; a year alone, where no month is claimed, is no contradiction."""
    event = Event("2014-07", "GAN", "Goodfellow", "image", "goodfellow2014generative", "1406.2661")
    assert len(contradictions((event,))) == 1
    assert contradictions((dataclasses.replace(event, date="2014"),)) == []


@pytest.mark.folklore("H01")
def test_older_dates_contradict_their_own_sources():
    """H01: "GANs from the 1980s, VAEs from the 1990s" cannot stand beside their arXiv numbers."""
    rows = {e.key: e for e in EVENTS}
    circulated = tuple(
        dataclasses.replace(rows[key], date=date)
        for key, date in (("kingma2013auto", "1990"), ("goodfellow2014generative", "1980"))
    )
    assert len(contradictions(circulated)) == 2
    assert "2013-12" in contradictions(circulated)[0]
    assert "2014-06" in contradictions(circulated)[1]
    assert rows["kingma2013auto"].date == "2013-12"
    assert rows["goodfellow2014generative"].date == "2014-06"


@pytest.mark.folklore("H05")
def test_the_portrait_is_not_its_makers():
    """H05: Obvious is the collective, Edmond de Belamy the portrait."""
    (row,) = [e for e in EVENTS if "Belamy" in e.what]
    assert (row.who, row.date) == ("Obvious", "2018-10")
    assert "portrait" in row.what
    assert "432,500" in ENTRIES[row.key]
