"""Folklore H03: the bibliography credits DCGAN to those who wrote it."""

import pytest
from pybtex.database import BibliographyData, parse_file, parse_string

from book.tools import chapters

BOOK = parse_file(str(chapters.ROOT / "book" / "references.bib"))
TITLE = "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks"
CIRCULATED = f"""@inproceedings{{goodfellow2014dcgan,
  author = {{Goodfellow, Ian and others}}, title = {{{TITLE}}}, year = {{2014}}}}"""


def dcgan(bibliography: BibliographyData) -> dict[str, object]:
    """The entry with DCGAN's title: surnames, year, identifier."""
    (entry,) = (found for found in bibliography.entries.values() if found.fields["title"] == TITLE)
    surnames = [" ".join(person.last_names) for person in entry.persons["author"]]
    return {"by": surnames, "year": entry.fields["year"], "at": entry.fields.get("url", "").rpartition("/")[2]}


TRUE = {"by": ["Radford", "Metz", "Chintala"], "year": "2016", "at": "1511.06434"}  # posted 2015, published 2016


@pytest.mark.folklore("H03")
def test_h03_the_bibliography_credits_dcgan_to_its_authors():
    assert dcgan(BOOK) == TRUE
    assert dcgan(parse_string(CIRCULATED, "bibtex")) != TRUE
