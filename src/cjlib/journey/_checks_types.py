"""Checks of types and units: what is compared must be comparable, where the journey declares what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from ..criteria import Comparison, Contains, Membership, Term
from ..errors import did_you_mean
from ._annotations import Attribute
from ._checking import Found, check, criteria, place
from ._definition import Definition
from ._metrics import Metric, anchor_of

__all__ = ["CHECKS"]

Declared = Mapping[str, Attribute]
VALUED = ("sum", "mean", "min", "max", "last")


def _declared(journey: Definition) -> dict[str, Attribute]:
    return {attribute.id: attribute for attribute in journey.attributes}


@check("CJ221", "error")
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


@check("CJ222", "error")
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


@check("CJ223", "error")
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
    for position, metric in enumerate(journey.metrics):
        attribute = declared.get(str(metric.attribute))
        keeps_unit = metric.aggregate in ("value", "change")
        if attribute is not None and keeps_unit and _differ(metric.unit, attribute.unit):
            message = (
                f"its unit is {metric.unit!r}, that of the attribute {attribute.id!r} is {attribute.unit!r}"
            )
            yield place(journey, "metrics", position), message


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


@check("CJ224", "error")
def metric_of_wrong_type(journey: Definition, day: date) -> Found:
    """A metric that cannot be computed from an attribute of the declared type, or from itself."""
    declared = _declared(journey)
    metrics = {metric.id: metric for metric in journey.metrics}
    for position, metric in enumerate(journey.metrics):
        for message in (*_attribute_problems(metric, declared), *_ratio_problems(metric, metrics, declared)):
            yield place(journey, "metrics", position), message


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


CHECKS = (incompatible_types, unknown_option, incompatible_units, metric_of_wrong_type)
