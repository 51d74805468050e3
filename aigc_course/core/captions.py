"""A caption is a template and its values: ``"The gap is {gap:.2f} nats."`` with ``gap=0.1``.

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
    """The template's fields as they stand in it: ``{"gap:.2f": ("gap", ".2f")}``."""
    found = FIELD.finditer(template)
    return {match["field"]: (match["name"], match["spec"] or "") for match in found if match["field"]}


def texts(values: Mapping[str, Any], **templates: str) -> dict[str, str]:
    """The text of every field that the templates hold; ``ValueError`` where fields and values do not agree.

    Args:
        values: Numbers and words by name; a tensor of one number counts as a number.
        templates: What is filled, by the name of the argument, for messages.
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
    """The template with each field's text in its place; a field without a text stays as it is."""

    def text(match: re.Match[str]) -> str:
        return shown.get(match["field"], match[0]) if match["field"] else match[0][0]

    return FIELD.sub(text, template)


def has_word(text: str) -> bool:
    """Whether there is something to translate: single letters are symbols, ``log`` and capitals (KL, VAE) stay."""
    words = "".join(sign if sign.isalpha() else " " for sign in text).split()
    return any(len(word) > 1 and not word.isupper() and word not in FUNCTIONS for word in words)
