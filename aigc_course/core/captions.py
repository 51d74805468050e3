"""Templates for captions: ``"The gap is {gap:.2f} nats."`` with the value ``gap=0.1``.

Translators see the template, so that a new measurement outdates no translation. The values travel as they are shown,
one text for each field: the site needs neither the numbers nor their types to fill a translated template.
A brace that is meant as a brace is doubled, ``{{`` and ``}}``, as in Python.
"""

import re
from collections.abc import Mapping
from typing import Any

FIELD = re.compile(r"\{\{|\}\}|\{(?P<field>(?P<name>[^\W\d]\w*)(?::(?P<spec>[^{}]*))?)\}|(?P<lone>[{}])")
FUNCTIONS = {"log", "exp", "max", "min", "tanh"}  # the same in every language


def fields(template: str) -> dict[str, tuple[str, str]]:
    """The fields of a template, each with its name and format specification: ``{"gap:.2f": ("gap", ".2f")}``."""
    found = FIELD.finditer(template)
    return {match["field"]: (match["name"], match["spec"] or "") for match in found if match["field"]}


def texts(values: Mapping[str, Any], **templates: str) -> dict[str, str]:
    """Format the value of every field in the templates.

    Args:
        values: Numbers and words by name; a tensor of one number counts as a number.
        templates: The templates, by a name for error messages ("caption", "alt").

    Returns:
        The text of each field, by the field as in ``fields``.

    Raises:
        ValueError: A field without a value, a value without a field, a single brace, or a value that its format
            specification does not fit.
    """
    shown: dict[str, str] = {}
    used: set[str] = set()
    for role, template in templates.items():
        if lone := next((match["lone"] for match in FIELD.finditer(template) if match["lone"]), None):
            raise ValueError(f"{role} has a lone {lone!r}; write {{name}} for a value and {lone * 2} for a brace")
        for field, (name, spec) in fields(template).items():
            if name not in values:
                raise ValueError(f"{role} holds {{{field}}} and no value for it was given; add {name}=…")
            shown[field] = _shown(values[name], name, spec)
            used.add(name)
    if unused := sorted(values.keys() - used):
        where = " and ".join(templates)
        raise ValueError(f"{where} hold no {{{unused[0]}}}, so {unused[0]}=… shows nowhere; add it or leave it out")
    return shown


def _shown(value: Any, name: str, spec: str) -> str:
    try:
        return format(value.item() if hasattr(value, "item") else value, spec)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} is {value!r}, which {{{name}:{spec}}} cannot show: {error}") from None


def filled(template: str, shown: Mapping[str, str]) -> str:
    """Fill a template: each field is replaced by its text from ``texts``, or stays as it is where there is none."""

    def text(match: re.Match[str]) -> str:
        return shown.get(match["field"], match[0]) if match["field"] else match[0][0]

    return FIELD.sub(text, template)


def has_word(text: str) -> bool:
    """Whether a label needs translation: it has a word beside single letters, functions (log) and capitals (KL)."""
    words = "".join(sign if sign.isalpha() else " " for sign in text).split()
    return any(len(word) > 1 and not word.isupper() and word not in FUNCTIONS for word in words)
