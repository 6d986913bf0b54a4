"""Journeys and whole worlds for Hypothesis.

Hypothesis draws the journey, piece by piece, so that it can shrink it; the customers come from numpy under a
drawn seed. Times lie on a coarse lattice, so that ties and exact window edges are common, now and then with a
microsecond's jitter.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st
from tests.oracle import Event, Fact, Waiver, World

import cjlib as cj
from cjlib.criteria import Criterion, parse

DAY = 86_400_000_000
START = 19_000 * DAY
SPAN = 20
"""Days on which something happens."""

ACTIVITIES = ("a", "b", "c", "d")
CHANNELS = ("phone", "mail")
KINDS = {
    "plan": "text",
    "segment": "text",
    "seats": "number",
    "agreed": "number",
    "paying": "boolean",
    "renewal": "date",
    "begin": "date",
    "options": "set",
    "tags": "text",
}
DURATIONS = ("1d", "2d", "3d", "5d", "8d", "36h")


# --- criteria


def _text(draw: st.DrawFn, *options: object) -> str:
    return str(draw(st.sampled_from(options)))


@st.composite
def event_terms(draw: st.DrawFn, kind: str, touchpoints: tuple[str, ...]) -> str:
    """Such as ``count("a", within="2d", channel="phone")``."""
    names = [
        f'"{name}"' for name in (*ACTIVITIES, *ACTIVITIES, "@seats", "@seats", "@plan", "@plan", "never")
    ]
    names += [f'touchpoint="{name}"' for name in (*touchpoints, *touchpoints)]
    arguments = [_text(draw, *names)]
    if kind not in ("last", "idle"):
        span = _text(draw, "", "ever=True", "ever=True", "within")
        arguments += [f'within="{_text(draw, *DURATIONS)}"' if span == "within" else span]
    arguments += [_text(draw, "", "", "", "", *(f'channel="{channel}"' for channel in CHANNELS))]
    return f"{kind}({', '.join(argument for argument in arguments if argument)})"


@st.composite
def leaves(draw: st.DrawFn, touchpoints: tuple[str, ...] = ()) -> str:
    """One comparison, membership, ``happened`` or ``known``."""
    sign = _text(draw, ">=", ">=", ">=", ">=", ">", ">", "<=", "<")
    kind = _text(
        draw, "happened", "happened", "count", "count", "distinct", "sum", "mean", "min", "max", "last",
        "idle", "idle", "dwell", "dwell", "age", "until", "attribute", "attribute", "contains", "known",
        "aim", "gap",
    )  # fmt: skip
    if kind in ("dwell", "age"):
        return f'{kind}() {sign} "{_text(draw, *DURATIONS)}"'
    if kind == "gap":
        return draw(gaps())
    if kind == "until":
        return f'until("renewal") {sign} "{_text(draw, "-2d", "0d", *DURATIONS)}"'
    if kind == "attribute":
        return draw(attribute_leaves())
    if kind == "contains":
        return f'"{_text(draw, "sso", "api")}" in attribute("{_text(draw, "options", "tags", "seats")}")'
    if kind == "known":
        name = _text(draw, *KINDS, "ghost")
        term = draw(event_terms(_text(draw, "last", "mean"), touchpoints))
        dates = ('until("renewal")', f'until("{name}")')
        return f"known({_text(draw, *dates, f'attribute({name!r})', term)})"
    if kind == "aim":
        term = draw(event_terms(_text(draw, "count", "sum", "mean", "last", "distinct"), touchpoints))
        return f'{term} {_text(draw, sign, "==", "!=")} attribute("{_text(draw, "agreed", "seats", "plan")}")'
    term = draw(event_terms(kind, touchpoints))
    if kind == "happened":
        return term
    if kind == "idle":
        return f'{term} {sign} "{_text(draw, *DURATIONS)}"'
    numbers = (1, 1, 2, 2, 3, 0) if kind in ("count", "distinct") else (0.3, 1, 2.5, 4, 0, -1)
    if draw(st.integers(0, 9)) == 0:
        return f"{term} in [{_text(draw, *numbers)}, {_text(draw, *numbers)}]"
    return f"{term} {_text(draw, sign, sign, sign, '==', '!=')} {_text(draw, *numbers)}"


@st.composite
def gaps(draw: st.DrawFn) -> str:
    """True, then not, then true again by time alone."""
    early = _text(draw, 'dwell() <= "1d"', 'dwell() < "36h"', 'idle("b") <= "1d"', 'until("renewal") > "5d"')
    late = _text(draw, 'dwell() >= "3d"', 'age() > "5d"', 'idle("c") > "3d"', 'until("renewal") <= "2d"')
    return f"({early} or {late})"


@st.composite
def loose_criteria(draw: st.DrawFn) -> Criterion:
    """A criterion that is true most of the time, so that a loop of such is held back most of the time."""
    leaf = st.sampled_from(
        [
            'happened("a", ever=True)',
            'happened("b", ever=True)',
            'count("c", ever=True, channel="mail") <= 2',
            'sum("a", ever=True) != 0.3',
            'last("@seats") >= 1',
            'idle("@plan") >= "1d"',
            'attribute("plan") != "basic"',
            'known(attribute("seats"))',
            'not known(attribute("plan"))',
            'attribute("seats") <= 2',
        ]
    )
    first, second = draw(st.one_of(leaf, gaps())), draw(st.one_of(leaf, gaps()))
    return parse(_text(draw, first, f"{first} or {second}", f"{first} and {second}"))


@st.composite
def attribute_leaves(draw: st.DrawFn) -> str:
    """A comparison of an attribute with a literal or another attribute, now and then of the wrong kind."""
    same = _text(draw, "==", "!=")
    order = _text(draw, ">=", ">", "<=", "<", "==", "!=")
    date = np.datetime64(START + draw(st.integers(0, 12)) * 2 * DAY, "us").astype("datetime64[D]")
    return _text(
        draw,
        f'attribute("plan") {same} "{_text(draw, "basic", "pro", "gold")}"',
        'attribute("plan") in ["basic", "team"]',
        f'attribute("segment") {same} "{_text(draw, "small", "large")}"',
        f'attribute("seats") {order} {_text(draw, 1, 2, 2.5, 4)}',
        f'attribute("seats") {order} attribute("agreed")',
        f'attribute("plan") {same} attribute("segment")',
        'attribute("seats") in [1, 2.5]',
        f'attribute("paying") == {_text(draw, True, False)}',
        f'attribute("renewal") {order} "{date}"',
        f'attribute("seats") {same} "basic"',
        f'attribute("ghost") {same} "x"',
    )


@st.composite
def criteria(draw: st.DrawFn, touchpoints: tuple[str, ...] = ()) -> Criterion:
    """One to three leaves, joined and negated."""
    parts = []
    for _ in range(draw(st.sampled_from((1, 1, 2, 2, 3)))):
        negated = draw(st.sampled_from(("", "", "", "not ")))
        parts.append(negated + draw(leaves(touchpoints)))
    text = parts[0]
    for part in parts[1:]:
        text = f"({text}) {draw(st.sampled_from(('and', 'or')))} ({part})"
    return parse(text)


# --- journeys


@st.composite
def journeys(draw: st.DrawFn) -> cj.Journey:
    """Three to six stages in a row, with loops, exits, handoffs, milestones and signals."""
    ids = tuple(f"s{number}" for number in range(draw(st.integers(3, 6))))
    touchpoints = draw(touchpoint_lists(ids))
    names = tuple(touchpoint.id for touchpoint in touchpoints)
    limits = st.sampled_from((None, None, "1d", "3d", "6d"))
    moves = list(pairwise(ids)) + draw(extra_moves(ids))
    return accepted(
        "drawn",
        initial=draw(st.sampled_from((ids[0], ids[0], ids[0], "s1"))),
        start=draw(st.sampled_from((None, None, None, "begin"))),
        stages=[cj.Stage(stage, limit=draw(limits)) for stage in ids],
        touchpoints=touchpoints,
        transitions=[draw(transitions(source, target, names)) for source, target in moves],
        milestones=[
            cj.Milestone(f"m{number}", when=draw(criteria(names)))
            for number in range(draw(st.integers(0, 2)))
        ],
        signals=[draw(signals(number, ids, names)) for number in range(draw(st.integers(0, 2)))],
    )


@st.composite
def loops(draw: st.DrawFn) -> cj.Journey:
    """Three stages, there and back again under loose criteria and checklists: mostly held back."""
    moves = [("x", "y"), ("y", "x"), ("y", "z"), ("z", "x"), ("z", "y")]
    found = []
    for source, target in moves[: draw(st.integers(2, 5))]:
        required = st.booleans()
        items = [
            cj.ChecklistItem(f"i{number}", when=draw(loose_criteria()), required=draw(required))
            for number in range(draw(st.integers(0, 2)))
        ]
        handoff = cj.Handoff(checklist=items, deadline="2d") if items else None
        priority = draw(st.integers(-1, 1))
        when = draw(loose_criteria())
        found.append(cj.Transition(source, target, when=when, priority=priority, handoff=handoff))
    return accepted("loops", stages=[cj.Stage(stage) for stage in "xyz"], transitions=found)


def accepted(name: str, **parts: object) -> cj.Journey:
    """The journey, unless time alone could pass one of its loops in less than a second."""
    try:
        return cj.Journey(name, **parts)  # type: ignore[arg-type]
    except cj.CJError as error:
        if "loop" not in str(error):
            raise
        reject()


@st.composite
def touchpoint_lists(draw: st.DrawFn, ids: tuple[str, ...]) -> list[cj.Touchpoint]:
    """One that owns its activity; two that share one over stages of their own."""
    cut = draw(st.integers(1, len(ids) - 1))
    return [
        cj.Touchpoint("kickoff", stages=ids[:1], activities=["a", "d"]),
        cj.Touchpoint("early", stages=ids[:cut], activities=["b"]),
        cj.Touchpoint("late", stages=ids[cut:], activities=["b", "c"]),
    ][: draw(st.sampled_from((3, 3, 1, 0)))]


def extra_moves(ids: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Most of them go one step back, so that many a transition is held back."""
    back = [(source, target) for target, source in pairwise(ids)]
    other = [(source, target) for source in ids for target in ids if source != target]
    return st.lists(st.one_of(st.sampled_from(back), st.sampled_from(other)), min_size=2, max_size=5)


