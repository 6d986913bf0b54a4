"""Boxes and lines of the map keep out of each other's way."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cjlib.outputs._layout import HEIGHT, WIDTH, Layout, lay_out


@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    standing = [f"s{i}" for i in range(draw(st.integers(1, 12)))]
    lost = [f"l{i}" for i in range(draw(st.integers(0, 4)))]
    stage = st.sampled_from(standing + lost)
    return standing, lost, draw(st.lists(st.tuples(stage, stage), max_size=30))


@given(drawings())
def test_no_box_covers_another_and_all_lie_inside(drawing: tuple) -> None:
    layout = lay_out(*drawing)
    for (x1, y1), (x2, y2) in combinations(layout.boxes.values(), 2):
        assert abs(x1 - x2) >= WIDTH or abs(y1 - y2) >= HEIGHT
    width, height = layout.size
    assert all(0 <= x <= width - WIDTH and 0 <= y <= height - HEIGHT for x, y in layout.boxes.values())


@given(drawings())
def test_every_line_starts_and_ends_at_its_boxes(drawing: tuple) -> None:
    layout = lay_out(*drawing)
    assert set(layout.routes) == set(drawing[2])
    for (source, target), route in layout.routes.items():
        assert touches(layout, source, route.points[0])
        assert touches(layout, target, route.points[-1])


@given(drawings())
def test_no_line_runs_across_a_box(drawing: tuple) -> None:
    layout = lay_out(*drawing)
    for route in layout.routes.values():
        for (_, y), (_, y_after) in zip(route.points, route.points[1:], strict=False):
            assert y != y_after or not any(
                top < y < top + HEIGHT for _, top in layout.boxes.values() if len(route.points) > 2
            )


@given(drawings())
def test_the_same_journey_is_drawn_the_same(drawing: tuple) -> None:
    assert lay_out(*drawing) == lay_out(*drawing)


def touches(layout: Layout, box: str, point: tuple[float, float]) -> bool:
    left, top = layout.boxes[box]
    x, y = point
    return left <= x <= left + WIDTH and top <= y <= top + HEIGHT
