"""A journey made ready for simulation: its ways out, the plans for each, its rates and durations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ..criteria._literals import as_duration
from ..errors import UsageError
from ..journey._elements import Transition
from ..journey._journey import Journey
from ._literals import Conjunct, Literal, Stream, UnplannableError, conjuncts
from ._plans import Exit, Plan, Role, Site, aims_of, date_names, domains_of, read_by
from ._recipes import compose, cost_of

__all__ = ["Ground", "Way", "channels_of", "prepare"]

WEIGHTS = {"advance": 0.66, "skip": 0.12, "regress": 0.14, "exit": 0.13, "reenter": 0.3}
PACE = {"advance": 0.8, "skip": 0.5, "regress": 1.0, "exit": 1.2, "reenter": 2.0}
STAYING = {"ahead": 0.02, "nowhere": 0.3, "lost": 0.85}
USUAL_STAY = 45 * 86_400_000_000
SHAPE = 0.6
MOST_PLANS = 4
MOST_TRIES = 4000


@attrs.frozen(eq=False)
class Way:
    """One alternative of a transition, or staying (transition −1): how often, how long, by which plans."""

    stage: int
    transition: int
    text: str
    rate: float
    median: int
    shape: float
    plans: tuple[Plan, ...]
    refusal: str = ""
    leaning: float = 0.0  # how much satisfaction keeps customers from taking it


@attrs.frozen(eq=False)
class Ground:
    """Everything that is the same for all customers."""

    journey: Journey
    sites: tuple[Site, ...]
    ways: tuple[tuple[Way, ...], ...]  # per stage
    literals: tuple[Literal, ...]
    activities: frozenset[str]  # all that are read
    distinct: tuple[Stream, ...]
    aims: frozenset[str]
    refusals: tuple[str, ...]
    plans: tuple[Plan, ...]

    def target_of(self, way: Way) -> int:
        """The position of the stage that the way leads to; its own stage where one stays."""
        if way.transition < 0:
            return way.stage
        return self.journey.stage_index[self.journey.transitions[way.transition].target]

    def read_beside(self, plan: Plan) -> tuple[Literal, ...]:
        """Everything that is read in the stage where the plan is followed."""
        stage = self.journey.stage_index[self.journey.transitions[plan.transition].source]
        return tuple(literal for exit_ in self.sites[stage].exits for literal in exit_.conjunct)

    def number_of(self, plan: Plan) -> int:
        return next(number for number, one in enumerate(self.plans) if one is plan)


def prepare(journey: Journey, rates: Mapping[Any, float], durations: Mapping[Any, Any]) -> Ground:
    """Plan every way out of every stage.

    Raises:
        UsageError: if rates or durations name no transition or are no such thing, or if a rate is asked for
            a transition that cannot be planned.
    """
    broken: dict[int, str] = {}
    alternatives = [_conjuncts(journey, position, broken) for position in range(len(journey.transitions))]
    literals = tuple(dict.fromkeys(one for found in alternatives for conjunct in found for one in conjunct))
    sites = _sites(journey, alternatives, literals)
    given = _by_position(journey, rates, "rates")
    lengths = _by_position(journey, durations, "durations")
    ways = tuple(
        _with_rates(journey, site, _planned(journey, site, broken, lengths), given) for site in sites
    )
    refusals = tuple(sorted({_told(journey, way) for found in ways for way in found if way.refusal}))
    refusals += tuple(
        f"{_named(journey.transitions[position])}: {reason}" for position, reason in broken.items()
    )
    distinct = tuple({one.stream for one in literals if one.distinct and one.stream is not None})
    plans = tuple(plan for found in ways for way in found for plan in way.plans)
    return Ground(
        journey=journey,
        sites=sites,
        ways=ways,
        literals=literals,
        activities=read_by(literals),
        distinct=distinct,
        aims=aims_of(literals),
        refusals=refusals,
        plans=plans,
    )


def _told(journey: Journey, way: Way) -> str:
    if way.transition < 0:
        return f"staying in {journey.stages[way.stage].id}: {way.refusal}"
    return f"{_named(journey.transitions[way.transition])} by {way.text!r}: {way.refusal}"


def _named(transition: Transition) -> str:
    return f"{transition.source} -> {transition.target}"


def _conjuncts(journey: Journey, position: int, broken: dict[int, str]) -> tuple[Conjunct, ...]:
    transition = journey.transitions[position]
    criterion = transition.when
    for item in transition.handoff.checklist if transition.handoff is not None else ():
        if item.required:
            criterion = criterion & item.criterion
    try:
        return conjuncts(criterion, journey.touchpoint_activities)
    except UnplannableError as error:
        broken[position] = str(error)
        return ()


def _sites(
    journey: Journey, alternatives: list[tuple[Conjunct, ...]], literals: tuple[Literal, ...]
) -> tuple[Site, ...]:
    declared = {attribute.id: attribute.type for attribute in journey.attributes}
    options = {attribute.id: attribute.options for attribute in journey.attributes}
    aims, dates = aims_of(literals), date_names(literals, declared)
    changing = {activity[1:] for activity in read_by(literals) if activity[0] == "@"} - dates - aims
    watched = [one for one in literals if one.attribute not in dates | aims]
    domains = domains_of(watched, declared, options, changing)
    for literal in literals:
        _check(journey, literal, dates, aims)
    sites = []
    for number, stage in enumerate(journey.stages):
        exits: list[Exit] = []
        for position, transition in enumerate(journey.transitions):
            if transition.source == stage.id:
                for conjunct in _without_aims(alternatives[position], aims):
                    exits.append(Exit(position, len(exits), conjunct, (-transition.priority, position)))
        sites.append(Site(number, tuple(exits), domains, dates, channels_of(journey).get))
    return tuple(sites)


def _check(journey: Journey, literal: Literal, dates: frozenset[str], aims: frozenset[str]) -> None:
    """Refuse what attributes cannot be made to do."""
    if journey.start is not None and literal.attribute == journey.start:
        raise UsageError(f"simulate: {literal.text!r} reads the attribute at which customers start")
    is_fixed = literal.sort == "holds" and literal.operator not in ("known", "unknown")
    if literal.attribute in dates - aims and is_fixed:
        raise UsageError(f"simulate: {literal.text}: a date held against a fixed day")


def _without_aims(found: tuple[Conjunct, ...], aims: frozenset[str]) -> list[Conjunct]:
    """A customer's own aim is always known."""
    kept = []
    for conjunct in found:
        about = [one for one in conjunct if one.sort == "holds" and one.attribute in aims]
        if all(one.operator == "known" for one in about):
            kept.append(tuple(one for one in conjunct if one not in about))
    return kept


