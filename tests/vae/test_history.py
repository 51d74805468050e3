"""Folklore H04: a source is one that can be looked up; the VAE's have the authors who introduced it."""

import pytest
from pybtex.database import Entry, parse_file, parse_string

from book.tools import chapters

BOOK = parse_file(str(chapters.ROOT / "book" / "references.bib"))
CIRCULATED = """@misc{andreas2013variational,
  author = {Andreas and Domurad and Kirillov and Theis and Grathwohl}, title = {Variational Autoencoders}}"""


def can_be_looked_up(entry: Entry) -> bool:
    """A year, and a place where the work stands: an identifier, or journal, volume and pages."""
    fields = set(entry.fields)
    return "year" in fields and bool(fields & {"url", "doi"} or fields >= {"journal", "volume", "pages"})


@pytest.mark.folklore("H04")
def test_h04_the_sources_of_the_vae_can_be_looked_up():
    origins = {key: BOOK.entries[key] for key in ("kingma2013auto", "rezende2014stochastic")}
    assert all(can_be_looked_up(entry) for entry in origins.values())
    surnames = [[" ".join(p.last_names) for p in entry.persons["author"]] for entry in origins.values()]
    assert surnames == [["Kingma", "Welling"], ["Rezende", "Mohamed", "Wierstra"]]
    (invented,) = parse_string(CIRCULATED, "bibtex").entries.values()
    assert not can_be_looked_up(invented)
    assert "Domurad" not in {
        name for entry in BOOK.entries.values() for p in entry.persons["author"] for name in p.last_names
    }
