"""Metrics of every customer at one moment or at several: columns at once, ages when somebody asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import attrs
import numpy as np

from ..data._attributes import AttributeColumn
from ..data._customers import Customers
from ..data._events import EventLog
from ..data._ledger import Ledger, LedgerEntry
from ..data._times import to_us
from ..errors import DataError, UnknownNameError, UsageError, did_you_mean
from ..journey._journey import Journey
from ..journey._metrics import Metric
from ._answers import Held, Question, Request, answer_all, width
from ._known import EVENTS, Known
from ._layout import Floats, Grid, Ints
from ._recipes import Context, Recipe, age_recipe, dwell_recipe, recipe, stage_recipe
from ._values import STAGE, Column, Snapshot

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


@attrs.frozen(eq=False)
class Work:
    """What was asked and of what, so that columns can be made now and ages later.

    Attributes:
        known: the data, as of the last moment.
        grid: the rows.
        metrics: all that ratios may name.
        names: the metrics that were asked for.
    """

    known: Known
    grid: Grid
    metrics: Mapping[str, Metric]
    names: tuple[str, ...]

    @property
    def context(self) -> Context:
        """What names in metrics mean."""
        customers = self.known.customers
        names = () if customers is None else customers.names
        return Context(dict(self.metrics), self._attribute, names, self.known.journey)

    def _attribute(self, name: str) -> AttributeColumn:
        return self.known.column(name)

    def columns(self, metrics: Mapping[str, Metric]) -> dict[str, Column]:
        """The columns of the metrics."""
        context = self.context
        return self.cooked({name: recipe(metric, context) for name, metric in metrics.items()})

    def age(self, name: str) -> Floats:
        """(rows,) days since the newest evidence of a metric."""
        made = self.cooked({name: age_recipe(self.metrics[name], self.context)})
        return made[name].values  # type: ignore[no-any-return]

    def visit(self, name: str) -> Column:
        """The stage of every row, or the days since it was entered."""
        return self.cooked({name: stage_recipe(self.context) if name == STAGE else dwell_recipe()})[name]

    def cooked(self, recipes: Mapping[str, Recipe]) -> dict[str, Column]:
        """What becomes of recipes: all that they ask is answered at once."""
        requests = list(dict.fromkeys(one for made in recipes.values() for one in made.requests))
        answers = self.answers(requests)
        return {
            name: made.cook(self.grid, *(array for one in made.requests for array in answers[one]))
            for name, made in recipes.items()
        }

    def answers(self, requests: list[Request]) -> Mapping[Request, tuple[Floats, ...]]:
        """Answers for every row; what lateness can change is asked of each moment's own knowledge."""
        threads = self.known.threads
        if not self.is_late:
            return answer_all(self.known, self.grid, requests, threads)
        own = [one for one in requests if _knows_lateness(one)]
        rest = [one for one in requests if not _knows_lateness(one)]
        answers = dict(answer_all(self.known, self.grid, own, threads))
        if rest:
            answers.update({one: tuple(np.empty((width((one,)), len(self.grid)))) for one in rest})
            for number in range(len(self.grid.moments)):
                rows = self.grid.rows_at(number)
                found = answer_all(self._known_at(number), self.grid.at(number), rest, threads)
                for one in rest:
                    for whole, part in zip(answers[one], found[one], strict=True):
                        whole[rows] = part
        return answers

    @property
    def is_late(self) -> bool:
        """Whether an earlier moment may have known something else than the last one tells of it."""
        log, customers, journey = self.known.log, self.known.customers, self.known.journey
        if log.recorded is not None and bool((log.recorded > log.time).any()):
            return True
        if customers is None:
            return False
        if journey is not None and journey.start is not None and not customers.column(journey.start).constant:
            return True
        return any(customers.column(name).recorded is not None for name in customers.names)

    def _known_at(self, number: int) -> Known:
        until = self.grid.moments[number]
        moment, known = until.view("datetime64[us]"), self.known
        customers = None if known.customers is None else known.customers.as_of(moment)
        log, waivers = known.log.as_of(moment), known.waivers
        return Known(log, customers, known.journey, int(until), waivers, known.threads)

    def fingerprint(self) -> str:
        """A hash of the data and of what was asked of them."""
        known = self.known
        parts = [known.log.fingerprint, repr([self.metrics[name] for name in self.names])]
        parts += [part.fingerprint for part in (known.customers, known.journey) if part is not None]
        sha = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass"))
        sha.update(self.grid.moments.tobytes())
        return sha.hexdigest()


def _knows_lateness(request: Request) -> bool:
    return isinstance(request, Held) or (isinstance(request, Question) and request.filter.stream == EVENTS)
