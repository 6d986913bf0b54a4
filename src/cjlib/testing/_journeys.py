"""Whole journeys for Hypothesis: every element and field, names that are hard to write down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from ..journey import (
    Aim,
    Bands,
    ChecklistItem,
    Group,
    Handoff,
    Journey,
    Measure,
    Metric,
    Milestone,
    Note,
    Persona,
    Scorecard,
    Signal,
    Stage,
    Touchpoint,
    Transition,
    _elements,
)
from ..journey import curves as shapes
from ._criteria import criteria as any_criteria

__all__ = ["journeys"]

T = TypeVar("T")

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: bool(text.strip())
)
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=20),
    st.sampled_from(
        ["", "'quoted'", '"quoted"', "'''", '"""', "\\", "# no comment", "[x]", " ", "é", "a\nb"]
    ),
)
ids = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
durations = st.integers(1, 10**15).map(lambda us: timedelta(microseconds=us))
days = st.dates(date(1, 1, 1), date(9999, 12, 31))
numbers = st.floats(-1e15, 1e15, allow_nan=False) | st.integers(-(2**53), 2**53).map(float)
positive = st.floats(0, 1e9, allow_nan=False)


MEETINGS = ["kickoff", "Review_2", "_call-back"]
criteria = any_criteria(st.sampled_from(MEETINGS), max_leaves=3)


def lists(entries: st.SearchStrategy[T], most: int = 3) -> st.SearchStrategy[list[T]]:
    """Short lists of different entries."""
    return st.lists(entries, max_size=most, unique=True)


def chosen(options: list[str]) -> st.SearchStrategy[list[str]]:
    """Some of the options."""
    return st.lists(st.sampled_from(options), unique=True) if options else st.just([])


def maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    """The strategy's value, or None."""
    return st.none() | strategy


def one_of(options: tuple[str, ...]) -> st.SearchStrategy[str]:
    """One of the words."""
    return st.sampled_from(options)


def notes(personas: list[str]) -> st.SearchStrategy[Note]:
    """What people say."""
    return st.builds(
        Note,
        kind=one_of(_elements.NOTE_KINDS),
        text=texts,
        emotion=maybe(st.integers(-2, 2)),
        persona=maybe(st.sampled_from(personas)) if personas else st.none(),
        channel=maybe(words),
        evidence=one_of(_elements.EVIDENCE),
        effort=maybe(positive),
        finding=maybe(words),
    )


def aims(metrics: list[str]) -> st.SearchStrategy[Aim]:
    """What is to be reached."""
    return st.builds(Aim, metric=st.sampled_from(metrics), value=numbers, by=maybe(days))


curves = st.one_of(
    st.builds(lambda edge, low, high: shapes.steps([edge], [low, high]), numbers, positive, positive),
    st.builds(lambda low, high: shapes.points({0: low, 1: high}), positive, positive),
    st.builds(lambda worst: shapes.linear(worst, worst - 1, to=(0, 10)), st.integers(-1000, 1000)),
    st.builds(shapes.logistic, numbers, st.sampled_from([-2.5, 1, 3])),
    st.builds(shapes.percentile, falling=st.booleans()),
    st.builds(shapes.zscore, width=st.integers(1, 5)),
    st.builds(
        shapes.lookup, st.dictionaries(words, positive, min_size=1, max_size=3), otherwise=maybe(positive)
    ),
)


@st.composite
def scorecards(draw: st.DrawFn, id: str, metrics: list[str]) -> Scorecard:
    """How customers are judged."""
    names = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    measures = [
        Measure(
            name, label=draw(texts), metric=draw(st.sampled_from(metrics)), curve=draw(curves),
            weight=draw(st.floats(0.5, 10)), missing=draw(maybe(one_of(("ignore", "neutral", "worst")))),
            valid_for=draw(maybe(durations)), half_life=draw(maybe(durations)),
            stale=draw(one_of(("missing", "neutral", "worst"))), effort=draw(maybe(st.floats(0, 10))),
        )
        for name in names
    ]  # fmt: skip
    edge, margin = draw(st.integers(1, 99)), draw(st.integers(0, 5))
    pulse = Measure("pulse", metric=draw(st.sampled_from(metrics)), curve=draw(curves))
    return Scorecard(
        id, label=draw(texts), groups=[Group("all", measures=measures)],
        bands=draw(maybe(st.just(Bands(("low", "high"), edges=edge, margin=margin)))),
        decimals=draw(maybe(st.integers(0, 9))), face=draw(maybe(one_of(("success", "experience")))),
        pulse=None if "pulse" in names else draw(maybe(st.just(pulse))),
        pulse_as=draw(one_of(("veto", "adjustment"))),
    )  # fmt: skip


@st.composite
def metrics(draw: st.DrawFn, id: str) -> Metric:
    """What is measured."""
    make = draw(st.sampled_from(["event", "attribute", "elapsed", "share", "ratio"]))
    common: dict[str, Any] = {"label": draw(texts), "direction": draw(maybe(one_of(("up", "down"))))}
    if make == "event":
        aggregate = draw(one_of(("count", "sum", "mean", "min", "max", "distinct_actors", "trend")))
        return Metric(
            id, aggregate=aggregate, activity=draw(words), channel=draw(maybe(words)),
            window=draw(maybe(durations)), **common,
        )  # fmt: skip
    if make == "attribute":
        return Metric(id, attribute=draw(words), unit=draw(texts), **common)
    if make == "elapsed":
        return Metric(id, start="ticket", end="answer", of=draw(one_of(("first", "last", "mean"))), unit="h")
    if make == "share":
        return Metric(id, aggregate="share", activity="nps", between=(9, 10.5), **common)
    return Metric(id, ratio=("x-used", "x-bought"), **common)


