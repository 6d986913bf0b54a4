"""Scores hold what the contract promises, whoever made them."""

from __future__ import annotations

import copy
import pickle
import uuid
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scoring.made import snapshot

from cjlib.data import Coded
from cjlib.errors import DataError, UnknownNameError
from cjlib.journey import Bands
from cjlib.scoring import Scorer, Scores
from cjlib.scoring._checks import inverse, linked

NAN = float("nan")


class Recency:
    """A third party's scorer: the smallest that keeps the contract."""

    requires = frozenset({"days"})

    def score(self, snapshot, /):
        return Scores(100 - snapshot["days"], scorer=self, snapshot=snapshot)


def test_the_smallest_scorer_of_a_third_party_keeps_the_contract():
    scorer = Recency()
    assert isinstance(scorer, Scorer)
    scores = scorer.score(snapshot({"days": [3, None]}, customers=["a", "b"]))
    np.testing.assert_array_equal(scores.values, [97, NAN])
    assert scores.customers.tolist() == ["a", "b"]
    assert str(scores.as_of[0]) == "2026-01-01T00:00:00.000000"
    assert scores.explain("b").value != scores.explain("b").value
    assert scores.fingerprints.data is not None
    assert (scores.parts, scores.base, scores.coverage, scores.low, scores.high, scores.bands) == (None,) * 6
    assert str(scores.explain("a")) == "Recency of 'a' on 2026-01-01: 97"


def test_values_alone_are_scores_of_row_numbers():
    scores = Scores([1, 2.5], scorer="mine")
    assert scores.customers.tolist() == [0, 1]
    assert scores.scale == (-np.inf, np.inf)
    assert scores.to_table().columns == ("customer", "value")
    assert repr(scores) == "<Scores of 2 customers by mine, 0 cannot be said>"


def test_columns_are_read_only_and_the_given_arrays_are_not_changed():
    given = np.array([1.0, 2.0])
    scores = Scores(given, scorer="mine", parts=np.array([[1.0], [2.0]]), coverage=[1, 1])
    for column in (scores.values, scores.parts, scores.base, scores.coverage, scores.customers):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 5
    assert given.flags.writeable


@pytest.mark.parametrize(("link", "value"), [("identity", 12.0), ("logit", 0.3), ("cloglog", 0.3)])
def test_parts_add_up_on_the_scale_of_the_link(link, value):
    total = linked(np.array([value]), link)[0]
    scores = Scores([value], scorer="mine", link=link, base=total - 3, parts={"a": [1.0], "b": [2.0]})
    assert scores.part_names == ("a", "b")
    assert scores.part("b").tolist() == [2.0]
    with pytest.raises(DataError, match="parts do not add up in row 0"):
        Scores([value], scorer="mine", link=link, base=total - 3 + 1e-6, parts={"a": [1.0], "b": [2.0]})


@given(st.floats(-700, 700), st.sampled_from(["logit", "cloglog"]))
def test_a_probability_that_rounds_to_its_end_still_fits_its_parts(total, link):
    value = inverse(np.array([total]), link)
    assert Scores(value, scorer="mine", link=link, parts=[[total]]).values[0] == value[0]


def test_the_error_names_scorer_row_customer_and_how_many():
    with pytest.raises(DataError) as caught:
        Scores([1, 2, 3], scorer="mine", customers=["a", "b", "c"], parts=[[1.0], [5.0], [0.0]])
    assert str(caught.value) == (
        "scores of mine: parts do not add up in row 1 (customer 'b') and 1 more: "
        "base + parts is 5.0, but the value is 2.0"
    )


def test_where_nothing_can_be_said_parts_may_be_anything():
    assert len(Scores([NAN, NAN], scorer="mine", parts=[[NAN], [3.0]])) == 2


def test_missing_parts_of_a_value_are_refused():
    with pytest.raises(DataError, match="do not add up"):
        Scores([1.0], scorer="mine", parts=[[NAN]])


