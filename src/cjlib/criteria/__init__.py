"""Typed, three-valued conditions over a customer's history, in Python and as text.

>>> from cjlib import criteria as c
>>> c.happened("kickoff") & (c.count("login", within="14d") >= 3)
parse('happened("kickoff") and count("login", within="14d") >= 3')
"""

from ._nodes import And, Comparison, Contains, Criterion, Happened, Known, Membership, Not, Or, Term
from ._terms import (
    age,
    attribute,
    count,
    distinct,
    dwell,
    happened,
    idle,
    known,
    last,
    max,
    mean,
    min,
    sum,
    until,
)
from ._text import parse

__all__ = [
    "And",
    "Comparison",
    "Contains",
    "Criterion",
    "Happened",
    "Known",
    "Membership",
    "Not",
    "Or",
    "Term",
    "age",
    "attribute",
    "count",
    "distinct",
    "dwell",
    "happened",
    "idle",
    "known",
    "last",
    "max",
    "mean",
    "min",
    "parse",
    "sum",
    "until",
]
