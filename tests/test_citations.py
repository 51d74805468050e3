"""What the library and the chapters cite stands in the bibliography, with these authors, year, title and identifier."""

import re
from collections.abc import Iterator

import pytest
from pybtex.database import Entry

from aigc_course.foundations.timeline import EVENTS
from book.tools import chapters
from tests.test_bibliography import book, fields, identifiers, plain, surnames

ROOT = chapters.ROOT
_NAME = r"(?:[Vv]an den )?[A-Z][\w-]+(?: [A-Z][\w-]+)?"
_PLACE = r"(?:arXiv:|arxiv\.org/abs/|doi:|doi\.org/)(?:\d{4}\.\d{4,5}|10\.[^\s,;\"']+\w)"
PLACED = re.compile(_PLACE, re.IGNORECASE)
CITED = re.compile(
    rf"(?P<names>{_NAME}(?:(?:, (?:& |and )?| & | and ){_NAME})*(?: et al\.)?)(?: \(|, )(?P<year>(?:1[89]|20)\d\d)\b"
    rf"\)?(?:, \*(?P<title>[^*]+)\*)?(?:, (?P<place>{_PLACE}))?"
)
Citation = re.Match[str]


def texts() -> Iterator[tuple[str, str]]:
    """Every file that may cite, its lines joined: the library, the chapters, the pages."""
    files = [
        *ROOT.glob("aigc_course/**/*.py"),
        *ROOT.glob("aigc_course/**/*.yml"),
        *ROOT.glob("book/*.yml"),
        *ROOT.glob("book/pages/*.md"),
        ROOT / "index.md",
    ]
    yield from ((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in sorted(files))
    yield from ((chapter.name, "\n".join(cell.source for cell in chapter.cells)) for chapter in chapters.all())


def citations(text: str) -> list[Citation]:
    """Every "Author & Author (year), *Title*, arXiv:number" of a text; title and identifier may be missing."""
    return list(CITED.finditer(re.sub(r"\s+", " ", text)))


def years(entry: Entry) -> set[str]:
    """The year of the entry without its letter, and those that its note gives."""
    return {fields(entry)["year"][:4], *re.findall(r"\d{4}", fields(entry).get("note", ""))}


def fits(citation: Citation, entry: Entry) -> bool:
    names = re.split(r", & |, and |, | & | and ", citation["names"].removesuffix(" et al."))
    authors = [name.lower() for name in surnames(entry)]
    same = [name.lower() in authors for name in names]
    found = citation["place"] and bare(citation["place"])
    return (
        names[0].lower() == authors[0]
        and (all(same) or "others" in authors)
        and citation["year"] in years(entry)
        and plain(fields(entry)["title"]).lower().startswith((citation["title"] or "").lower())
        and (not found or found in identifiers(entry))
    )


def bare(place: str) -> str:
    return re.split(r"arxiv:|abs/|doi:|doi\.org/", place.lower())[-1]


def wrong(text: str) -> list[str]:
    """Citations without an entry that fits, and identifiers that no entry has."""
    entries = book().entries.values()
    unknown = [c[0] for c in citations(text) if not any(fits(c, entry) for entry in entries)]
    known = set().union(*map(identifiers, entries))
    return unknown + [place for place in PLACED.findall(text) if bare(place) not in known]


def test_whatever_is_cited_stands_in_the_bibliography():
    found = [f"{name}: {what}" for name, text in texts() for what in wrong(text)]
    assert not found, "\n" + "\n".join(found)


def test_whatever_stands_in_the_bibliography_is_cited():
    everything = [text for _, text in texts()]
    keys = {
        key for text in everything for group in re.findall(r"\{cite:\w+\}`([^`]+)`", text) for key in group.split(",")
    }
    keys |= {event.key for event in EVENTS}
    named = [citation for text in everything for citation in citations(text)]
    idle = [key for key, entry in book().entries.items() if key not in keys and not any(fits(c, entry) for c in named)]
    assert not idle


RIGHT = (
    "Karras et al. (2020), *Analyzing and Improving the Image Quality of StyleGAN*,\narXiv:1912.04958 (a lazy penalty)."
)


def test_a_right_citation_passes():
    assert wrong(RIGHT) == []
    assert (
        wrong(
            "(Ba, Kiros & Hinton, 2016, arXiv:1607.06450); Dowson and Landau (1982), doi:10.1016/0047-259X(82)90077-X."
        )
        == []
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("Karras", "Kerras"), ("2020", "2019"), ("Analyzing", "Analysing"), ("04958", "04959"), (" et al.", " & Ba")],
)
def test_a_wrong_citation_is_noticed(old, new):
    assert wrong(RIGHT.replace(old, new, 1))


@pytest.mark.parametrize(
    "text", ["see arXiv:1234.56789", "at https://doi.org/10.1000/182.", "arxiv.org/abs/9999.99999"]
)
def test_an_unknown_identifier_is_noticed(text):
    assert len(wrong(text)) == 1


def test_the_first_chapter_names_the_source_of_every_row_of_its_table():
    (text,) = (text for name, text in texts() if name.endswith("what_is_aigc.ipynb"))
    groups = [set(group.split(",")) for group in re.findall(r"\{cite:p\}`([^`]+)`", text)]
    assert {event.key for event in EVENTS} in groups