def channels_of(journey: Journey) -> dict[str, str | None]:
    """By activity, the channel of its first touchpoint."""
    found: dict[str, str | None] = {}
    for touchpoint in journey.touchpoints:
        for activity in touchpoint.activities:
            found.setdefault(activity, touchpoint.channel)
    return found


def _by_position(journey: Journey, given: Mapping[Any, Any], what: str) -> dict[Any, Any]:
    """What is given for a stage (by its index as ``("stage", i)``) or a transition (by its position)."""
    found: dict[Any, Any] = {}
    pairs = [(transition.source, transition.target) for transition in journey.transitions]
    if not isinstance(given, Mapping):
        raise UsageError(f"simulate: {what} map transitions to what they take, not {given!r:.80}")
    for key, value in given.items():
        if what == "rates" and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise UsageError(f"simulate: a rate lies between 0 and 1, not {value!r:.80}")
        if isinstance(key, str) and what == "durations":
            found["stage", journey.stages.index(journey.stage(key))] = value
        elif isinstance(key, int) and 0 <= key < len(pairs):
            found[key] = value
        elif isinstance(key, tuple) and key in pairs:
            same = [position for position, pair in enumerate(pairs) if pair == key]
            shared = value / len(same) if what == "rates" else value
            found.update(dict.fromkeys(same, shared))
        else:
            raise UsageError(
                f"simulate: {what} has {key!r}, which names no transition (source, target) or position"
            )
    return found


