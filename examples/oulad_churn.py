"""Who will withdraw within four weeks, told from what was known that day: distance learners, forecast.

    python examples/oulad_churn.py FOLDER

FOLDER holds the Open University Learning Analytics Dataset, as for ``oulad.py``, which reads it. At nine
landmarks after the start of a course every student who is registered and has not left is a row: what was
known of the enrolment by then, and whether it was withdrawn within 28 days. A hazard is fitted on the runs of
2013 and judged on those of 2014, beside scikit-learn's gradient boosting on the same rows, and beside two
mistakes that make any forecast look better than it is: to divide the rows at random, and to use columns that
sum up the whole course.

Left out, and counted: enrolments that are withdrawn without a date, and landmarks with less than 28 days to
the end of the course.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import oulad
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier

import cjlib as cj
from cjlib.scoring import outcomes
from cjlib.scoring.evaluation._measures import calibration_error, log_loss, roc_auc

LANDMARKS = (0, 14, 28, 42, 56, 84, 112, 140, 168)
HORIZON = 28
EVENT = "withdrawn"
YEARS = ("2013", "2014")
FACTS = (
    "module", "gender", "region", "highest_education", "imd_band", "age_band", "previous_attempts",
    "studied_credits", "disability", "pre_course_clicks",
)  # fmt: skip
METRICS = (
    cj.Metric("days_since_start", attribute="course_start", aggregate="days_since"),
    cj.Metric("days_since_registration", activity="registered", aggregate="days_since"),
    cj.Metric("assignments", activity="tma_submitted"),
    cj.Metric("assignments_28d", activity="tma_submitted", window="28d"),
    cj.Metric("days_since_assignment", activity="tma_submitted", aggregate="days_since"),
    cj.Metric("mean_score", activity="tma_submitted", aggregate="mean"),
    cj.Metric("last_score", activity="tma_submitted", aggregate="last"),
    cj.Metric("lowest_score", activity="tma_submitted", aggregate="min"),
    cj.Metric("score_trend", activity="tma_submitted", aggregate="trend"),
    cj.Metric("quizzes", activity="cma_submitted"),
    cj.Metric("quizzes_28d", activity="cma_submitted", window="28d"),
    cj.Metric("days_since_quiz", activity="cma_submitted", aggregate="days_since"),
    cj.Metric("mean_quiz_score", activity="cma_submitted", aggregate="mean"),
    cj.Metric("missed", activity="deadline_missed"),
    cj.Metric("missed_28d", activity="deadline_missed", window="28d"),
    cj.Metric("due", activity="due"),
    cj.Metric("days_since_due", activity="due", aggregate="days_since"),
    cj.Metric("overdue", activity="overdue", aggregate="sum"),
    cj.Metric("days_late", activity="handed_in", aggregate="mean"),
    *(cj.Metric(name, attribute=name) for name in FACTS),
)
INPUTS = tuple(metric.id for metric in METRICS)
TO_END = cj.Metric("days_to_end", attribute="course_end", aggregate="until")


@attrs.frozen(eq=False)
class Study:
    """The data, replayed.

    Attributes:
        log: what happened, deadlines included.
        customers: what is known of the enrolments.
        journey: that of the distance learner.
        trace: the replay, to the last event.
        undated: enrolments that are withdrawn without a date.
    """

    log: cj.EventLog
    customers: cj.Customers
    journey: cj.Journey
    trace: cj.Trace
    undated: frozenset[str]


def study(folder: Path) -> Study:
    """Reads and replays the raw files."""
    found = {name: oulad.read(folder, name) for name in oulad.FILES}
    raw = {name: frame for name, frame in found.items() if frame is not None}
    enrolled = oulad.enrolments(raw)
    told = oulad.events(raw, enrolled, oulad.submissions(raw, enrolled))
    events = pl.concat([told, deadlines(raw, enrolled, told)], how="vertical_relaxed")
    log = cj.EventLog.from_frame(events, value="value", order="order", strict=False)
    customers = cj.Customers.from_frame(oulad.attributes(raw, enrolled), valid_from="valid_from")
    journey = cj.load(Path(__file__).with_name("oulad.toml"))
    trace = cj.replay(journey, log, customers, until=log.time.max().view("datetime64[us]"))
    undated = enrolled.filter(oulad.has_withdrawn & oulad.unregistered.is_null())["customer"]
    return Study(log, customers, journey, trace, frozenset(undated))


def deadlines(raw: dict[str, pl.DataFrame], enrolled: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The calendar as events: work is due; it is overdue (+1) until it comes (-1); it comes so late, in days.

    Only from the registration on, and each at the moment from which it could be known.
    """
    due = raw["assessments"].filter(pl.col("assessment_type") != "Exam", pl.col("date").is_not_null())
    given = raw["student_assessment"].select("id_student", "id_assessment", "date_submitted")
    asked = enrolled.join(due, on=oulad.RUN).filter(pl.col("date") >= oulad.registered.fill_null(0))
    asked = asked.join(given, on=["id_student", "id_assessment"], how="left")
    late = pl.col("date_submitted") - pl.col("date")
    is_late = late > 0
    is_known = pl.col("date_submitted") >= oulad.registered.fill_null(0)
    frames = [
        dated(asked, "due", "date", pl.lit(None, dtype=pl.Float64)),
        dated(asked.filter(late.is_null() | is_late), "overdue", "date", pl.lit(1.0)),
        dated(asked.filter(is_late), "overdue", "date_submitted", pl.lit(-1.0)),
        dated(asked.filter(is_known), "handed_in", "date_submitted", late.cast(pl.Float64)),
    ]
    return pl.concat(frames).with_columns(order=pl.lit(told["order"].max() + 1))


