"""What the site is put together from: style rules, vendored files, the landing page's pictures, the pages."""

import base64
import hashlib
import importlib.metadata
import json
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from aigc_course.core import downloads
from book.ext import heroes, lean, library
from book.tools import chapters, vendor

ROOT = chapters.ROOT
ABOUT = {"caption": "C. More.", "alt": "A"}


def test_purge_keeps_what_may_match_and_nothing_else() -> None:
    css = (
        '@charset "UTF-8";/* gone */.used{a:1}.unused{a:2}.used,.unused{a:3}p .used:hover{a:4}.used.unused{a:5}'
        "p{a:6}[class~=x]{a:7}.used:not(.unused){a:8}@media print{.unused{a:9}.used{a:10}}@media screen{.unused{a:11}}"
        '@font-face{font-family:"Font Awesome 6";src:url(x)}@keyframes k{from{a:12}}.used::before{content:"}{;"}'
    )
    assert lean.purge(css, {"used"}) == (
        '@charset "UTF-8";.used{a:1}.used{a:3}p .used:hover{a:4}p{a:6}[class~=x]{a:7}.used:not(.unused){a:8}'
        '@media print{.used{a:10}}@keyframes k{from{a:12}}.used::before{content:"}{;"}'
    )


def test_a_rule_keeps_the_spaces_that_mean_something() -> None:
    rule = 'p a{ font: 9pt "A ; b", serif; width: calc(1px + 2px); }'
    assert lean.purge(rule, set()) == 'p a{font:9pt "A ; b",serif;width:calc(1px + 2px)}'


def test_purge_says_where_a_block_is_not_closed() -> None:
    with pytest.raises(ValueError, match="not closed"):
        lean.purge("p{a:1", set())


def test_used_words_come_from_pages_and_from_scripts(tmp_path: Path) -> None:
    (tmp_path / "_static" / "vendor").mkdir(parents=True)
    (tmp_path / "a.html").write_text('<p class="one two-three">four</p><script>let five</script>', encoding="utf-8")
    (tmp_path / "_static" / "s.js").write_text("classList.add('six')", encoding="utf-8")
    (tmp_path / "_static" / "vendor" / "v.js").write_text("seven", encoding="utf-8")
    words = lean.used_words(tmp_path)
    assert {"one", "two-three", "five", "six"} <= words
    assert not {"four", "seven"} & words


def test_lighten_deletes_what_no_page_loads_but_not_after_a_failed_build(tmp_path: Path) -> None:
    static = tmp_path / "_static"
    (static / "scripts").mkdir(parents=True)
    for name in ("scripts/fontawesome.js", "scripts/x.js.map", "theme.css"):
        (static / name).write_text("/*! licence */.gone{a:1}", encoding="utf-8")
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    lean.lighten(app, RuntimeError("failed"))  # pyright: ignore[reportArgumentType]
    assert (static / "scripts" / "fontawesome.js").exists()
    lean.lighten(app, None)  # pyright: ignore[reportArgumentType]
    assert [path.name for path in static.rglob("*.*")] == ["theme.css"]
    assert (static / "theme.css").read_text(encoding="utf-8") == "/*! licence */\n\n"


