import pytest

from aigc_course.core import marks


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, 12.5 % (of 3).",
        "$x_1 < [y]$",
        "`a_b <pad>`",
        "*so*",
        "**so**",
        "{gap:.2f} nats and {n_test}",
        "D from D*",
    ],
)
def test_what_is_allowed_stays(text):
    assert marks.marked(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<pad>", r"\<pad\>"),
        ("[a](b)", r"\[a\](b)"),
        ("&lt;", r"\&lt;"),
        ("_x_", r"\_x\_"),
        (r"\<pad>", r"\\\<pad\>"),
        ("$5 or $6", r"\$5 or \$6"),
        ("$5-$6", r"\$5-\$6"),
        ("{{name}}", r"\{\{name\}\}"),
        ("a ` b", r"a \` b"),
        ("two\nlines", "two lines"),
    ],
)
def test_all_else_is_escaped(text, escaped):
    assert marks.marked(text) == escaped
    assert marks.literal(text) == escaped


def test_data_hold_no_marks():
    assert marks.literal("`a` *b* $c$ {d}") == r"\`a\` \*b\* \$c\$ \{d\}"
