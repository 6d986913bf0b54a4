"""Criteria taken apart."""

from __future__ import annotations

import pytest

import cjlib as cj
from cjlib.simulation._literals import Literal, UnplannableError, conjuncts

DAY = 86_400_000_000


def taken_apart(text: str) -> list[list[Literal]]:
    return [list(conjunct) for conjunct in conjuncts(cj.parse(text), lambda touchpoint: (touchpoint,))]


def test_or_gives_alternatives_and_and_gives_conditions() -> None:
    found = taken_apart('happened("a") and (happened("b") or dwell() > "1d")')
    assert [[one.text for one in conjunct] for conjunct in found] == [
        ['happened("a")', 'happened("b")'],
        ['happened("a")', 'dwell() > "1d"'],
    ]


def test_negation_goes_down_to_the_leaves() -> None:
    (conjunct,) = taken_apart('not (count("a") >= 3 or idle("b") < "2d")')
    fall, idle = conjunct
    assert (fall.sort, fall.amount) == ("fall", 2)
    assert (idle.sort, idle.window, idle.idle) == ("fall", 2 * DAY, True)


def test_time_is_discrete() -> None:
    ((over,),) = taken_apart('dwell() > "1d"')
    ((under,),) = taken_apart('until("d") < "1d"')
    assert (over.sort, over.amount) == ("dwell_ge", DAY + 1)
    assert (under.sort, under.amount) == ("until_le", DAY - 1)


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [('count("a") == 2', 1), ('count("a") != 2', 2), ('count("a") in [1, 2, 4]', 3), ('count("a") >= 0', 1)],
)
def test_counts_are_whole_numbers(text: str, alternatives: int) -> None:
    assert len(taken_apart(text)) == alternatives


def test_what_is_never_true_has_no_alternative() -> None:
    assert taken_apart('count("a") < 0') == []


def test_an_alternative_that_another_implies_is_left_out() -> None:
    assert len(taken_apart('happened("a") or happened("a") and happened("b")')) == 1


def test_too_many_alternatives_are_refused() -> None:
    text = " and ".join(f'(happened("a{number}") or happened("b{number}"))' for number in range(9))
    with pytest.raises(UnplannableError, match="256 alternatives"):
        taken_apart(text)
