"""One customer after the other, one instant after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import attrs

from cjlib import ChecklistItem, Journey
from cjlib.criteria import Criterion

from ._instants import activities_of, dwell_steps, instants
from ._past import Past, us
from ._truth import conjunction, truth
from ._world import Breach, Event, Evidence, Fact, History, Raised, Reached, Visit, Waiver, World

Row = TypeVar("Row", Event, Fact, Waiver)


def replay(world: World) -> dict[object, History]:
    """The history of every customer that has a first moment up to ``until``."""
    found = {}
    for customer, mine in split(world).items():
        past = Past(mine)
        if past.first is not None:
            found[customer] = Walk(past, list(mine.waivers)).history()
    return found


def split(world: World) -> dict[object, World]:
    """One world per customer."""
    events, facts, waivers = (group(rows) for rows in (world.events, world.facts, world.waivers))
    return {
        customer: attrs.evolve(
            world,
            events=events.get(customer, ()),
            facts=facts.get(customer, ()),
            waivers=waivers.get(customer, ()),
        )
        for customer in sorted({*events, *facts}, key=str)
    }


def group(rows: Iterable[Row]) -> dict[object, tuple[Row, ...]]:
    found: dict[object, tuple[Row, ...]] = {}
    for row in rows:
        found[row.customer] = (*found.get(row.customer, ()), row)
    return found


@attrs.define
class Running:
    """A handoff in the current visit: when it started and when each item was first true."""

    started: int | None = None
    first_true: dict[str, tuple[int, int]] = attrs.field(factory=dict)


class Walk:
    """One customer on the way."""

    def __init__(self, past: Past, waivers: list[Waiver]) -> None:
        self.past = past
        self.journey: Journey = past.journey
        self.waivers = waivers
        self.visits: list[Visit] = []
        self.milestones: dict[str, int] = {}
        self.raised: dict[str, int] = {}
        self.signals: list[Raised] = []
        self.handoffs: list[Evidence] = []
        self.deadlines: list[Breach] = []
        self.first: int = past.first  # type: ignore[assignment]
        # the first visit begins just before the first moment; its clock starts at the first moment
        self.begin(self.journey.initial, entered=self.first, s=self.first - 1)

    def begin(self, stage: str, *, entered: int, s: int) -> None:
        self.stage = stage
        self.entered = entered
        self.s = s
        self.held: set[int] = set()
        self.running = {
            position: Running()
            for position, transition in enumerate(self.journey.transitions)
            if transition.source == stage and transition.handoff is not None
        }

    def history(self) -> History:
        static, steps = instants(self.past, self.waivers), dwell_steps(self.journey)
        t: int | None = self.first
        while t is not None and t <= self.past.until:
            self.pass_instant(t)
            own = {self.entered + step for step in steps}
            t = min((one for one in static | own if one > t), default=None)
        self.close_handoffs(None, self.past.until)
        self.leave(None, -1)
        lasting = [Raised(name, raised, None, None) for name, raised in self.raised.items()]
        signals = [attrs.evolve(one, answered=self.answered(one)) for one in sorted(self.signals + lasting)]
        breaches = [*self.limits(), *self.deadlines, *self.late_answers(signals)]
        milestones = sorted(Reached(name, time) for name, time in self.milestones.items())
        return History(self.visits, milestones, signals, sorted(self.handoffs), sorted(breaches))

    def pass_instant(self, t: int) -> None:
        self.past.stage_before[t] = self.stage
        entered_now = {self.journey.initial} if t == self.first else set()
        self.held -= {position for position in self.held if self.is_stirred(position, t)}
        while True:
            self.watch_handoffs(t)
            position = self.winner(entered_now, t)
            if position is None:
                break
            target = self.journey.transitions[position].target
            self.close_handoffs(position, t)
            self.leave(t, position)
            self.begin(target, entered=t, s=t)
            entered_now.add(target)
        self.read_milestones(t)
        self.read_signals(t)

    def leave(self, left: int | None, via: int) -> None:
        self.visits.append(Visit(len(self.visits), self.stage, self.entered, left, via))

    # --- transitions

    def is_true(self, criterion: Criterion, t: int) -> bool | None:
        return truth(criterion, self.past, self.s, self.entered, t)

    def is_waived(self, position: int, item: str, t: int) -> bool:
        return any(
            (waiver.transition, waiver.item) == (position, item) and waiver.start <= t < waiver.end
            for waiver in self.waivers
        )

    def is_open(self, position: int, t: int) -> bool:
        """Whether the transition's criterion is true: ``when`` and every required item or its waiver."""
        transition = self.journey.transitions[position]
        parts = [self.is_true(transition.when, t)]
        for item in transition.required_items:
            if not self.is_waived(position, item.id, t):
                parts.append(self.is_true(item.criterion, t))
        return conjunction(parts) is True

    def winner(self, entered_now: set[str], t: int) -> int | None:
        competing = []
        for position, transition in enumerate(self.journey.transitions):
            if transition.source != self.stage:
                continue
            if not self.is_open(position, t):
                self.held.discard(position)
            elif transition.target in entered_now:
                self.held.add(position)
            elif position not in self.held:
                competing.append((-transition.priority, position))
        return min(competing)[1] if competing else None

    def is_stirred(self, position: int, t: int) -> bool:
        """Whether this instant brings something that the transition's criterion mentions."""
        transition = self.journey.transitions[position]
        items = {item.id: item.criterion for item in transition.required_items}
        criteria = [transition.when, *items.values()]
        terms = [term for criterion in criteria for term in criterion.terms()]
        activities = {name for term in terms for name in activities_of(term, self.journey)}
        attributes = {str(term.name) for term in terms if term.kind in ("attribute", "until")}
        attributes |= {name.removeprefix("@") for name in activities if name.startswith("@")}
        return (
            any(event.time == t and event.activity in activities for event in self.past.events)
            or any(time == t for name in attributes for time, _, _ in self.past.changes(name))
            or any(
                one.transition == position and one.item in items and t in (one.start, one.end)
                for one in self.waivers
            )
        )

    # --- handoffs

    def watch_handoffs(self, t: int) -> None:
        for position, running in self.running.items():
            transition = self.journey.transitions[position]
            if running.started is None and self.is_true(transition.when, t):
                running.started = t
            for item in transition.handoff.checklist:
                criterion = item.criterion
                if item.id not in running.first_true and self.is_true(criterion, t):
                    running.first_true[item.id] = (t, self.evidence(criterion, t))

    def evidence(self, criterion: Criterion, t: int) -> int:
        """The last event of the instant that the criterion mentions."""
        row = -1
        for event in self.past.logged:
            if event.time == t and any(
                term.is_event_term and self.past.is_meant(event, term) for term in criterion.terms()
            ):
                row = event.row
        return row

    def close_handoffs(self, fired: int | None, t: int) -> None:
        """Write what became of every handoff of this visit; ``fired`` is None at the end of the replay."""
        for position, running in self.running.items():
            if running.started is None:
                continue
            transition = self.journey.transitions[position]
            outcome = "open" if fired is None else "ended" if fired == position else "abandoned"
            ended = None if fired is None else t
            started = running.started
            for item in transition.handoff.checklist:
                became = running.first_true.get(item.id, (None, -1))
                status = self.status(position, item, t)
                number = len(self.visits)
                self.handoffs.append(
                    Evidence(number, position, item.id, started, ended, outcome, status, *became)
                )
            if transition.handoff.deadline is not None:
                at = started + us(transition.handoff.deadline)
                if at < t or (at == t and fired is None):
                    place = f"{transition.source} -> {transition.target}"
                    self.deadlines.append(Breach("deadline", place, started, at))

    def status(self, position: int, item: ChecklistItem, t: int) -> str:
        found = self.is_true(item.criterion, t)
        if found:
            return "passed"
        if self.is_waived(position, item.id, t):
            return "waived"
        return "unknown" if found is None else "failed"

    # --- milestones, signals, breaches: read with s just before the first moment

    def holds(self, criterion: Criterion, t: int) -> bool:
        return truth(criterion, self.past, self.first - 1, self.first, t) is True

    def read_milestones(self, t: int) -> None:
        for milestone in self.journey.milestones:
            if milestone.id not in self.milestones and self.holds(milestone.when, t):
                self.milestones[milestone.id] = t

    def read_signals(self, t: int) -> None:
        for signal in self.journey.signals:
            is_on = (not signal.stages or self.stage in signal.stages) and self.holds(signal.when, t)
            if is_on and signal.id not in self.raised:
                self.raised[signal.id] = t
            if not is_on and signal.id in self.raised:
                self.signals.append(Raised(signal.id, self.raised.pop(signal.id), t, None))

    def answered(self, one: Raised) -> int | None:
        (signal,) = [signal for signal in self.journey.signals if signal.id == one.signal]
        if signal.response is None:
            return None
        for event in self.past.logged:
            if event.time > one.raised and self.past.is_of_touchpoint(event, signal.response):
                return event.time
        return None

    def late_answers(self, signals: list[Raised]) -> list[Breach]:
        found = []
        for one in signals:
            (signal,) = [signal for signal in self.journey.signals if signal.id == one.signal]
            if signal.within is None:
                continue
            at = one.raised + us(signal.within)
            if at <= self.past.until and (one.answered is None or one.answered > at):
                found.append(Breach("answer", signal.id, one.raised, at))
        return found

    def limits(self) -> list[Breach]:
        found = []
        for visit in self.visits:
            (stage,) = [stage for stage in self.journey.stages if stage.id == visit.stage]
            if stage.limit is None:
                continue
            at = visit.entered + us(stage.limit) + 1
            if at <= self.past.until and (visit.left is None or at < visit.left):
                found.append(Breach("limit", stage.id, visit.entered, at))
        return found
