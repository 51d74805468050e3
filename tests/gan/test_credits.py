"""Folklore H02: the bibliography credits *Improved Techniques for Training GANs* to those who wrote it."""

import re

import pytest
from pybtex.database import BibliographyData, parse_file, parse_string

from book.tools import chapters

BOOK = parse_file(str(chapters.ROOT / "book" / "references.bib"))
CIRCULATED = """@inproceedings{karras2017improved,
  author = {Karras, Tero and others}, title = {Improved Techniques for Training {GANs}}, year = {2017}}"""
IMPROVED = "Improved Techniques for Training GANs"
PROGRESSIVE = "Progressive Growing of GANs for Improved Quality, Stability, and Variation"


def entry(bibliography: BibliographyData, title: str) -> tuple[str, str]:
    """First author's surname and the identifier of the work with this title."""
    (found,) = (e for e in bibliography.entries.values() if re.sub(r"[{}]", "", e.fields["title"]) == title)
    return " ".join(found.persons["author"][0].last_names), found.fields.get("url", "").rpartition("/")[2]


@pytest.mark.folklore("H02")
def test_h02_the_bibliography_credits_both_papers_to_their_authors():
    assert entry(BOOK, IMPROVED) == ("Salimans", "1606.03498")
    assert entry(BOOK, PROGRESSIVE) == ("Karras", "1710.10196")
    assert entry(parse_string(CIRCULATED, "bibtex"), IMPROVED) != entry(BOOK, IMPROVED)
