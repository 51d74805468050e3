import numpy as np
import pytest
import torch

from aigc_course.core import captions


def told(template, **values):
    return captions.filled(template, captions.texts(values, caption=template))


def test_values_are_shown_as_the_template_says():
    template = "{gap:.2f} nats after {n:,} updates, {share:.0%} of {name}; {{x}}"
    assert (
        told(template, gap=0.126, n=12000, share=0.5, name="digits")
        == "0.13 nats after 12,000 updates, 50% of digits; {x}"
    )


@pytest.mark.parametrize(
    "value", [torch.tensor(2.5), np.float32(2.5), np.array(2.5), torch.nn.Parameter(torch.tensor(2.5))]
)
def test_one_number_in_a_tensor_or_an_array_is_a_number(value):
    assert told("{x:.1f}", x=value) == "2.5"


def test_a_diverged_measurement_is_still_shown():
    assert told("{x:.2f}", x=float("nan")) == "nan"


def test_translated_templates_are_filled_in_their_own_order():
    shown = captions.texts({"a": 1, "b": 2.0}, caption="{a} before {b:.1f}", alt="{a}")
    assert shown == {"a": "1", "b:.1f": "2.0"}
    assert captions.filled("{b:.1f} 在 {a} 之后", shown) == "2.0 在 1 之后"
    assert captions.filled("{other}", shown) == "{other}"


@pytest.mark.parametrize(
    ("template", "values", "message"),
    [
        ("The gap is {gap:.2f}.", {}, r"caption holds \{gap:.2f\} and no value for it was given; add gap=…"),
        ("The gap.", {"gap": 1.0}, r"hold no \{gap\}, so gap=… shows nowhere"),
        ("A set { of numbers.", {}, r"caption has a lone '\{'; write \{name\} for a value and \{\{ for a brace"),
        ("{row[0]}", {"row": [1]}, "lone"),
        ("{}", {}, "lone"),
        ("e^{2}", {}, "lone"),
        ("{gap:.2f}", {"gap": "wide"}, r"gap is 'wide', which \{gap:.2f\} cannot show"),
        ("{gap:.2f}", {"gap": torch.ones(2)}, r"gap is tensor\(\[1., 1.\]\), which"),
    ],
)
def test_a_template_and_its_values_must_agree(template, values, message):
    with pytest.raises(ValueError, match=message):
        captions.texts(values, caption=template, alt="nothing")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("z₁", False),
        ("σ = 2", False),
        ("−0.5", False),
        ("nats", True),
        ("KL(q ‖ p), log p(x) − log 2", False),
        ("KL in nats", True),
        ("a VAE", False),
        ("no VAE", True),
        ("D(x), 后验", True),
    ],
)
def test_what_needs_a_translator(text, word):
    assert captions.has_word(text) == word
