"""The book's bibliography: each rule holds for every entry, and is tried on an entry that breaks it."""

import re
from collections import defaultdict
from functools import cache
from typing import Any

import pytest
import yaml
from pybtex.database import BibliographyData, Entry, parse_file, parse_string
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

from book.tools.chapters import ROOT

FILE = ROOT / "book/references.bib"
LETTERS = "abcd"
ARXIV = re.compile(r"arxiv\.org/abs/(\d{4}\.\d{4,5})")
VENUES = {"article": "journal", "inproceedings": "booktitle", "book": "publisher", "misc": None}
# arXiv's title, where the work appeared under another one
PREPRINTS = {
    "1406.2661": "Generative Adversarial Networks",
    "1606.04934": "Improving Variational Inference with Inverse Autoregressive Flow",
    "1701.07875": "Wasserstein GAN",
    "2004.05675": "A Non-Parametric Test to Detect Data-Copying in Generative Models",
}


@cache
def book() -> BibliographyData:
    return parse_file(str(FILE))


def fields(entry: Entry) -> dict[str, str]:
    return dict(entry.fields or {})


def identifiers(entry: Entry) -> set[str]:
    """Whatever finds the work: arXiv's number, the DOI, the ISBN, the address."""
    found = {value.lower() for name, value in fields(entry).items() if name in ("doi", "isbn", "eprint", "url")}
    return found | set(ARXIV.findall(fields(entry).get("url", "")))


@cache
def plain(latex: str) -> str:
    return str(Text.from_latex(latex))


def surnames(entry: Entry) -> list[str]:
    return [plain(" ".join([*p.prelast_names, *p.last_names])) for p in (entry.persons or {})["author"]]


def printed(bibliography: BibliographyData) -> dict[str, str]:
    """Every entry's text as the book's style prints it, in the order of the printed list."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
    style: Any = find_plugin("pybtex.style.formatting", config["bibtex_default_style"])()
    return {entry.key: str(entry.text) for entry in style.format_bibliography(bibliography)}


def label(entry: Entry) -> str:
    """What a chapter prints for the entry, such as "Karras et al., 2020a"."""
    names = surnames(entry)
    who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who}, {fields(entry)['year']}"


def unidentified(bibliography: BibliographyData) -> list[str]:
    return [
        f"{key}: no DOI, arXiv number, ISBN or address" for key, e in bibliography.entries.items() if not identifiers(e)
    ]


def twice(bibliography: BibliographyData) -> list[str]:
    owners = defaultdict(list)
    for key, entry in bibliography.entries.items():
        for found in identifiers(entry):
            owners[found].append(key)
    return [f"{found}: both {' and '.join(keys)}" for found, keys in owners.items() if len(keys) > 1]


def misplaced(bibliography: BibliographyData) -> list[str]:
    """Entries whose kind and venue disagree; a preprint names no venue, and all else names one."""
    wrong = []
    for key, entry in bibliography.entries.items():
        named = {field for field in filter(None, VENUES.values()) if field in fields(entry)}
        if named != {VENUES.get(entry.type, "a kind in VENUES")} - {None}:
            wrong.append(f"{key}: @{entry.type} with {', '.join(sorted(named)) or 'no venue'}")
    return wrong


def preprint_titles(bibliography: BibliographyData) -> list[str]:
    """Entries with a venue that bear the preprint's other title, or keep it from the reader."""
    wrong = []
    for key, entry in bibliography.entries.items():
        for title in (PREPRINTS[found] for found in identifiers(entry) & set(PREPRINTS) if entry.type != "misc"):
            if plain(fields(entry)["title"]) == title or fields(entry).get("note") != f"Preprint: {title}":
                wrong.append(f"{key} needs the title at its venue, and the note 'Preprint: {title}'")
    return wrong


