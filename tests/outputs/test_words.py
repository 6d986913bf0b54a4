"""The report says everything in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import cjlib.outputs
from cjlib.errors import UnknownNameError
from cjlib.findings._french_names import VALUES
from cjlib.findings._sentences import SENTENCES
from cjlib.journey._elements import EVIDENCE, MODES, STAGE_KINDS, VALUE_STEPS
from cjlib.outputs._french import FRENCH
from cjlib.outputs._words import words

FOLDER = Path(cjlib.outputs.__file__).parent
SAID_BY_VALUE = {
    *("answer", "deadline", "limit", "critical", "high", "medium", "low"),
    *("refused", "noted", "journey", "trace", "scorer", "data"),
    *EVIDENCE, *STAGE_KINDS, *VALUE_STEPS, *MODES, "passed", "failed", "unknown",
}  # fmt: skip


def texts_in_code() -> set[str]:
    """What the code says, and the titles that it says later."""
    said: set[str] = set()
    for file in FOLDER.glob("_*.py"):
        if file.name in ("_french.py", "_words.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("say", "say.counted")):
                said |= {
                    e.value for e in node.args if isinstance(e, ast.Constant) and isinstance(e.value, str)
                }
            if isinstance(node, ast.Constant) and node.value in FRENCH:
                said.add(str(node.value))
    return said - {"none"} | SAID_BY_VALUE - {"none"}


def test_everything_said_has_its_french() -> None:
    assert texts_in_code() <= set(FRENCH)


def test_no_french_is_left_over() -> None:
    """Names of channels, findings and key figures come with the journey and its data."""
    assert set(FRENCH) - set(VALUES) <= texts_in_code()


def test_both_languages_take_the_same_facts() -> None:
    facts = re.compile(r"\{\w+\}")
    assert {key for key, text in FRENCH.items() if {*facts.findall(key)} != {*facts.findall(text)}} == set()


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(UnknownNameError, match="unknown language 'de'"):
        words("de")


@pytest.mark.parametrize(
    ("days", "text"),
    [(0.0, "0 h"), (0.02, "0.5 h"), (0.5, "12 h"), (3.25, "3.2 d"), (412.0, "412 d"), (np.nan, "—")],
)
def test_lengths_of_time_read_well(days: float, text: str) -> None:
    assert words("en").days(days).replace("\xa0", " ") == text


def test_nothing_of_nothing_is_a_dash() -> None:
    assert words("fr").share(0, 0) == "—"
    assert words("fr").share(1, 3) == "33,3\xa0%"
    assert words("en").moment(np.datetime64("NaT")) == "—"


def test_every_kind_of_finding_has_a_french_name() -> None:
    french = words("fr")
    assert not [kind for kind in SENTENCES if french.name(kind) == kind and kind not in VALUES]
