"""All checks of a journey: what every code means, and those of the plan, CJ3xx.

Here stands who answers for what, what is aimed at, what is out of date or impossible to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Literal

import attrs

from ..criteria._literals import duration_text
from ..errors import MOST_PROBLEMS, Problem, UsageError
from . import _checks_graph as graph
from . import _checks_names as names
from . import _fields
from ._cases import cases
from ._definition import Definition, Found, notes, placed

__all__ = ["CHECKS", "codes", "problems"]

Severity = Literal["error", "warning"]

_OF_FIELDS = {
    "CJ001": "A value that the field cannot hold.",
    "CJ002": "An id that is none: up to 64 ASCII letters, digits, _ and -.",
    "CJ003": "A word that is not among those of the field.",
    "CJ004": "A text that is empty, too long or holds characters that no file can.",
    "CJ005": "A criterion that cannot be read or makes no sense.",
    "CJ006": "A duration that cannot be read or is not longer than nothing.",
    "CJ007": "Fields of one element that contradict each other.",
    "CJ010": "A field of a file that does not exist.",
    "CJ011": "A value of a file that is of the wrong kind.",
    "CJ012": "A field that a file must have and has not.",
    "CJ013": "A file format that this version does not know.",
}


def codes() -> dict[str, tuple[Severity, str]]:
    """Every code with its severity and what it means.

    >>> codes()["CJ102"]
    ('warning', 'A stage, neither lost nor won, that no customer can ever leave.')
    """
    fields: dict[str, tuple[Severity, str]] = {
        code: ("error", summary) for code, summary in _OF_FIELDS.items()
    }
    return fields | {check.code: (check.severity, check.summary) for check in CHECKS}


def problems(journey: Definition, severity: Severity, *, on: date | str | None = None) -> tuple[Problem, ...]:
    """What the checks of one severity find, by code and place; of errors, the first 500.

    Args:
        journey: the definition.
        severity: ``error`` or ``warning``.
        on: the day on which dates are looked at; unsaid, today.
    """
    day = date.today() if on is None else _fields.day(on)
    if type(day) is not date:
        raise UsageError(f"on is a day such as '2026-11-30', not {_fields.shown(on)}")
    chosen = (check for check in CHECKS if check.severity == severity)
    found = (problem for check in chosen for problem in check(journey, day))
    return tuple(islice(found, MOST_PROBLEMS) if severity == "error" else found)


def stage_without_owner(journey: Definition, day: date) -> Found:
    """A stage for which nobody answers (lost stages excepted)."""
    for where, stage in placed("stages", journey.stages):
        if stage.owner is None and stage.kind != "lost":
            yield where, "it has no owner"


def stage_without_objective(journey: Definition, day: date) -> Found:
    """A stage in which nobody knows what is to be reached (lost stages excepted)."""
    for where, stage in placed("stages", journey.stages):
        if not stage.objective.strip() and stage.kind != "lost":
            yield where, "it has no objective"


def stage_without_aim(journey: Definition, day: date) -> Found:
    """A stage whose success nobody measures (lost stages excepted)."""
    for where, stage in placed("stages", journey.stages):
        if not stage.aims and stage.kind != "lost":
            yield where, "it has no aim"


def touchpoint_in_no_stage(journey: Definition, day: date) -> Found:
    """A touchpoint that lies in no stage."""
    for where, touchpoint in placed("touchpoints", journey.touchpoints):
        if not touchpoint.stages:
            yield where, "it lies in no stage"


def moment_of_truth_without_metric(journey: Definition, day: date) -> Found:
    """A moment of truth of which nobody knows how it was felt."""
    for where, touchpoint in placed("touchpoints", journey.touchpoints):
        if touchpoint.moment_of_truth and not touchpoint.metrics:
            yield where, "a moment of truth, but no metric says how it was felt"


def feeling_without_evidence(journey: Definition, day: date) -> Found:
    """A feeling that nobody has asked a customer about."""
    for where, note in notes(journey):
        if note.kind == "feeling" and note.evidence == "none":
            yield where, "a feeling without evidence"


def review_overdue(journey: Definition, day: date) -> Found:
    """A journey that should have been reviewed by now."""
    if journey.review_every is None:
        return
    if journey.reviewed is None:
        yield "journey.reviewed", f"to be reviewed every {duration_text(journey.review_every)}, but never was"
    elif day - journey.reviewed > journey.review_every:
        due = journey.reviewed + journey.review_every
        yield "journey.reviewed", f"the review was due on {due.isoformat()}"


def limit_below_target(journey: Definition, day: date) -> Found:
    """A stage whose limit is shorter than the duration that is fine, for all or for a persona."""
    limits = {stage.id: stage.limit for stage in journey.stages}
    for where, stage in placed("stages", journey.stages):
        if stage.limit is not None and stage.target is not None and stage.limit < stage.target:
            below = f"is below the target {duration_text(stage.target)}"
            yield where, f"the limit {duration_text(stage.limit)} {below}"
    for where, persona in placed("personas", journey.personas):
        for stage_id, target in persona.targets:
            limit = limits.get(stage_id)
            if limit is not None and limit < target:
                message = f"the limit {duration_text(limit)} of {stage_id!r} is below the persona's target"
                yield f"{where}.targets", f"{message} {duration_text(target)}"


def deadline_beyond_limit(journey: Definition, day: date) -> Found:
    """A handoff that may take longer than the customer may be in the stage."""
    limits = {stage.id: stage.limit for stage in journey.stages}
    for where, move in placed("transitions", journey.transitions):
        limit, deadline = limits.get(move.source), move.handoff.deadline if move.handoff else None
        if limit is not None and deadline is not None and deadline > limit:
            message = f"the deadline {duration_text(deadline)} is longer than the limit of {move.source!r}"
            yield f"{where}.handoff.deadline", f"{message}, {duration_text(limit)}"


def persona_of_nobody(journey: Definition, day: date) -> Found:
    """A persona that matches nobody: it contradicts itself, or an earlier one takes them all."""
    known = graph.categories(journey)
    taken: dict[str, str] = {}
    for where, persona in placed("personas", journey.personas):
        where, text = where, str(persona.when)
        if "None" in taken:
            yield where, f"it matches nobody: {taken['None']!r}, before it, takes everyone"
        elif text in taken:
            yield where, f"it matches nobody: {taken[text]!r}, before it, has the same criterion"
        elif persona.when is not None and cases(persona.when, known) == []:
            yield where, "it matches nobody: its criterion contradicts itself"
        taken.setdefault(text, persona.id)


def empty_checklist(journey: Definition, day: date) -> Found:
    """A transition to another owner's stage without a checklist, exits excepted."""
    owners = {stage.id: stage.owner for stage in journey.stages}
    for where, move in placed("transitions", journey.transitions):
        before, after = owners.get(move.source), owners.get(move.target)
        is_change = before is not None and after is not None and before != after
        if is_change and move.kind != "exit" and not (move.handoff and move.handoff.checklist):
            message = f"{before!r} hands over to {after!r} with an empty checklist"
            yield f"{where}.handoff.checklist", message


