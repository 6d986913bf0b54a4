"""Whom to call first: what is at stake with whom, spread over the people there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data._tables import Coded, Table
from ...errors import DataError, UnknownNameError, UsageError
from .._contract import Scores
from ._flow import assign
from ._intervals import summed
from ._priorities import NO_ROOM, NOTHING, OUTCOMES, PLACED, Priorities
from ._stakes import KNOWN, Stakes, stakes

__all__ = ["prioritise"]

Ints = NDArray[np.int64]

TEAM = "team"
LIMITLESS = -1
MOST = 2**40


def prioritise(
    scores: Scores,
    value: Any,
    owners: Any = None,
    capacity: Any = None,
    *,
    handover: float | None = None,
    risk: Mapping[str, float] | None = None,
) -> Priorities:
    """Whom to call first: the customers with most at stake, spread over their owners as far as there is room.

    What is at stake with a customer is the probability that it leaves, times its value. Of all ways to give
    customers to owners within their capacity, the one that saves most is taken; it is found as a minimum-cost
    flow.

    Args:
        scores: the probability that each customer leaves; or scores with bands, and ``risk``.
        value: what each customer is worth: a number, one per customer, a mapping from customers, or a column
            of the snapshot that was scored, such as ``"arr"``.
        owners: whose customer each is: a mapping from customers, one per customer, or a column of the
            snapshot; several owners of one customer as a list. Who has none is anybody's. None: all are so.
        capacity: how many customers can be called: a mapping from owners; a number, which is that of each
            owner; None: without limit.
        handover: the share of what is at stake that is lost if somebody else than the owner calls; None:
            nobody else may.
        risk: of scores that are no probabilities: how likely each band is to leave.

    Returns:
        The list, the load of every owner, and the reason for each place.

    Raises:
        UsageError: if scores are no probabilities and ``risk`` is unsaid, or an argument makes no sense.
        DataError: if a customer stands twice, or values are no numbers.
        UnknownNameError: if an owner has no capacity, or a band no risk.

    >>> import cjlib as cj
    >>> scores = cj.Scores([0.5, 0.2, 0.4], scorer="mine", customers=["a", "b", "c"], scale=(0, 1))
    >>> owners = {"a": "ann", "b": "bob", "c": "ann"}
    >>> first = cj.prioritise(scores, {"a": 900, "b": 500, "c": 800}, owners, {"ann": 1, "bob": 1})
    >>> print(first)
      1. a: 0.5 of 900 = 450 at stake; ann
      2. b: 0.2 of 500 = 100 at stake; bob
    no room: 1
    >>> print(first.explain("c"))
    'c': no room
      0.4 of 800 = 320 at stake
      ann has 1 of 1 places taken, 450 or more at stake with each
    """
    found = stakes("prioritise", scores, value, risk)
    _check_handover(handover)
    kinds, sets = _kinds(scores, owners)
    names, room = _capacities(sets, capacity)
    places = {name: number for number, name in enumerate(names)}
    allowed = [
        tuple(range(len(names))) if one is None else tuple(places[name] for name in one) for one in sets
    ]
    limit = np.where(room == LIMITLESS, len(scores), room)
    taken = assign(found.expected, kinds, allowed, limit, handover)
    is_waiting = (taken < 0) & (found.expected > 0)
    outcome = np.where(taken >= 0, PLACED, np.where(is_waiting, NO_ROOM, NOTHING))
    outcome = np.where(found.reason == KNOWN, outcome, found.reason + NOTHING).astype(np.int32)
    is_own = np.array(
        [owner in allowed[kind] for owner, kind in zip(taken.tolist(), kinds.tolist(), strict=True)]
    )
    kept = np.where(is_own, 1.0, 1.0 - (handover or 0.0))
    labels = [_label(one) for one in sets]
    return Priorities(
        table=_listed(scores, found, taken, names, kinds, labels, outcome),
        loads=_loads(names, room, taken, found.expected, kinds, allowed, is_waiting),
        scores=scores,
        handover=handover,
        saved=float((found.expected * kept)[taken >= 0].sum()),
        owners={label: tuple(names) if one is None else one for label, one in zip(labels, sets, strict=True)},
    )


def _check_handover(handover: Any) -> None:
    is_number = isinstance(handover, (int, float, np.number)) and not isinstance(handover, bool)
    if handover is not None and not (is_number and 0 <= handover <= 1):
        raise UsageError(f"prioritise: handover is a share from 0 to 1, not {handover!r:.60}")


# --- whose customers


def _kinds(scores: Scores, owners: Any) -> tuple[Ints, list[tuple[Any, ...] | None]]:
    """Which kind each customer is, and for each kind whose customers these are; None: anybody's."""
    if owners is None:
        return np.zeros(len(scores), np.int64), [None]
    known: dict[Any, int] = {}
    kinds = np.empty(len(scores), np.int64)
    for row, owner in enumerate(_owners(scores, owners)):
        kinds[row] = known.setdefault(_set(owner), len(known))
    return kinds, list(known)


