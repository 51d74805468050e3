"""Folklore H03: the bibliography, and the sentences of the chapter, credit DCGAN to those who wrote it."""

import re

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


def credits(text: str) -> set[str]:
    """Keys cited right beside the name, as in "The DCGAN of {cite:t}`key`" or "{cite:t}`key` introduced DCGAN"."""
    named = r"DCGAN (?:of|by) \{cite:\w\}`(\w+)`|\{cite:\w\}`(\w+)` introduced DCGAN"
    return {key for pair in re.findall(named, text) for key in pair if key}


@pytest.mark.folklore("H03")
def test_h03_the_chapter_credits_dcgan_to_its_authors():
    (chapter,) = (chapter for chapter in chapters.all() if chapter.slug == "gan")
    assert credits("\n".join(cell.source for cell in chapter.prose)) == {"radford2015unsupervised"}
    assert credits("The DCGAN of {cite:t}`goodfellow2014generative`") == {"goodfellow2014generative"}