def badly_printed(bibliography: BibliographyData) -> list[str]:
    """Words of a title that the style prints with other capitals; braces keep them."""
    texts, names, wrong = printed(bibliography), names_in_titles(bibliography), []
    for key, entry in bibliography.entries.items():
        title = fields(entry)["title"]
        words = [plain(formula) for formula in re.findall(r"\$[^$]+\$", title)]
        words += [word for word in re.findall(r"\w+", plain(title)) if re.search(r".[A-Z]|[A-Z]\d", word)]
        words += [word for word in names if re.search(rf"\b{word}\b", plain(title))]
        wrong += [
            f"{key}: {word} is not printed so" for word in words if word not in texts[key].partition("Preprint:")[0]
        ]
    return wrong


def names_in_titles(bibliography: BibliographyData) -> set[str]:
    """Words that some title protects by braces, such as Wasserstein; all other titles must protect them too."""
    braced = (
        w for e in bibliography.entries.values() for w in re.findall(r"\{((?:[^{}]|\{[^{}]*\})+)\}", fields(e)["title"])
    )
    return {word for group in braced for word in re.findall(r"\w{3,}", plain(group))}


def unlabelled(bibliography: BibliographyData) -> list[str]:
    """Labels that a reader could not tell apart, or whose letters do not run in the order of the printed list."""
    letters = defaultdict(str)
    for key in printed(bibliography):
        text = label(bibliography.entries[key])
        letters[text.rstrip(LETTERS)] += text[len(text.rstrip(LETTERS)) :] or "-"
    return [f"{text}: letters {found}" for text, found in letters.items() if found not in ("-", "ab", "abc", LETTERS)]


RULES = (unidentified, twice, misplaced, preprint_titles, badly_printed, unlabelled)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_entry_keeps_the_rule(rule):
    wrong = rule(book())
    assert not wrong, "\n" + "\n".join(wrong)


KARRAS = "@misc{{{}, author = {{Karras, T. and Aila, T. and Laine, S.}}, title = {{{}}}, year = {{{}}}, url = {{{}}}}}"
PLANTED = [
    (unidentified, "@misc{k, author = {A, B}, title = {C}, year = {2000}}"),
    (twice, KARRAS.format("one", "A", "2019", "x") + KARRAS.format("two", "B", "2020", "x")),
    (misplaced, "@misc{k, author = {A, B}, title = {C}, year = {2000}, booktitle = {A Conference}}"),
    (misplaced, "@inproceedings{k, author = {A, B}, title = {C}, year = {2000}}"),
    (
        preprint_titles,
        "@inproceedings{k, author = {A, B}, title = {Wasserstein {GAN}}, booktitle = {C}, year = {2017},"
        " note = {Preprint: Wasserstein GAN}, url = {https://arxiv.org/abs/1701.07875}}",
    ),
    (
        preprint_titles,
        "@inproceedings{k, author = {A, B}, title = {Generative Adversarial Nets}, booktitle = {C}, year = {2014},"
        " eprint = {1406.2661}}",
    ),
    (badly_printed, KARRAS.format("k", r"$\beta$-{VAE}: Learning", "2017", "x")),
    (badly_printed, KARRAS.format("k", "Improved GANs", "2017", "x")),
    (
        badly_printed,
        KARRAS.format("k", "{Wasserstein} Nets", "1", "x") + KARRAS.format("l", "On Wasserstein", "2", "y"),
    ),
    (unlabelled, KARRAS.format("one", "A", "2020", "x") + KARRAS.format("two", "B", "2020", "y")),
    (
        unlabelled,
        KARRAS.format("one", "A", "2020b", "x") + KARRAS.format("two", "B", "2020a", "y").replace("Aila", "Z"),
    ),
    (unlabelled, KARRAS.format("one", "A", "2020a", "x")),
]


@pytest.mark.parametrize(("rule", "entries"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_rule_is_noticed(rule, entries):
    assert len(rule(parse_string(entries, "bibtex"))) == 1


def test_entries_are_sorted_and_complete():
    keys = re.findall(r"^@\w+\{(\w+),", FILE.read_text("utf-8"), re.MULTILINE)
    assert keys == sorted(keys)
    assert len(set(map(str.lower, keys))) == len(keys)
    for key, entry in book().entries.items():
        assert entry.persons.get("author"), key
        assert {"title", "year"} <= set(fields(entry)), key
