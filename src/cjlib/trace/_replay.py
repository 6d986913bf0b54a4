"""Replay: real histories through the journey."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..data._customers import Customers
from ..data._events import EventLog
from ..data._times import to_us
from ..errors import UsageError
from ..journey._journey import Journey
from ._inputs import prepare
from ._run import run
from ._trace import Trace, make_trace
from ._waivers import Waiver

__all__ = ["replay"]


def replay(
    journey: Journey,
    log: EventLog,
    customers: Customers | None = None,
    *,
    until: Any,
    waivers: Iterable[Waiver] | None = None,
    threads: int | None = None,
    max_visits: int = 100_000,
    progress: Callable[[int, int], None] | None = None,
) -> Trace:
    """Where every customer was, since when and by which transition, as known at ``until``.

    Each customer starts in the initial stage at its first moment. A transition fires at the earliest moment
    at which its criterion is true, also between events; if several are true, the larger priority wins, then
    the order in the journey. The same events give the same trace, whatever the number of threads.

    Args:
        journey: the definition.
        log: the events; only those with time <= until, and recorded <= until, are read.
        customers: the attributes that criteria mention, and the starts that ``journey.start`` names.
        until: the end of the replay, included: a datetime, a date or ISO text; open visits
            are censored there.
        waivers: checklist items that need not hold for some customers for some time.
        threads: how many threads; all cores if unsaid.
        max_visits: a customer with more visits than this is caught in a loop.
        progress: called with (blocks done, blocks in all) as the work goes on.

    Returns:
        The trace: visits, milestones, signals, handoffs with their evidence, breaches.

    Raises:
        ReplayError: if a customer makes more than ``max_visits`` visits; the loop is named.
        DataError: if the start attribute is missing or values are too large for exact sums.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active", kind="won")],
    ...     transitions=[cj.Transition("trial", "active", when='count("login") >= 2')])
    >>> days = ["2026-01-01", "2026-01-03", "2026-01-02"]
    >>> log = cj.EventLog.from_columns(["a", "a", "b"], ["login"] * 3, days)
    >>> print(cj.replay(journey, log, until="2026-01-31").visits)
    visits: 3 rows
    customer  number  stage   entered     left        via
    a         0       trial   2026-01-01  2026-01-03  0
    a         1       active  2026-01-03  ·           -1
    b         0       trial   2026-01-02  ·           -1
    """
    _check(journey, log, customers)
    _check_options(threads, max_visits, progress)
    end = to_us(until)
    moment = np.int64(end).view("datetime64[us]")
    known_log = log.as_of(moment)
    known_customers = None if customers is None else customers.as_of(moment)
    prepared = prepare(journey, known_log, known_customers, waivers)
    stages = tuple(stage.id for stage in journey.stages)
    tables = run(prepared, stages, until=end, threads=threads, max_visits=max_visits, progress=progress)
    return make_trace(journey, known_log, known_customers, prepared, tables, np.int64(end), max_visits)


def _check(journey: object, log: object, customers: object) -> None:
    for name, value, kind in (("journey", journey, Journey), ("log", log, EventLog)):
        if not isinstance(value, kind):
            raise UsageError(f"replay: {name} must be a cjlib.{kind.__name__}, not {type(value).__name__}")
    if customers is not None and not isinstance(customers, Customers):
        raise UsageError(f"replay: customers must be cjlib.Customers, not {type(customers).__name__}")


def _check_options(threads: object, max_visits: object, progress: object) -> None:
    for name, number in (("threads", threads), ("max_visits", max_visits)):
        if number is None and name == "threads":
            continue
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or not 1 <= number < 2**62:
            raise UsageError(f"replay: {name} must be a whole number, at least 1, not {number!r:.80}")
    if progress is not None and not callable(progress):
        raise UsageError(f"replay: progress is called with (done, total), so not {progress!r:.80}")