def answer_that_cannot_come(journey: Definition, day: date) -> Found:
    """A signal that must be answered in time, but by no touchpoint or by one without activities."""
    activities = {touchpoint.id: touchpoint.activities for touchpoint in journey.touchpoints}
    for where, signal in placed("signals", journey.signals):
        where = where
        if signal.within is not None and signal.response is None:
            yield where, "to be answered within a time, but no response says by what"
        elif signal.response is not None and not activities.get(signal.response, ("unknown",)):
            yield where, f"its response {signal.response!r} has no activities, so no event can answer it"


@attrs.frozen
class Check:
    """A function that finds places and messages, with its code and severity; an error stops the building."""

    code: str
    severity: Severity
    find: Callable[[Definition, date], Found]

    @property
    def summary(self) -> str:
        """What it finds, in one sentence."""
        return (self.find.__doc__ or "").partition("\n")[0]

    def __call__(self, journey: Definition, day: date) -> Iterator[Problem]:
        for where, message in self.find(journey, day):
            yield Problem(self.code, self.severity, where, message)


CHECKS = (
    Check("CJ101", "warning", graph.unreachable_stage),
    Check("CJ102", "warning", graph.no_way_out),
    Check("CJ103", "error", graph.rapid_loop),
    Check("CJ104", "warning", graph.timed_loop),
    Check("CJ105", "warning", graph.instant_loop),
    Check("CJ106", "warning", graph.same_criterion),
    Check("CJ107", "warning", graph.never_true),
    Check("CJ108", "warning", graph.after_in_circles),
    Check("CJ109", "warning", graph.after_out_of_reach),
    Check("CJ200", "error", names.no_stage),
    Check("CJ201", "error", names.doubled_id),
    Check("CJ202", "error", names.unknown_stage),
    Check("CJ203", "error", names.unknown_touchpoint),
    Check("CJ204", "error", names.unknown_activity),
    Check("CJ205", "error", names.unknown_metric),
    Check("CJ206", "error", names.unknown_attribute),
    Check("CJ207", "error", names.unknown_role),
    Check("CJ208", "error", names.unknown_persona),
    Check("CJ209", "error", names.unknown_scorecard),
    Check("CJ210", "error", names.unknown_milestone),
    Check("CJ211", "error", names.ambiguous_activity),
    Check("CJ212", "warning", names.lookalike_ids),
    Check("CJ213", "warning", names.touchpoint_without_activities),
    Check("CJ221", "error", names.incompatible_types),
    Check("CJ222", "error", names.unknown_option),
    Check("CJ223", "error", names.incompatible_units),
    Check("CJ224", "error", names.metric_of_wrong_type),
    Check("CJ301", "warning", stage_without_owner),
    Check("CJ302", "warning", stage_without_objective),
    Check("CJ303", "warning", stage_without_aim),
    Check("CJ304", "warning", touchpoint_in_no_stage),
    Check("CJ305", "warning", moment_of_truth_without_metric),
    Check("CJ306", "warning", feeling_without_evidence),
    Check("CJ307", "warning", review_overdue),
    Check("CJ308", "warning", limit_below_target),
    Check("CJ309", "warning", deadline_beyond_limit),
    Check("CJ310", "warning", persona_of_nobody),
    Check("CJ311", "warning", empty_checklist),
    Check("CJ312", "warning", answer_that_cannot_come),
)
