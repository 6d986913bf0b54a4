"""Attribution: what each channel adds to the conversions, by taking it away."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import NAT, Coded
from ..errors import UnknownNameError, UsageError
from ..scoring.figures._by import Where
from ._answers import Answer, Mask
from ._paths import (
    OF_EVENTS,
    Ints,
    Paths,
    Source,
    event_codes,
    limited,
    log_of,
    moments_of,
    named_step,
    names_of,
)
from ._rates import divided

__all__ = ["attribution", "conversion_probability", "removal_effects"]

Floats = NDArray[np.float64]

MOST_STATES = 2000


def attribution(
    source: Source,
    *,
    conversion: str,
    of: str = "channel",
    order: int = 1,
    where: Where = None,
    until: Any = None,
) -> Answer:
    """What each channel adds: how many conversions a chain of the paths would lose without it.

    Every path up to its first conversion is a walk through a Markov chain that ends in a conversion or in
    nothing. Without a channel, whoever would go there ends in nothing; the share of the conversions that is
    lost so is its *removal effect* (Anderl, Becker, von Wangenheim and Schumann, 2016), and credit is given
    in proportion. The probabilities are solved for (absorbing chains: Kemeny and Snell, 1960), not simulated,
    so they are the same each time. An association: nobody was kept from a channel.

    Args:
        source: a log, or a trace (which also knows touchpoints, stages and milestones).
        conversion: what is to be explained: an activity; ``stage:`` or ``milestone:`` with a name.
        of: what gets the credit: ``channel``, ``activity`` or ``touchpoint``.
        order: how many steps back the chain remembers.
        where: whose paths; it needs a trace.
        until: what happened later is not read.

    Returns:
        The channel, ``customers`` (whose path has it), ``converted`` (of these), ``rate``, ``base`` (the
        rate of all paths) and ``lift``; ``removal_effect``, ``share`` (of the sum of the effects), ``credit``
        (share × conversions); beside it ``first`` and ``last``: the conversions whose path begins, or ends,
        with it. Customers without a step have no path; how many they are stands in ``found.asked``.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(["a", "a", "a", "b", "c", "c"],
    ...     ["x", "x", "order", "x", "x", "order"], ["2026-01-01"] * 6,
    ...     channel=["mail", "web", None, "mail", "web", None])
    >>> found = attribution(log, conversion="order")
    >>> found["channel"].tolist(), found["removal_effect"].tolist()
    (['mail', 'web'], [0.5, 1.0])
    """
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= 5:
        raise UsageError(f"attribution: order is a number of steps from 1 to 5, not {order!r:.40}")
    if of not in OF_EVENTS:
        raise UnknownNameError("of= (attribution takes activity, touchpoint, channel)", of, OF_EVENTS)
    paths, has_converted = _up_to(source, conversion, of, where, until)
    who = paths.has_steps
    names = list(paths.names)
    codes, owners = paths.codes, paths.owners
    states, chain, converts, start = _chain(paths, has_converted, order)
    had = np.zeros((len(names), len(who)), bool)
    had[codes, owners] = True
    occurring = np.flatnonzero(had.any(axis=1))
    had = had[occurring]
    effects = removal_effects(chain, converts, start, [(states == one).any(axis=1) for one in occurring])
    customers, converted = had.sum(axis=1), (had & has_converted).sum(axis=1)
    conversions, n_paths = int((has_converted & who).sum()), int(who.sum())
    edges = codes[paths.starts[:-1][who]], codes[paths.starts[1:][who] - 1]
    first, last = (np.bincount(edge[has_converted[who]], minlength=len(names))[occurring] for edge in edges)
    share = divided(effects, np.nansum(effects))
    rate, base = divided(converted, customers), divided(conversions, n_paths)
    return Answer(
        {
            of: Coded(occurring, names), "customers": customers, "converted": converted,
            "rate": rate, "base": np.full(len(occurring), base), "lift": divided(rate, base),
            "removal_effect": effects, "share": share, "credit": share * conversions,
            "first": first, "last": last,
        },
        name="attribution",
        asked={
            "conversion": conversion, "of": of, "order": order, "paths": n_paths, "conversions": conversions,
            "without_steps": int((~who).sum()), "converted_without_steps": int((has_converted & ~who).sum()),
            "where": where, "until": until,
        },
        evidence=_Having(paths.ids, had, who),
    )  # fmt: skip


@attrs.frozen(eq=False)
class _Having:
    """Whose path has a channel."""

    ids: Any
    had: Mask
    has_path: Mask

    def behind(self, row: int) -> Mask:
        has_it: Mask = self.had[row]
        return has_it

    def among(self, row: int) -> Mask:
        return self.has_path


def removal_effects(chain: Floats, converts: Floats, start: Floats, holds: list[Mask]) -> Floats:
    """(k,) the share of the conversions that is lost if some states are taken away; NaN without conversions.

    Args:
        chain: (m, m) the probabilities from state to state.
        converts: (m,) from each state straight to a conversion.
        start: (m,) where walks begin.
        holds: (k,) which states are taken away together.

    >>> chain = np.array([[0.0, 0.5], [0.0, 0.0]])
    >>> removal_effects(chain, np.array([0.25, 1.0]), np.array([1.0, 0.0]), [np.array([False, True])])
    array([0.66666667])
    """
    whole = conversion_probability(chain, converts, start)
    left = [
        conversion_probability(chain[np.ix_(~gone, ~gone)], converts[~gone], start[~gone]) for gone in holds
    ]
    return 1 - divided(left, np.full(len(holds), whole))


def conversion_probability(chain: Floats, converts: Floats, start: Floats) -> float:
    """How likely a walk ends in a conversion.

    Only states from which a conversion can be reached are solved for: there I - Q has an inverse, whatever
    closed circles the rest may hold, and from the rest the probability is zero.
    """
    can = converts > 0
    for _ in range(len(chain)):
        more = can | (chain[:, can] > 0).any(axis=1)
        if (more == can).all():
            break
        can = more
    if not can.any():
        return 0.0
    inside = chain[np.ix_(can, can)]
    return float(start[can] @ np.linalg.solve(np.eye(int(can.sum())) - inside, converts[can]))


def _chain(paths: Paths, has_converted: Mask, order: int) -> tuple[Ints, Floats, Floats, Floats]:
    """The states (m, order) of the last steps (-1: before the beginning), and the chain from the counts."""
    n, starts = len(paths), paths.starts
    place = np.arange(n) - starts[:-1][paths.owners]
    recent = np.full((n, order), -1, np.int64)
    for back in range(order):
        rows = np.flatnonzero(place >= back)
        recent[rows, back] = paths.codes[rows - back]
    states, number = np.unique(recent, axis=0, return_inverse=True)
    number, m = number.reshape(-1), len(states)
    if m > MOST_STATES:
        raise UsageError(f"attribution: {m:,} different states; take a lower order or fewer different steps")
    counts = np.zeros((m, m))
    follows = np.flatnonzero(place > 0)
    np.add.at(counts, (number[follows - 1], number[follows]), 1.0)
    who = paths.has_steps
    ends = number[starts[1:][who] - 1]
    converts = np.bincount(ends, has_converted[who], minlength=m).astype(np.float64)
    start = np.bincount(number[starts[:-1][who]], minlength=m).astype(np.float64)
    total = np.bincount(number, minlength=m).astype(np.float64)
    return states, counts / total[:, None], converts / total, divided(start, start.sum())


def _up_to(source: Source, conversion: str, of: str, where: Where, until: Any) -> tuple[Paths, Mask]:
    """The steps before the first conversion of each customer, and who has converted."""
    log = log_of(source, "attribution")
    codes, owners = event_codes(source, of, "attribution"), log.customer_codes()
    kind, name = named_step(conversion, "attribution")
    last = np.full(log.n_customers, len(log), np.int64)  # the row before which steps count
    if kind in OF_EVENTS:
        known, meant = list(names_of(source, kind, "attribution")), event_codes(source, kind, "attribution")
        if name not in known:
            raise UnknownNameError(kind, name, known)
        rows = np.flatnonzero(meant == known.index(name))[::-1]
        last[owners[rows]] = rows
        moments = np.where(last < len(log), log.time[np.minimum(last, len(log) - 1)], NAT)
    else:
        ids, reached = moments_of(source, conversion, "attribution")
        moments = reached[np.searchsorted(ids, log.customers)]
    is_step = (codes >= 0) & (np.arange(len(log)) < last[owners])
    if kind not in OF_EVENTS:  # what caused it is a step before it
        is_step &= (moments[owners] == NAT) | (log.time <= moments[owners])
    before = np.append(0, np.cumsum(is_step))
    whole = Paths(
        log.customers, before[log.starts], log.time[is_step], codes[is_step].astype(np.int32),
        names_of(source, of, "attribution"),
    )  # fmt: skip
    paths = limited(whole, source, "attribution", where=where, until=until)
    chosen = moments[np.searchsorted(log.customers, paths.ids)]
    is_known = chosen != NAT
    if until is not None:
        end = limited(Paths(log.customers, log.starts, log.time, log.activity, log.activities), source,
                      "attribution", where=None, until=until).time.max(initial=NAT)  # fmt: skip
        is_known &= chosen <= end
    return paths, is_known
