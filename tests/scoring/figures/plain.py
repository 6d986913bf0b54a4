"""Key figures the slow, obvious way: customer after customer, from what was known at the period's end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import attrs
from tests import oracle
from tests.oracle import Event, History

from .shop import Shop

Sums = dict[str, dict[str | None, tuple[float, float]]]
OURS = ("care", "gold")
PROSPECT = ("look", "cart")
BACK = (2, 4, 5)  # the transitions that lead backwards


@attrs.define
class Known:
    """A shop as it was known at the end of a period, both ends included as moments."""

    shop: Shop
    opening: int
    closing: int
    histories: dict[object, History]
    events: list[Event]

    @classmethod
    def of(cls, shop: Shop, opening: int, closing: int) -> Known:
        world = shop.world
        events, facts = (
            [row for row in rows if row.recorded is None or row.recorded <= closing]
            for rows in (world.events, world.facts)
        )
        known = attrs.evolve(world, events=tuple(events), facts=tuple(facts), until=closing)
        log = [event for event in events if event.time <= closing]
        return cls(attrs.evolve(shop, world=known), opening, closing, oracle.replay(known), log)

    def stage(self, customer: object, time: int) -> str | None:
        visits = self.histories[customer].visits if customer in self.histories else []
        inside = [v.stage for v in visits if v.entered <= time and (v.left is None or v.left > time)]
        return inside[0] if inside else None

    def fact(self, customer: object, name: str, time: int) -> object:
        rows = [
            fact for fact in self.shop.world.facts
            if fact.customer == customer and fact.name == name and fact.valid_from <= time
        ]  # fmt: skip
        best = max(
            rows, key=lambda fact: (fact.valid_from, fact.recorded or 0, rows.index(fact)), default=None
        )
        return None if best is None else best.value

    def group(self, by: str | None, customer: object, time: int) -> object:
        if by is None:
            return None
        return self.stage(customer, time) if by == "stage" else self.fact(customer, by, time)

    def met_in(self, event: Event) -> str | None:
        visits = self.histories[event.customer].visits
        before = [v.stage for v in visits if v.entered < event.time] or [
            v.stage for v in visits[:1] if v.entered == event.time
        ]
        return before[-1] if before else None

    def in_period(self, time: int | None) -> bool:
        return time is not None and self.opening < time <= self.closing


def figures(shop: Shop, opening: int, closing: int, by: str | None) -> Sums:
    """Numerator and denominator of every figure by group."""
    known = Known.of(shop, opening, closing)
    found: Sums = {}
    for figure, counted in COUNTED.items():
        sums: dict[str | None, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for label, numerator, denominator in counted(known, by):
            sums[label][0] += numerator
            sums[label][1] += denominator
        found[figure] = {label: (top, bottom) for label, (top, bottom) in sums.items()}
    return found


Rows = Iterator[tuple[object, float, float]]


def answers(activity: str, low: float, high: float, counts: Callable[[float], float]) -> Callable[..., Rows]:
    def counted(known: Known, by: str | None) -> Rows:
        for event in known.events:
            is_meant = event.activity == activity and known.in_period(event.time)
            if is_meant and event.value is not None and low <= event.value <= high:
                own = {"stage": known.met_in, "channel": lambda event: event.channel}
                label = own[by](event) if by in own else known.group(by, event.customer, known.closing)
                yield label, counts(event.value), 1.0

    return counted


def stayed(known: Known, by: str | None) -> Rows:
    for customer in before(known):
        yield (known.group(by, customer, known.opening),
               float(known.stage(customer, known.closing) in OURS), 1.0)  # fmt: skip


def left(known: Known, by: str | None) -> Rows:
    for customer in before(known):
        is_lost = known.stage(customer, known.closing) == "gone"
        yield known.group(by, customer, known.opening), float(is_lost), 1.0


def before(known: Known) -> list[object]:
    return [one for one in known.histories if known.stage(one, known.opening) in OURS]


def took_more(known: Known, by: str | None) -> Rows:
    takers = {e.customer for e in known.events if e.activity == "extra" and known.in_period(e.time)}
    is_heard_of = any(event.activity == "extra" for event in known.events)
    for customer in before(known) if is_heard_of else []:
        yield known.group(by, customer, known.opening), float(customer in takers), 1.0


def bought_again(known: Known, by: str | None) -> Rows:
    bought = [event for event in known.events if event.activity == "purchase"]
    for customer in {event.customer for event in bought if known.in_period(event.time)}:
        times = sum(event.customer == customer for event in bought)
        yield known.group(by, customer, known.closing), float(times >= 2), 1.0


def gave_up(known: Known, by: str | None) -> Rows:
    for customer, history in known.histories.items():
        for visit in history.visits:
            if visit.stage in PROSPECT and known.in_period(visit.left):
                label = visit.stage if by == "stage" else known.group(by, customer, known.closing)
                yield label, float(visit.via in BACK), 1.0


def won(known: Known) -> dict[object, int]:
    found = {}
    for customer, history in known.histories.items():
        times = [visit.entered for visit in history.visits if visit.stage in OURS]
        if times:
            found[customer] = min(times)
    return found


def got_going(known: Known, by: str | None) -> Rows:
    for customer, time in won(known).items():
        if known.in_period(time):
            yield (
                known.group(by, customer, known.closing),
                float(bool(known.histories[customer].milestones)),
                1.0,
            )


def paying(known: Known, by: str | None) -> Rows:
    for customer in known.histories:
        arr = known.fact(customer, "arr", known.closing)
        if known.stage(customer, known.closing) in OURS and arr is not None:
            yield known.group(by, customer, known.closing), arr, float("nan")


def flow(part: Callable[[float, float, bool], float]) -> Callable[..., Rows]:
    def counted(known: Known, by: str | None) -> Rows:
        for customer in before(known):
            start, end = (known.fact(customer, "arr", time) for time in (known.opening, known.closing))
            is_kept = known.stage(customer, known.closing) in OURS
            if start is None or (is_kept and end is None):
                continue
            yield (
                known.group(by, customer, known.opening),
                part(start, end if is_kept else 0.0, is_kept),
                start,
            )

    return counted


def referrer(known: Known, customer: object) -> object:
    other = known.shop.referred.get(customer)
    if other not in known.histories or customer not in known.histories:
        return None if customer in known.histories or other is None else other
    first = [known.histories[one].visits[0].entered for one in (other, customer)]
    return other if first[0] < first[1] else None


def recommended(known: Known, by: str | None) -> Rows:
    for customer, time in won(known).items():
        if known.in_period(time):
            is_referred = referrer(known, customer) is not None
            yield known.group(by, customer, known.closing), float(is_referred), 1.0


def brought(known: Known, by: str | None) -> Rows:
    sums: dict[object, float] = defaultdict(float)
    for customer in known.histories:
        arr, other = known.fact(customer, "arr", known.closing), referrer(known, customer)
        if other is not None and arr is not None and known.stage(customer, known.closing) in OURS:
            sums[other] += arr
    for customer in known.histories:
        if known.stage(customer, known.closing) in OURS or sums[customer] > 0:
            yield known.group(by, customer, known.closing), sums[customer], 1.0


COUNTED: dict[str, Callable[..., Rows]] = {
    "nps": answers("nps", 0, 10, lambda value: (value >= 9) - (value <= 6)),
    "csat": answers("csat", 1, 5, lambda value: float(value >= 4)),
    "ces": answers("ces", 1, 7, lambda value: value),
    "retention": stayed, "churn": left, "cross_sell": took_more, "repurchase": bought_again,
    "abandonment": gave_up, "activation": got_going, "arr": paying,
    "nrr": flow(lambda start, end, is_kept: end),
    "grr": flow(lambda start, end, is_kept: min(start, end)),
    "expansion": flow(lambda start, end, is_kept: max(end - start, 0.0)),
    "contraction": flow(lambda start, end, is_kept: max(start - end, 0.0) if is_kept else 0.0),
    "lost_revenue": flow(lambda start, end, is_kept: 0.0 if is_kept else start),
    "referrals": recommended, "referral_value": brought,
}  # fmt: skip
