"""A shop with everything that key figures are counted from, and worlds of it for Hypothesis."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from hypothesis import strategies as st
from tests.oracle import Event, Fact, World
from tests.strategies import DAY, START, delayed, lattice
from tests.worlds import customers, event_log, moment

import cjlib as cj

KINDS = {"arr": "number", "segment": "text", "csm": "text", "cost": "number"}
JOURNEY = cj.Journey(
    "shop",
    roles=[cj.Role("sales"), cj.Role("care")],
    attributes=[
        cj.Attribute("arr", type="number", unit="EUR"), cj.Attribute("cost", type="number"),
        cj.Attribute("segment", options=["small", "large"]), cj.Attribute("csm"),
    ],
    stages=[
        cj.Stage("look", kind="prospect", owner="sales"), cj.Stage("cart", kind="prospect", owner="sales"),
        cj.Stage("care", owner="care"), cj.Stage("gold", kind="won", owner="care"),
        cj.Stage("gone", kind="lost"),
    ],
    touchpoints=[
        cj.Touchpoint("shop", stages=["look", "cart"], activities=["visit", "purchase", "ces"]),
        cj.Touchpoint("help", stages=["care", "gold"], activities=["call", "csat"]),
    ],
    transitions=[
        cj.Transition("look", "cart", when='happened("visit")'),
        cj.Transition("cart", "care", when='happened("purchase")'),
        cj.Transition("cart", "look", when='dwell() >= "3d"', kind="regress"),
        cj.Transition("care", "gold", when='count("purchase") >= 2'),
        cj.Transition("care", "gone", when='happened("left")', kind="exit", reason="price"),
        cj.Transition("gold", "gone", when='happened("left")', kind="exit", reason="product"),
        cj.Transition("gone", "care", when='happened("purchase")', kind="reenter"),
    ],
    milestones=[cj.Milestone("aha", when='count("purchase", ever=True) >= 2', value_step="realised")],
    personas=[cj.Persona("big", when='attribute("segment") == "large"'), cj.Persona("rest")],
    metrics=[cj.Metric("cross_sell", activity="extra")],
)  # fmt: skip
ANSWERS = {"nps": range(-1, 12), "csat": range(7), "ces": range(1, 8)}
ACTIVITIES = ("visit", "purchase", "purchase", "left", "call", "extra", *ANSWERS)


@attrs.frozen
class Shop:
    """A world, who referred whom, and from what both were drawn."""

    world: World
    referred: dict[object, object]
    drawn: tuple[int, int, bool] = (0, 0, False)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"shop_of{self.drawn}")

    @property
    def log(self) -> cj.EventLog:
        return event_log(self.world.events)

    @property
    def customers(self) -> cj.Customers:
        links = {"customer": list(self.referred), "referred_by": list(self.referred.values())}
        known = customers(self.world.facts, self.world.kinds)
        assert known is not None
        return known.join(cj.Customers.from_frame(links, links=["referred_by"]))

    @property
    def trace(self) -> cj.Trace:
        return cj.replay(self.world.journey, self.log, self.customers, until=moment(self.world.until))

    def kpis(self, **options: object) -> cj.scoring.KeyFigures:
        """The key figures of the world."""
        return cj.kpis(self.world.journey, self.trace, self.log, **options)  # type: ignore[arg-type]


def shops(largest: int = 40) -> st.SearchStrategy[Shop]:
    """Up to some tens of customers, some of what happened known late."""
    sizes = st.sampled_from((1, 5, largest))
    return st.builds(shop_of, st.integers(0, 2**32 - 1), sizes, st.booleans())


def shop_of(seed: int, size: int, is_late: bool) -> Shop:
    """A shop of so many customers."""
    rng = np.random.default_rng(seed)
    ids: list[object] = [f"c{number:02}" for number in range(size)]
    events = tuple(made(ids[rng.integers(size)], row, rng, is_late) for row in range(8 * size))
    facts = tuple(fact for one in ids for fact in facts_of(one, rng, is_late))
    world = World(journey=JOURNEY, events=events, until=START + 22 * DAY, facts=facts, kinds=KINDS)
    referred = {one: ids[rng.integers(size)] if rng.random() < 0.5 else None for one in ids}
    return Shop(world, referred, (seed, size, is_late))


def made(customer: object, row: int, rng: np.random.Generator, is_late: bool) -> Event:
    activity, time = str(rng.choice(ACTIVITIES)), lattice(rng)
    value = float(rng.choice(ANSWERS[activity])) if activity in ANSWERS and rng.random() < 0.9 else None
    channel = str(rng.choice(("phone", "mail"))) if rng.random() < 0.8 else None
    recorded = delayed(time, rng) if is_late else None
    return Event(customer, time, activity, value, channel, recorded=recorded, row=row)


def facts_of(customer: object, rng: np.random.Generator, is_late: bool) -> list[Fact]:
    found = []
    for name, values in (("arr", (0, 100, 200, 350)), ("csm", ("ann", "bob")), ("cost", (5, 10))):
        for _ in range(int(rng.integers(customer == "c00", 4))):  # somebody has each
            since = lattice(rng, -4)
            value = None if rng.random() < 0.1 else values[rng.integers(len(values))]
            value = float(value) if isinstance(value, int) else value
            found.append(Fact(customer, name, value, since, delayed(since, rng) if is_late else None))
    if customer == "c00" or rng.random() < 0.9:
        since = START - 9 * DAY
        segment, recorded = str(rng.choice(("small", "large"))), since if is_late else None
        found.append(Fact(customer, "segment", segment, since, recorded))
    return found