@st.composite
def stages(
    draw: st.DrawFn, id: str, metrics: list[str], personas: list[str], cards: list[Scorecard]
) -> Stage:
    """Where customers are."""
    return Stage(
        id,
        label=draw(texts),
        phase=draw(maybe(words)),
        kind=draw(one_of(_elements.STAGE_KINDS)),
        owner=draw(maybe(words)),
        participants=draw(lists(words)),
        objective=draw(texts),
        target=draw(maybe(durations)),
        limit=draw(maybe(durations)),
        aims=draw(lists(aims(metrics), 2)),
        value_step=draw(maybe(one_of(_elements.VALUE_STEPS))),
        scorecard=draw(maybe(st.sampled_from([card.id for card in cards]))) if cards else None,
        weights={measure.id: draw(st.floats(0.5, 3)) for card in cards for measure in card.measures[:1]},
        notes=draw(lists(notes(personas), 2)),
    )


@st.composite
def touchpoints(
    draw: st.DrawFn, id: str, stages: list[str], earlier: list[str], personas: list[str], metrics: list[str]
) -> Touchpoint:
    """Where customer and company meet; each with activities of its own."""
    return Touchpoint(
        id,
        label=draw(texts),
        stages=draw(chosen(stages)),
        after=draw(chosen(earlier)),
        channel=draw(maybe(words)),
        mode=draw(one_of(_elements.MODES)),
        activities=[f"{id}: {activity}" for activity in draw(lists(words))],
        owner=draw(maybe(words)),
        participants=draw(lists(words)),
        personas=draw(chosen(personas)),
        moment_of_truth=draw(st.booleans()),
        metrics=draw(chosen(metrics)),
        effort=draw(maybe(durations)),
        share=draw(maybe(st.floats(0, 1))),
        aims=draw(lists(aims(metrics), 1)),
        notes=draw(lists(notes(personas), 1)),
    )


@st.composite
def handoffs(draw: st.DrawFn) -> Handoff:
    """What the next owner needs."""
    items = [
        ChecklistItem(id, label=draw(texts), required=draw(st.booleans()), when=draw(criteria))
        if draw(st.booleans())
        else ChecklistItem(id, label=draw(texts), required=draw(st.booleans()), attribute=draw(words))
        for id in draw(lists(ids, 2))
    ]
    return Handoff(
        source=draw(maybe(words)), target=draw(maybe(words)), deadline=draw(maybe(durations)), checklist=items
    )


@st.composite
def transitions(draw: st.DrawFn, stages: list[str]) -> Transition:
    """Moves onwards, so that there is no loop that time could pass."""
    source = draw(st.integers(0, len(stages) - 2))
    target = draw(st.integers(source + 1, len(stages) - 1))
    return Transition(
        stages[source],
        stages[target],
        when=draw(criteria),
        kind=draw(one_of(_elements.TRANSITION_KINDS)),
        reason=draw(maybe(words)),
        imposed=draw(st.booleans()),
        priority=draw(st.integers(-5, 5)),
        handoff=draw(maybe(handoffs())),
        label=draw(texts),
    )


@st.composite
def personas(draw: st.DrawFn, id: str, stages: list[str], measures: list[str]) -> Persona:
    """Kinds of customers."""
    return Persona(
        id,
        label=draw(texts),
        when=draw(maybe(criteria)),
        ideal=draw(st.booleans()),
        triggers=draw(lists(words)),
        channels=draw(lists(words)),
        targets={stage: draw(durations) for stage in draw(chosen(stages))},
        weights={measure: draw(positive) for measure in draw(chosen(measures))},
    )


@st.composite
def signals(draw: st.DrawFn, id: str, stages: list[str]) -> Signal:
    """What asks for an answer."""
    return Signal(
        id,
        when=draw(criteria),
        stages=draw(chosen(stages)),
        severity=draw(one_of(_elements.SEVERITIES)),
        owner=draw(maybe(words)),
        response=draw(maybe(st.sampled_from(MEETINGS))),
        within=draw(maybe(durations)),
    )


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    """Journeys that can be built, with every kind of element and names that are hard to write down.

    Args:
        draw: given by Hypothesis.
    """
    places = draw(st.lists(ids.filter(lambda id: id not in MEETINGS), min_size=1, max_size=3, unique=True))
    people, measured = draw(lists(ids, 2)), draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    cards = [draw(scorecards(id, measured)) for id in draw(lists(ids, 1))]
    measures = [measure.id for card in cards for measure in card.measures]
    earlier = {id: MEETINGS[:number] for number, id in enumerate(MEETINGS)}
    return Journey(
        draw(words),
        version=draw(words),
        description=draw(texts),
        initial=draw(st.sampled_from(["", *places])),
        start=draw(maybe(words)),
        owner=draw(maybe(words)),
        aims=draw(lists(aims(measured), 1)),
        reviewed=draw(maybe(days)),
        review_every=draw(maybe(durations)),
        stages=[draw(stages(id, measured, people, cards)) for id in places],
        touchpoints=[draw(touchpoints(id, places, earlier[id], people, measured)) for id in MEETINGS],
        transitions=draw(st.lists(transitions(places), max_size=2)) if len(places) > 1 else [],
        milestones=[Milestone(id, when=draw(criteria), label=draw(texts)) for id in draw(lists(ids, 1))],
        signals=[draw(signals(id, places)) for id in draw(lists(ids, 1))],
        personas=[draw(personas(id, places, measures)) for id in people],
        metrics=[draw(metrics(id)) for id in measured],
        scorecards=cards,
    )
