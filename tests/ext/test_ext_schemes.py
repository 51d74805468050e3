import pytest

from book.ext import lean, schemes
from book.tools.chapters import ROOT


def test_each_rule_of_one_scheme_gets_a_twin_for_readers_without_scripts():
    css = 'p{a:1}html[data-theme="dark"] p,html[data-theme=light] q{a:2}html[data-theme=dark] b{a:3}i{a:4}'
    assert schemes.with_twins(css) == (
        'p{a:1}html[data-theme="dark"] p,html[data-theme=light] q{a:2}html[data-theme=dark] b{a:3}'
        "@media (prefers-color-scheme:light){html[data-theme=auto] q{a:2}}"
        "@media (prefers-color-scheme:dark){html[data-theme=auto] p{a:2}html[data-theme=auto] b{a:3}}"
        "i{a:4}"
    )


@pytest.mark.parametrize(
    "css",
    [
        "html:not([data-theme]) p{a:1}",
        '@charset "UTF-8";p{a:1}',
        "@font-face{src:url(x)}",
        "@page{margin:2cm;@bottom-center{content:counter(page)}}",
    ],
)
def test_other_rules_stay_as_they_are(css: str):
    assert schemes.with_twins(css) == css


def test_a_rule_inside_a_query_gets_its_twin_there():
    css = "@media print{html[data-theme=dark] p{a:1}}"
    twin = "@media (prefers-color-scheme:dark){html[data-theme=auto] p{a:1}}"
    assert schemes.with_twins(css) == f"@media print{{html[data-theme=dark] p{{a:1}}{twin}}}"


def test_our_own_colours_have_twins_in_both_schemes():
    css = schemes.with_twins(lean.COMMENT.sub("", (ROOT / "book/_static/base.css").read_text(encoding="utf-8")))
    for scheme, ground in (("light", "#fffefc"), ("dark", "#17191d")):
        twin = css.split(f"(prefers-color-scheme:{scheme})")[1]
        assert f"--ground: {ground}" in twin.split("@media")[0]
