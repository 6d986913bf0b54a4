"""Puts together what stands on the journey map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import numpy as np

from ..data import Table
from ..errors import UsageError
from ..findings import Finding, time_in_stage
from ..journey import Journey, Note, Stage, Touchpoint
from ..scoring import Scores
from ..trace import Trace
from ._health import Health, health_of
from ._journey_map import JourneyMap, MapFinding, MapNote, MapStage, MapTouchpoint, MapWay, Numbers
from ._reach import reach
from ._words import words

__all__ = ["check_given", "draw", "map_of"]

DAY = timedelta(days=1)
Reach = Mapping[tuple[str, str], int]


def draw(
    journey: Journey,
    trace: Trace | None = None,
    *,
    scores: Scores | None = None,
    findings: Iterable[Finding] | None = None,
    title: str | None = None,
    language: str = "en",
) -> JourneyMap:
    """The journey map: stages with all that stands in their lanes, and the ways between them.

    It is a plain value; :func:`cjlib.render` makes pictures and text of it, and notebooks show it as it is.

    Args:
        journey: what is drawn.
        trace: its replay; without one the map shows the plan only.
        scores: health scores of the same customers.
        findings: what :func:`cjlib.find` found; each becomes a marker where it is located.
        title: what stands at the top; the name of the journey if unsaid.
        language: ``en`` or ``fr``.

    Raises:
        UsageError: if the trace is of another journey, or something is not what it should be.
        UnknownNameError: if the language is neither.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active")],
    ...     transitions=[cj.Transition("trial", "active", when='happened("login")')])
    >>> log = cj.EventLog.from_columns(["a", "b"], ["login", "visit"], ["2026-01-05", "2026-01-06"])
    >>> journey_map = draw(journey, cj.replay(journey, log, until="2026-02-01"))
    >>> journey_map.stage("active").numbers.customers, journey_map.ways[0].count
    (1, 1)
    """
    words(language)
    check_given("draw", journey, trace, scores)
    health = health_of(scores, trace) if scores is not None and trace is not None else None
    stages = time_in_stage(trace) if trace is not None else None
    found = numbered(journey, findings or (), language)
    return map_of(journey, trace, stages, health, found, title or journey.name, language)


def check_given(who: str, journey: object, trace: object, scores: object) -> None:
    """Raises where something is of the wrong kind or does not belong together."""
    optional = (("trace", trace, Trace), ("scores", scores, Scores))
    for name, value, kind in (("journey", journey, Journey), *optional):
        if not isinstance(value, kind) and not (value is None and name != "journey"):
            raise UsageError(f"{who}: {name} must be {kind.__name__}, not {type(value).__name__}")
    if isinstance(journey, Journey) and isinstance(trace, Trace):
        if journey.fingerprint != trace.journey.fingerprint:
            raise UsageError(f"the trace is of another version of the journey than {journey.name!r}")
        if isinstance(scores, Scores) and len(scores):
            known = set(trace.ids.tolist())
            if not any(customer in known for customer in scores.customers.tolist()):
                first = f"{scores.customers[0]!r:.80}"
                raise UsageError(f"{who}: no customer of the scores, such as {first}, is in the trace")
    elif scores is not None:
        raise UsageError(f"{who}: scores need the trace that says where their customers are")


def map_of(
    journey: Journey,
    trace: Trace | None,
    stages: Table | None,
    health: Health | None,
    findings: tuple[MapFinding, ...],
    title: str,
    language: str,
) -> JourneyMap:
    """The map from what was read off the trace before."""
    rows = {row["stage"]: row for row in stages.rows()} if stages is not None else {}
    reached = reach(trace) if trace is not None else None
    ordered = sorted(journey.stages, key=lambda stage: stage.kind == "lost")
    return JourneyMap(
        title=title,
        version=journey.version,
        fingerprint=journey.fingerprint,
        language=language,
        until=str(trace.until.astype("datetime64[s]")) if trace is not None else "",
        customers=len(trace) if trace is not None else None,
        initial=journey.initial,
        stages=tuple(
            _stage(journey, stage, rows.get(stage.id), health, reached, findings) for stage in ordered
        ),
        ways=_ways(journey, trace),
        findings=findings,
    )


def _stage(
    journey: Journey,
    stage: Stage,
    row: Mapping[str, float] | None,
    health: Health | None,
    reached: Reach | None,
    findings: tuple[MapFinding, ...],
) -> MapStage:
    roles = {role.id: role.label or role.id for role in journey.roles}
    entered = None if row is None else int(row["entered"])
    return MapStage(
        id=stage.id,
        label=stage.label or stage.id,
        kind=stage.kind,
        phase=stage.phase or "",
        owner=roles.get(stage.owner or "", stage.owner or ""),
        participants=tuple(roles.get(role, role) for role in stage.participants),
        objective=stage.objective,
        value_step=stage.value_step or "",
        target=_days(stage.target),
        limit=_days(stage.limit),
        numbers=_numbers(row, stage.id, health) if row is not None else None,
        touchpoints=tuple(
            _touchpoint(journey, one, roles, stage.id, entered, reached)
            for one in journey.touchpoints
            if stage.id in one.stages
        ),
        notes=_notes(journey, stage.notes),
        findings=tuple(one.number for one in findings if stage.id in one.stages),
    )


def _numbers(row: Mapping[str, float], stage: str, health: Health | None) -> Numbers:
    found = None if health is None else health.by_stage.get(stage)
    counts = ("customers", "entered", "visits", "left", "forward", "lost", "over_limit")
    return Numbers(
        **{name: int(row[name]) for name in counts},
        median=row["median_days"],
        low=row["low_days"],
        high=row["high_days"],
        finished=row["left_median_days"],
        scored=0 if found is None else found.count,
        health=np.nan if found is None else found.mean,
        tone="none" if found is None else found.tone,
        bands=() if found is None else found.bands,
    )


def _touchpoint(
    journey: Journey,
    one: Touchpoint,
    roles: Mapping[str, str],
    stage: str,
    entered: int | None,
    reached: Reach | None,
) -> MapTouchpoint:
    emotions = [note.emotion for note in one.notes if note.emotion is not None]
    is_counted = reached is not None and bool(one.activities)
    count = reached.get((one.id, stage), 0) if reached is not None and is_counted else None
    return MapTouchpoint(
        id=one.id,
        label=one.label or one.id,
        channel=one.channel or "",
        mode=one.mode,
        owner=roles.get(one.owner or "", one.owner or ""),
        moment_of_truth=one.moment_of_truth,
        emotion=sum(emotions) / len(emotions) if emotions else np.nan,
        expected=np.nan if one.share is None else one.share,
        reached=count,
        share=count / entered if count is not None and entered else np.nan,
        notes=_notes(journey, one.notes),
    )


def _notes(journey: Journey, notes: Iterable[Note]) -> tuple[MapNote, ...]:
    personas = {persona.id: persona.label or persona.id for persona in journey.personas}
    return tuple(
        MapNote(
            kind=note.kind,
            text=note.text,
            emotion=note.emotion,
            evidence=note.evidence,
            persona=personas.get(note.persona or "", note.persona or ""),
        )
        for note in notes
    )


def _ways(journey: Journey, trace: Trace | None) -> tuple[MapWay, ...]:
    """One for each pair of stages between which transitions lead, in the order of the journey."""
    counts = [None] * len(journey.transitions) if trace is None else _taken(trace)
    order = {stage.id: i for i, stage in enumerate(journey.stages)}
    kinds = {stage.id: stage.kind for stage in journey.stages}
    pairs = dict.fromkeys((move.source, move.target) for move in journey.transitions)
    found = []
    for source, target in pairs:
        moves = [
            (move, count)
            for move, count in zip(journey.transitions, counts, strict=True)
            if (move.source, move.target) == (source, target)
        ]
        is_back = kinds[source] == "lost" or order[target] <= order[source]
        found.append(
            MapWay(
                source=source,
                target=target,
                kind="exit" if kinds[target] == "lost" else "back" if is_back else "forward",
                criteria=tuple(str(move.when) for move, _ in moves),
                labels=tuple(move.label for move, _ in moves if move.label),
                count=None if trace is None else sum(count or 0 for _, count in moves),
            )
        )
    return tuple(found)


def _taken(trace: Trace) -> list[int]:
    """How often each transition was taken."""
    via = trace.visits["via"]
    taken: list[int] = np.bincount(via[via >= 0], minlength=len(trace.journey.transitions)).tolist()
    return taken


def numbered(journey: Journey, findings: Iterable[Finding], language: str) -> tuple[MapFinding, ...]:
    """Findings as markers, numbered in the order in which they come."""
    found = []
    for number, one in enumerate(findings, start=1):
        if not isinstance(one, Finding):
            raise UsageError(f"findings: a Finding was expected, not {type(one).__name__}: see cj.find")
        found.append(
            MapFinding(
                number=number,
                kind=one.kind,
                stages=_where(journey, one),
                sentence=one.said(language),
                customers=len(one),
                days=one.days,
                money=one.money,
            )
        )
    return tuple(found)


def _where(journey: Journey, finding: Finding) -> tuple[str, ...]:
    """The stages at which a finding is marked: its own, that of its touchpoint, or that which is left."""
    place = finding.place
    if place.stage is not None:
        named: tuple[str, ...] = (place.stage,)
    elif place.transition is not None:
        named = (place.transition.partition(" -> ")[0],)
    else:
        named = next((one.stages for one in journey.touchpoints if one.id == place.touchpoint), ())
    return tuple(stage.id for stage in journey.stages if stage.id in named)


def _days(duration: timedelta | None) -> float:
    return np.nan if duration is None else duration / DAY
