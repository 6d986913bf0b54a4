"""Checks of names and types: what is named must exist, once; what is compared must be comparable."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from ..criteria import Comparison, Contains, Membership, Term
from ..errors import did_you_mean
from ._definition import (
    LISTS,
    Definition,
    Found,
    aims,
    checklist_items,
    criteria,
    named,
    notes,
    placed,
    terms,
)
from ._elements import Attribute, Touchpoint
from ._metrics import KEY_FIGURES, Metric, anchor_of

Declared = Mapping[str, Attribute]
_WITHOUT_CASE = ("attributes", "transitions")
VALUED = ("sum", "mean", "min", "max", "last")


def _unknown(what: str, names: Iterable[tuple[str, str]], known: Collection[str]) -> Found:
    """A message for every name that is not known."""
    for where, name in names:
        if name not in known:
            yield where, f"unknown {what} {name!r:.80}{did_you_mean(name, known)}"


def _ids(parts: Iterable[Any]) -> dict[str, None]:
    return {part.id: None for part in parts}


def no_stage(journey: Definition, day: date) -> Found:
    """A journey without stages."""
    if not journey.stages:
        yield "stages", "a journey needs one stage at least"


def doubled_id(journey: Definition, day: date) -> Found:
    """An id that stands twice; stages and touchpoints share one space, for they are nodes of one graph."""
    for kind in LISTS:
        if kind != "transitions":
            yield from _doubled(journey, kind)
    stages = _ids(journey.stages)
    for where, touchpoint in placed("touchpoints", journey.touchpoints):
        if touchpoint.id in stages:
            yield where, f"a stage is called {touchpoint.id!r} too"
    seen: set[tuple[str, str]] = set()
    for where, item in checklist_items(journey):
        checklist = where.rpartition("[")[0]
        if (checklist, item.id) in seen:
            yield where, f"{item.id!r} stands twice"
        seen.add((checklist, item.id))


def _doubled(journey: Definition, kind: str) -> Found:
    first: dict[str, int] = {}
    for position, (where, element) in enumerate(placed(kind, getattr(journey, kind))):
        if first.setdefault(element.id, position) != position:
            yield where, f"{kind}[{first[element.id]}] has the same id"


def unknown_stage(journey: Definition, day: date) -> Found:
    """A stage that does not exist."""
    if journey.stages:
        yield from _unknown("stage", named(journey, "journey.initial"), _ids(journey.stages))
    fields = ("transitions.source", "transitions.target", "touchpoints.stages", "signals.stages")
    names = [*named(journey, *fields, "personas.targets", "metrics.visit"), *_anchors(journey, "stage")]
    yield from _unknown("stage", names, _ids(journey.stages))


def _anchors(journey: Definition, kind: str) -> Found:
    """The names of that kind at which the times of metrics begin and end."""
    for where, text in named(journey, "metrics.start", "metrics.end"):
        if anchor_of(text)[0] == kind:
            yield where, anchor_of(text)[1]


def unknown_touchpoint(journey: Definition, day: date) -> Found:
    """A touchpoint that does not exist."""
    names = [*named(journey, "touchpoints.after", "signals.response"), *_read_touchpoints(journey)]
    yield from _unknown("touchpoint", names, _ids(journey.touchpoints))


def _read_touchpoints(journey: Definition) -> Found:
    """The touchpoints whose events are read."""
    yield from ((where, term.touchpoint) for where, term in terms(journey) if term.touchpoint is not None)
    yield from named(journey, "metrics.touchpoint")


def touchpoint_without_activities(journey: Definition, day: date) -> Found:
    """A criterion or metric about a touchpoint that no event can be, for it has no activities."""
    empty = {touchpoint.id for touchpoint in journey.touchpoints if not touchpoint.activities}
    for where, touchpoint in _read_touchpoints(journey):
        if touchpoint in empty:
            yield where, f"the touchpoint {touchpoint!r} has no activities, so no event can be it"


def unknown_activity(journey: Definition, day: date) -> Found:
    """An activity that is not declared, where activities are."""
    if journey.activities:
        names = [*_term_activities(journey), *named(journey, "touchpoints.activities", "personas.triggers")]
        names += _of_metrics(journey, "activities")
        names = [(where, name) for where, name in names if not name.startswith("@")]
        yield from _unknown("activity", names, dict.fromkeys(journey.activities))


def _term_activities(journey: Definition) -> Found:
    for where, term in terms(journey):
        if term.is_event_term and term.name is not None:
            yield where, term.name


def _of_metrics(journey: Definition, property: str) -> Found:
    """The activities or attributes that metrics name."""
    for where, metric in placed("metrics", journey.metrics):
        yield from ((where, name) for name in getattr(metric, property))


def unknown_metric(journey: Definition, day: date) -> Found:
    """A metric that is not declared, where metrics are."""
    if not journey.metrics:
        return
    known = _ids(journey.metrics)
    aimed = [(where, aim.metric) for where, aim in aims(journey)]
    yield from _unknown("metric", aimed, known | dict.fromkeys(KEY_FIGURES))
    names = [*named(journey, "touchpoints.metrics")]
    for where, card in placed("scorecards", journey.scorecards):
        judged = (*card.measures, *([card.pulse] if card.pulse else ()))
        names += ((f"{where}, measure {measure.id!r}", measure.metric) for measure in judged)
    yield from _unknown("metric", names, known)
    if journey.attributes:
        known |= _ids(journey.attributes)
        yield from _unknown("metric or attribute", named(journey, "metrics.ratio"), known)


def unknown_attribute(journey: Definition, day: date) -> Found:
    """An attribute that is not declared, where attributes are."""
    if not journey.attributes:
        return
    names = [*named(journey, "journey.start")]
    names += (
        (where, str(term.name)) for where, term in terms(journey) if term.kind in ("attribute", "until")
    )
    activities = [*_term_activities(journey), *named(journey, "touchpoints.activities", "personas.triggers")]
    names += ((where, name[1:]) for where, name in activities if name.startswith("@"))
    for where, item in checklist_items(journey):
        names += [(f"{where}.attribute", item.attribute)] if item.attribute is not None else []
    names += _of_metrics(journey, "attributes")
    yield from _unknown("attribute", names, _ids(journey.attributes))


def unknown_role(journey: Definition, day: date) -> Found:
    """A role that is not declared, where roles are."""
    if not journey.roles:
        return
    fields = ("journey.owner", "stages.owner", "touchpoints.owner", "signals.owner")
    names = [*named(journey, *fields, "stages.participants", "touchpoints.participants")]
    for where, move in placed("transitions", journey.transitions):
        if move.handoff is not None:
            ends = (("from", move.handoff.source), ("to", move.handoff.target))
            names += ((f"{where}.handoff.{end}", role) for end, role in ends if role is not None)
    yield from _unknown("role", names, _ids(journey.roles))


def unknown_persona(journey: Definition, day: date) -> Found:
    """A persona that does not exist."""
    names = [*named(journey, "touchpoints.personas")]
    names += (
        (f"{where}.persona", note.persona) for where, note in notes(journey) if note.persona is not None
    )
    yield from _unknown("persona", names, _ids(journey.personas))


def unknown_scorecard(journey: Definition, day: date) -> Found:
    """A scorecard, or a measure of one, that does not exist."""
    yield from _unknown("scorecard", named(journey, "stages.scorecard"), _ids(journey.scorecards))
    measures = _ids(measure for card in journey.scorecards for measure in card.measures)
    yield from _unknown("measure", [*named(journey, "stages.weights", "personas.weights")], measures)


def unknown_milestone(journey: Definition, day: date) -> Found:
    """A milestone that does not exist."""
    yield from _unknown("milestone", _anchors(journey, "milestone"), _ids(journey.milestones))


def ambiguous_activity(journey: Definition, day: date) -> Found:
    """An activity of several touchpoints whose stages are not disjoint, so that no stage decides."""
    holders: dict[str, list[Touchpoint]] = {}
    for where, touchpoint in placed("touchpoints", journey.touchpoints):
        for activity in touchpoint.activities:
            for other in holders.setdefault(activity, []):
                if shared := _shared_stages(other, touchpoint):
                    message = f"{activity!r} is an activity of {other.id!r} too, and both lie in {shared}"
                    yield f"{where}.activities", message
            holders[activity].append(touchpoint)


def _shared_stages(one: Touchpoint, other: Touchpoint) -> str:
    if not one.stages or not other.stages:
        return "any stage, for one names none"
    return ", ".join(repr(stage) for stage in one.stages if stage in other.stages)


def lookalike_ids(journey: Definition, day: date) -> Found:
    """Ids that differ only in upper and lower case."""
    for kind in LISTS:
        first: dict[str, str] = {}
        for where, element in placed(kind, getattr(journey, kind) if kind not in _WITHOUT_CASE else ()):
            earlier = first.setdefault(element.id.casefold(), element.id)
            if earlier != element.id:
                yield where, f"differs from {earlier!r} only in upper and lower case"


def _declared(journey: Definition) -> dict[str, Attribute]:
    return {attribute.id: attribute for attribute in journey.attributes}


def incompatible_types(journey: Definition, day: date) -> Found:
    """A comparison that the declared type of an attribute does not allow."""
    declared = _declared(journey)
    for where, criterion in criteria(journey):
        for leaf in criterion.leaves():
            for message in _leaf_problems(leaf, declared):
                yield where, f"{leaf}: {message}"
    if journey.start in declared and declared[journey.start].type != "date":
        yield "journey.start", f"{_said(declared[journey.start])}; customers begin at a date"


def _leaf_problems(leaf: object, declared: Declared) -> Iterator[str]:
    terms: tuple[Term, ...] = leaf.operands()  # type: ignore[attr-defined]
    for term in terms:
        yield from _term_problems(term, declared)
    left = declared.get(str(terms[0].name)) if terms[0].kind == "attribute" else None
    if isinstance(leaf, Comparison) and isinstance(leaf.literal, Term):
        right = declared.get(str(leaf.literal.name))
        yield from _pair_problems(leaf, left, right)
    elif left is not None and isinstance(leaf, Comparison):
        yield from _literal_problems(left, leaf.literal, leaf.operator)
    elif left is not None and isinstance(leaf, Membership):
        for option in leaf.options:
            yield from _literal_problems(left, option, "==")
    elif left is not None and isinstance(leaf, Contains) and left.type != "set":
        yield f"{_said(left)}, only a set contains options; write {leaf.term} == ..."


def _term_problems(term: Term, declared: Declared) -> Iterator[str]:
    attribute = declared.get(str(term.name))
    if term.kind == "until" and attribute is not None and attribute.type != "date":
        yield f"{_said(attribute)}; until() takes a date"
    changed = declared.get(str(term.name)[1:]) if str(term.name).startswith("@") else None
    if changed is not None and term.kind in VALUED and changed.type != "number":
        yield f"{_said(changed)}, so its changes have no value; count() and idle() work"


def _said(attribute: Attribute) -> str:
    return f"{attribute.id!r} is declared as {attribute.type}"


def _literal_problems(attribute: Attribute, literal: object, operator: str) -> Iterator[str]:
    has_order = operator not in ("==", "!=")
    is_number = isinstance(literal, (int, float)) and not isinstance(literal, bool)
    if attribute.type == "set":
        yield f'{_said(attribute)}; write "..." in attribute("{attribute.id}")'
    elif attribute.type == "number" and not is_number:
        yield f"{_said(attribute)}, not compared with {literal!r:.40}"
    elif attribute.type == "boolean" and not isinstance(literal, bool):
        yield f"{_said(attribute)}; compare it with True or False"
    elif attribute.type == "text" and not isinstance(literal, str):
        yield f"{_said(attribute)}, not compared with {literal!r:.40}"
    elif attribute.type == "text" and has_order:
        yield f"{_said(attribute)}, and categories have no order; use == or in [...]"
    elif attribute.type == "date" and not _is_time(literal):
        yield f"{_said(attribute)}; compare it with a time such as '2026-11-30', or use until()"


def _is_time(literal: object) -> bool:
    try:
        return isinstance(literal, str) and bool(datetime.fromisoformat(literal))
    except ValueError:
        return False


def _pair_problems(leaf: Comparison, left: Attribute | None, right: Attribute | None) -> Iterator[str]:
    if right is None:
        return
    if right.type not in ("number", "text"):
        yield f"{_said(right)}; on the right stand numbers and categories only"
    elif leaf.term.kind != "attribute" and right.type != "number":
        yield f"{_said(right)}, but {leaf.term.kind} is a number"
    elif left is not None and left.type != right.type:
        yield f"{_said(left)}, {_said(right)}"
    elif right.type == "text" and leaf.operator not in ("==", "!="):
        yield f"{_said(right)}, and categories have no order; use == or !="


def unknown_option(journey: Definition, day: date) -> Found:
    """A category that the attribute cannot be, for its options are declared."""
    declared = _declared(journey)
    for where, criterion in criteria(journey):
        for leaf in criterion.leaves():
            for term, option in _options(leaf):
                attribute = declared.get(str(term.name))
                if attribute is not None and attribute.options and option not in attribute.options:
                    hint = did_you_mean(option, attribute.options)
                    yield where, f"{attribute.id!r} has no option {option!r:.80}{hint}"


def _options(leaf: object) -> Iterator[tuple[Term, str]]:
    if isinstance(leaf, Contains):
        yield leaf.term, leaf.option
    elif isinstance(leaf, Comparison) and leaf.term.kind == "attribute" and isinstance(leaf.literal, str):
        yield leaf.term, leaf.literal
    elif isinstance(leaf, Membership) and leaf.term.kind == "attribute":
        yield from ((leaf.term, option) for option in leaf.options if isinstance(option, str))


def incompatible_units(journey: Definition, day: date) -> Found:
    """Numbers of different units, compared or taken one for the other."""
    declared = _declared(journey)
    for where, criterion in criteria(journey):
        for leaf in criterion.leaves():
            if isinstance(leaf, Comparison) and isinstance(leaf.literal, Term):
                left, right = (declared.get(str(term.name)) for term in leaf.operands())
                is_attribute = leaf.term.kind == "attribute"
                if left and right and is_attribute and _differ(left.unit, right.unit):
                    yield where, f"{leaf}: {left.unit!r} is compared with {right.unit!r}"
    for where, metric in placed("metrics", journey.metrics):
        attribute = declared.get(str(metric.attribute))
        keeps_unit = metric.aggregate in ("value", "change")
        if attribute is not None and keeps_unit and _differ(metric.unit, attribute.unit):
            message = (
                f"its unit is {metric.unit!r}, that of the attribute {attribute.id!r} is {attribute.unit!r}"
            )
            yield where, message


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def metric_of_wrong_type(journey: Definition, day: date) -> Found:
    """A metric that cannot be computed from an attribute of the declared type, or from itself."""
    declared = _declared(journey)
    metrics = {metric.id: metric for metric in journey.metrics}
    for where, metric in placed("metrics", journey.metrics):
        for message in (*_attribute_problems(metric, declared), *_ratio_problems(metric, metrics, declared)):
            yield where, message


def _attribute_problems(metric: Metric, declared: Declared) -> Iterator[str]:
    attribute = declared.get(str(metric.attribute))
    needed = {"until": "date", "days_since": "date", "change": "number"}.get(metric.aggregate)
    if attribute is not None and needed is not None and attribute.type != needed:
        yield f"{_said(attribute)}; {metric.aggregate} takes a {needed}"
    if attribute is not None and metric.aggregate == "value" and attribute.type in ("date", "set"):
        yield f"{_said(attribute)}, which has no value that is a number or a category"
    for text in (metric.start, metric.end):
        kind, name = anchor_of(text) if text is not None else ("", "")
        if kind == "attribute" and name in declared and declared[name].type != "date":
            yield f"{_said(declared[name])}; a time is measured between dates"


def _ratio_problems(metric: Metric, metrics: Mapping[str, Metric], declared: Declared) -> Iterator[str]:
    for part in metric.ratio or ():
        if part in metrics:
            if metrics[part].is_category:
                yield f"{part!r} is a category, so it has no ratio"
            elif metric.id in _parts(part, metrics):
                yield f"computed from itself, by way of {part!r}"
        elif part in declared and declared[part].type not in ("number", "boolean"):
            yield f"{_said(declared[part])}, so it has no ratio"


def _parts(id: str, metrics: Mapping[str, Metric]) -> set[str]:
    """The metrics from which a metric is computed."""
    found: set[str] = set()
    open_ends = [id]
    while open_ends:
        metric = metrics.get(open_ends.pop())
        fresh = set(metric.ratio or ()) - found if metric is not None else set()
        found |= fresh
        open_ends.extend(fresh)
    return found
