"""Recorded stages: how well what a CRM says agrees with the criteria, stage by stage."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import numpy as np

from ..criteria._literals import as_duration, duration_text
from ..data import Coded, Table
from ..errors import UnknownNameError
from ..trace import Trace, conformance
from ._answers import Answer, Members
from ._rates import divided, wilson

__all__ = ["VERDICTS", "RecordedStages", "recorded_stages"]

VERDICTS = ("agreeing", "early", "late", "unjustified", "missing")
DAY_US = 86_400_000_000


@attrs.frozen(eq=False, repr=False)
class RecordedStages(Answer):
    """One row per stage; see :func:`recorded_stages`.

    Attributes:
        asked: what was asked.
        records: every record and every unrecorded visit, as :func:`cjlib.conformance` tells them.
    """

    records: Table = attrs.field(kw_only=True)

    def who(self, row: int, verdict: str) -> Any:
        """The customers with a verdict in the stage of a row, such as ``early``."""
        if verdict not in VERDICTS:
            raise UnknownNameError("verdict", verdict, VERDICTS)
        stage = self["stage"][self._checked(row)]
        is_meant = (self.records["stage"] == stage) & (self.records["verdict"] == verdict)
        return self.ids[np.unique(self.records.codes("customer")[is_meant])]


def recorded_stages(trace: Trace, recorded: Any, tolerance: str | timedelta = "1d") -> RecordedStages:
    """How the stage changes that were recorded agree with the criteria, by stage and kind of disagreement.

    Args:
        trace: the replay.
        recorded: the stage changes that were recorded: a frame with customer, stage and time.
        tolerance: how far apart a record and its visit may lie and still agree.

    Returns:
        ``stage``, ``rows`` (records and unrecorded visits), of these ``agreeing``, ``early`` (recorded before
        the criteria hold), ``late``, ``unjustified`` (the criteria never led there) and ``missing`` (nobody
        recorded it); ``share`` agreeing with its 95 % interval ``low`` and ``high``, ``base`` (over all
        stages) and ``lift``, and ``median_days`` from the criteria to the record (negative: the record is
        early). ``found.who(row, "early")`` gives the customers; ``found.customers(row)`` those who disagree,
        ``found.among(row)`` all of the row.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("care")],
    ...     transitions=[cj.Transition("trial", "care", when='happened("kickoff")')])
    >>> log = cj.EventLog.from_columns(["a", "a"], ["login", "kickoff"], ["2026-01-01", "2026-01-08"])
    >>> said = {"customer": ["a"], "stage": ["care"], "time": ["2026-01-05"]}
    >>> found = recorded_stages(cj.replay(journey, log, until="2026-02-01"), said)
    >>> found["early"].tolist(), found["missing"].tolist(), found["median_days"].tolist()
    ([0, 1], [1, 0], [nan, -3.0])
    """
    records = conformance(trace, recorded, tolerance)
    stages, verdict = records.categories("stage"), records.codes("verdict")
    stage = records.codes("stage").astype(np.int64)
    codes = stage * len(VERDICTS) + verdict
    counts = np.bincount(codes, minlength=len(stages) * len(VERDICTS)).reshape(-1, len(VERDICTS))
    seen = np.flatnonzero(counts.sum(axis=1))
    counts = counts[seen]
    total, agreeing = counts.sum(axis=1), counts[:, 0]
    low, high = wilson(agreeing, total)
    share, base = divided(agreeing, total), divided(agreeing.sum(), total.sum())
    apart = (records["recorded"] - records["entered"]).astype(np.float64) / DAY_US
    is_pair = ~np.isnat(records["recorded"]) & ~np.isnat(records["entered"])
    days = [apart[is_pair & (stage == one)] for one in seen.tolist()]
    owner = records.codes("customer").astype(np.int64)
    ids = records.categories("customer")
    return RecordedStages(
        {
            "stage": Coded(np.arange(len(seen)), [stages[one] for one in seen]), "rows": total,
            **dict(zip(VERDICTS, counts.T, strict=True)), "share": share, "low": low, "high": high,
            "base": np.full(len(seen), base), "lift": divided(share, base),
            "median_days": np.array([np.median(one) if len(one) else np.nan for one in days]),
        },
        name="recorded stages",
        asked={"tolerance": duration_text(as_duration(tolerance))},
        evidence=_evidence(ids, np.searchsorted(seen, stage), owner, verdict > 0, len(seen)),
        records=records,
    )  # fmt: skip


def _evidence(ids: Any, rows: Any, owner: Any, is_off: Any, n_rows: int) -> Members:
    among = np.zeros((n_rows, len(ids)), bool)
    among[rows, owner] = True
    return Members(ids, rows[is_off], owner[is_off], np.arange(n_rows), among)