def _planned(journey: Journey, site: Site, broken: dict[int, str], lengths: dict[Any, Any]) -> list[Way]:
    ways = [_way(journey, site, exit_, lengths) for exit_ in (*site.exits, None)]
    stage = journey.stages[site.stage].id
    own = [broken[p] for p, one in enumerate(journey.transitions) if one.source == stage and p in broken]
    if own:  # what cannot be understood cannot be kept from coming true either
        return [attrs.evolve(way, plans=(), refusal=own[0]) for way in ways]
    return ways


def _way(journey: Journey, site: Site, exit_: Exit | None, lengths: dict[Any, Any]) -> Way:
    median, shape = _length(journey, site.stage, exit_, lengths)
    plans, refusal = _Search(site, exit_).plans()
    if exit_ is None:
        return Way(site.stage, -1, "", 0.0, median, shape, plans, refusal)
    one = journey.transitions[exit_.transition]
    leaning = 1.0 if journey.stage(one.target).kind == "lost" else 0.5 * (one.kind == "regress")
    return Way(site.stage, exit_.transition, exit_.text, 0.0, median, shape, plans, refusal, leaning)


@attrs.frozen(eq=False)
class _Search:
    """The search for roles that a plan can give to all literals of a stage (None: to stay there)."""

    site: Site
    exit_: Exit | None
    found: list[Plan] = attrs.field(factory=list)
    reasons: list[str] = attrs.field(factory=list)
    tries: Iterator[int] = attrs.field(factory=lambda: iter(range(MOST_TRIES)))

    def plans(self) -> tuple[tuple[Plan, ...], str]:
        """The plans, the most natural first; where there are none, what stood in the way of the last try."""
        for roles in self._own_roles():
            if len(self.found) < MOST_PLANS:
                self._go_on(roles, self._others(roles))
        reason = max(self.reasons, key=len, default="nothing that can turn true at a chosen moment")
        return tuple(sorted(self.found, key=lambda plan: plan.cost)), "" if self.found else reason

    def _own_roles(self) -> Iterator[tuple[Role, ...]]:
        if self.exit_ is None:
            yield ()
            return
        triggers = [Role(literal, "trigger") for literal in self.exit_.conjunct]
        for trigger in sorted((one for one in triggers if math.isfinite(cost_of(one))), key=cost_of):
            members = [one for one in self.exit_.conjunct if one != trigger.literal]
            yield (trigger, *(Role(one, "member") for one in members))
            past = [one.sort == "rise" and one.ever for one in members]
            if any(past):
                parts = ["past" if is_past else "member" for is_past in past]
                yield (trigger, *map(Role, members, parts))

    def _others(self, roles: tuple[Role, ...]) -> list[Conjunct]:
        """The alternatives that must not come true before, those first that leave the least choice."""
        trigger, exit_ = roles[0].literal if roles else None, self.exit_
        found = []
        for other in self.site.exits:
            loses = exit_ is not None and (other.transition == exit_.transition or other.rank > exit_.rank)
            if other is not exit_ and not (loses and trigger in other.conjunct):
                found.append(other.conjunct)
        return sorted(found, key=len)

    def _go_on(self, roles: tuple[Role, ...], others: list[Conjunct]) -> None:
        """Try these roles, then each with one literal more held back, until all others are."""
        if next(self.tries, None) is None or len(self.found) >= MOST_PLANS:
            return
        try:
            plan = compose(self.site, self.exit_, roles)
        except UnplannableError as error:
            self.reasons.append(str(error))
            return
        blocked = {role.literal for role in roles if role.part == "blocker"}
        rest = [conjunct for conjunct in others if not blocked & set(conjunct)]
        if not rest:
            self.found.append(plan)
            return
        mine = {role.literal for role in roles}
        usable = [Role(literal, "blocker") for literal in rest[0] if literal not in mine]
        usable = sorted((one for one in usable if math.isfinite(cost_of(one))), key=cost_of)
        if not usable:
            told = " and ".join(one.text for one in rest[0])
            self.reasons.append(f"nothing keeps {told!r} from coming true earlier")
        for role in usable:
            self._go_on((*roles, role), rest[1:])


