"""Sentences: the same facts in both languages, numbers as each of them writes them."""

from __future__ import annotations

import string

import pytest

from cjlib.findings._say import said
from cjlib.findings._sentences import SENTENCES


@pytest.mark.parametrize("kind", SENTENCES)
def test_both_languages_tell_the_same_facts(kind: str) -> None:
    fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in SENTENCES[kind]]
    assert fields[0] >= fields[1]
    assert fields[1] >= fields[0] - {"answers", "what"}


@pytest.mark.parametrize(
    ("days", "english", "french"),
    [(0.25, "6 h", "6 h"), (2.0, "2 d", "2 j"), (7.54, "7.5 d", "7,5 j"), (1234.0, "1,234 d", "1 234 j")],
)
def test_times_are_written_in_the_unit_that_reads_best(days: float, english: str, french: str) -> None:
    facts = {"stage": "Trial", "median": days, "base": 1.0}
    found = said("drift in duration", **facts)
    assert f"last {english} (median)" in _plain(found["sentence"])
    assert f"durent {french} (médiane)" in _plain(found["translations"]["fr"])


def test_what_cannot_be_said_is_a_dash() -> None:
    assert (
        "last — (median)"
        in said("drift in duration", stage="Trial", median=float("nan"), base=1.0)["sentence"]
    )


def test_braces_in_a_name_are_only_text() -> None:
    found = said("stage without touchpoint", stage="{count} <b>{x}</b>", count=3)
    assert "{count} <b>{x}</b>" in found["sentence"]


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_names_are_words_in_both_languages() -> None:
    found = said("pain not noted", place="Demo", count=3, shown="repeated contact, in_app")
    assert "(repeated contact, in app)" in found["sentence"]
    assert "(contact répété, dans l’application)" in found["translations"]["fr"]
