"""The map as text: stage by stage, for terminals, mails and whoever reads with the ears."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ._journey_map import JourneyMap, MapNote, MapStage, MapTouchpoint
from ._words import Words, capital, words

__all__ = ["NOTE_KINDS", "facts_of", "text"]

# The kinds of notes in the order in which they are shown, and their headings.
NOTE_KINDS = (
    ("goal", "Goals"), ("action", "Actions"), ("thought", "Thoughts"), ("feeling", "Feelings"),
    ("pain", "Pains"), ("opportunity", "Opportunities"),
)  # fmt: skip


def text(journey_map: JourneyMap, /) -> str:
    """The map as plain text.

    >>> import cjlib as cj
    >>> trial = cj.Stage("trial", label="Trial", owner="sales", target="30d")
    >>> print(text(cj.draw(cj.Journey("demo", stages=[trial]))))
    demo · Version 1
    <BLANKLINE>
    Trial · target 30 d
      sales
    <BLANKLINE>
    """
    say = words(journey_map.language)
    facts = [journey_map.title, say("Version {version}", version=journey_map.version)]
    if journey_map.customers is not None:
        facts.append(say("As of {moment} UTC", moment=journey_map.until.replace("T", " ")[:16]))
        facts.append(say.counted(journey_map.customers, "{count} customer", "{count} customers"))
    lines = [" · ".join(map(_inline, facts)), ""]
    for stage in journey_map.stages:
        lines += [*_stage(journey_map, stage, say), ""]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _inline(said: str) -> str:
    """In one line whatever it holds."""
    return " ".join(said.split())


def _stage(journey_map: JourneyMap, stage: MapStage, say: Words) -> Iterator[str]:
    yield " · ".join([_inline(stage.label), *facts_of(stage, say)])
    if stage.owner or stage.objective:
        yield "  " + ": ".join(_inline(one) for one in (stage.owner, stage.objective) if one)
    for way in journey_map.ways:
        if way.source == stage.id:
            count = "" if way.count is None else f" ({say.number(way.count)})"
            yield f"  → {_inline(journey_map.stage(way.target).label)}{count}"
    if stage.touchpoints:
        yield f"  {say('Touchpoints')}"
        yield from (f"    {_touchpoint(one, say)}" for one in stage.touchpoints)
    everything = (*stage.notes, *(note for one in stage.touchpoints for note in one.notes))
    for kind, heading in NOTE_KINDS:
        notes = [note for note in everything if note.kind == kind]
        if notes:
            yield f"  {say(heading)}"
            yield from (f"    – {_note(note, say)}" for note in notes)
    if stage.findings:
        yield f"  {say('Findings')}"
        yield from (f"    {one}. {_inline(journey_map.finding(one).sentence)}" for one in stage.findings)


def facts_of(stage: MapStage, say: Words) -> list[str]:
    """The figures of a stage in words."""
    numbers, facts = stage.numbers, []
    if numbers is not None:
        facts.append(say("{count} now", count=say.number(numbers.customers)))
        facts.append(say("{count} came in", count=say.number(numbers.entered)))
        if numbers.over_limit:
            facts.append(say("{count} over the limit", count=say.number(numbers.over_limit)))
        if not math.isnan(numbers.median):
            facts.append(say("half stay longer than {days}", days=say.days(numbers.median)))
    if not math.isnan(stage.target):
        facts.append(say("target {days}", days=say.days(stage.target)))
    if numbers is not None and numbers.left and stage.kind != "lost":
        facts.append(say("{share} go on", share=say.share(numbers.forward, numbers.left)))
        facts.append(say("{share} lost", share=say.share(numbers.lost, numbers.left)))
    if numbers is not None and not math.isnan(numbers.health):
        facts.append(say("health {mean}", mean=say.number(numbers.health)))
    return facts


def _touchpoint(one: MapTouchpoint, say: Words) -> str:
    facts = [one.label, capital(say.name(one.channel))]
    if one.mode == "internal":
        facts.append(say("internal"))
    if one.moment_of_truth:
        facts.append(say("moment of truth"))
    if one.reached is not None:
        facts.append(say.share(one.share, 1) if one.reached else say("never"))
    return " · ".join(_inline(fact) for fact in facts if fact)


def _note(note: MapNote, say: Words) -> str:
    assumed = say("assumed") if note.evidence == "none" else say(note.evidence)
    about = ", ".join(one for one in (note.persona, assumed) if one)
    return f"{_inline(note.text)} ({_inline(about)})"
