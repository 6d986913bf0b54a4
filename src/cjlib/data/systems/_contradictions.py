"""Where the sheets contradict each other, by kind and with counts; nothing is changed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

import numpy as np

from .._ledger import Findings
from .._times import NAT
from ._gathering import Gathered
from ._matching import Match
from ._owners import Ids
from ._values import FALSE, TRUE, times_of

__all__ = ["Contradictions"]

CHURNED = "churned"


class Contradictions:
    """What is held against each other while sheets are read."""

    def __init__(self, findings: Findings, tz: str | tzinfo) -> None:
        self.findings = findings
        self.tz = tz
        self.flags: dict[str, bool] = {}
        self.begins: dict[str, dict[str, int]] = {}

    def add(self, match: Match, owners: Sequence[Ids]) -> None:
        """Look at one sheet: its flags, its beginnings and ends, and what it says of other sheets' rows."""
        for placed in match.placed:
            if placed.role.verb == "flag":
                self._flag(match, owners, match.sheet.columns[placed.position], placed.role.more == "no")
        exported = match.exported
        assert exported is not None
        begins, ends = self._moments(match, exported.begins), self._moments(match, exported.ends)
        if begins is not None and ends is not None:
            is_odd = (begins != NAT) & (ends != NAT) & (ends < begins)
            told = f"{match.sheet.place}: {exported.ends} before {exported.begins}"
            self.findings.note("contradiction: ended before it began", is_odd, told)
        self._left_before_entered(match)
        self._before_what_it_belongs_to(match)
        ids = match.first("id") if begins is not None else None
        if ids is not None and begins is not None:
            known = self.begins.setdefault(exported.name, {})
            known |= {one.strip(): us for one, us in zip(ids, begins.tolist(), strict=True) if us != NAT}

    def _flag(self, match: Match, owners: Sequence[Ids], column: list[str], is_no: bool) -> None:
        for row, text in enumerate(column):
            said = text.strip().casefold()
            if said in TRUE | FALSE:
                for customer in owners[row]:
                    is_churned = (said in TRUE) != is_no
                    self.flags[customer] = self.flags.get(customer, False) or is_churned

    def _moments(self, match: Match, name: str) -> np.ndarray | None:
        if not name:
            return None
        column = match.first("at", name) or match.first("attribute", name)
        return None if column is None else times_of(column, self.tz, match.sheet.days).us

    def _left_before_entered(self, match: Match) -> None:
        left = {p.stage: p.position for p in match.placed if p.role.verb == "left"}
        for placed in match.placed:
            if placed.role.verb == "entered" and placed.stage in left:
                columns = (match.sheet.columns[placed.position], match.sheet.columns[left[placed.stage]])
                entered, gone = (times_of(column, self.tz, match.sheet.days).us for column in columns)
                is_odd = (entered != NAT) & (gone != NAT) & (gone < entered)
                told = f"{match.sheet.place}: {placed.stage!r}"
                self.findings.note("contradiction: a stage left before it was entered", is_odd, told)

    def _before_what_it_belongs_to(self, match: Match) -> None:
        column = match.first("time")
        if column is None:
            return
        for placed in match.placed:
            known = self.begins.get(placed.role.name) if placed.role.verb == "key" else None
            if not known:
                continue
            us = times_of(column, self.tz, match.sheet.days).us.tolist()
            keys = match.sheet.columns[placed.position]
            is_odd = [t != NAT and t < known.get(key.strip(), NAT) for key, t in zip(keys, us, strict=True)]
            told = f"{match.sheet.place}: before the beginning of what it names of the {placed.role.name}"
            self.findings.note("contradiction: a row before what it belongs to began", is_odd, told)

    def of_events(self, gathered: Gathered, since: Mapping[str, int]) -> None:
        """Look at all events: before the customer began, after it left, and against the flags."""
        churns: dict[str, int] = {}
        rows = [*zip(*(gathered.events[name] for name in ("customer", "activity", "time")), strict=True)]
        for customer, activity, us in rows:
            if activity == CHURNED:
                churns[customer] = max(us, churns.get(customer, us))
        early = sum(us < since.get(customer, NAT) for customer, _, us in rows)
        self.findings.note("contradiction: events before the customer began", early)
        late = sum(customer in churns and us > churns[customer] for customer, _, us in rows)
        self.findings.note("contradiction: events after the customer's last churn", late)
        if self.flags:
            undated = sum(flag and customer not in churns for customer, flag in self.flags.items())
            unflagged = sum(not self.flags.get(customer, True) for customer in churns)
            self.findings.note("contradiction: flagged as churned, without a dated churn", undated)
            self.findings.note("contradiction: a dated churn, but not flagged as churned", unflagged)
