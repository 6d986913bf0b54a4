"""The customers at risk one by one: where each stands, what its score consists of, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..trace._explain import WayOut
from ._blocks import Bars, Block, Card, Cards, Items, Part, Said, Section
from ._scored import between, part_label, signed
from ._sections import DAY
from ._told import Risk, Told
from ._words import isolated

__all__ = ["risk_cards"]

N_PARTS, N_NEEDS, N_SIGNALS = 9, 6, 5


def risk_cards(told: Told) -> Section:
    """A card for each customer on the list."""
    title = told.say("Customers at risk, one by one")
    cards = tuple(_card(told, i, one) for i, one in enumerate(told.risks, start=1))
    return Section(anchor="cards", title=title, blocks=(Cards(entries=cards),) if cards else ())


def _card(told: Told, position: int, one: Risk) -> Card:
    """Where the customer stands, what the score consists of, and what is missing before it moves on."""
    say, since = told.say, (told.trace.until - one.entered) / DAY
    where = say("In “{stage}” for {days}, since {day}.", stage=isolated(told.stage_label(one.stage)),
                days=say.days(since), day=say.day(one.entered))  # fmt: skip
    facts: list[tuple[Said, ...]] = [(Said(where),)]
    if one.worth == one.worth:
        facts.append((Said(say("Worth {money} a year.", money=told.money(one.worth))),))
    if span := between(told, one):
        facts.append((Said(say("With all evidence the score would lie between {between}.", between=span)),))
    facts += [*_plan(told, one.code), *_last_contact(told, one.code), *_signals(told, one.code)]
    blocks: list[Block] = [Items(entries=tuple(facts))]
    if one.parts:
        sized = tuple(Part(name=part_label(told, part), size=size, shown=signed(told, size))
                      for part, size in _largest(one.parts))  # fmt: skip
        start = say(
            "The score starts at {base}; what takes from it, and what adds to it:",
            base=say.number(one.base, 1),
        )
        blocks += [Said(start, tone="soft"), Bars(parts=sized)]
    blocks += _needs(told, one.customer)
    badge = Said(f"{say.number(one.score)} {one.band}".strip(), pill=True, tone=one.tone, is_name=True)
    return Card(anchor=f"customer-{position}", title=str(one.customer), blocks=tuple(blocks), badge=badge)


def _largest(parts: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    kept = sorted(parts, key=lambda part: -abs(part[1]))[:N_PARTS]
    return sorted(kept, key=lambda part: part[1])


def _plan(told: Told, code: int) -> Iterator[tuple[Said, ...]]:
    """The success plan, as far as it is known."""
    customers = told.trace._customers
    for attribute in told.journey.attributes:
        if attribute.group != "plan" or customers is None or attribute.id not in customers.names:
            continue
        column, values = told.attribute(attribute.id)
        if not np.isnan(values[code]) and column.kind in ("text", "number"):
            is_number = column.kind == "number"
            shown = told.say.number(values[code]) if is_number else column.categories[int(values[code])]
            yield Said(f"{attribute.label or attribute.id}: ", is_name=True), Said(str(shown), is_name=True)


def _last_contact(told: Told, code: int) -> Iterator[tuple[Said, ...]]:
    """The last event of the customer that is a touchpoint."""
    log = told.trace._log
    labels: dict[str, str] = {}
    for touchpoint in told.journey.touchpoints:
        labels |= dict.fromkeys(touchpoint.activities, touchpoint.label or touchpoint.id)
    place = int(np.searchsorted(log.customers, told.trace.ids[code]))
    if place == len(log.customers) or log.customers[place] != told.trace.ids[code]:
        return
    for event in range(int(log.starts[place + 1]) - 1, int(log.starts[place]) - 1, -1):
        activity = log.activities[log.activity[event]]
        if activity in labels:
            day = told.say.day(log.time[event].view("datetime64[us]"))
            yield (
                Said(told.say("Last contact on {day}:", day=day)),
                Said(" "),
                Said(labels[activity], is_name=True),
            )
            return


def _signals(told: Told, code: int) -> list[tuple[Said, ...]]:
    """What waits for an answer."""
    say, signals = told.say, told.trace.signals
    rows = np.flatnonzero((signals.codes("customer") == code) & told.is_waiting)[:N_SIGNALS]
    return [
        (Said(say("Waits for an answer since {day}:", day=say.day(row["raised"]))), Said(" "),
         Said(told.signal_label(row["signal"]), is_name=True))
        for row in signals.select(rows).rows()
    ]  # fmt: skip


def _needs(told: Told, customer: object) -> Iterator[Block]:
    """What the ways onward still need."""
    say = told.say
    lost = {stage.id for stage in told.journey.stages if stage.kind == "lost"}
    explained = told.trace.explain(customer)
    kinds = [move.kind for move in told.journey.transitions]
    onward = [
        way
        for way in explained.ways_out
        if way.target not in lost and way.verdict != "true" and kinds[way.transition] in ("advance", "skip")
    ]
    for way in onward[:2]:
        needs = [*_missing(told, way)][:N_NEEDS]
        if needs:
            said = say("Missing before “{stage}”:", stage=isolated(told.stage_label(way.target)))
            yield Said(said, tone="head")
            yield Items(entries=tuple(needs))
    leaving = [way for way in explained.ways_out if way.target in lost and not np.isnat(way.opens)]
    for way in sorted(leaving, key=lambda way: way.opens)[:1]:
        stage = isolated(told.stage_label(way.target))
        said = say("If nothing happens, lost to “{stage}” on {day}.", stage=stage, day=say.day(way.opens))
        yield Said(said, tone="over")


def _missing(told: Told, way: WayOut) -> Iterator[tuple[Said, ...]]:
    for reading in way.readings:
        if reading.verdict != "true":
            now = (
                ""
                if reading.value is None
                else f" ({told.say('now {value}', value=_shown(told, reading.value))})"
            )
            yield (Said(reading.text, code=True), Said(now, tone="soft"))
    for item in way.items:
        if item.required and item.status not in ("passed", "waived"):
            yield (
                Said(item.label or item.item, is_name=True),
                Said(f" ({told.say(item.status)})", tone="soft"),
            )


def _shown(told: Told, value: object) -> str:
    if hasattr(value, "total_seconds"):
        return told.say.days(value.total_seconds() / 86_400)
    if isinstance(value, np.datetime64):
        return told.say.day(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return told.say.number(value, 0 if float(value).is_integer() else 2)