@st.composite
def transitions(draw: st.DrawFn, source: str, target: str, touchpoints: tuple[str, ...]) -> cj.Transition:
    handoff = None
    if draw(st.integers(0, 2)) == 0:
        items = [draw(checklist_items(number, touchpoints)) for number in range(draw(st.integers(0, 3)))]
        handoff = cj.Handoff(deadline=draw(st.sampled_from((None, "1d", "3d"))), checklist=items)
    when = draw(criteria(touchpoints))
    return cj.Transition(
        source, target, when=when, priority=draw(st.sampled_from((0, 0, 1, -1))), handoff=handoff
    )


@st.composite
def checklist_items(draw: st.DrawFn, number: int, touchpoints: tuple[str, ...]) -> cj.ChecklistItem:
    required = draw(st.sampled_from((True, True, False)))
    attribute = draw(st.sampled_from((None, None, "plan", "seats")))
    if attribute is not None:
        return cj.ChecklistItem(f"i{number}", attribute=attribute, required=required)
    return cj.ChecklistItem(f"i{number}", when=draw(criteria(touchpoints)), required=required)


@st.composite
def signals(draw: st.DrawFn, number: int, ids: tuple[str, ...], touchpoints: tuple[str, ...]) -> cj.Signal:
    response = draw(st.sampled_from((None, *touchpoints)))
    return cj.Signal(
        f"g{number}",
        when=draw(criteria(touchpoints)),
        stages=draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)),
        response=response,
        within=None if response is None else draw(st.sampled_from((None, "1d", "2d", "4d"))),
    )


