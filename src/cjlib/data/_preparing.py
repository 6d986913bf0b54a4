"""From columns to the arrays of a log: every column read, bad rows refused, the rest put in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import attrs
import numpy as np

from ..errors import DataError
from ._codes import Encoded, encode_ids, encode_names, to_texts
from ._columns import Column
from ._ledger import Findings
from ._numbers import to_integers, to_numbers
from ._order import earliest_of_each, gathered, in_order, note_ties
from ._tables import Coded
from ._times import NAT, to_times

__all__ = ["prepared", "raise_if_refused"]

MANY_ACTIVITIES = 10_000


@attrs.define
class _Read:
    """The columns of a log as read, in input order, before any row is left out."""

    customer: Encoded
    activity: Encoded
    time: np.ndarray
    value: np.ndarray | None
    channel: Encoded | None
    actor: Encoded | None
    recorded: np.ndarray | None
    order: np.ndarray | None
    event_id: Encoded | None
    text: np.ndarray | None


def prepared(columns: Mapping[str, Column], tz: str | tzinfo, strict: bool) -> dict[str, Any]:
    """The fields of an `EventLog`, from columns by role.

    Raises:
        DataError: if a column cannot be used or, with ``strict``, if a row is refused.
    """
    lengths = {role: len(column) for role, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"the columns of a log must have one length, not {lengths}")
    findings = Findings(lengths["customer"])
    read = _read(columns, tz, findings)
    raise_if_refused(findings, "events", strict)
    is_kept = findings.is_kept()
    if read.event_id is not None:
        is_kept = _one_row_per_id(read, is_kept, findings)
    return _in_order(read, is_kept, findings)


def _read(columns: Mapping[str, Column], tz: str | tzinfo, findings: Findings) -> _Read:
    def optional(role: str, read: Any, *options: Any, **more: Any) -> Any:
        return read(columns[role], *options, findings, **more) if role in columns else None

    customer = encode_ids(columns["customer"], "customer", findings)
    activity = encode_names(columns["activity"], "activity", findings)
    time = to_times(columns["time"], tz, findings)
    recorded = optional("recorded", to_times, tz, required=False)
    if recorded is not None:
        is_unsaid = recorded == NAT
        findings.note("events without recorded time", is_unsaid, "taken as known at their time")
        recorded = np.where(is_unsaid, time, recorded)
    return _Read(
        customer,
        activity,
        time,
        optional("value", to_numbers),
        optional("channel", encode_names, "channel", required=False),
        optional("actor", encode_ids, "actor", required=False),
        recorded,
        optional("order", to_integers),
        optional("event_id", encode_ids, "event_id", required=False),
        optional("text", to_texts),
    )


def raise_if_refused(findings: Findings, what: str, strict: bool | None) -> None:
    """Raise for refused rows if ``strict``, and always if that is None: where there is no choice.

    Raises:
        DataError: with the ledger, if any row was refused.
    """
    if strict is not False and findings.refused:
        ledger = findings.ledger()
        lines = "\n".join(f"  {entry}" for entry in ledger.refused[:20])
        raise DataError(
            f"{what}: {ledger.read - ledger.kept:,} of {ledger.read:,} rows cannot be used\n{lines}"
            + ("\nstrict=False leaves them out and tells so in the ledger" if strict else ""),
            ledger=ledger,
        )


def _one_row_per_id(read: _Read, is_kept: np.ndarray | None, findings: Findings) -> np.ndarray:
    """Of the rows with one event id, the one that is seen first; seen is when both over and recorded.

    So neither a row that comes later nor one that becomes known later changes what was seen before.
    """
    assert read.event_id is not None
    kept = np.ones(len(read.time), dtype=bool) if is_kept is None else is_kept
    rows = np.flatnonzero(kept)
    ids = read.event_id.codes[rows]
    seen = read.time if read.recorded is None else np.maximum(read.time, read.recorded)
    is_first = earliest_of_each(ids, seen[rows], None if read.order is None else read.order[rows])
    repeats = rows[~is_first]
    if len(repeats):
        is_other = _differs_from_first(read, rows, ids, is_first)
        findings.note("rows with an event id that was there before", repeats, "left out: one id is one event")
        findings.note("rows with other content under such an id", repeats[is_other], "left out as well")
    is_single = np.zeros(len(kept), dtype=bool)
    is_single[rows[is_first]] = True
    return is_single


def _differs_from_first(read: _Read, rows: np.ndarray, ids: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """For each repeat, whether it says something else than the row that counts."""
    first_of = np.zeros(int(ids.max()) + 1, dtype=np.int64)
    has_id = is_first & (ids >= 0)
    first_of[ids[has_id]] = rows[has_id]
    repeats, firsts = rows[~is_first], first_of[ids[~is_first]]
    differs = np.zeros(len(repeats), dtype=bool)
    columns = (read.customer, read.activity, read.channel, read.actor)
    arrays = [column.codes for column in columns if column is not None]
    arrays += [array for array in (read.time, read.order) if array is not None]
    for array in arrays:
        differs |= array[repeats] != array[firsts]
    if read.value is not None:
        ours, theirs = read.value[repeats], read.value[firsts]
        differs |= (ours != theirs) & ~(np.isnan(ours) & np.isnan(theirs))
    return differs


def _in_order(read: _Read, is_kept: np.ndarray | None, findings: Findings) -> dict[str, Any]:
    kept = None if is_kept is None or is_kept.all() else np.flatnonzero(is_kept)
    codes, customers = read.customer.settled(kept)
    time = read.time if kept is None else read.time[kept]
    order = read.order if kept is None or read.order is None else read.order[kept]
    starts, rows, time, order = in_order(codes, len(customers), time, order)
    row = rows if kept is None else kept[rows].astype(rows.dtype)

    def named(encoded: Encoded | None) -> tuple[np.ndarray | None, np.ndarray]:
        if encoded is None:
            return None, np.zeros(0, dtype=object)
        new_codes, categories = encoded.settled(kept)
        return gathered(new_codes, rows), categories

    def placed(array: np.ndarray | None) -> np.ndarray | None:
        if array is None or array.dtype.kind == "O":
            return None if array is None else array[row]
        return gathered(array, row)

    activity, activities = named(read.activity)
    channel, channels = named(read.channel)
    actor, actors = named(read.actor)
    value, recorded = placed(read.value), placed(read.recorded)
    assert activity is not None
    _note_names(activities, findings)
    note_ties(
        findings,
        starts,
        time,
        order,
        activity,
        value,
        (channel, actor, recorded),
        has_ids=read.event_id is not None,
    )
    event_codes, event_ids = named(read.event_id)
    return {
        "customers": customers,
        "starts": starts,
        "time": time,
        "activity": activity,
        "value": value,
        "channel": channel,
        "actor": actor,
        "recorded": recorded,
        "order": order,
        "row": row,
        "event_ids": None if event_codes is None else Coded(event_codes, event_ids),
        "text": placed(read.text),
        "activities": tuple(activities),
        "channels": tuple(channels),
        "actors": actors,
        "ledger": attrs.evolve(findings.ledger(), kept=len(time)),
    }


def _note_names(activities: np.ndarray, findings: Findings) -> None:
    """Names that are probably one name, and names that are probably no names."""
    if len(activities) > MANY_ACTIVITIES:
        findings.note("different activities", len(activities), "so many look like ids or text, not names")
        return
    folded: dict[str, list[str]] = {}
    for name in activities:
        folded.setdefault(" ".join(name.split()).casefold(), []).append(name)
    alike = [names for names in folded.values() if len(names) > 1]
    if alike:
        examples = ", ".join(repr(name)[:40] for name in alike[0][:3])
        detail = f"kept apart, such as {examples}"
        findings.note("activities alike but for case or blanks", len(alike), detail)
