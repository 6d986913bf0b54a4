"""Metrics of every customer at one moment or at several, in one pass over the events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np

from ..data._customers import Customers
from ..data._events import EventLog
from ..data._ledger import Ledger, LedgerEntry
from ..data._times import to_us
from ..errors import DataError, UnknownNameError, UsageError, did_you_mean
from ..journey._journey import Journey
from ..journey._metrics import Metric
from ._answers import answer_all
from ._grid import Grid
from ._known import Known
from ._layout import Ints
from ._requests import Held
from ._values import Snapshot
from ._work import Work

__all__ = ["panel", "snapshot"]

Metrics = Metric | str | Iterable[Metric | str] | None


def snapshot(
    log: EventLog,
    metrics: Metrics = None,
    *,
    as_of: Any,
    customers: Customers | None = None,
    journey: Journey | None = None,
    waivers: Any = None,
    threads: int | None = None,
) -> Snapshot:
    """Every customer's metrics at one moment, as they were known then.

    Customers appear whose first moment (their first event, or the date ``journey.start``) is not after
    ``as_of``, lost ones included.

    Args:
        log: the events.
        metrics: what to measure: metrics, or ids of the journey's; unsaid, all of the journey's.
        as_of: a datetime, a date (its midnight) or ISO text.
        customers: attributes, where metrics read them.
        journey: needed for visits, stages, milestones, touchpoints and ids of its metrics. Then
            ``snapshot["@stage"]`` is the stage of each row.
        waivers: waivers of checklist items, as for :func:`cjlib.replay`.
        threads: how many to use; all cores if unsaid.

    Raises:
        UsageError: if something is missing that a metric needs.
        UnknownNameError: if a metric names an attribute, stage, touchpoint or metric that does not exist.
        DataError: if an attribute does not hold what a metric needs.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(
    ...     ["a", "a", "b"], ["login"] * 3, ["2026-01-01", "2026-01-09", "2026-01-02"])
    >>> logins = cj.Metric("logins", activity="login", window="7d")
    >>> cj.snapshot(log, [logins], as_of="2026-01-10")["logins"]
    array([1., 0.])
    """
    if isinstance(as_of, (list, tuple, np.ndarray)):
        raise UsageError("a snapshot is at one moment; panel() takes several")
    return _measured(log, metrics, [as_of], customers, journey, waivers, threads)


def panel(
    log: EventLog,
    metrics: Metrics = None,
    *,
    as_of: Iterable[Any],
    customers: Customers | None = None,
    journey: Journey | None = None,
    waivers: Any = None,
    threads: int | None = None,
) -> Snapshot:
    """Every customer's metrics at several moments: one row per customer and moment, customer by customer.

    Every row is what :func:`snapshot` gives at that moment, to the last bit. The events are passed over
    once, whatever the number of moments. Where some became known late, each moment sees only what was known.

    Args:
        log: the events.
        metrics: as for :func:`snapshot`.
        as_of: the moments, in any order; one that stands twice counts once.
        customers: as for :func:`snapshot`.
        journey: as for :func:`snapshot`.
        waivers: as for :func:`snapshot`.
        threads: as for :func:`snapshot`.

    Raises:
        UsageError, UnknownNameError, DataError: as for :func:`snapshot`.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(
    ...     ["a", "a", "b"], ["login"] * 3, ["2026-01-01", "2026-01-09", "2026-01-05"])
    >>> logins = cj.Metric("logins", activity="login")
    >>> print(cj.panel(log, logins, as_of=["2026-01-02", "2026-01-10"]).to_table())
    snapshot: 3 rows
    customer  as_of       logins
    a         2026-01-02  1.0
    a         2026-01-10  2.0
    b         2026-01-10  1.0
    """
    if isinstance(as_of, (str, date, np.datetime64)) or not isinstance(as_of, Iterable):
        raise UsageError("a panel is at several moments: pass a list; snapshot() takes one")
    return _measured(log, metrics, as_of, customers, journey, waivers, threads)


def _measured(
    log: EventLog,
    metrics: Metrics,
    as_of: Iterable[Any],
    customers: Customers | None,
    journey: Journey | None,
    waivers: Any,
    threads: int | None,
) -> Snapshot:
    _check(log, customers, journey, threads)
    moments = np.array(sorted({to_us(moment) for moment in as_of}), np.int64)
    if len(moments) == 0:
        raise UsageError("a panel needs at least one moment")
    chosen = _chosen(metrics, journey)
    waivers = None if waivers is None else tuple(waivers)
    known = Known(log, customers, journey, int(moments[-1]), waivers, threads)
    grid, is_in = _grid(known, moments)
    known_metrics = {**{m.id: m for m in (journey.metrics if journey is not None else ())}, **chosen}
    work = Work(known, grid, known_metrics, tuple(chosen))
    made = Snapshot(
        ids=known.places[0], codes_of_customers=grid.customers, moments=moments.view("datetime64[us]"),
        numbers_of_moments=grid.numbers, metrics=chosen, ledger=_ledger(work, chosen),
        has_stage=journey is not None, columns=work.columns(chosen), later=work,
    )  # fmt: skip
    return made if is_in.all() else made.select(is_in)


def _check(log: object, customers: object, journey: object, threads: int | None) -> None:
    if not isinstance(log, EventLog):
        raise UsageError(f"log must be a cjlib.EventLog, not {type(log).__name__}")
    for name, value, kind in (("customers", customers, Customers), ("journey", journey, Journey)):
        if value is not None and not isinstance(value, kind):
            raise UsageError(f"{name} must be a cjlib.{kind.__name__}, not {type(value).__name__}")
    if threads is not None and (not isinstance(threads, (int, np.integer)) or threads < 1):
        raise UsageError(f"threads is a whole number, at least 1, not {threads!r:.80}")


def _chosen(metrics: Metrics, journey: Journey | None) -> dict[str, Metric]:
    """The metrics by id, in the order in which they were asked for."""
    own = {} if journey is None else {metric.id: metric for metric in journey.metrics}
    if metrics is None:
        if journey is None:
            raise UsageError("say which metrics, or pass a journey that has some")
        return own
    if not isinstance(metrics, (Metric, str, Iterable)):
        raise UsageError(f"metrics are a list of cjlib.Metric or ids, not {metrics!r:.80}")
    asked = [metrics] if isinstance(metrics, (Metric, str)) else list(metrics)
    found: dict[str, Metric] = {}
    for one in asked:
        if isinstance(one, str):
            if one not in own:
                what = "metric of the journey" if journey is not None else "metric (no journey=...)"
                raise UnknownNameError(what, one, own)
            one = own[one]
        if not isinstance(one, Metric):
            raise UsageError(f"a metric was expected, such as cjlib.Metric('logins', ...), not {one!r:.80}")
        if found.setdefault(one.id, one) != one:
            raise UsageError(f"two different metrics have the id {one.id!r}")
    return found


def _grid(known: Known, moments: Ints) -> tuple[Grid, Any]:
    """The rows, and which of them stay: a start that is put off takes a customer out again."""
    if known.journey is None or known.journey.start is None:
        grid = Grid(moments, np.searchsorted(moments, _first_known(known)).astype(np.int64))
        return grid, np.ones(1, bool)
    start = known.journey.start
    column = known.column(start)
    if column.kind != "date":
        raise DataError(f"the journey starts at {start!r}, which holds {column.kind}, not dates")
    whole = Grid(moments, np.zeros(known.n_customers, np.int64))
    request = Held(attribute=start)
    dates = answer_all(known, whole, [request], 1)[request][0]
    has_begun = (dates <= whole.times).reshape(known.n_customers, len(moments))
    begins = np.where(has_begun.any(axis=1), has_begun.argmax(axis=1), len(moments)).astype(np.int64)
    grid = Grid(moments, begins)
    return grid, has_begun[grid.customers, grid.numbers]


def _first_known(known: Known) -> Ints:
    """(customers,) when each became known by an event; far in the future where there is none."""
    log = known.log
    first = np.full(known.n_customers, np.iinfo(np.int64).max)
    is_active = log.starts[1:] > log.starts[:-1]
    if log.recorded is None:
        moments = log.first[is_active]
    elif is_active.any():
        moments = np.minimum.reduceat(np.maximum(log.time, log.recorded), log.starts[:-1][is_active])
    else:
        moments = log.first[:0]
    first[known.places[1][is_active]] = moments
    return first


def _ledger(work: Work, metrics: Mapping[str, Metric]) -> Ledger:
    """The log's ledger, with what metrics name and the log does not have."""
    log = work.known.log
    notes = [note for metric in metrics.values() for note in _absent(metric, log)]
    if work.known.customers is not None:
        notes.extend(work.known.customers.as_of(work.grid.moments[-1].view("datetime64[us]")).ledger.noted)
    return log.ledger.add(noted=notes)


def _absent(metric: Metric, log: EventLog) -> Iterator[LedgerEntry]:
    """Names in a metric that never occur in the log."""
    named = [("activity", name, log.activities) for name in metric.activities if not name.startswith("@")]
    if metric.channel is not None:
        named.append(("channel", metric.channel, log.channels))
    for what, name, known in named:
        if name not in known:
            detail = f"metric {metric.id!r}: {name!r}{did_you_mean(name, known)}"
            yield LedgerEntry(f"{what} never occurs", 1, (), detail)