# --- worlds


@st.composite
def worlds(
    draw: st.DrawFn,
    *,
    largest: int = 300,
    lateness: bool | None = None,
    of: st.SearchStrategy[cj.Journey] | None = None,
) -> World:
    """A journey and up to several hundred customers."""
    journey = draw(journeys() if of is None else of)
    seed = draw(st.integers(0, 2**32 - 1))
    size = draw(st.sampled_from((largest, largest // 4, 3)))
    is_late = draw(st.booleans()) if lateness is None else lateness
    until = START + draw(st.sampled_from((SPAN, SPAN + 3, SPAN + 10, SPAN // 2))) * DAY
    return make_world(journey, size, np.random.default_rng(seed), until, is_late)


def make_world(journey: cj.Journey, size: int, rng: np.random.Generator, until: int, is_late: bool) -> World:
    ids: list[object] = [f"c{number:03}" for number in range(size)]
    if rng.random() < 0.5:
        ids = [7 * number + 1 for number in range(size)]
    kinds = {name: kind for name, kind in KINDS.items() if rng.random() < 0.85 or name == journey.start}
    facts = [fact for name in kinds for fact in make_facts(name, ids, rng, is_late)]
    kinds = {name: kind for name, kind in kinds.items() if any(fact.name == name for fact in facts)}
    return World(
        journey=journey,
        events=tuple(make_events(ids, rng, is_late)),
        until=until + int(rng.integers(-1, 2)),
        facts=tuple(facts),
        kinds=kinds,
        waivers=tuple(make_waivers(journey, ids, rng)),
    )


def lattice(rng: np.random.Generator, lowest: int = 0, highest: int = SPAN) -> int:
    jitter = int(rng.choice((-1, 1))) if rng.random() < 0.1 else 0
    return START + int(rng.integers(lowest, highest + 1)) * DAY + jitter


def make_events(ids: list[object], rng: np.random.Generator, is_late: bool) -> list[Event]:
    """About eight events per customer in any order; ties are common and their order is the input's."""
    has_values, has_channels, has_actors = rng.random(3) < 0.8
    events = []
    for row in range(8 * len(ids)):
        time = lattice(rng)
        value = round(float(rng.choice((-1, 0.1, 0.1, 0.2, 0.3, 1, 2, 2.5))), 1)
        events.append(
            Event(
                customer=ids[rng.integers(len(ids))],
                time=time,
                activity=str(rng.choice((*ACTIVITIES, "noise"))),
                value=value if has_values and rng.random() < 0.7 else None,
                channel=str(rng.choice(CHANNELS)) if has_channels and rng.random() < 0.7 else None,
                actor=str(rng.choice(("ann", "bob", "eve"))) if has_actors and rng.random() < 0.8 else None,
                recorded=delayed(time, rng) if is_late else None,
                row=row,
            )
        )
    return events


def delayed(time: int, rng: np.random.Generator) -> int:
    return time + int(rng.integers(0, 8)) * DAY if rng.random() < 0.4 else time


def make_facts(name: str, ids: list[object], rng: np.random.Generator, is_late: bool) -> list[Fact]:
    """Rows of one attribute for most customers; restated, missing and equally dated ones among them."""
    is_constant = name in ("agreed", "begin") or rng.random() < 0.3
    facts = []
    for customer in ids:
        if name != "begin" and rng.random() < 0.2:
            continue
        for _ in range(1 if is_constant else int(rng.integers(1, 6))):
            valid_from = None if is_constant else lattice(rng, -4)
            recorded = delayed(valid_from, rng) if is_late and valid_from is not None else None
            value = None if rng.random() < 0.2 else VALUES.get(name, VALUES[KINDS[name]])(rng)
            facts.append(Fact(customer, name, value, valid_from, recorded))
    return facts


VALUES: dict[str, Callable[[np.random.Generator], object]] = {
    "text": lambda rng: str(rng.choice(("basic", "pro", "team", "small", "large"))),
    "number": lambda rng: float(rng.choice((0, 1, 1, 2, 2.5, 4))),
    "boolean": lambda rng: bool(rng.random() < 0.5),
    "date": lambda rng: lattice(rng, 0, SPAN + 10),
    "begin": lambda rng: lattice(rng, 0, SPAN // 2),
    "tags": lambda rng: str(rng.choice(("sso", "sso;api", "eu; api", "ssosso"))),
    "set": lambda rng: frozenset(str(one) for one in ("sso", "api", "eu") if rng.random() < 0.5),
}


def make_waivers(journey: cj.Journey, ids: list[object], rng: np.random.Generator) -> list[Waiver]:
    """A waiver for every third customer of every checklist item."""
    found = []
    for position, transition in enumerate(journey.transitions):
        for item in transition.handoff.checklist if transition.handoff is not None else ():
            for customer in ids:
                if rng.random() < 0.3:
                    start = lattice(rng)
                    end = start + int(rng.integers(1, 6)) * DAY
                    found.append(Waiver(customer, position, item.id, start, end))
    return found
