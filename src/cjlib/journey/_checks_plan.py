"""Checks of the plan: who answers for what, what is aimed at, what is out of date or impossible to keep."""

from __future__ import annotations

from datetime import date

from ..criteria._literals import duration_text
from ._cases import cases
from ._checking import Found, check, notes, place
from ._checks_graph import categories
from ._definition import Definition

__all__ = ["CHECKS"]


@check("CJ301", "warning")
def stage_without_owner(journey: Definition, day: date) -> Found:
    """A stage for which nobody answers (lost stages excepted)."""
    for position, stage in enumerate(journey.stages):
        if stage.owner is None and stage.kind != "lost":
            yield place(journey, "stages", position), "it has no owner"


@check("CJ302", "warning")
def stage_without_objective(journey: Definition, day: date) -> Found:
    """A stage in which nobody knows what is to be reached (lost stages excepted)."""
    for position, stage in enumerate(journey.stages):
        if not stage.objective.strip() and stage.kind != "lost":
            yield place(journey, "stages", position), "it has no objective"


@check("CJ303", "warning")
def stage_without_aim(journey: Definition, day: date) -> Found:
    """A stage whose success nobody measures (lost stages excepted)."""
    for position, stage in enumerate(journey.stages):
        if not stage.aims and stage.kind != "lost":
            yield place(journey, "stages", position), "it has no aim"


@check("CJ304", "warning")
def touchpoint_in_no_stage(journey: Definition, day: date) -> Found:
    """A touchpoint that lies in no stage."""
    for position, touchpoint in enumerate(journey.touchpoints):
        if not touchpoint.stages:
            yield place(journey, "touchpoints", position), "it lies in no stage"


@check("CJ305", "warning")
def moment_of_truth_without_metric(journey: Definition, day: date) -> Found:
    """A moment of truth of which nobody knows how it was felt."""
    for position, touchpoint in enumerate(journey.touchpoints):
        if touchpoint.moment_of_truth and not touchpoint.metrics:
            yield (
                place(journey, "touchpoints", position),
                "a moment of truth, but no metric says how it was felt",
            )


@check("CJ306", "warning")
def feeling_without_evidence(journey: Definition, day: date) -> Found:
    """A feeling that nobody has asked a customer about."""
    for where, note in notes(journey):
        if note.kind == "feeling" and note.evidence == "none":
            yield where, "a feeling without evidence"


@check("CJ307", "warning")
def review_overdue(journey: Definition, day: date) -> Found:
    """A journey that should have been reviewed by now."""
    if journey.review_every is None:
        return
    if journey.reviewed is None:
        yield "journey.reviewed", f"to be reviewed every {duration_text(journey.review_every)}, but never was"
    elif day - journey.reviewed > journey.review_every:
        due = journey.reviewed + journey.review_every
        yield "journey.reviewed", f"the review was due on {due.isoformat()}"


@check("CJ308", "warning")
def limit_below_target(journey: Definition, day: date) -> Found:
    """A stage whose limit is shorter than the duration that is fine, for all or for a persona."""
    limits = {stage.id: stage.limit for stage in journey.stages}
    for position, stage in enumerate(journey.stages):
        if stage.limit is not None and stage.target is not None and stage.limit < stage.target:
            message = (
                f"the limit {duration_text(stage.limit)} is below the target {duration_text(stage.target)}"
            )
            yield place(journey, "stages", position), message
    for position, persona in enumerate(journey.personas):
        for stage_id, target in persona.targets:
            limit = limits.get(stage_id)
            if limit is not None and limit < target:
                message = f"the limit {duration_text(limit)} of {stage_id!r} is below the persona's target"
                yield f"{place(journey, 'personas', position)}.targets", f"{message} {duration_text(target)}"


@check("CJ309", "warning")
def deadline_beyond_limit(journey: Definition, day: date) -> Found:
    """A handoff that may take longer than the customer may be in the stage."""
    limits = {stage.id: stage.limit for stage in journey.stages}
    for position, move in enumerate(journey.transitions):
        limit, deadline = limits.get(move.source), move.handoff.deadline if move.handoff else None
        if limit is not None and deadline is not None and deadline > limit:
            message = f"the deadline {duration_text(deadline)} is longer than the limit of {move.source!r}"
            yield f"transitions[{position}].handoff.deadline", f"{message}, {duration_text(limit)}"


@check("CJ310", "warning")
def persona_of_nobody(journey: Definition, day: date) -> Found:
    """A persona that matches nobody: it contradicts itself, or an earlier one takes them all."""
    known = categories(journey)
    taken: dict[str, str] = {}
    for position, persona in enumerate(journey.personas):
        where, text = place(journey, "personas", position), str(persona.when)
        if "None" in taken:
            yield where, f"it matches nobody: {taken['None']!r}, before it, takes everyone"
        elif text in taken:
            yield where, f"it matches nobody: {taken[text]!r}, before it, has the same criterion"
        elif persona.when is not None and cases(persona.when, known) == []:
            yield where, "it matches nobody: its criterion contradicts itself"
        taken.setdefault(text, persona.id)


@check("CJ311", "warning")
def empty_checklist(journey: Definition, day: date) -> Found:
    """A transition to another owner's stage without a checklist, exits excepted."""
    owners = {stage.id: stage.owner for stage in journey.stages}
    for position, move in enumerate(journey.transitions):
        before, after = owners.get(move.source), owners.get(move.target)
        is_change = before is not None and after is not None and before != after
        if is_change and move.kind != "exit" and not (move.handoff and move.handoff.checklist):
            message = f"{before!r} hands over to {after!r} with an empty checklist"
            yield f"transitions[{position}].handoff.checklist", message


@check("CJ312", "warning")
def answer_that_cannot_come(journey: Definition, day: date) -> Found:
    """A signal that must be answered in time, but by no touchpoint or by one without activities."""
    activities = {touchpoint.id: touchpoint.activities for touchpoint in journey.touchpoints}
    for position, signal in enumerate(journey.signals):
        where = place(journey, "signals", position)
        if signal.within is not None and signal.response is None:
            yield where, "to be answered within a time, but no response says by what"
        elif signal.response is not None and not activities.get(signal.response, ("unknown",)):
            yield where, f"its response {signal.response!r} has no activities, so no event can answer it"


CHECKS = (
    stage_without_owner,
    stage_without_objective,
    stage_without_aim,
    touchpoint_in_no_stage,
    moment_of_truth_without_metric,
    feeling_without_evidence,
    review_overdue,
    limit_below_target,
    deadline_beyond_limit,
    persona_of_nobody,
    empty_checklist,
    answer_that_cannot_come,
)
