"""The additive scorer: tables say what the trees say, parts add up, time orders what is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scoring.made import snapshot

import cjlib as cj
from cjlib.errors import CJError, DataError, UsageError
from cjlib.scoring.churn._additive import AdditiveScorer, FittedAdditive
from cjlib.scoring.churn._learning import later_rows
from cjlib.scoring.churn._table_kernels import bin_values
from cjlib.scoring.churn._tables import Tables, bins_of, compiled, purified
from cjlib.scoring.evaluation._measures import roc_auc

SMALL = AdditiveScorer(trees=40, pairs=3)


def book(rows: int = 600, seed: int = 0, **more: Any) -> tuple[cj.Snapshot, np.ndarray]:
    """Customers who leave by logins, by plan, and by tickets where seats are many; logins may be missing."""
    rng = np.random.default_rng(seed)
    logins, tickets, seats = rng.normal(size=(3, rows))
    plan = rng.choice(["free", "team", "firm"], rows)
    log_odds = -1.2 * logins + 1.5 * (plan == "free") + 1.5 * tickets * (seats > 0) - 1
    came = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
    logins = np.where(rng.random(rows) < 0.1, np.nan, logins)
    columns = {"logins": logins, "tickets": tickets, "seats": seats, "plan": plan.tolist(), **more}
    return snapshot(columns), came


def total(tables: Tables, bins: list[np.ndarray]) -> np.ndarray:
    found = tables.base + sum(table[of] for table, of in zip(tables.mains, bins, strict=True))
    return found + sum(table[bins[a], bins[b]] for (a, b), table in tables.pairs.items())


@pytest.fixture(scope="module")
def fitted() -> FittedAdditive:
    return AdditiveScorer(trees=120, pairs=3).fit(*book(4000))


def test_the_parts_add_up_to_the_log_odds(fitted: FittedAdditive) -> None:
    scores = fitted.score(book(500, seed=1)[0])
    log_odds = np.log(scores.values / (1 - scores.values))
    assert scores.link == "logit"
    np.testing.assert_allclose(scores.base + scores.parts.sum(axis=1), log_odds, rtol=0, atol=1e-9)


def test_it_finds_what_makes_customers_leave(fitted: FittedAdditive) -> None:
    later, came = book(4000, seed=1)
    assert roc_auc(fitted.score(later).values, came) > 0.8
    sizes = dict(zip(fitted.part_names, fitted.weights, strict=True))
    assert max(sizes, key=sizes.__getitem__) == "logins"
    assert "tickets × seats" in sizes
    adds = fitted.shape("plan")
    assert max(adds.rows(), key=lambda row: row["adds"])["level"] == "free"


def test_a_table_shows_the_shape_of_a_number(fitted: FittedAdditive) -> None:
    shape = fitted.shape("logins")
    known = shape["adds"][:-1]
    assert known[0] > 0.5 > -0.5 > known[-1]
    assert np.isnan(shape["above"][-1])
    assert np.isnan(shape["up_to"][-1])
    with pytest.raises(CJError, match=r"unknown column of the scorer 'login' \(did you mean 'logins'\?\)"):
        fitted.shape("login")


@given(st.integers(0, 2**32 - 1))
def test_tables_say_what_the_trees_say(seed: int) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(seed)
    matrix = np.round(rng.normal(size=(150, 4)), 1)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    came = rng.random(150) < 0.4
    came[:2] = [True, False]
    model = HistGradientBoostingClassifier(
        max_iter=8, max_leaf_nodes=6, min_samples_leaf=3, interaction_cst="pairwise", early_stopping=False
    ).fit(matrix, came)
    nodes = [of_class[0].nodes for of_class in model._predictors]
    tables = compiled(nodes, 4, float(model._baseline_prediction[0, 0]))
    fresh = np.concatenate([np.round(rng.normal(size=(150, 4)) * 2, 1), np.full((1, 4), np.nan)])
    expected = model.decision_function(fresh)
    bins = bins_of(list(fresh.T), tables.edges)
    np.testing.assert_allclose(total(tables, bins), expected, atol=1e-12)
    pure = purified(tables, bins_of(list(matrix.T), tables.edges))
    np.testing.assert_allclose(total(pure, bins), expected, atol=1e-9)


reals = st.floats(allow_nan=False) | st.integers(-5, 5).map(float) | st.floats(-1, 1)


@given(st.lists(reals, max_size=60), st.lists(reals | st.just(np.nan), min_size=1, max_size=40))
def test_a_value_finds_its_bin(ends: list[float], values: list[float]) -> None:
    edges = np.unique(np.array(ends, float))
    with np.errstate(over="ignore"):  # the neighbour of the largest number is infinite
        beside = [np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)]
    column = np.concatenate([values, edges, *beside])
    found = np.empty(len(column), np.uint8)
    bin_values(column, edges, found)
    assert found.tolist() == bins_of([column], [edges])[0].tolist()


def test_purified_tables_have_no_mean_over_the_rows() -> None:
    rng = np.random.default_rng(3)
    bins = [rng.integers(0, 4, 900), rng.integers(0, 5, 900)]
    mixed = Tables(
        edges=(np.arange(2.0), np.arange(3.0)),
        base=1.0,
        mains=(rng.normal(size=4), rng.normal(size=5)),
        pairs={(0, 1): rng.normal(size=(4, 5))},
    )
    pure = purified(mixed, bins)
    np.testing.assert_allclose(total(pure, bins), total(mixed, bins), atol=1e-12)
    assert pure.base == pytest.approx(total(mixed, bins).mean(), abs=1e-8)
    cells = pure.pairs[0, 1][bins[0], bins[1]]
    for own in bins:
        np.testing.assert_allclose(np.bincount(own, cells) / np.bincount(own), 0, atol=1e-8)


def test_the_interval_holds_every_completion(fitted: FittedAdditive) -> None:
    seen = book(300, seed=4)[0]
    logins = np.array(seen["logins"])
    logins[:150] = np.nan
    columns = {name: list(seen[name]) for name in ("tickets", "seats", "plan")}
    scores = fitted.score(snapshot({"logins": logins, **columns}))
    assert ((scores.coverage < 1) == np.isnan(logins)).all()
    for guess in np.linspace(-3, 3, 13):
        completed = fitted.score(snapshot({"logins": np.where(np.isnan(logins), guess, logins), **columns}))
        assert (scores.low <= completed.values + 1e-12).all()
        assert (completed.values <= scores.high + 1e-12).all()


def test_scores_do_not_depend_on_the_other_rows(fitted: FittedAdditive) -> None:
    rows = book(400, seed=5)[0]
    whole, chosen = fitted.score(rows), np.random.default_rng(0).permutation(400)[:70]
    np.testing.assert_array_equal(fitted.score(rows.select(chosen)).values, whole.values[chosen])


def test_the_same_rows_give_the_same_scorer() -> None:
    assert SMALL.fit(*book()).fingerprint == SMALL.fit(*book()).fingerprint


def test_a_level_that_was_never_seen_is_missing(fitted: FittedAdditive) -> None:
    columns = {"logins": [0.0, 0.0], "tickets": [0.0, 0.0], "seats": [1.0, 1.0], "plan": ["galaxy", None]}
    strange, missing = fitted.score(snapshot(columns)).values
    assert strange == missing


def test_numbers_of_any_size_do() -> None:
    rows, came = book()
    scaled = snapshot({name: rows[name] * 1e9 for name in ("logins", "tickets", "seats")})
    plain = snapshot({name: rows[name] for name in ("logins", "tickets", "seats")})
    np.testing.assert_allclose(
        SMALL.fit(scaled, came).score(scaled).values, SMALL.fit(plain, came).score(plain).values, atol=1e-12
    )


def test_a_column_that_is_the_same_everywhere_is_left_out_and_told() -> None:
    rows, came = book(country=["fr"] * 600, score=[None] * 600)
    found = SMALL.fit(rows, came)
    assert found.requires == {"logins", "tickets", "seats", "plan"}
    assert [note for note in found.notes if "same everywhere" in note] == [
        "'country' is the same everywhere: left out",
        "'score' is the same everywhere: left out",
    ]


def test_rows_that_are_not_decided_are_left_out_and_told() -> None:
    rows, came = book()
    flags = np.where(np.arange(600) < 50, np.nan, came)
    found = SMALL.fit(rows, flags)
    assert found.rows == 550
    assert found.notes[0] == "50 rows left out: not at risk, or not decided yet"


def test_a_handful_of_rows_gives_the_rate_and_says_so() -> None:
    found = SMALL.fit(snapshot({"logins": [1.0, 2.0, 3.0]}), [True, False, False])
    assert found.score(snapshot({"logins": [9.0]})).values[0] == pytest.approx(1 / 3)
    assert "0 of 40 trees" in found.notes[-1]


def test_perfect_separation_stays_a_probability() -> None:
    logins = np.arange(400.0)
    found = SMALL.fit(snapshot({"logins": logins}), logins >= 200)
    values = found.score(snapshot({"logins": [0.0, 399.0]})).values
    assert 0 < values[0] < 0.3
    assert 0.7 < values[1] < 1


@pytest.mark.parametrize(
    ("change", "outcomes", "told"),
    [
        ({"logins": [0, 1, 2, 3]}, [0, 0, 0, 0], "churn came in none of 4 decided rows"),
        ({"logins": [0, 1, 2, 3]}, [1, 1, 1, 1], "churn came in all of 4 decided rows"),
        ({"logins": [0, 1, 2, 3]}, [np.nan] * 4, "the outcome of all 4 rows is undecided"),
        ({"logins": [0, 1, 2, 3]}, [1, 0, 2, 0], "the outcome of row 2 is 1, 0 or NaN"),
        (
            {"churned_at": [0, 1, 2, 3]},
            [1, 0, 1, 0],
            "'churned_at': it is filled in when the customer leaves",
        ),
        ({"id": [f"id{i}" for i in range(300)]}, [1, 0] * 150, "'id' has 300 categories, more than 200"),
    ],
)
def test_what_cannot_be_learnt_from_is_told(change: dict[str, Any], outcomes: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        SMALL.fit(snapshot(change), outcomes)


def test_wrong_calls_are_told() -> None:
    rows, _ = book()
    with pytest.raises(UsageError, match="600 outcomes, one per row, not list of shape \\(2,\\)"):
        SMALL.fit(rows, [True, False])
    with pytest.raises(UsageError, match=r"fit takes a cjlib.Snapshot or panel, not dict"):
        SMALL.fit({}, [True])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="trees is a whole number, at least 1, not 0"):
        AdditiveScorer(trees=0)
    with pytest.raises(UsageError, match="the rate is above 0"):
        AdditiveScorer(rate=0.0)


def test_a_number_that_became_a_category_is_told(fitted: FittedAdditive) -> None:
    columns = {"logins": ["many"], "tickets": [1.0], "seats": [1.0], "plan": ["team"]}
    with pytest.raises(
        DataError, match="'logins' was a number when the scorer learnt, and is a category now"
    ):
        fitted.score(snapshot(columns))


def test_no_outcome_of_an_earlier_row_reaches_into_the_time_of_the_later_ones() -> None:
    moments = [f"2026-{month:02d}-01" for month in range(1, 11)]
    rows = cj.Snapshot.from_frame({"customer": ["a"] * 10, "when": moments, "x": range(10)}, as_of="when")
    divided = later_rows(rows, "60d")
    assert divided is not None
    earlier, later = divided
    assert later.tolist() == [7, 8, 9]
    assert earlier.tolist() == [0, 1, 2, 3, 4, 5]
    assert later_rows(rows.select(rows.as_of == rows.as_of[0]), "60d") is None
