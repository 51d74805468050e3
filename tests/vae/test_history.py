"""Folklore H04: a source is one that can be looked up, and the chapter credits the VAE to those who wrote about it."""

import re

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


def credits(text: str) -> set[str]:
    """Keys cited as those who introduced the variational autoencoder."""
    named = r"variational autoencoder is from ((?:\{cite:t\}`\w+`(?:, | and )?)+)"
    return {key for group in re.findall(named, text) for key in re.findall(r"`(\w+)`", group)}


@pytest.mark.folklore("H04")
def test_h04_the_chapter_credits_the_vae_to_its_authors():
    (chapter,) = (chapter for chapter in chapters.all() if chapter.slug == "vae_theory")
    found = credits(" ".join(cell.source for cell in chapter.prose))
    assert found == {"kingma2013auto", "rezende2014stochastic"}
    assert credits("The variational autoencoder is from {cite:t}`andreas2013variational`") == {"andreas2013variational"}