def _length(journey: Journey, stage: int, exit_: Exit | None, lengths: dict[Any, Any]) -> tuple[int, float]:
    target = journey.stages[stage].target
    usual = USUAL_STAY if target is None else max(target // _MICROSECOND, 60_000_000)
    if exit_ is None:
        return usual, SHAPE
    transition = journey.transitions[exit_.transition]
    given = lengths.get(exit_.transition, lengths.get(("stage", stage)))
    if given is None:
        return int(usual * PACE.get(transition.kind, 1.0)), SHAPE
    pair = given if isinstance(given, tuple) else (given, SHAPE)
    is_pair = len(pair) == 2 and isinstance(pair[1], (int, float)) and 0.01 <= pair[1] <= 3
    length = as_duration(pair[0]) // _MICROSECOND if is_pair else 0
    if length < 60_000_000:
        needed = "a median of at least a minute and a shape of 0.01 to 3 are needed"
        raise UsageError(f"simulate: {needed}, not {given!r:.80}")
    shape = pair[1]
    return length, float(shape)


_MICROSECOND = as_duration("1s") / 1_000_000


def _with_rates(journey: Journey, site: Site, ways: list[Way], given: dict[Any, float]) -> tuple[Way, ...]:
    """Ways with their probabilities: those given, the rest by kind, alternatives of one transition alike."""
    own = sorted({way.transition for way in ways if way.transition >= 0})
    open_ = {way.transition for way in ways if way.plans}
    for position in own:
        rate = given.get(position, 0.0)
        if not 0 <= rate <= 1:
            raise UsageError(f"simulate: a rate lies between 0 and 1, not {rate!r}")
        if rate > 0 and position not in open_:
            refusal = next(way.refusal for way in ways if way.transition == position)
            raise UsageError(
                f"simulate: {_named(journey.transitions[position])} cannot be planned: {refusal}"
            )
    asked = {position: float(given[position]) for position in own if position in given}
    if sum(asked.values()) > 1 + 1e-9:
        raise UsageError(f"simulate: the rates out of stage {journey.stages[site.stage].id!r} exceed 1")
    rates = asked | _defaults(journey, site, [one for one in own if one in open_ and one not in asked], asked)
    found = []
    for way in ways:
        same = [one for one in ways if one.transition == way.transition and one.plans]
        rate = rates.get(way.transition, 0.0) if way.transition >= 0 else max(0.0, 1 - sum(rates.values()))
        found.append(attrs.evolve(way, rate=rate / len(same) if way.plans else 0.0))
    return tuple(found)


def _defaults(journey: Journey, site: Site, free: list[int], asked: dict[int, float]) -> dict[int, float]:
    kinds = {position: journey.transitions[position].kind for position in free}
    crowd = {kind: sum(other == kind for other in kinds.values()) for kind in kinds.values()}
    weights = {position: WEIGHTS[kind] / crowd[kind] for position, kind in kinds.items()}
    stage = journey.stages[site.stage]
    ahead = any(journey.transitions[one].kind in ("advance", "skip") for one in (*free, *asked))
    staying = STAYING["lost" if stage.kind == "lost" else "ahead" if ahead else "nowhere"]
    left = max(0.0, 1 - sum(asked.values()) - (0 if asked else staying))
    total = sum(weights.values())
    return {position: left * weight / total for position, weight in weights.items()}
