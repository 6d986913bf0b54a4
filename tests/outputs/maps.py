"""Maps to draw: any that Hypothesis can think of, and the largest that must still be readable."""

from __future__ import annotations

from cjlib.outputs import JourneyMap
from cjlib.outputs._journey_map import MapStage, MapTouchpoint, MapWay, Numbers
from cjlib.testing import maps

__all__ = ["largest", "maps"]


def largest(n_stages: int = 20, n_touchpoints: int = 60) -> JourneyMap:
    """Twenty stages with sixty touchpoints each, and a way from everywhere to everywhere nearby."""
    stages = tuple(
        MapStage(
            id=f"s{i}",
            label=f"Stage number {i} with a name of some length",
            kind="lost" if i >= n_stages - 2 else "active",
            owner="Customer success manager",
            objective="What is to be better, and by when, is written down and signed by everybody",
            target=30.0,
            numbers=Numbers(
                customers=1_234_567, entered=9_999_999, visits=9, left=9, forward=5, lost=3, median=41.0
            ),
            touchpoints=tuple(
                MapTouchpoint(
                    id=f"t{k}",
                    label=f"Touchpoint {k} of stage {i}",
                    channel=f"channel {k % 9}",
                    reached=k,
                    share=k / n_touchpoints,
                    emotion=float(k % 5 - 2),
                )
                for k in range(n_touchpoints)
            ),
        )
        for i in range(n_stages)
    )
    pairs = [
        (i, j)
        for i in range(n_stages)
        for j in range(n_stages)
        if i != j and (abs(i - j) < 4 or j >= n_stages - 2)
    ]
    ways = tuple(
        MapWay(
            source=f"s{i}",
            target=f"s{j}",
            kind="exit" if j >= n_stages - 2 else "forward" if j > i else "back",
            criteria=(),
            count=1000 * i + j,
        )
        for i, j in pairs
    )
    return JourneyMap(title="The largest", stages=stages, ways=ways, customers=1, until="2026-06-30T00:00:00")
