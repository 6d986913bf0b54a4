"""The map as a list: one card for each stage, with all that the drawing has no room for."""

from __future__ import annotations

from collections.abc import Iterator

from ._blocks import Block, Card, Cards, Items, Said
from ._journey_map import JourneyMap, MapNote, MapStage, MapTouchpoint
from ._plain_text import NOTE_KINDS, facts_of
from ._words import Words, capital

__all__ = ["stage_cards", "strip"]

TONES = {"lost": "bad", "won": "good"}


def stage_cards(journey_map: JourneyMap, say: Words) -> Cards:
    """The stages in the order of the map."""
    return Cards(entries=tuple(_card(journey_map, stage, say) for stage in journey_map.stages))


def strip(journey_map: JourneyMap, say: Words) -> Items:
    """The map for a narrow page, where it takes the place of the drawing: a line or two for each stage."""
    return Items(kind="strip", entries=tuple(_line(journey_map, stage, say) for stage in journey_map.stages))


def _line(journey_map: JourneyMap, stage: MapStage, say: Words) -> tuple[Said, ...]:
    ways = [
        f"→ {journey_map.stage(way.target).label} {say.number(way.count)}"
        for way in journey_map.ways
        if way.source == stage.id and way.count
    ]
    facts = " · ".join([*facts_of(stage, say), *ways])
    return (Said(stage.label, href=f"#stage-{stage.id}", is_name=True), Said(" "), Said(facts, tone="soft"))


def _card(journey_map: JourneyMap, stage: MapStage, say: Words) -> Card:
    return Card(
        anchor=f"stage-{stage.id}",
        title=stage.label,
        tone=TONES.get(stage.kind, ""),
        badge=Said(say(stage.kind), pill=True, tone=TONES.get(stage.kind, "soft")),
        blocks=tuple(_blocks(journey_map, stage, say)),
    )


def _blocks(journey_map: JourneyMap, stage: MapStage, say: Words) -> Iterator[Block]:
    if stage.objective:
        yield Said(stage.objective, is_name=True)
    people = [Said(stage.owner, is_name=True)] if stage.owner else []
    for role in stage.participants:
        people += [Said(", "), Said(role, is_name=True)] if people else [Said(role, is_name=True)]
    facts = facts_of(stage, say)
    entries: list[tuple[Said, ...]] = [(Said(" · ".join(facts)),)] if facts else []
    if people:
        entries.append((Said(say("People:")), Said(" "), *people))
    if stage.value_step:
        entries.append((Said(say("Value: {step}", step=say(stage.value_step))),))
    entries += _ways(journey_map, stage, say)
    for number in stage.findings:
        sentence = journey_map.finding(number).sentence
        entries.append((Said(say("Finding {number}:", number=number), href=f"#finding-{number}"), Said(" "),
                        Said(sentence, is_name=True)))  # fmt: skip
    if entries:
        yield Items(entries=tuple(entries))
    if stage.touchpoints:
        yield Said(say("Touchpoints"), tone="head")
        yield Items(entries=tuple(_touchpoint(one, say) for one in stage.touchpoints))
    yield from _notes(stage, say)


def _ways(journey_map: JourneyMap, stage: MapStage, say: Words) -> Iterator[tuple[Said, ...]]:
    for way in journey_map.ways:
        if way.source == stage.id:
            target = journey_map.stage(way.target)
            count = "" if way.count is None else f" · {say.number(way.count)}"
            yield (Said("→ "), Said(target.label, href=f"#stage-{target.id}", is_name=True), Said(count))


def _touchpoint(one: MapTouchpoint, say: Words) -> tuple[Said, ...]:
    facts = [capital(say.name(one.channel))] if one.channel else []
    if one.mode == "internal":
        facts.append(say("internal"))
    if one.moment_of_truth:
        facts.append(say("moment of truth"))
    if one.reached is not None:
        facts.append(say.share(one.share, 1) if one.reached else say("never"))
    return (Said(one.label, is_name=True), Said("".join(f" · {fact}" for fact in facts), tone="soft"))


def _notes(stage: MapStage, say: Words) -> Iterator[Block]:
    everything = (*stage.notes, *(note for one in stage.touchpoints for note in one.notes))
    for kind, heading in NOTE_KINDS:
        notes = [note for note in everything if note.kind == kind]
        if notes:
            yield Said(say(heading), tone="head")
            yield Items(entries=tuple(_note(note, say) for note in notes))


def _note(note: MapNote, say: Words) -> tuple[Said, ...]:
    known = say("assumed") if note.evidence == "none" else say(note.evidence)
    about = f" ({', '.join(one for one in (note.persona, known) if one)})"
    return (Said(note.text, is_name=True), Said(about, tone="soft"))