def dated(frame: pl.DataFrame, activity: str, day: str, value: pl.Expr) -> pl.DataFrame:
    """One event per row, on a day that is counted from the start of the course."""
    time = pl.col("course_start") + pl.duration(days=day)
    return frame.select("customer", activity=pl.lit(activity), time=time, value=value)


def rows(found: Study, year: str) -> tuple[cj.Snapshot, Any]:
    """What was known at the landmarks of a year's runs, and whether the event came within the horizon."""
    run = f"-{year}"
    chosen = [one for one in found.log.customers.tolist() if run in one and one not in found.undated]
    moments = [
        np.datetime64(f"{year}-{month:02}-01", "D") + day
        for month in oulad.START_MONTHS.values()
        for day in LANDMARKS
    ]
    panel = cj.panel(
        found.log.select(chosen), [*METRICS, TO_END], as_of=moments, customers=found.customers,
        journey=found.journey,
    )  # fmt: skip
    panel = panel.select(np.isin(panel["days_since_start"], LANDMARKS) & (panel[TO_END.id] > HORIZON))
    outcome = outcomes(panel, found.trace, EVENT)
    return panel.select(outcome.at_risk), outcome.within(f"{HORIZON}d")[outcome.at_risk]


def matrix(panel: cj.Snapshot, like: cj.Snapshot) -> Any:
    """The same columns for scikit-learn: categories as the numbers that they have in another panel."""
    columns = []
    for name in (*INPUTS, *(("@stage", "@dwell") if panel.has_stage else ())):
        if panel.kind(name) == "number":
            columns.append(panel[name])
        else:
            place = {category: i for i, category in enumerate(like.categories(name))}
            numbers = [place.get(category, np.nan) for category in panel.categories(name)]
            columns.append(np.array([*numbers, np.nan])[panel.codes(name)])
    return np.column_stack(columns)


def hindsight(found: Study, panel: cj.Snapshot) -> cj.Snapshot:
    """The same rows with columns that sum up the whole course: what an export of today would hold."""
    end = found.log.time.max().view("datetime64[us]")
    whole = cj.snapshot(found.log, METRICS, as_of=end, customers=found.customers, journey=found.journey)
    keys = panel.to_table().to_polars().select("customer", "as_of", "days_since_start")
    today = whole.to_table().to_polars().drop("as_of", "days_since_start")
    joined = keys.with_columns(pl.col("customer").cast(pl.String)).join(
        today.with_columns(pl.col("customer").cast(pl.String)), on="customer", maintain_order="left"
    )
    return cj.Snapshot.from_frame(joined, as_of="as_of")


def judged(said: Any, came: Any) -> dict[str, float]:
    """How good probabilities were."""
    return {
        "AUC": roc_auc(said, came), "log loss": log_loss(said, came),
        "calibration error": calibration_error(said, came),
    }  # fmt: skip


def forecast(found: Study) -> Iterator[tuple[str, dict[str, float]]]:
    """Every figure, as soon as it is there."""
    (past, before), (future, after) = (rows(found, year) for year in YEARS)
    yield f"{len(past):,} rows of 2013, {before.sum():,.0f} × {EVENT}", {}
    yield f"{len(future):,} rows of 2014, {after.sum():,.0f} × {EVENT}", {}
    yield f"{len(found.undated)} enrolments withdrawn without a date are left out", {}

    fitted = cj.HazardScorer(horizon=f"{HORIZON}d", event=EVENT, metrics=INPUTS).fit(past, found.trace)
    yield "\n".join(["", repr(fitted), *fitted.notes]), {}
    yield "hazard of 2013 on 2014", judged(fitted.score(future).values, after)
    yield "boosted trees of 2013 on 2014", judged(boosted(past, before, future), after)

    again = attrs.evolve(fitted.scorer, penalty=fitted.hazards[0].penalty)
    yield "\nWhat would have been pretended:", {}
    yield "boosted trees, rows divided at random", at_random(found, [past, future], [before, after])
    late, later = (hindsight(found, panel) for panel in (past, future))
    hindsighted = again.fit(late, found.trace).score(later).values
    yield "hazard, columns of the whole course", judged(hindsighted, after)
    yield "boosted trees, columns of the whole course", judged(boosted(late, before, later), after)


def boosted(past: cj.Snapshot, before: Any, future: cj.Snapshot) -> Any:
    """(n,) what scikit-learn's gradient boosting says, fitted as it comes."""
    model = HistGradientBoostingClassifier(random_state=0).fit(matrix(past, past), before)
    return model.predict_proba(matrix(future, past))[:, 1]


def at_random(found: Study, panels: list[cj.Snapshot], came: list[Any]) -> dict[str, float]:
    """Half of all rows from the other half: the same students, and the same weeks, stand on both sides."""
    x = np.concatenate([matrix(panel, panels[0]) for panel in panels])
    y = np.concatenate(came)
    is_past = np.random.default_rng(0).random(len(y)) < 0.5
    model = HistGradientBoostingClassifier(random_state=0).fit(x[is_past], y[is_past])
    return judged(model.predict_proba(x[~is_past])[:, 1], y[~is_past])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the raw files are")
    began = time.perf_counter()
    for line, figures in forecast(study(parser.parse_args().folder)):
        print(f"{line:44}", *(f"{name} {value:.4f}" for name, value in figures.items()), flush=True)
    print(f"\n{time.perf_counter() - began:.0f} seconds")


if __name__ == "__main__":
    main()
