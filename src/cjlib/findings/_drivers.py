"""Drivers: which early activities, and how much of them, go with staying."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..criteria._literals import as_duration, duration_text
from ..data import NAT, Coded
from ..errors import UsageError
from ..scoring.figures._by import Groups, Rows, Where
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._answers import Answer, Mask
from ._chance import corrected, shares_differ
from ._paths import Ints, Paths, end_of, moments_of, paths_of
from ._rates import divided, newcombe

__all__ = ["Drivers", "drivers"]

Floats = NDArray[np.float64]

MICROSECOND = timedelta(microseconds=1)
LADDER = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)  # doses that are tried
CORRECTIONS = ("fdr", "holm")
LEVEL = 0.05


@attrs.frozen(eq=False, repr=False)
class Drivers(Answer):
    """One row per activity and dose; see :func:`drivers`."""

    @property
    def aha(self) -> dict[str, Any] | None:
        """The candidate for the aha moment: the dose that tells best who gets there; None if none does.

        Of the doses that go with the outcome, after correction, the one whose correlation with it is
        strongest.
        """
        rows = np.flatnonzero(self["is_candidate"])
        return next(self.select(rows[:1]).rows(), None) if len(rows) else None

    def sentence(self, row: int) -> str:
        """A row in words, and what it does not say."""
        one = next(self.select([self._checked(row)]).rows())
        times = "at least once" if one["at_least"] == 1 else f"at least {one['at_least']} times"
        name = one[str(self.asked["of"])]
        return (
            f"Of {one['customers']:,} customers with {name} {times} in the first {self.asked['early']}, "
            f"{one['share']:.0%} {self._outcome} in the {self.asked['horizon']} after; of the other "
            f"{one['others']:,}, {one['elsewhere']:.0%} ({one['difference'] * 100:+.0f} points, "
            f"{one['low'] * 100:+.0f} to {one['high'] * 100:+.0f}, q = {one['q']:.2g}). "
            "The two go together; that one causes the other is not shown."
        )

    @property
    def _outcome(self) -> str:
        outcome = self.asked["outcome"]
        return "stayed" if outcome == "stays" else f"came to {outcome}"


def drivers(
    trace: Trace,
    *,
    early: str | timedelta = "14d",
    horizon: str | timedelta = "90d",
    outcome: str | None = None,
    begins: str | None = None,
    of: str = "activity",
    correction: str = "fdr",
    where: Where = None,
) -> Drivers:
    """Which early activities, and how many of them, go with what comes after.

    Only what happened in a customer's early window, [its beginning, that + early), is looked at, and only
    what came of it in the horizon after that window. So customers are left out whose outcome came already in
    the window, and those whose horizon is not over, also where their outcome is known early: counting these
    would make every rate wrong. An association, corrected for all that was tried: who does much may be who
    would stay anyhow.

    Args:
        trace: the replay.
        early: how long the early window is.
        horizon: how long after it the outcome is waited for.
        outcome: what is to happen: ``stage:``, ``milestone:`` or an activity; unsaid, to stay: to enter no
            lost stage.
        begins: what begins a customer's early window: ``stage:``, ``milestone:`` or an activity, its first
            time; unsaid, the customer's first moment. Who has not begun is not looked at.
        of: what is counted: ``activity``, ``touchpoint`` or ``channel``.
        correction: ``fdr`` (Benjamini and Hochberg, 1995) or ``holm`` (1979).
        where: whose.

    Returns:
        One row per activity and dose (1, 2, 3, 5, 8, ... times), the strongest first: ``at_least``,
        ``customers`` (with that much) and ``others``, ``share`` (of the customers, with the outcome) and
        ``elsewhere`` (of the others), ``difference`` with its 95 % interval ``low`` and ``high`` (Newcombe),
        ``base`` (of all) and ``lift`` (share / base), ``strength`` (the correlation of having that much with
        the outcome), ``p`` (Fisher's exact test), ``q`` (corrected for all rows) and ``is_candidate``
        (q < 0.05 and more than the others). How many were decided, and how many left out, is in
        ``found.asked``; ``found.aha`` is the candidate for the aha moment.

    >>> import cjlib as cj
    >>> journey = cj.template("saas")
    >>> made = cj.simulate(journey, 200, seed=1, until="2026-07-01")
    >>> trace = cj.replay(journey, made.log, made.customers, until="2026-07-01")
    >>> found = drivers(trace, early="30d", horizon="60d")
    >>> found.asked["decided"] + found.asked["already"] + found.asked["undecided"]
    200
    """
    if not isinstance(trace, Trace):
        raise UsageError(f"drivers: a Trace was expected, not {type(trace).__name__}: see replay")
    if correction not in CORRECTIONS:
        raise UsageError(f"drivers: correction is one of {', '.join(CORRECTIONS)}, not {correction!r:.40}")
    window, ahead = _span("early", early), _span("horizon", horizon)
    first = _first(trace, begins)
    cases = _Cases.of(trace, first, window // MICROSECOND, ahead // MICROSECOND, outcome, where)
    paths = paths_of(trace, of, "drivers")
    doses = _doses(trace, paths, cases, window // MICROSECOND)
    code, dose = np.array(
        [(a, d) for a in range(len(doses)) for d in LADDER if 0 < (doses[a] >= d).sum() < doses.shape[1]],
        np.int64,
    ).reshape(-1, 2).T  # fmt: skip
    columns = _measured(doses, cases.is_good, code, dose, correction)
    order = np.lexsort((dose, code, -np.abs(columns["strength"])))
    return Drivers(
        {
            of: Coded(code[order], list(paths.names)), "at_least": dose[order],
            **{name: values[order] for name, values in columns.items()},
        },
        name="drivers",
        asked={
            "early": duration_text(window), "horizon": duration_text(ahead), "outcome": outcome or "stays",
            "begins": begins or "first moment", "of": of, "correction": correction, "where": where,
            "decided": len(cases.rows), "already": cases.already, "undecided": cases.undecided,
            "stated_as": "association",
        },
        evidence=_Doing(trace.ids, cases.rows, doses, code[order], dose[order]),
    )  # fmt: skip


@attrs.frozen(eq=False)
class _Cases:
    """The customers whose outcome is decided.

    Attributes:
        rows: (d,) their positions in ``trace.ids``.
        first: (d,) when they began.
        is_good: (d,) whether the outcome came.
        already: whose outcome came within the early window.
        undecided: whose horizon is not over.
    """

    rows: Ints
    first: Ints
    is_good: Mask
    already: int
    undecided: int

    @classmethod
    def of(
        cls, trace: Trace, first: Ints, early: int, ahead: int, outcome: str | None, where: Where
    ) -> _Cases:
        facts, end = Facts(trace, trace._log, trace._customers), end_of(trace)
        everybody = Rows(customers=np.arange(len(trace.ids)))
        is_there = Groups(facts).chosen(where, everybody, end) & (first != NAT)
        came = _lost(trace) if outcome is None else _came(trace, outcome)
        begins = first + early  # the outcome is looked at from here on
        is_early = is_there & (came != NAT) & (came < begins)
        is_open = is_there & ~is_early & (begins + ahead - 1 > end)
        rows = np.flatnonzero(is_there & ~is_early & ~is_open)
        has_come = (came[rows] != NAT) & (came[rows] < begins[rows] + ahead)
        is_good = ~has_come if outcome is None else has_come
        return cls(rows, first[rows], is_good, int(is_early.sum()), int(is_open.sum()))


def _first(trace: Trace, begins: str | None) -> Ints:
    """(n,) when each customer began, NAT if not."""
    facts = Facts(trace, trace._log, trace._customers)
    return facts.first if begins is None else _came(trace, begins)


def _span(name: str, value: Any) -> timedelta:
    span = as_duration(value)
    if span <= timedelta(0):
        raise UsageError(f"drivers: {name} must be longer than nothing, not {value!r}")
    return span


def _lost(trace: Trace) -> Ints:
    """(n,) when each customer first entered a lost stage, NAT if never."""
    lost = [stage.id for stage in trace.journey.stages if stage.kind == "lost"]
    rows = np.flatnonzero(np.isin(trace.visits["stage"], lost))[::-1]
    moments = np.full(len(trace.ids), NAT, np.int64)
    moments[trace.visits.codes("customer")[rows]] = trace.visits["entered"].view(np.int64)[rows]
    return moments


def _came(trace: Trace, outcome: str) -> Ints:
    ids, first = moments_of(trace, outcome, "drivers")
    moments = np.full(len(trace.ids), NAT, np.int64)
    moments[np.searchsorted(trace.ids, ids)] = first
    return moments


def _doses(trace: Trace, paths: Paths, cases: _Cases, early: int) -> Ints:
    """(names, d) how often each decided customer did each thing in its early window."""
    place = np.full(len(trace.ids), -1, np.int64)
    place[cases.rows] = np.arange(len(cases.rows))
    case = place[np.searchsorted(trace.ids, paths.ids)][paths.owners]
    first = np.append(cases.first, 0)[case]
    inside = (case >= 0) & (paths.time >= first) & (paths.time < first + early)
    key = paths.codes[inside].astype(np.int64) * len(cases.rows) + case[inside]
    counts = np.bincount(key, minlength=len(paths.names) * len(cases.rows))
    return counts.reshape(len(paths.names), len(cases.rows))


def _measured(doses: Ints, is_good: Mask, code: Ints, dose: Ints, correction: str) -> dict[str, Any]:
    total, good = len(is_good), int(is_good.sum())
    has = [(doses[a] >= d) for a, d in zip(code.tolist(), dose.tolist(), strict=True)]
    customers = np.array([int(mine.sum()) for mine in has], np.int64)
    with_it = np.array([int((mine & is_good).sum()) for mine in has], np.int64)
    others, rest = total - customers, good - with_it
    low, high = newcombe(with_it, customers, rest, others)
    share, elsewhere = divided(with_it, customers), divided(rest, others)
    ps = [
        shares_differ((a, b), (c, d))
        for a, b, c, d in zip(*(x.tolist() for x in (with_it, customers, rest, others)), strict=True)
    ]
    q = np.array(corrected(ps) if correction == "fdr" else holm(ps), np.float64)
    base = divided(np.full(len(has), good), np.full(len(has), total))
    spread = np.sqrt(customers * others * float(good) * float(total - good))
    return {
        "customers": customers, "others": others, "share": share, "elsewhere": elsewhere,
        "difference": share - elsewhere, "low": low, "high": high, "base": base, "lift": divided(share, base),
        "strength": np.nan_to_num(divided(with_it * (others - rest) - rest * (customers - with_it), spread)),
        "p": np.array(ps, np.float64), "q": q, "is_candidate": (q < LEVEL) & (share > elsewhere),
    }  # fmt: skip


def holm(ps: list[float]) -> list[float]:
    """p of several tests, corrected so that any false one is as rare as in one test (Holm, 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(ps, kind="stable")
    stepped = np.asarray(ps, np.float64)[order] * np.arange(len(ps), 0, -1)
    adjusted = np.empty(len(ps))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    found: list[float] = adjusted.tolist()
    return found


@attrs.frozen(eq=False)
class _Doing:
    """Who did so much of it."""

    ids: Any
    rows: Ints
    doses: Ints
    codes: Ints
    at_least: Ints

    def behind(self, row: int) -> Mask:
        return self._mask(self.rows[self.doses[self.codes[row]] >= self.at_least[row]])

    def among(self, row: int) -> Mask:
        return self._mask(self.rows)

    def _mask(self, rows: Ints) -> Mask:
        is_meant = np.zeros(len(self.ids), bool)
        is_meant[rows] = True
        return is_meant
