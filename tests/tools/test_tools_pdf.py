"""The whole book as one PDF: one document, whole links, and words for what is missing."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book.tools import doctor, pdf
from book.tools.chapters import BookError

PAGE = """<html lang="en" data-theme="auto"><head><link rel="stylesheet" href="{up}_static/a.css">{script}</head>
<body><nav>not printed</nav><article class="bd-article"><h1 id="top">{title}</h1>
<p>See <a class="here" href="#top">above</a>, <a class="there" href="{there}">there</a>,
<a class="screen" href="{up}book/pages/api.html#x">the reference</a> and
<a class="out" href="https://example.org/">elsewhere</a>.</p><img src="{up}_images/a.png" alt="a">
<details><summary>Solution</summary><p>What is folded: FOLDED</p></details></article></body></html>"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    pages = {"index": ("", "chapters/one.html#top"), "chapters/one": ("../", "../index.html")}
    for name, (up, there) in pages.items():
        path = tmp_path / pdf.SITE / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        script = "<script>let formulas</script>" if up else ""
        path.write_text(PAGE.format(up=up, there=there, title=name, script=script), encoding="utf-8")
    toc = "format: jb-book\nroot: index\nparts:\n- caption: P\n  chapters:\n"
    toc += "  - file: chapters/one\n  - file: book/pages/api\n"
    (tmp_path / "book").mkdir()
    (tmp_path / "book/_toc.yml").write_text(toc, encoding="utf-8")
    return tmp_path


def test_the_reference_stays_on_the_screen(root: Path) -> None:
    assert pdf.pages(root) == ["index.html", "chapters/one.html"]


def test_one_document_whose_links_and_names_hold(root: Path) -> None:
    soup = BeautifulSoup(pdf.document(root / pdf.SITE, pdf.pages(root)), "html.parser")
    assert [one["id"] for one in soup.select("article")] == ["index", "chapters-one"]
    assert "not printed" not in soup.get_text()
    names = [tag["id"] for tag in soup(id=True)]
    assert len(names) == len(set(names))
    inside = [str(link["href"]) for link in soup.select("a.here, a.there")]
    assert inside == ["#index--top", "#chapters-one--top", "#chapters-one--top", "#index"]
    assert {address.removeprefix("#") for address in inside} <= set(names)
    assert not soup.select("a.screen")
    assert "the reference" in soup.get_text()
    assert [link["href"] for link in soup.select("a.out")] == ["https://example.org/"] * 2
    assert [image["src"] for image in soup("img")] == ["/_images/a.png"] * 2
    assert [link["href"] for link in soup("link")] == ["/_static/a.css"]
    assert "let formulas" in str(soup.head)  # the head is that of a page with scripts for formulas


def test_what_is_missing_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "chromium", lambda: "")
    assert pdf.main(["--root", str(root)]) == 1
    assert "apt-get install chromium" in capsys.readouterr().err
    (root / pdf.SITE / "index.html").unlink()
    assert pdf.main(["--root", str(root)]) == 1
    assert "run `make book` first" in capsys.readouterr().err
    (root / pdf.SITE / "index.html").write_text("<p>no article", encoding="utf-8")
    with pytest.raises(BookError, match=r"index.html has no article"):
        pdf.document(root / pdf.SITE, ["index.html"])


def test_a_print_that_fails_leaves_the_last_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise BookError("the browser went away")

    (root / pdf.PDF).write_bytes(b"the last one")
    monkeypatch.setattr(doctor, "chromium", lambda: "/a/browser")
    monkeypatch.setattr(pdf, "printed", fail)
    assert pdf.main(["--root", str(root)]) == 1
    assert (root / pdf.PDF).read_bytes() == b"the last one"


@pytest.mark.skipif(not doctor.chromium(), reason="no Chromium on this machine")
def test_the_print_is_tagged_and_has_an_outline_and_every_page(root: Path) -> None:
    (root / pdf.SITE / "_static").mkdir()
    css = "@page { size: A5 } article ~ article { break-before: page }"
    (root / pdf.SITE / "_static/a.css").write_text(css, encoding="utf-8")
    assert pdf.main(["--root", str(root)]) == 0
    content = (root / pdf.PDF).read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 2
    assert all(name in content for name in (b"/StructTreeRoot", b"/Outlines", b"/Lang (en)"))