def _owners(scores: Scores, owners: Any) -> Iterable[Any]:
    if isinstance(owners, str):
        if scores.snapshot is None:
            raise UsageError(
                f"prioritise: owners={owners!r} names a column, but the scores carry no snapshot"
            )
        owners = scores.snapshot[owners]
    if isinstance(owners, Mapping):
        return [owners.get(customer) for customer in scores.customers.tolist()]
    try:
        listed = owners.tolist() if isinstance(owners, np.ndarray) else list(owners)
    except TypeError as error:
        raise UsageError(
            f"prioritise: owners is a mapping or one per customer, not {owners!r:.60}"
        ) from error
    if len(listed) != len(scores):
        raise DataError(f"prioritise: {len(listed):,} owners for {len(scores):,} customers")
    return listed


def _set(owner: Any) -> tuple[Any, ...] | None:
    """The owners of one customer, as a key; None where there is none."""
    if owner is None or (isinstance(owner, float) and np.isnan(owner)):
        return None
    several = owner if isinstance(owner, (list, tuple, set, frozenset)) else (owner,)
    try:
        found = tuple(dict.fromkeys(sorted(several, key=str)))
    except TypeError as error:
        raise DataError(f"prioritise: an owner is a name or an id, not {owner!r:.60}") from error
    return found or None


def _label(owners: tuple[Any, ...] | None) -> Any:
    return None if owners is None else owners[0] if len(owners) == 1 else ", ".join(map(str, owners))


def _capacities(sets: Sequence[tuple[Any, ...] | None], capacity: Any) -> tuple[list[Any], Ints]:
    """The owners, and how many customers each can call."""
    named = list(dict.fromkeys(owner for one in sets if one is not None for owner in one))
    if isinstance(capacity, Mapping):
        for owner in named:
            if owner not in capacity:
                raise UnknownNameError("owner without a capacity (0 if there is none)", owner, capacity)
        return list(capacity), np.array([_whole(one) for one in capacity.values()], np.int64)
    names = named or [TEAM]
    return names, np.full(len(names), LIMITLESS if capacity is None else _whole(capacity))


def _whole(capacity: Any) -> int:
    is_number = isinstance(capacity, (int, np.integer)) and not isinstance(capacity, bool)
    if not is_number or not 0 <= capacity < MOST:
        raise UsageError(
            f"prioritise: a capacity is a whole number of customers, 0 or more, not {capacity!r:.60}"
        )
    return int(capacity)


# --- the tables


def _listed(
    scores: Scores, found: Stakes, taken: Ints, names: list[Any], kinds: Ints, labels: list[Any], outcome: Any
) -> Table:
    order = np.lexsort((np.arange(len(scores)), outcome, -found.expected, taken < 0))
    placed = int(np.count_nonzero(taken >= 0))
    ranks = np.where(np.arange(len(scores)) < placed, np.arange(1, len(scores) + 1), 0)
    shown = [label for label in labels if label is not None]
    codes = np.array([-1 if label is None else shown.index(label) for label in labels], np.int32)
    customers = scores._customers
    return Table(
        {
            "rank": ranks,
            "customer": customers.take(order) if isinstance(customers, Coded) else customers[order],
            "owner": Coded(taken[order], names),
            "own": Coded(codes[kinds[order]], shown),
            "risk": found.risk[order],
            "value": found.value[order],
            "expected": np.where(found.reason == KNOWN, found.expected, np.nan)[order],
            "low": found.low[order],
            "high": found.high[order],
            "outcome": Coded(outcome[order], OUTCOMES),
        },
        name="priorities",
    )


def _loads(
    names: list[Any], room: Ints, taken: Ints, expected: Any, kinds: Ints,
    allowed: Sequence[tuple[int, ...]], is_waiting: Any,
) -> Table:  # fmt: skip
    n, is_placed = len(names), taken >= 0
    bar = np.full(n, np.inf)
    np.minimum.at(bar, taken[is_placed], expected[is_placed])
    first = np.array([one[0] if len(one) == 1 else -1 for one in allowed], np.int64)[kinds]
    own = is_waiting & (first >= 0)
    return Table(
        {
            "owner": Coded(np.arange(n), names),
            "capacity": room,
            "placed": np.bincount(taken[is_placed], minlength=n),
            "expected": summed(expected[is_placed], taken[is_placed], n),
            "bar": np.where(np.isinf(bar), np.nan, bar),
            "waiting": np.bincount(first[own], minlength=n),
            "waiting_expected": summed(expected[own], first[own], n),
        },
        name="loads",
    )
