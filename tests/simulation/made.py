"""Journeys for the simulator: small ones by hand, wild ones by chance."""

from __future__ import annotations

import random

import cjlib as cj

Rows = list[tuple[str, str, str]]

BY_HAND: dict[str, Rows] = {
    "thresholds": [
        ("a", "b", 'count("x") >= 5'),
        ("a", "lost", 'idle("x") >= "20d"'),
        ("b", "c", 'happened("y") and count("x", within="14d") >= 4'),
        ("b", "a", 'count("x", within="30d") < 2'),
        ("c", "lost", 'happened("bye")'),
    ],
    "sums": [
        ("a", "b", 'sum("order", ever=True) >= 1000'),
        ("b", "c", 'sum("usage", within="30d") < 50'),
        ("c", "b", 'sum("usage", within="14d") >= 80'),
        ("b", "lost", 'happened("bye") and sum("usage", within="30d") >= 10'),
    ],
    "persons": [
        ("a", "b", 'distinct("login", within="14d") >= 4'),
        ("b", "a", 'distinct("login", within="28d") < 2'),
        ("b", "lost", 'distinct("bye", ever=True) >= 2'),
    ],
    "clocks": [
        ("a", "b", 'dwell() > "30d" and happened("x")'),
        ("a", "lost", 'dwell() >= "90d"'),
        ("b", "c", 'age() >= "400d"'),
        ("b", "a", 'happened("y") and dwell() < "60d"'),
        ("c", "lost", 'idle("x") > "45d" and not happened("y", within="60d")'),
    ],
    "dates": [
        ("a", "b", 'until("renewal_date") <= "90d"'),
        ("b", "a", 'happened("renewed") and until("renewal_date") > "120d"'),
        ("b", "lost", 'until("renewal_date") < "0d"'),
        ("a", "lost", 'happened("bye")'),
    ],
    "attributes": [
        ("a", "b", 'attribute("plan") == "pro"'),
        ("b", "c", 'attribute("seats") >= 10 and happened("x")'),
        ("b", "a", 'attribute("plan") in ["free", "basic"]'),
        ("c", "lost", 'happened("bye") and attribute("reason") != "job"'),
        ("c", "b", 'happened("bye") and attribute("reason") == "job"'),
        ("c", "a", '"sso" in attribute("options") and not known(attribute("sponsor"))'),
    ],
    "aims": [
        ("a", "b", 'count("patient", ever=True) >= attribute("agreed")'),
        ("b", "c", 'last("score") >= attribute("level")'),
        ("b", "lost", 'count("patient", within="30d") < 1'),
    ],
    "changes": [
        ("a", "b", 'count("@csm", within="30d") >= 1'),
        ("b", "a", 'happened("@plan")'),
        ("b", "lost", 'happened("bye")'),
    ],
    "channels": [
        ("a", "b", 'count("call", channel="phone") >= 2'),
        ("a", "c", 'count("call", channel="mail") >= 3'),
        ("b", "a", 'idle("call", channel="phone") >= "30d"'),
        ("c", "lost", 'count("call") >= 4'),
    ],
    "alternatives": [
        ("a", "b", '(happened("x") or happened("y")) and (dwell() >= "3d" or last("v") > 2)'),
        ("b", "a", 'not (count("x", within="10d") >= 1 or count("y", within="10d") >= 1)'),
        ("b", "lost", 'count("z") == 2'),
    ],
}


def journey_of(name: str, rows: Rows) -> cj.Journey:
    """A journey from rows of source, target and criterion; the stage ``lost`` is a lost one."""
    stages = list(dict.fromkeys(stage for row in rows for stage in row[:2]))
    return cj.Journey(
        name,
        stages=[cj.Stage(stage, kind="lost" if stage == "lost" else "active") for stage in stages],
        transitions=[
            cj.Transition(source, target, when=when, kind="exit" if target == "lost" else "advance")
            for source, target, when in rows
        ],
    )


def by_chance(seed: int) -> cj.Journey | None:
    """A journey whose criteria know no mercy; None if it has errors."""
    chance = random.Random(seed)
    stages = [f"s{number}" for number in range(chance.randint(2, 5))]
    transitions = []
    for stage in stages:
        for _ in range(chance.randint(1, 3)):
            target = chance.choice([other for other in stages if other != stage])
            when, priority = _criterion(chance), chance.choice([0, 0, 1])
            transitions.append(cj.Transition(stage, target, when=when, priority=priority))
    kinds = ["active"] * (len(stages) - 1) + ["lost"]
    try:
        return cj.Journey(
            f"chance-{seed}",
            stages=[cj.Stage(stage, kind=kind) for stage, kind in zip(stages, kinds, strict=True)],
            transitions=transitions,
        )
    except cj.CJError:
        return None


def _criterion(chance: random.Random, depth: int = 0) -> str:
    kind = chance.random()
    if depth >= 2 or kind < 0.5:
        return _leaf(chance)
    if kind >= 0.92:
        return f"not ({_criterion(chance, depth + 1)})"
    word = "and" if kind < 0.75 else "or"
    return f"({_criterion(chance, depth + 1)}) {word} ({_criterion(chance, depth + 1)})"


def _leaf(chance: random.Random) -> str:
    days = f'"{chance.choice([3, 7, 14, 30, 60, 120])}d"'
    number, activity = chance.randint(1, 6), f'"{chance.choice("pqr")}"'
    span = chance.choice(["", "", ", ever=True", f", within={days}"])
    sign = chance.choice([">=", "<"])
    return chance.choice(
        [
            f"happened({activity}{span})",
            f"count({activity}{span}) >= {number}",
            f"count({activity}{span}) < {number}",
            f"idle({activity}) {sign} {days}",
            f"dwell() {sign} {days}",
            f"age() > {days}",
            f'last("v") {chance.choice([">=", "<", "==", "!="])} {number}',
            f'mean("w"{span}) {sign} {number}',
            f'sum("u"{span}) {sign} {chance.choice([10, 50])}',
            f'min("w"{span}) <= {number}',
            f'max("w"{span}) >= {number + 3}',
            f"distinct({activity}{span}) >= {number}",
            f'attribute("plan") == "{chance.choice("xy")}"',
            'attribute("plan") != "x"',
            f'attribute("seats") >= {chance.choice([5, 10])}',
            'known(attribute("sponsor"))',
            f'until("renewal") {chance.choice(["<=", ">"])} {days}',
            f'happened("@plan", within={days})',
            f'count({activity}, ever=True) >= attribute("agreed")',
            f'happened({activity}, channel="phone")',
            'known(last("v"))',
        ]
    )
