"""Checks of names: what is named must exist, once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from ..errors import did_you_mean
from ._checking import Found, aims, check, notes, place, terms
from ._definition import LISTS, Definition
from ._metrics import anchor_of

__all__ = ["CHECKS"]


def _unknown(what: str, named: Iterable[tuple[str, str]], known: Collection[str]) -> Found:
    """A message for every named thing that is not known."""
    for where, name in named:
        if name not in known:
            yield where, f"unknown {what} {name!r:.80}{did_you_mean(name, known)}"


def _ids(parts: Iterable[object]) -> dict[str, None]:
    return {part.id: None for part in parts}  # type: ignore[attr-defined]


@check("CJ200", "error")
def no_stage(journey: Definition, day: date) -> Found:
    """A journey without stages."""
    if not journey.stages:
        yield "stages", "a journey needs one stage at least"


@check("CJ201", "error")
def doubled_id(journey: Definition, day: date) -> Found:
    """An id that stands twice; stages and touchpoints share one space, for they are nodes of one graph."""
    for kind in LISTS:
        if kind != "transitions":
            yield from _doubled(journey, kind)
    stages = _ids(journey.stages)
    for position, touchpoint in enumerate(journey.touchpoints):
        if touchpoint.id in stages:
            yield place(journey, "touchpoints", position), f"a stage is called {touchpoint.id!r} too"
    for position, move in enumerate(journey.transitions):
        seen: set[str] = set()
        for number, item in enumerate(move.handoff.checklist if move.handoff else ()):
            if item.id in seen:
                yield f"transitions[{position}].handoff.checklist[{number}]", f"{item.id!r} stands twice"
            seen.add(item.id)


def _doubled(journey: Definition, kind: str) -> Found:
    first: dict[str, int] = {}
    for position, element in enumerate(getattr(journey, kind)):
        if first.setdefault(element.id, position) != position:
            yield place(journey, kind, position), f"{kind}[{first[element.id]}] has the same id"


@check("CJ202", "error")
def unknown_stage(journey: Definition, day: date) -> Found:
    """A stage that does not exist."""
    yield from _unknown("stage", _named_stages(journey), _ids(journey.stages))


def _named_stages(journey: Definition) -> Iterator[tuple[str, str]]:
    if journey.stages:
        yield "journey.initial", journey.initial
    for position, move in enumerate(journey.transitions):
        yield f"transitions[{position}].source", move.source
        yield f"transitions[{position}].target", move.target
    for kind in ("touchpoints", "signals"):
        for position, element in enumerate(getattr(journey, kind)):
            for stage in element.stages:
                yield f"{place(journey, kind, position)}.stages", stage
    for position, persona in enumerate(journey.personas):
        for stage, _ in persona.targets:
            yield f"{place(journey, 'personas', position)}.targets", stage
    for position, metric in enumerate(journey.metrics):
        if metric.visit is not None:
            yield f"{place(journey, 'metrics', position)}.visit", metric.visit
    yield from _anchors(journey, "stage")


def _anchors(journey: Definition, kind: str) -> Iterator[tuple[str, str]]:
    for position, metric in enumerate(journey.metrics):
        for field, text in (("start", metric.start), ("end", metric.end)):
            if text is not None and anchor_of(text)[0] == kind:
                yield f"{place(journey, 'metrics', position)}.{field}", anchor_of(text)[1]


@check("CJ203", "error")
def unknown_touchpoint(journey: Definition, day: date) -> Found:
    """A touchpoint that does not exist."""
    yield from _unknown("touchpoint", _named_touchpoints(journey), _ids(journey.touchpoints))


def _named_touchpoints(journey: Definition) -> Iterator[tuple[str, str]]:
    for position, touchpoint in enumerate(journey.touchpoints):
        for earlier in touchpoint.after:
            yield f"{place(journey, 'touchpoints', position)}.after", earlier
    for position, signal in enumerate(journey.signals):
        if signal.response is not None:
            yield f"{place(journey, 'signals', position)}.response", signal.response
    for where, term in terms(journey):
        if term.touchpoint is not None:
            yield where, term.touchpoint
    for position, metric in enumerate(journey.metrics):
        if metric.touchpoint is not None:
            yield f"{place(journey, 'metrics', position)}.touchpoint", metric.touchpoint


@check("CJ204", "error")
def unknown_activity(journey: Definition, day: date) -> Found:
    """An activity that is not declared, where activities are."""
    if journey.activities:
        named = ((where, name) for where, name in _named_activities(journey) if not name.startswith("@"))
        yield from _unknown("activity", named, dict.fromkeys(journey.activities))


def _named_activities(journey: Definition) -> Iterator[tuple[str, str]]:
    for where, term in terms(journey):
        if term.is_event_term and term.name is not None:
            yield where, term.name
    for position, touchpoint in enumerate(journey.touchpoints):
        for activity in touchpoint.activities:
            yield f"{place(journey, 'touchpoints', position)}.activities", activity
    for position, persona in enumerate(journey.personas):
        for activity in persona.triggers:
            yield f"{place(journey, 'personas', position)}.triggers", activity
    for position, metric in enumerate(journey.metrics):
        for activity in metric.activities:
            yield place(journey, "metrics", position), activity


@check("CJ205", "error")
def unknown_metric(journey: Definition, day: date) -> Found:
    """A metric that is not declared, where metrics are."""
    if journey.metrics:
        known = _ids(journey.metrics)
        yield from _unknown("metric", _named_metrics(journey), known)
        yield from _unknown(
            "metric or attribute", _ratio_parts(journey), {**known, **_ids(journey.attributes)}
        )


def _named_metrics(journey: Definition) -> Iterator[tuple[str, str]]:
    for where, aim in aims(journey):
        yield where, aim.metric
    for position, touchpoint in enumerate(journey.touchpoints):
        for metric in touchpoint.metrics:
            yield f"{place(journey, 'touchpoints', position)}.metrics", metric
    for position, card in enumerate(journey.scorecards):
        for measure in card.measures:
            yield f"{place(journey, 'scorecards', position)}, measure {measure.id!r}", measure.metric


def _ratio_parts(journey: Definition) -> Iterator[tuple[str, str]]:
    if journey.attributes:
        for position, metric in enumerate(journey.metrics):
            for part in metric.ratio or ():
                yield f"{place(journey, 'metrics', position)}.ratio", part


@check("CJ206", "error")
def unknown_attribute(journey: Definition, day: date) -> Found:
    """An attribute that is not declared, where attributes are."""
    if journey.attributes:
        yield from _unknown("attribute", _named_attributes(journey), _ids(journey.attributes))


def _named_attributes(journey: Definition) -> Iterator[tuple[str, str]]:
    if journey.start is not None:
        yield "journey.start", journey.start
    for where, term in terms(journey):
        if term.kind in ("attribute", "until"):
            yield where, str(term.name)
    for where, name in _named_activities(journey):
        if name.startswith("@") and not where.startswith("metrics"):
            yield where, name[1:]
    for position, move in enumerate(journey.transitions):
        for number, item in enumerate(move.handoff.checklist if move.handoff else ()):
            if item.attribute is not None:
                yield f"transitions[{position}].handoff.checklist[{number}].attribute", item.attribute
    for position, metric in enumerate(journey.metrics):
        for name in metric.attributes:
            yield place(journey, "metrics", position), name


@check("CJ207", "error")
def unknown_role(journey: Definition, day: date) -> Found:
    """A role that is not declared, where roles are."""
    if journey.roles:
        yield from _unknown("role", _named_roles(journey), _ids(journey.roles))


def _named_roles(journey: Definition) -> Iterator[tuple[str, str]]:
    if journey.owner is not None:
        yield "journey.owner", journey.owner
    for kind in ("stages", "touchpoints", "signals"):
        for position, element in enumerate(getattr(journey, kind)):
            where = place(journey, kind, position)
            if element.owner is not None:
                yield f"{where}.owner", element.owner
            for role in getattr(element, "participants", ()):
                yield f"{where}.participants", role
    for position, move in enumerate(journey.transitions):
        for field, role in (
            (("from", move.handoff.source), ("to", move.handoff.target)) if move.handoff else ()
        ):
            if role is not None:
                yield f"transitions[{position}].handoff.{field}", role


@check("CJ208", "error")
def unknown_persona(journey: Definition, day: date) -> Found:
    """A persona that does not exist."""
    yield from _unknown("persona", _named_personas(journey), _ids(journey.personas))


def _named_personas(journey: Definition) -> Iterator[tuple[str, str]]:
    for position, touchpoint in enumerate(journey.touchpoints):
        for persona in touchpoint.personas:
            yield f"{place(journey, 'touchpoints', position)}.personas", persona
    for where, note in notes(journey):
        if note.persona is not None:
            yield f"{where}.persona", note.persona


@check("CJ209", "error")
def unknown_scorecard(journey: Definition, day: date) -> Found:
    """A scorecard, or a measure of one, that does not exist."""
    for position, stage in enumerate(journey.stages):
        named = (
            [(f"{place(journey, 'stages', position)}.scorecard", stage.scorecard)] if stage.scorecard else []
        )
        yield from _unknown("scorecard", named, _ids(journey.scorecards))
    measures = {measure.id: None for card in journey.scorecards for measure in card.measures}
    for position, persona in enumerate(journey.personas):
        where = f"{place(journey, 'personas', position)}.weights"
        yield from _unknown("measure", ((where, measure) for measure, _ in persona.weights), measures)


@check("CJ210", "error")
def unknown_milestone(journey: Definition, day: date) -> Found:
    """A milestone that does not exist."""
    yield from _unknown("milestone", _anchors(journey, "milestone"), _ids(journey.milestones))


@check("CJ211", "error")
def ambiguous_activity(journey: Definition, day: date) -> Found:
    """An activity of several touchpoints whose stages are not disjoint, so that no stage decides."""
    holders: dict[str, list[int]] = {}
    for position, touchpoint in enumerate(journey.touchpoints):
        for activity in touchpoint.activities:
            holders.setdefault(activity, []).append(position)
    for activity, positions in holders.items():
        for number, position in enumerate(positions):
            for earlier in positions[:number]:
                shared = _shared_stages(journey, earlier, position)
                if shared is not None:
                    other = journey.touchpoints[earlier].id
                    message = f"{activity!r} is an activity of {other!r} too, and both lie in {shared}"
                    yield f"{place(journey, 'touchpoints', position)}.activities", message


def _shared_stages(journey: Definition, one: int, other: int) -> str | None:
    stages, others = journey.touchpoints[one].stages, journey.touchpoints[other].stages
    if not stages or not others:
        return "any stage, for one names none"
    shared = [repr(stage) for stage in stages if stage in others]
    return ", ".join(shared) if shared else None


@check("CJ212", "warning")
def lookalike_ids(journey: Definition, day: date) -> Found:
    """Ids that differ only in upper and lower case."""
    for kind in (
        "roles",
        "stages",
        "touchpoints",
        "milestones",
        "signals",
        "personas",
        "metrics",
        "scorecards",
    ):
        first: dict[str, str] = {}
        for position, element in enumerate(getattr(journey, kind)):
            earlier = first.setdefault(element.id.casefold(), element.id)
            if earlier != element.id:
                yield place(journey, kind, position), f"differs from {earlier!r} only in upper and lower case"


@check("CJ213", "warning")
def touchpoint_without_activities(journey: Definition, day: date) -> Found:
    """A criterion or metric about a touchpoint that no event can be, for it has no activities."""
    empty = {touchpoint.id for touchpoint in journey.touchpoints if not touchpoint.activities}
    for where, touchpoint in _named_touchpoints(journey):
        if touchpoint in empty and not where.endswith((".after", ".response")):
            yield where, f"the touchpoint {touchpoint!r} has no activities, so no event can be it"


CHECKS = (
    no_stage,
    doubled_id,
    unknown_stage,
    unknown_touchpoint,
    unknown_activity,
    unknown_metric,
    unknown_attribute,
    unknown_role,
    unknown_persona,
    unknown_scorecard,
    unknown_milestone,
    ambiguous_activity,
    lookalike_ids,
    touchpoint_without_activities,
)