@pytest.mark.parametrize("options", [
    {"values": [[1.0]]},
    {"values": ["a", "b"]},
    {"values": [None, object()]},
    {"values": [1.0, np.inf]},
    {"values": [1.0, 2.0], "customers": ["a"]},
    {"values": [1.0, 2.0], "parts": [[1.0, 2.0]]},
    {"values": [1.0, 2.0], "parts": [1.0, 2.0]},
    {"values": [1.0], "parts": [["a"]]},
    {"values": [3.0], "parts": [[1.0, 2.0]], "part_names": ["a"]},
    {"values": [3.0], "parts": [[1.0, 2.0]], "part_names": ["a", "a"]},
    {"values": [3.0], "parts": {"a": [1.0, 2.0]}},
    {"values": [3.0], "base": 3.0},
    {"values": [3.0], "part_names": ["a"]},
    {"values": [3.0], "link": "log"},
    {"values": [3.0], "link": "logit"},
    {"values": [3.0], "scale": (0, 1)},
    {"values": [3.0], "scale": (5, 1)},
    {"values": [3.0], "coverage": [1.1]},
    {"values": [3.0], "coverage": [-0.1]},
    {"values": [3.0], "coverage": [1.0, 1.0]},
    {"values": [3.0], "low": [3.1]},
    {"values": [3.0], "high": [2.9]},
    {"values": [3.0], "high": [np.inf]},
    {"values": [3.0], "bands": ["red", "green"]},
    {"values": [3.0], "as_of": np.array(["2026-01-01", "2026-01-02"], dtype="M8[us]")},
    {"values": [3.0], "as_of": "yesterday"},
    {"values": [10**400]},
    {"values": [3.0], "scale": {1, 2, 3}},
    {"values": [3.0], "scale": {"low": 1}},
    {"values": [3.0], "scale": 3},
    {"values": [3.0], "scale": (0,)},
    {"values": [3.0], "scale": ("a", "b")},
    {"values": [3.0], "scale": (0, None)},
    {"values": [3.0], "fingerprints": 3},
    {"values": [3.0], "fingerprints": ["journey"]},
    {"values": [3.0], "fingerprints": {"journey": 3}},
    {"values": [3.0], "customers": 5},
    {"values": [3.0], "customers": "a"},
    {"values": [3.0], "snapshot": {"x": [1]}},
    {"values": [3.0], "bands": 5},
    {"values": [3.0], "bands": "r"},
    {"values": [3.0], "bands": [["red"]]},
    {"values": [3.0], "parts": [[3.0]], "part_names": "a"},
    {"values": [3.0], "parts": [[3.0]], "part_names": 3},
    {"values": [3.0], "parts": [[3.0], [1.0, 2.0]]},
])  # fmt: skip
def test_what_cannot_be_scores_is_refused_with_the_name_of_the_scorer(options):
    with pytest.raises(DataError):
        Scores(**options, scorer="mine")


def test_unknown_fingerprints_are_refused():
    with pytest.raises(UnknownNameError):
        Scores([1.0], scorer="mine", fingerprints={"journy": "abc"})
    assert Scores([1.0], scorer="mine", fingerprints={"journey": "abc"}).fingerprints.journey == "abc"


@pytest.mark.parametrize(("at_edge", "expected"), [("upper", 1), ("lower", 0)])
def test_an_edge_belongs_to_the_band_that_is_said(at_edge, expected):
    bands = Bands(("red", "yellow", "green"), edges=(50, 75), at_edge=at_edge)
    scores = Scores([49.9, 50, 50 + 1e-13, 50 - 1e-13, 50.1, 100, NAN], scorer="mine", bands=bands)
    assert scores.band_codes.tolist() == [0, expected, expected, expected, 1, 2, -1]
    assert scores.bands.tolist()[-2:] == ["green", None]


def test_bands_may_be_given_row_by_row():
    scores = Scores([1, 2, NAN], scorer="mine", bands=["good", "bad", None])
    assert (scores.band_labels, scores.bands.tolist()) == (("good", "bad"), ["good", "bad", None])


@pytest.mark.parametrize("ids", [["a", "b"], [7, 9], [b"a", b"b"], [uuid.UUID(int=1), uuid.UUID(int=2)]])
def test_customers_keep_the_ids_they_came_with(ids):
    for customers in (ids, Coded(np.array([0, 1]), ids)):
        scores = Scores([1.0, 2.0], scorer="mine", customers=customers)
        assert list(scores.customers) == ids
        assert scores.explain(ids[1]).value == 2.0


def test_an_unknown_customer_is_named_with_the_nearest():
    scores = Scores([1.0, 2.0], scorer="mine", customers=["acme", "brass"])
    with pytest.raises(UnknownNameError, match="did you mean 'acme'"):
        scores.explain("acne")
    with pytest.raises(UnknownNameError):
        scores.explain(7)
    with pytest.raises(UnknownNameError):
        scores.part("usage")


def test_moments_are_told_in_many_ways():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    for as_of in (when, "2026-01-02", np.datetime64("2026-01-02"), [when, when]):
        scores = Scores([1.0, 2.0], scorer="mine", as_of=as_of)
        assert [str(moment)[:10] for moment in scores.as_of] == ["2026-01-02"] * 2
    with pytest.raises(UnknownNameError, match="moment of 0"):
        scores.explain(0, as_of="2026-01-03")


def test_tables_hold_parts_beside_what_they_explain():
    bands = Bands(("red", "green"), edges=(50,))
    scores = Scores(
        [60.0, NAN], scorer="mine", customers=["a", "b"], base=50.0, parts={"usage": [10.0, NAN]},
        coverage=[1.0, 0.0], low=[60.0, 0.0], high=[60.0, 100.0], bands=bands,
    )  # fmt: skip
    table = scores.to_table()
    assert table.columns == ("customer", "value", "band", "coverage", "low", "high", "base", "part:usage")
    assert "part:usage" not in scores.to_table(parts=False).columns
    assert scores.to_pandas()["band"].tolist()[0] == "green"
    assert scores.to_polars()["part:usage"].to_list()[0] == 10.0


def test_scores_survive_pickle_and_copy():
    scores = Scores([60.0], scorer="mine", base=50.0, parts={"usage": [10.0]})
    for twin in (pickle.loads(pickle.dumps(scores)), copy.deepcopy(scores)):
        assert twin.explain(0) == scores.explain(0)
