"""The list of whom to call, by whom, and why; and who is not on it, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np

from ...data._tables import Table
from ...errors import UnknownNameError
from .._contract import Scores
from ._stakes import REASONS

__all__ = ["NOTHING", "NO_ROOM", "OUTCOMES", "PLACED", "Priorities"]

OUTCOMES = ("placed", "no room", "nothing at stake", *REASONS[1:])
PLACED, NO_ROOM, NOTHING = range(3)
SHOWN = 10
NAMED = 1000  # customers among whom a mistyped one is looked for


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Priorities:
    """A list of whom to call first.

    Attributes:
        table: one row per customer, those placed first, by what is at stake: ``rank`` (from 1; 0 for those
            who are not placed), ``customer``, ``owner`` (who calls, None), ``own`` (whose customer it is,
            None if anybody's), ``risk``, ``value``, ``expected`` (at stake: risk x value), ``low`` and
            ``high`` (of that, as far as the scores tell), ``outcome``: ``placed``, ``no room``, ``nothing at
            stake``, ``no score``, ``no value`` or ``negative value``.
        loads: one row per owner: ``owner``, ``capacity`` (-1: without limit), ``placed``, ``expected`` (at
            stake with these), ``bar`` (the least of that), ``waiting`` (own customers without room) and
            ``waiting_expected`` (at stake with those).
        scores: what the list rests on.
        handover: the share of what is at stake that is lost if somebody else calls; None: nobody else may.
        saved: what is at stake with those placed, less what is lost by handing over.
    """

    table: Table
    loads: Table
    scores: Scores
    handover: float | None
    saved: float
    _owners: Mapping[Any, tuple[Any, ...]]  # who may call without loss, by what ``own`` says

    @property
    def placed(self) -> Table:
        """The rows of those on the list."""
        return self.table.select(slice(int(np.count_nonzero(self.table["rank"]))))

    def of(self, owner: Any) -> Table:
        """The list of one owner.

        Raises:
            UnknownNameError: if there is no such owner.
        """
        owners = self.loads["owner"].tolist()
        if owner not in owners:
            raise UnknownNameError("owner", owner, owners)
        placed = self.placed
        return placed.select(np.flatnonzero(placed.codes("owner") == owners.index(owner)))

    def __repr__(self) -> str:
        return f"<Priorities: {len(self.placed):,} of {len(self.table):,} customers placed>"

    def __str__(self) -> str:
        placed = self.placed
        shown = placed.select(slice(SHOWN)).rows()
        lines = [f"{row['rank']:>3}. {row['customer']}: {_stake(row)}; {row['owner']}" for row in shown]
        if len(placed) > SHOWN:
            lines.append(f"     … and {len(placed) - SHOWN:,} more")
        counts = np.bincount(self.table.codes("outcome"), minlength=len(OUTCOMES)).tolist()
        for code, name in enumerate(OUTCOMES):
            lines += [f"{name}: {counts[code]:,}"] if code != PLACED and counts[code] else []
        return "\n".join(lines)

    def explain(self, customer: Any) -> str:
        """Why a customer stands where it stands: what is at stake, whose load, and the parts of its score.

        Raises:
            UnknownNameError: if the customer is not among the scores.
        """
        ids = self.table["customer"]
        found = np.flatnonzero(np.asarray(ids == customer))
        if len(found) != 1:
            raise UnknownNameError("customer", customer, ids[:NAMED].tolist())
        row = next(self.table.select(found).rows())
        place = f"number {row['rank']:,}" if row["rank"] else str(row["outcome"])
        lines = [f"{customer!r}: {place}", f"  {_stake(row)}", *(f"  {one}" for one in self._reasons(row))]
        if self.scores.parts is not None:
            lines += [f"  {line}" for line in str(self.scores.explain(customer)).splitlines()]
        return "\n".join(lines)

    def _reasons(self, row: Mapping[str, Any]) -> Iterator[str]:
        own = self._owners[row["own"]]
        loads = {load["owner"]: load for load in self.loads.rows()}
        if row["outcome"] == "placed":
            taken = (
                "" if row["owner"] in own else f" in place of {row['own']}, at a loss of {self.handover:.0%}"
            )
            yield f"{row['owner']} calls{taken}: {_load(loads[row['owner']])}"
        elif row["outcome"] == "no room" and row["own"] is None:
            yield f"all {sum(load['placed'] for load in loads.values()):,} places are taken by others"
        elif row["outcome"] == "no room":
            yield from (_load(loads[owner]) for owner in own)
            if self.handover is not None:
                yield "nobody else has room where more would be saved"


def _stake(row: Mapping[str, Any]) -> str:
    interval = "" if np.isnan(row["low"]) else f" ({row['low']:,.6g} to {row['high']:,.6g})"
    return f"{row['risk']:.3g} of {row['value']:,.6g} = {row['expected']:,.6g} at stake{interval}"


def _load(load: Mapping[str, Any]) -> str:
    of = "" if load["capacity"] < 0 else f" of {load['capacity']:,}"
    bar = "" if np.isnan(load["bar"]) else f", {load['bar']:,.6g} or more at stake with each"
    return f"{load['owner']} has {load['placed']:,}{of} places taken{bar}"
