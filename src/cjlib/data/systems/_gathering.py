"""Sheets become events, recorded stages and dated facts, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import Any

import attrs
import numpy as np

from .._ledger import Findings
from .._times import NAT
from ._dialects import bare
from ._matching import Match
from ._owners import Ids
from ._values import numbers_of, times_of

__all__ = ["Gathered", "Gathering"]

STAGES = ("stage", "salesstage", "phase", "name", "value", "to")
MOMENTS = ("date", "time", "at", "createdat", "from", "since", "entered")
ROLES = ("customer", "activity", "time", "value", "channel", "actor", "recorded", "event_id", "text")
PEOPLE = ("contacts", "endusers", "users", "people")


@attrs.define
class Gathered:
    """What was found, in the order of the files.

    Attributes:
        events: columns of events by role.
        changes: customer, recorded stage, microseconds.
        facts: per attribute, rows of customer, since when, the text before (if told) and after.
        unused: names of changed fields that are no attribute of a customer, with counts.
    """

    events: dict[str, list[Any]] = attrs.field(factory=lambda: {name: [] for name in ROLES})
    changes: list[tuple[str, str, int]] = attrs.field(factory=list)
    facts: dict[str, list[tuple[str, int, str, str]]] = attrs.field(factory=dict)
    unused: dict[str, int] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True, eq=False)
class Gathering:
    """How sheets are read, and what was noted of them."""

    tz: str | tzinfo
    findings: Findings
    gathered: Gathered = attrs.field(factory=Gathered)

    def times(self, match: Match, texts: list[str], what: str) -> np.ndarray:
        """(n,) microseconds; what is no time is told."""
        read = times_of(texts, self.tz, match.sheet.days)
        hint = "".join(f"; {told}" for told in read.told)
        if read.is_bad.any():
            self._refuse(match, f"{what} that cannot be read", np.flatnonzero(read.is_bad), texts, hint)
        elif hint:
            self.findings.note("local times", 1, f"{match.sheet.place}{hint}")
        return read.us

    def numbers(self, match: Match, texts: list[str], what: str) -> np.ndarray:
        """(n,) numbers; what is none is told."""
        numbers, is_bad, told = numbers_of(texts, match.sheet.has_comma)
        if is_bad.any():
            self._refuse(match, f"{what} that is no number", np.flatnonzero(is_bad), texts, "")
        elif told:
            self.findings.note("numbers", len(texts), f"{match.sheet.place}: {what} is read {told}")
        return numbers

    def _refuse(self, match: Match, what: str, rows: np.ndarray, texts: list[str], hint: str) -> None:
        detail = f"{match.sheet.place}: such as {texts[int(rows[0])]!r:.60}{hint}"
        self.findings.note(f"left out: {what}", rows, detail)

    def gather(self, match: Match, owners: Sequence[Ids]) -> None:
        """Everything that a sheet tells."""
        exported = match.exported
        assert exported is not None
        if match.has("field"):
            self._history(match, owners)
            return
        if (known := match.first("recorded")) is not None:
            self.times(match, known, "when it became known")
        for activity in dict.fromkeys(p.role.name for p in match.placed if p.role.verb == "at"):
            column = match.first("at", activity)
            assert column is not None
            us = self.times(match, column, f"time of {activity!r}")
            self._events(match, owners, us, [activity] * len(us), name=activity)
        self._timed(match, owners)
        self._stages(match, owners)
        if not exported.is_customers:
            self._dated_facts(match, owners)

    def _timed(self, match: Match, owners: Sequence[Ids]) -> None:
        column, exported = match.first("time"), match.exported
        assert exported is not None
        if column is None:
            return
        us = self.times(match, column, "time")
        is_empty = [not text.strip() for text in column]
        if any(is_empty):
            self.findings.note("left out: rows without a time", is_empty, match.sheet.place)
        told = match.first("activity")
        names = [
            exported.activities.get(n.strip(), n.strip()) or exported.activity for n in told or [""] * len(us)
        ]
        is_unnamed = np.array([not name for name in names], dtype=bool) & (us != NAT)
        if is_unnamed.any() and (told is not None or not match.has("answer")):
            self.findings.note("left out: rows without an activity", is_unnamed, match.sheet.place)
        self._events(match, owners, np.where(is_unnamed, NAT, us), names, name="")
        for answered in dict.fromkeys(p.role.name for p in match.placed if p.role.verb == "answer"):
            texts = match.first("answer", answered)
            assert texts is not None
            has_answer = np.array([bool(text.strip()) for text in texts], dtype=bool)
            numbers, is_text, _ = numbers_of(texts, match.sheet.has_comma)
            said = [text if bad else "" for text, bad in zip(texts, is_text, strict=True)]
            moments = np.where(has_answer, us, NAT)
            self._events(
                match, owners, moments, [answered] * len(us), name=answered, values=numbers, texts=said
            )

    def _events(
        self,
        match: Match,
        owners: Sequence[Ids],
        us: np.ndarray,
        activities: Sequence[str],
        *,
        name: str,
        values: np.ndarray | None = None,
        texts: Sequence[str] | None = None,
    ) -> None:
        rows = np.flatnonzero(us != NAT).tolist()
        if not rows:
            return
        if values is None and (column := match.first("value", name)) is not None:
            values = self.numbers(match, column, f"value of {name or 'the event'!r}")
        texts = texts if texts is not None else match.first("text", name)
        channel, actor = match.first("channel"), self._actor(match)
        ids, known = match.first("event_id") or match.first("id"), match.first("recorded")
        recorded = None if known is None else times_of(known, self.tz, match.sheet.days).us
        self._tell_owners(match, owners, rows, activities)
        prefix = "" if match.has("event_id") else f"{match.exported.name if match.exported else ''}:"
        out = self.gathered.events
        for row in rows:
            for customer in owners[row]:
                out["customer"].append(customer)
                out["activity"].append(activities[row])
                out["time"].append(int(us[row]))
                out["value"].append(np.nan if values is None else float(values[row]))
                out["channel"].append(None if channel is None else channel[row].strip() or None)
                out["actor"].append(None if actor is None else actor[row].strip() or None)
                out["recorded"].append(
                    int(us[row]) if recorded is None else max(int(recorded[row]), int(us[row]))
                )
                out["text"].append(None if texts is None else texts[row] or None)
                own = "" if ids is None else ids[row].strip()
                out["event_id"].append(f"{prefix}{own}:{activities[row]}:{customer}" if own else None)

    def _tell_owners(
        self, match: Match, owners: Sequence[Ids], rows: list[int], activities: Sequence[str]
    ) -> None:
        what = activities[rows[0]] if len(set(activities)) == 1 else "events"
        alone = [row for row in rows if not owners[row]]
        if alone:
            detail = f"{match.sheet.place}: {what}"
            self.findings.note("left out: rows whose customer cannot be found", np.array(alone), detail)
        shared = [row for row in rows if len(owners[row]) > 1]
        if shared:
            detail = f"{match.sheet.place}: {what} is told of each of them"
            self.findings.note("rows of several customers", np.array(shared), detail)

    def _actor(self, match: Match) -> list[str] | None:
        actor = match.first("actor")
        if actor is None:
            actor = next((column for name in PEOPLE if (column := match.first("key", name))), None)
        return actor

    def _stages(self, match: Match, owners: Sequence[Ids]) -> None:
        for placed in match.placed:
            if placed.role.verb == "entered":
                us = self.times(
                    match, match.sheet.columns[placed.position], f"when {placed.stage!r} was entered"
                )
                self._changes(owners, us, [placed.stage] * len(us))
            elif placed.role.verb == "history":
                self._listed(match, owners, match.sheet.columns[placed.position])
        stage, since = match.first("stage"), match.first("since")
        if stage is not None and since is not None:
            self._changes(owners, self.times(match, since, "time of the recorded stage"), stage)

    def _changes(self, owners: Sequence[Ids], us: np.ndarray, stages: Sequence[str]) -> None:
        for row in np.flatnonzero(us != NAT).tolist():
            if stages[row].strip():
                self.gathered.changes += [(one, stages[row].strip(), int(us[row])) for one in owners[row]]

    def _listed(self, match: Match, owners: Sequence[Ids], column: list[str]) -> None:
        """Stage changes in a list inside of a row: in each entry, what is a time, and what is a name."""
        pairs = [(row, *pair) for row, text in enumerate(column) for pair in _pairs_in(text)]
        n_lost = sum(1 for text in column if text.strip() and not any(True for _ in _pairs_in(text)))
        if n_lost:
            self.findings.note("left out: lists of stages that cannot be read", n_lost, match.sheet.place)
        if pairs:
            times = times_of([when for _, _, when in pairs], self.tz, match.sheet.days).us
            self._changes([owners[row] for row, _, _ in pairs], times, [stage for _, stage, _ in pairs])

    def _history(self, match: Match, owners: Sequence[Ids]) -> None:
        exported, fields = match.exported, match.first("field")
        time, new, old = match.first("time"), match.first("new"), match.first("old")
        assert exported is not None
        if time is None or new is None or fields is None:
            self.findings.note("left out: a history without its times or values", 1, match.sheet.place)
            return
        us = self.times(match, time, "time of a change")
        stages = {bare(name) for name in exported.stages}
        is_stage = [bare(field) in stages for field in fields]
        if fields:
            self._tell_owners(match, owners, [*range(len(fields))], ["changes"] * len(fields))
        self._changes(owners, np.where(is_stage, us, NAT), new)
        for row, field in enumerate(fields):
            if is_stage[row] or us[row] == NAT:
                continue
            before = "" if old is None else old[row]
            if match.has("customer"):
                kept = self.gathered.facts.setdefault(f"field {bare(field)}", [])
                kept += [(customer, int(us[row]), before, new[row]) for customer in owners[row]]
            else:
                self.gathered.unused[field] = self.gathered.unused.get(field, 0) + 1

    def _dated_facts(self, match: Match, owners: Sequence[Ids]) -> None:
        """Attributes of a contract or subscription hold for its customer from its beginning on."""
        exported = match.exported
        assert exported is not None
        named = [placed for placed in match.placed if placed.role.verb == "attribute"]
        column = match.first("at", exported.begins) or match.first("time")
        if not named:
            return
        if column is None:
            self.findings.note("left out: attributes without a time", len(named), match.sheet.place)
            return
        us = times_of(column, self.tz, match.sheet.days).us
        for placed in named:
            kept = self.gathered.facts.setdefault(f"{placed.role.kind} {placed.role.name}", [])
            texts = match.sheet.columns[placed.position]
            for row in np.flatnonzero(us != NAT).tolist():
                kept += [(customer, int(us[row]), "", texts[row]) for customer in owners[row]]


def _pairs_in(text: str) -> Iterator[tuple[str, str]]:
    try:
        entries = json.loads(text) if text.strip() else []
    except (ValueError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        stage, when = _value_of(entry, STAGES), _value_of(entry, MOMENTS)
        if stage and when:
            yield stage, when


def _value_of(entry: dict[str, Any], names: Iterable[str]) -> str:
    spelled = {bare(key): value for key, value in entry.items() if isinstance(value, (str, int))}
    return next((str(spelled[name]) for name in names if name in spelled), "")
