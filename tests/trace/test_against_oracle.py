"""The compiled replay equals the slow, obvious one."""

from __future__ import annotations

from hypothesis import given
from tests.oracle import World
from tests.strategies import loops, worlds
from tests.worlds import by_oracle, by_replay


@given(worlds())
def test_the_kernel_equals_the_oracle_on_every_row(world: World) -> None:
    assert_same(world)


@given(worlds(largest=60, of=loops()))
def test_the_kernel_equals_the_oracle_on_loops(world: World) -> None:
    assert_same(world)


def assert_same(world: World) -> None:
    expected, found = by_oracle(world), by_replay(world)
    differing = [
        customer for customer in {**expected, **found} if expected.get(customer) != found.get(customer)
    ]
    assert not differing, report(world, differing[0], expected, found)


def report(
    world: World, customer: object, expected: dict[object, object], found: dict[object, object]
) -> str:
    """Everything about the first customer on whom the two disagree."""
    rows = [
        *(
            f"{t.source} -> {t.target} priority {t.priority}: {t.when} {t.handoff or ''}"
            for t in world.journey.transitions
        ),
        *map(str, sorted((e for e in world.events if e.customer == customer), key=lambda e: (e.time, e.row))),
        *(str(fact) for fact in world.facts if fact.customer == customer),
        *(str(waiver) for waiver in world.waivers if waiver.customer == customer),
        f"until {world.until}",
        f"expected {expected.get(customer)}",
        f"found    {found.get(customer)}",
    ]
    return "\n".join(rows)