def test_vendored_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((vendor.VENDOR / "manifest.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["version"]) for one in manifest] == [(p.name, p.version) for p in vendor.packages()]
    for entry, package in zip(manifest, vendor.packages(), strict=True):
        present = {path.relative_to(ROOT).as_posix() for path in package.target.rglob("*") if path.is_file()}
        assert set(entry["files"]) == present
        assert any(name.endswith("/LICENSE") for name in present)
        for name, digest in entry["files"].items():
            assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest, f"{name} was changed by hand"


def _chapter(tags: tuple[str, ...]) -> chapters.Chapter:
    cells = (
        chapters.Cell("markdown", "# T", 0, 0),
        chapters.Cell("code", "a", 1, 1),
        chapters.Cell("code", "b", 2, 2, tags),
    )
    return chapters.Chapter(ROOT / "chapters/01_t/01_t.ipynb", ROOT, cells, {})


def _executed(data: dict[str, str]) -> dict:
    output = {"output_type": "display_data", "data": data, "metadata": {"aigc": ABOUT}}
    code = {"cell_type": "code", "metadata": {}}
    return {"cells": [{"cell_type": "markdown"}, {**code, "outputs": []}, {**code, "outputs": [output]}]}


def test_hero_is_the_tagged_cells_picture() -> None:
    png = {"image/png": base64.b64encode(b"png").decode(), "text/html": "<img>"}
    assert heroes.find(_chapter(("hero",)), _executed(png)) == heroes.Hero(b"png", ".png", ABOUT)
    both = {**png, "image/svg+xml": "<svg/>"}
    assert heroes.find(_chapter(("hero",)), _executed(both)) == heroes.Hero(b"<svg/>", ".svg", ABOUT)


@pytest.mark.parametrize(("tags", "data"), [((), {"image/png": "cG5n"}), (("hero",), {"text/plain": "1"})])
def test_no_hero_without_tag_or_without_picture(tags: tuple[str, ...], data: dict[str, str]) -> None:
    assert heroes.find(_chapter(tags), _executed(data)) is None


def test_reference_holds_every_module_of_the_library() -> None:
    text = "".join(library.sections(ROOT, package) for package in library.modules(ROOT))
    files = [path for path in (ROOT / "aigc_course").glob("*/*.py") if path.stem != "__init__"]
    assert len(files) > 10
    for path in files:
        assert f".. automodule:: {path.relative_to(ROOT).with_suffix('').as_posix().replace('/', '.')}\n" in text


def test_colophon_gives_a_reason_for_every_dependency_and_no_other() -> None:
    toml = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = [*toml["project"]["optional-dependencies"].values(), *toml["dependency-groups"].values()]
    pinned = {re.split("[<>=]", line)[0] for part in (toml["project"]["dependencies"], *extras) for line in part}
    text = (ROOT / "book/pages/colophon.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| ([\w-]+) \|", text[text.index("## Dependencies") :], re.MULTILINE)
    assert sorted(set(named) - {"Package", "---"}) == sorted(pinned)


def test_colophon_names_the_versions_that_are_there() -> None:
    text = (ROOT / "book/pages/colophon.md").read_text(encoding="utf-8")
    for package in vendor.packages():
        assert package.version in text, package.name
        assert package.licence in text, package.name
    for name in ("pydata-sphinx-theme", "sphinx-book-theme", "sphinx-copybutton", "sphinx-design"):
        assert importlib.metadata.version(name) in text, name


def test_colophon_names_the_sets_that_torchvision_fetches_and_no_other() -> None:
    text = (ROOT / "book/pages/colophon.md").read_text(encoding="utf-8")
    named = re.search(r"^\| torchvision \|[^|]*\| (.+), when you ask", text, re.MULTILINE)
    assert named
    assert set(re.split(", | and ", named[1].replace("-", ""))) == set(downloads.TORCHVISION.values())


def test_glossary_has_sixty_terms_in_both_languages_in_order() -> None:
    text = (ROOT / "book/pages/glossary.md").read_text(encoding="utf-8")
    listed = text[text.index("```{glossary}\n") :].partition("\n")[2]
    entries = re.findall(r"^(\S.*)\n(\S.*)\n  (\S.*)\n", listed, re.MULTILINE)
    assert len(entries) >= 60
    names = [english.replace("β", "beta").lower() for english, _, _ in entries]
    assert names == sorted(names)
    assert len({chinese for _, chinese, _ in entries}) == len(entries)
    for english, chinese, sentence in entries:
        assert re.search(r"[\u4e00-\u9fff]", chinese), english
        assert sentence.endswith("."), english


def test_configuration_asks_no_other_host_and_names_no_repository() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["repository"]["url"] == "" or config["repository"]["url"].startswith("https://")
    sphinx = config["sphinx"]["config"]
    assert sphinx["html_math_renderer"] == "mathml"  # the stock one loads MathJax from another host
    assert sphinx["nb_ipywidgets_js"] == {}
    assert config["sphinx"]["recursive_update"] is True
    assert sphinx["html_theme_options"]["navbar_persistent"] == []
