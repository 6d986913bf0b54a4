"""Questions about where customers are and what comes, answered from what the store keeps ready."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ..data._tables import Table
from ..data._times import MAX_US
from ..journey._journey import Journey
from ..trace._inputs import prepare
from ..trace._layout import Ints
from ..trace._run import run
from ..trace._trace import due_table
from ._past import Past, as_known
from ._rows import Customer, Head, Rows
from ._settling import past_of
from ._standing import Standing, standings

__all__ = ["Place", "coming", "moment", "place", "soon"]


@attrs.frozen(kw_only=True)
class Place:
    """Where a customer is.

    Attributes:
        customer: the id.
        stage: the stage; None before the customer's first moment.
        entered: since when; NaT before the first moment.
        at: the moment as of which this is said.
    """

    customer: Any
    stage: str | None
    entered: np.datetime64
    at: np.datetime64


def place(rows: Rows, journey: Journey, head: Head, one: Customer, max_visits: int) -> Place:
    """Where a customer is."""
    end = one.end(head.advanced)
    found: Standing | Customer = one
    if end is not None and head.advanced is not None and one.due <= head.advanced:
        # An advance is under way, or was cut off, and has not come to this customer.
        past = past_of(journey, head, {one.key: one}, rows.pages([one.key]), by_key=True)
        found = standings(journey, past, np.array([end]), max_visits)[0]
    return Place(customer=one.id, stage=found.stage, entered=moment(found.entered), at=moment(end))


def soon(rows: Rows, journey: Journey, head: Head, ahead: int) -> tuple[Past, Ints]:
    """All that was recorded of whom anything could happen to soon, and up to when each of them is known."""
    found = rows.due_by(ahead, head.advanced)
    ends = {one.id: end for one in found.values() if (end := one.end(head.advanced)) is not None}
    near = {key: one for key, one in found.items() if one.id in ends}
    past = past_of(journey, head, near, rows.pages(sorted(near)), by_key=False)
    return past, np.array([ends[one] for one in past.log.customers.tolist()], np.int64)


def coming(journey: Journey, past: Past, ends: Ints, ahead: int, max_visits: int) -> Table:
    """What time alone will do to these customers."""
    log, customers, _ = as_known(past, ends)
    prepared = prepare(journey, log, customers, past.waivers)
    stages = tuple(stage.id for stage in journey.stages)
    later = np.minimum(ends + ahead, MAX_US)
    tables = run(prepared, stages, until=later, threads=None, max_visits=max_visits)
    return due_table(journey, prepared, tables, ends, later)


def moment(time: int | None) -> Any:
    """A time of the store as others read it."""
    return np.datetime64("NaT", "us") if time is None else np.int64(time).view("datetime64[us]")
