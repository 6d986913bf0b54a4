"""Hostile expressions: what cannot be a criterion is refused, in text and in Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import pytest
from tests.hostile.document_cases import ways
from tests.hostile.told import told

import cjlib as cj
from cjlib import criteria as c
from cjlib.errors import CriterionError, UsageError

EXPRESSIONS = {
    "__import__('os').system('id')": ["character 1", "only the words of the criteria"],
    "().__class__.__bases__": ["character 1"],
    "count('a').__class__ >= 1": ["one side of a comparison must be a term"],
    "attribute.__class__": ["character 1"],
    "lambda: 1": ["character 1"],
    "[x for x in y]": ["character 1"],
    "(x := 1)": ["character 2"],
    "await x": ["character 1"],
    "yield 1": ["character 1", "invalid syntax"],
    "count(*a) >= 1": ["character 7", "*a"],
    "count(**{'a': 1}) >= 1": ["unknown argument"],
    "count(f'{x}') >= 1": ["character 7"],
    "count(b'a') >= 1": ["character 7", "text in quotes"],
    "happened('a') if True else happened('b')": ["character 1"],
    "count('a') >= 3; import os": ["character 16"],
    "(" * 5000 + "1" + ")" * 5000: ["100 brackets"],
    "not " * 5000 + "happened('a')": ["criterion"],
    "not " * 65 + "happened('a')": ["60 deep"],
    "x" * 1_000_000: ["100,000 characters"],
    "count('a') >= 9**9**9": ["character 15", "no arithmetic"],
    "count('a') >= 'a'*10**9": ["character 15", "no arithmetic"],
    "count('a') >= 1/0": ["character 15", "no arithmetic"],
    "count('a') + count('b') >= 3": ["one side of a comparison"],
    "1/0": ["character 1"],
    "NaN == NaN": ["must be a term"],
    "count('a') >= nan": ["'nan'", "names stand in quotes"],
    "count('a') >= 1e999": ["finite number", "inf"],
    "count('a') >= 1j": ["a number"],
    "count('a') >= " + "9" * 5000: ["digits"],
    "count('a') == None": ["character 15", "None"],
    "count('a') >= '3'": ["count is a number", "'3'"],
    "count('a') >= True": ["count is a number", "True"],
    "attribute('p') in [1, 'a']": ["numbers and text in one list"],
    "attribute('p') in []": ["empty list"],
    "'a' in 'abc'": ["after 'in' comes a list"],
    "'a' in count('x')": ["only an attribute"],
    "1 < count('a') < 3": ["chained comparison"],
    "count('a') >= count('b')": ["not with another term"],
    "count('a') is 3": ["'is' compares nothing"],
    "dwell() == '30d'": ["hardly ever", ">= or <="],
    "dwell() >= 30": ["duration was expected", "30"],
    "dwell() in ['30d']": ["no member of a list"],
    "until('x') >= '2026-01-01'": ["'2026-01-01' is no duration"],
    "idle('a') >= attribute('b')": ["compared with a literal"],
    "attribute('d') >= 2026-01-01": ["character 24"],
    "\uff57au('a')": ["U+FF57", "in quotes only"],
    "count('a')\u00a0>= 3": ["U+00A0"],
    "count('a') \u2265 3": ["U+2265"],
    "\u0441ount('a') >= 3": ["U+0441"],
    "happened('a\\0b')": ["no text file can hold"],
    "happened('a\\ud800')": ["no text file can hold"],
    "happened('" + "a" * 1001 + "')": ["1,000 characters", "1001"],
    "happened('')": ["1 to 1,000 characters"],
    "happened('a') \0": ["null bytes"],
    "cuont('a') >= 3": ["unknown word 'cuont'", "did you mean 'count'"],
    "Count('a') >= 3": ["did you mean 'count'"],
    "count('a', widthin='14d') >= 3": ["'widthin'", "did you mean 'within'"],
    "count('a', within='14m') >= 3": ["'14m'", "'min'"],
    "count('a', within=14) >= 3": ["duration was expected", "14"],
    "count('a', ever=1) >= 3": ["ever is True or False"],
    "count('a', ever=True, within='1d') >= 3": ["not both"],
    "count() >= 3": ["needs an activity or touchpoint"],
    "count('a', touchpoint='t') >= 3": ["one of the two"],
    "count(a) >= 3": ["character 7", "names stand in quotes"],
    "count(3) >= 3": ["as text", "3"],
    "count('a', channel=3) >= 1": ["as text", "3"],
    "seats >= 5": ["must be a term"],
    "not count('a')": ["is a term", ">= 3"],
    "count('a') and count('b')": ["is a term", ">= 3"],
    "happened('a') >= 1": ["is a criterion already"],
    "happened('a') & happened('b')": ["in text write 'and' and 'or'"],
    "known('a')": ["a term was expected"],
    "count('a') = 3": ["character 12"],
    "happened(\"a)": ["character 10", "unterminated"],
    "": ["empty"],
    " \n": ["empty"],
    "True": ["character 1"],
}  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS, ids=lambda text: repr(text)[:40])
def test_an_expression_that_makes_no_sense_is_refused_with_its_place(text: str) -> None:
    assert isinstance(told(lambda: cj.parse(text), EXPRESSIONS[text]), CriterionError)


@pytest.mark.parametrize("text", EXPRESSIONS, ids=lambda text: repr(text)[:40])
def test_in_a_file_it_has_the_place_in_the_file_too(text: str) -> None:
    document = ways({"source": "s0", "target": "s1", "when": text})
    told(lambda: cj.loads(document, format="json"), ["transitions[0].when"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(" * 99 + "happened('a')" + ")" * 99, 'happened("a")'),
        ("count('\u0430') >= 3", 'count("\u0430") >= 3'),
        ("count('a' 'b') >= 1", 'count("ab") >= 1'),
        ("count('a') >= 3 # comment", 'count("a") >= 3'),
        ("count('a') >= 1_000", 'count("a") >= 1000'),
        ("count('a') >= -0.0", 'count("a") >= 0'),
        ("happened('(a+)+$')", 'happened("(a+)+$")'),
        ("attribute('__class__') == 'x'", 'attribute("__class__") == "x"'),
        ("'a' not in attribute('x')", 'not "a" in attribute("x")'),
        ("sum('a') >= 1e19", 'sum("a") >= 1e+19'),
    ],
)
def test_what_is_strange_but_means_something_is_read(text: str, expected: str) -> None:
    assert str(cj.parse(text)) == expected
    assert cj.parse(expected) == cj.parse(text)


PYTHON: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "a term as truth": (lambda: bool(c.count("a")), ["no truth", "& | ~"]),
    "a criterion as truth": (lambda: (c.count("a") >= 3) and (c.count("b") >= 3), ["& | ~"]),
    "missing brackets": (lambda: c.count("a") >= 3 & c.count("b") >= 3, ["bare term", "in brackets"]),
    "text among criteria": (lambda: (c.count("a") >= 3) & 'happened("b")', ["joins criteria"]),
    "criteria among text": (lambda: "x" & (c.count("a") >= 3), ["joins criteria", "'x'"]),
    "None among criteria": (lambda: (c.count("a") >= 3) | None, ["joins criteria", "None"]),
    "arithmetic": (lambda: c.count("a") + 1, ["no arithmetic"]),
    "a term among terms": (lambda: c.count("a") in [c.count("b")], ["not with another term"]),
    "NaN": (lambda: c.count("a") >= float("nan"), ["finite number", "nan"]),
    "None": (lambda: c.count("a") >= None, ["literal", "None"]),
    "an object": (lambda: c.count("a") >= object(), ["literal", "object"]),
    "an array": (lambda: c.count("a") >= np.array([1, 2]), ["literal", "array"]),
    "a decimal": (lambda: c.count("a") >= Decimal(3), ["literal", "Decimal"]),
    "a complex number": (lambda: c.count("a") >= 3j, ["literal", "3j"]),
    "no time": (lambda: c.attribute("d") >= np.datetime64("NaT"), ["literal", "None"]),
    "options that are none": (lambda: c.attribute("a").is_in(None), ["a list is needed"]),
    "options as text": (lambda: c.attribute("a").is_in("abc"), ["a list is needed"]),
    "an option that is no text": (lambda: c.attribute("a").contains(3), ["text", "3"]),
    "a window of nothing": (lambda: c.count("a", within=timedelta(0)), ["longer than nothing"]),
    "a window back to front": (lambda: c.count("a", within="-3d"), ["longer than nothing", "-3d"]),
    "a kind of term": (lambda: c.Term("cuont", "a"), ["'cuont' is no term", "'count'"]),
    "an operator": (lambda: c.Comparison(c.count("a"), "**", 3), ["'**' is no comparison"]),
    "no term compared": (lambda: c.Comparison("a", ">=", 3), ["a term was expected", "'a'"]),
    "no term in a list": (lambda: c.Membership("a", ["b"]), ["a term was expected", "'a'"]),
    "no term that holds": (lambda: c.Contains("a", "b"), ["a term was expected", "'a'"]),
    "no term that happened": (lambda: c.Happened("a"), ["a term was expected", "'a'"]),
    "nothing joined": (lambda: c.And(()), ["criteria", "()"]),
    "a number joined": (lambda: c.Or((3,)), ["criteria", "3"]),
    "a number negated": (lambda: c.Not(3), ["criteria", "3"]),
    "no text": (lambda: cj.parse(b"happened('a')"), ["from text", "bytes"]),
    "not a path": (lambda: cj.load(3), ["a path was expected", "int"]),
    "a stage as journey": (lambda: cj.dumps(cj.Stage("x")), ["a Journey was expected", "Stage"]),
    "a text compared": (lambda: cj.diff("x", "x"), ["two journeys", "'x'"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PYTHON)
def test_python_code_that_makes_no_sense_is_told_what_to_write(name: str) -> None:
    run, words = PYTHON[name]
    assert isinstance(told(run, words), (CriterionError, UsageError))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), "3"),
        (np.float64(0.5), "0.5"),
        (np.bool_(True), "True"),
        (np.str_("a"), '"a"'),
        (date(2026, 1, 2), '"2026-01-02"'),
        (datetime(2026, 1, 2, 3), '"2026-01-02T03:00:00"'),
    ],
)
def test_literals_of_other_libraries_are_taken_as_what_they_are(value: object, expected: str) -> None:
    assert str(c.attribute("a") == value) == f'attribute("a") == {expected}'


def test_a_fraction_is_no_literal_that_a_file_can_hold() -> None:
    told(lambda: c.count("a") >= Fraction(1, 3), ["literal", "Fraction"])


def test_a_criterion_nested_too_deeply_is_refused_as_it_is_built() -> None:
    told(lambda: reduce(lambda criterion, _: ~criterion, range(5000), c.happened("a")), ["60 deep"])
