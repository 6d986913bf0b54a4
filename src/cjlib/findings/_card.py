"""Everything about one customer, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np

from ..data import Coded, EventLog, Table
from ..errors import UsageError
from ..journey import Journey
from ..journey._elements import VALUE_STEPS
from ..scoring import ScoreExplanation, Scores
from ..scoring.figures._by_facts import Facts
from ..trace import Explanation, Trace
from ._aims import AimGap, aim_gaps
from ._contacts import Contacts, satisfaction_answers
from ._given import Given
from ._stays import Stays, persona_codes

__all__ = ["Card", "card", "cards"]

OTHER = "other"  # the group of attributes that the journey gives none


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Card:
    """One customer from all sides, as known at a moment.

    Attributes:
        customer: the id.
        as_of: the moment, the end of the replay.
        attributes: by group (``plan`` is the success plan, ``other`` what has no group) the value of each
            attribute, None where it is unknown.
        persona: which persona it is, None for none.
        people: ``person``, ``role`` (where an attribute is called like a role), ``contacts`` and ``last``.
        standing: where it stands, since when, and what every way out still needs.
        visits: ``stage``, ``entered``, ``left``, ``days`` and ``target_days``.
        values: one row per value step: ``step``, ``reached`` (NaT while not) and ``through`` what.
        plan: what was aimed at against what is: ``place``, ``metric``, ``aim``, ``actual``, ``is_met``.
        checklist: the items before the next owner takes over: ``to``, ``item``, ``required``, ``status``.
        scores: by name, with their parts, such as health and risk.
        worth: what it is worth in a year; NaN where unsaid.
        signals: ``signal``, ``severity``, ``raised``, ``ceased``, ``answered``.
        breaches: ``kind``, ``place``, ``started``, ``at``.
        contacts: the last ones, the latest first: ``time``, ``touchpoint``, ``activity``, ``channel``,
            ``person``, ``answer`` (to a metric of satisfaction; NaN else) and ``text``.
        due: what time alone will do: ``kind``, ``place``, ``at``.
    """

    customer: Any
    as_of: np.datetime64
    attributes: Mapping[str, Mapping[str, Any]]
    persona: str | None
    people: Table
    standing: Explanation
    visits: Table
    values: Table
    plan: Table
    checklist: Table
    scores: Mapping[str, ScoreExplanation]
    worth: float
    signals: Table
    breaches: Table
    contacts: Table
    due: Table

    @property
    def stage(self) -> str:
        """Where it stands."""
        return self.standing.stage

    @property
    def since(self) -> np.datetime64:
        """Since when it stands there."""
        return self.standing.entered

    def __repr__(self) -> str:
        return f"<Card of {self.customer!r} in {self.stage} since {str(self.since)[:10]}>"

    def __str__(self) -> str:
        who = f" ({self.persona})" if self.persona else ""
        lines = [f"{self.customer}{who} is in {self.stage} since {str(self.since)[:10]}"]
        lines += [line for score in self.scores.values() for line in str(score).split("\n")]
        for group, values in self.attributes.items():
            known = ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)
            lines.append(f"{group}: {known or 'nothing known'}")
        for name in ("plan", "checklist", "signals", "breaches", "due", "contacts"):
            table = getattr(self, name)
            lines += [str(table)] if len(table) else []
        return "\n".join(lines)


def card(
    customer: Any,
    journey: Journey,
    trace: Trace,
    log: EventLog,
    *,
    scores: Mapping[str, Scores] | Scores | None = None,
    value: str | None = None,
    due: str | timedelta | Table = "30d",
    contacts: int = 10,
) -> Card:
    """Everything about one customer as one value; :func:`cjlib.findings.cards` makes several at once.

    Args:
        customer: the id.
        journey: the definition.
        trace: its replay; only what it knows counts.
        log: the events that were replayed.
        scores: the scores to show, by name, such as ``{"health": health, "risk": risk}``.
        value: the attribute that says what a customer is worth in a year.
        due: how far to look ahead; or what ``trace.due`` gave.
        contacts: how many of the last contacts to show.

    Raises:
        UnknownNameError: if nobody by that id was traced, or there is no such attribute.
        UsageError: if the three do not belong together.

    >>> import cjlib as cj
    >>> shop = cj.template("ecommerce")
    >>> made = cj.simulate(shop, 50, seed=1, until="2026-01-01")
    >>> trace = cj.replay(shop, made.log, made.customers, until="2026-01-01")
    >>> who = trace.visits["customer"][0]
    >>> found = cj.card(who, shop, trace, made.log)
    >>> found.stage == found.visits["stage"][-1]
    True
    """
    options: dict[str, Any] = {"scores": scores, "value": value, "due": due, "contacts": contacts}
    return cards([customer], journey, trace, log, **options)[0]


def cards(
    customers: Iterable[Any],
    journey: Journey,
    trace: Trace,
    log: EventLog,
    *,
    scores: Mapping[str, Scores] | Scores | None = None,
    value: str | None = None,
    due: str | timedelta | Table = "30d",
    contacts: int = 10,
) -> tuple[Card, ...]:
    """The cards of several customers; what all of them need is looked up once. See :func:`cjlib.card`."""
    if isinstance(customers, (str, bytes)) or not isinstance(customers, Iterable):
        raise UsageError(f"cards: several customers were expected, such as [{customers!r:.60}]")
    facts = Facts.of(journey, trace, log)
    given = Given(trace=trace, log=facts.log, facts=facts, value=value)
    named = {"score": scores} if isinstance(scores, Scores) else dict(scores or {})
    ahead = due if isinstance(due, Table) else trace.due(due)
    gaps = aim_gaps(given)
    return tuple(
        _card(given, one, trace._code(one), named, ahead, gaps, contacts)
        for one in (each.item() if isinstance(each, np.generic) else each for each in customers)
    )


def _card(
    given: Given, customer: Any, code: int, scores: Mapping[str, Scores], due: Table, gaps: list[AimGap],
    most: int,
) -> Card:  # fmt: skip
    trace, journey = given.trace, given.journey
    standing = trace.explain(customer)
    persona = int(persona_codes(given)[code])
    contacts = Contacts.of(given)
    place = int(np.flatnonzero(contacts.owners == code)[0]) if (contacts.owners == code).any() else -1
    span = range(contacts.log.starts[place], contacts.log.starts[place + 1]) if place >= 0 else range(0)
    signals = _mine(trace.signals, code)
    severity = np.array([journey.signal(one).severity for one in signals["signal"]], object)
    return Card(
        customer=customer,
        as_of=trace.until,
        attributes=_attributes(given, code),
        persona=journey.personas[persona].id if persona >= 0 else None,
        people=_people(given, contacts, code, span),
        standing=standing,
        visits=_visits(given, code),
        values=_values(given, code),
        plan=_plan(code, gaps),
        checklist=_checklist(standing),
        scores=MappingProxyType({name: one.explain(customer) for name, one in scores.items()}),
        worth=float(given.worth[code]),
        signals=_with(signals, "signals", severity=severity),
        breaches=_mine(trace.breaches, code),
        contacts=_contacts(given, contacts, span, most),
        due=_mine(due, code),
    )


def _mine(table: Table, code: int) -> Table:
    """The rows of one customer, without saying so in each."""
    rows = np.flatnonzero(table.codes("customer") == code)
    return _with(table.select(rows), table.name, customer=None)


def _with(table: Table, name: str, **columns: Any) -> Table:
    """The table with columns more, or less (None), decoded, since there are few rows."""
    kept = {one: table[one] for one in table.columns if one not in columns}
    return Table(kept | {one: values for one, values in columns.items() if values is not None}, name=name)


def _attributes(given: Given, code: int) -> Mapping[str, Mapping[str, Any]]:
    customers, declared = given.facts.customers, {one.id: one for one in given.journey.attributes}
    groups: dict[str, dict[str, Any]] = {}
    for name in customers.names if customers is not None else ():
        group = (declared[name].group if name in declared else None) or OTHER
        groups.setdefault(group, {})[name] = _value(given, name, code)
    return MappingProxyType({group: MappingProxyType(values) for group, values in groups.items()})


def _value(given: Given, name: str, code: int) -> Any:
    column = given.facts.column(name)
    value = float(given.shared.setdefault(f"attribute {name}", given.facts.values(name, given.until))[code])
    if np.isnan(value):
        return None
    if column.kind == "boolean":
        return bool(value)
    if column.kind == "date":
        return np.datetime64(int(value), "us")
    return value if column.kind == "number" else column.categories[int(value)]


def _people(given: Given, contacts: Contacts, code: int, span: range) -> Table:
    """Who acted for the customer, and who is named in a role."""
    found: dict[Any, list[Any]] = {}
    for row in span:
        actor = int(contacts.actor[row])
        if actor >= 0:
            person = found.setdefault(contacts.log.actors[actor], [None, 0, np.datetime64("NaT", "us")])
            person[1] += 1
            person[2] = np.datetime64(int(contacts.log.time[row]), "us")
    names = () if given.facts.customers is None else given.facts.customers.names
    for role in given.journey.roles:
        if role.id in names and (name := _value(given, role.id, code)) is not None:
            found.setdefault(name, [None, 0, np.datetime64("NaT", "us")])[0] = role.id
    rows = list(found.values())
    return Table(
        {
            "person": _objects(found),
            "role": _objects(row[0] for row in rows),
            "contacts": np.array([row[1] for row in rows], np.int64),
            "last": np.array([row[2] for row in rows], "datetime64[us]"),
        },
        name="people",
    )


def _visits(given: Given, code: int) -> Table:
    stays = Stays.of(given)
    rows = np.flatnonzero(stays.customer == code)
    visits = given.trace.visits
    return Table(
        {
            "stage": visits["stage"][rows],
            "entered": visits["entered"][rows],
            "left": visits["left"][rows],
            "days": stays.days[rows],
            "target_days": stays.targets[rows],
        },
        name="visits",
    )


def _values(given: Given, code: int) -> Table:
    """When each value step was reached first: by a milestone, or by leaving the stage that stands for it."""
    journey, trace = given.journey, given.trace
    reached: dict[str, tuple[np.datetime64, str]] = {}
    for step, time, through in _steps(journey, trace, code):
        if step is not None and (step not in reached or time < reached[step][0]):
            reached[step] = time, through
    never = (np.datetime64("NaT", "us"), None)
    rows = [reached.get(step, never) for step in VALUE_STEPS]
    return Table(
        {
            "step": _objects(VALUE_STEPS),
            "reached": np.array([row[0] for row in rows], "datetime64[us]"),
            "through": _objects(row[1] for row in rows),
        },
        name="value steps",
    )


def _steps(journey: Journey, trace: Trace, code: int) -> Iterator[tuple[str | None, np.datetime64, str]]:
    rows = np.flatnonzero(trace.milestones.codes("customer") == code)
    for id, time in zip(trace.milestones["milestone"][rows], trace.milestones["time"][rows], strict=True):
        yield journey.milestone(id).value_step, time, id
    visits = trace.visits.select(np.flatnonzero(trace.visits.codes("customer") == code))
    is_forward = np.array([way.kind in ("advance", "skip") for way in journey.transitions] + [False])
    for id, left, via in zip(visits["stage"], visits["left"], visits["via"], strict=True):
        if is_forward[via]:
            yield journey.stage(id).value_step, left, id


def _plan(code: int, gaps: list[AimGap]) -> Table:
    rows = [
        (str(gap.place), gap.metric, gap.aim, gap.values[at], not gap.misses[at])
        for gap in gaps
        for at in np.flatnonzero(gap.who == code)
    ]
    place, metric, aim, actual, is_met = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Table(
        {
            "place": _objects(place),
            "metric": _objects(metric),
            "aim": np.array(aim, float),
            "actual": np.array(actual, float),
            "is_met": np.array(is_met, bool),
        },
        name="plan",
    )


def _checklist(standing: Explanation) -> Table:
    rows = [(way.target, item) for way in standing.ways_out for item in way.items]
    return Table(
        {
            "to": _objects(target for target, _ in rows),
            "item": _objects(item.item for _, item in rows),
            "required": np.array([item.required for _, item in rows], bool),
            "status": _objects(item.status for _, item in rows),
        },
        name="checklist",
    )


def _contacts(given: Given, contacts: Contacts, span: range, most: int) -> Table:
    log = contacts.log
    rows = np.array(span[::-1][:most], np.int64)
    answers = given.shared.setdefault("answers", satisfaction_answers(contacts))
    value = (
        np.full(len(rows), np.nan) if log.value is None else np.where(answers[rows], log.value[rows], np.nan)
    )
    text = [None] * len(rows) if log.text is None else list(log.text[rows])
    touchpoints = Coded(contacts.touchpoint[rows], [one.id for one in given.journey.touchpoints])
    return Table(
        {
            "time": log.time[rows].view("datetime64[us]"),
            "touchpoint": touchpoints.decode(),
            "activity": Coded(log.activity[rows], log.activities).decode(),
            "channel": Coded(contacts.channel[rows], log.channels).decode(),
            "person": Coded(contacts.actor[rows], log.actors).decode(),
            "answer": value,
            "text": _objects(text),
        },
        name="contacts",
    )


def _objects(values: Iterable[Any]) -> np.ndarray:
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column
