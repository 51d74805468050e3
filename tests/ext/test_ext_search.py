"""The site's own search, run in the JavaScript engine that comes with Playwright, on the index of a tiny book."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

from book.ext import search
from tests.ext.tiny import Project

TERMS = ("后验坍塌", "似然函数", "变分自编码器", "自编码器", "证据下界", "熵")
GLOSSARY = """# Glossary

```{glossary}
posterior collapse
后验坍塌
  The decoder ignores it.

likelihood
似然函数
  How likely.

variational autoencoder
变分自编码器
  A model.

autoencoder
自编码器
  A network.

ELBO
证据下界
  A bound.

entropy
熵
  A number.
```
"""
PAGES = {
    "glossary": GLOSSARY,
    "chinese": "# 生成模型的评估\n\n用 VAE模型 比较两个样本的分布。编码与后验不同。\n",
    "british": "# Shape and colour\n\nA reparameterisation, normalised and centred; its behaviour, analysed.\n",
    "american": "# A color\n\nReparametrization, normalization, fiber, center, an analog optimizer, licensed gray.\n",
    "english": "# Training a network\n\nTwo networks were trained; learning_rate 3.\n",
}
PRELUDE = """
var _ready = () => {}, SPHINX_HIGHLIGHT_ENABLED = false, DOCUMENTATION_OPTIONS = {};
var document = {getElementById: () => null}, window = {};
"""
ASK = """
const pages = (query) => Search._performSearch(...Search._parseQuery(query)).map(found => found[0]);
console.log(JSON.stringify(QUERIES.map(query => [...new Set(pages(query))].filter(page => page !== 'index').sort())));
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(tmp_path_factory.mktemp("search"))
    project.write("index.md", "# The book\n\n```{toctree}\n:glob:\n\n**\n```\n")
    for name, text in PAGES.items():
        project.write(f"{name}.md", text)
    built = project.build(html_search_language="en", language="zh_CN")
    assert built.status == 0, built.warnings
    return built.folder


def found(site: Path, *queries: str) -> list[list[str]]:
    """The pages that each query finds."""
    return run(site, f"const QUERIES = {json.dumps(queries)};\n{ASK}")


def run(site: Path, program: str) -> Any:
    """What a program prints that follows the scripts of the search page."""
    scripts = [
        (site / name).read_text("utf8")
        for name in ("_static/language_data.js", "_static/searchtools.js", "searchindex.js")
    ]
    node, _ = compute_driver_executable()
    program = "\n".join([PRELUDE, *scripts, program])
    done = subprocess.run([node, "-"], input=program, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_chinese_terms_are_found_where_they_stand_and_nowhere_else(site: Path):
    assert found(site, *TERMS) == [["glossary"]] * len(TERMS)


def test_parts_of_sentences_and_mixed_words_are_found(site: Path):
    assert found(site, "样本的分布", "VAE 模型", "评估", "后验", "坍塌编码") == [
        ["chinese"],
        ["chinese"],
        ["chinese"],
        ["chinese", "glossary"],
        [],
    ]


BOTH = ["american", "british"]


@pytest.mark.parametrize(
    ("queries", "pages"),
    [
        (("reparametrization", "reparameterisation", "reparametrisation", "Reparameterized"), BOTH),
        (("color", "colours", "centre", "centered", "normalise", "normalizing"), BOTH),
        (("optimisers", "optimizer", "fibre", "fibers", "analogue", "grey", "licence"), ["american"]),
        (("behavior", "behaviours", "analyzed"), ["british"]),
    ],
)
def test_both_spellings_find_both(site: Path, queries: tuple[str, ...], pages: list[str]):
    assert found(site, *queries) == [pages] * len(queries)


def test_the_rules_of_spelling_say_the_same_in_the_index_and_in_the_question(site: Path):
    """Catches a pattern that Python and the browser read in two ways."""
    words = [
        "noise",
        "four",
        "hour",
        "parametrised",
        "catalogues",
        "metres",
        "string",
        "there",
        "programmes",
        "artefact",
    ]
    done = run(site, f"console.log(JSON.stringify({json.dumps(words)}.map(spelled)));")
    assert done == [search.spelled(word) for word in words]
    assert [word for word, now in zip(words, done, strict=True) if word == now] == ["four", "hour", "string", "there"]


def test_english_is_found_by_its_stems(site: Path):
    assert found(site, "train", "networks", "learning_rate", "collapsed posterior", "nothing") == [
        ["english"],
        ["english", "glossary"],
        ["english"],
        ["glossary"],
        [],
    ]
