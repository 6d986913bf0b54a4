"""Where boxes and lines of the journey map stand: one row of stages, the lost ones below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import attrs

__all__ = ["HEIGHT", "WIDTH", "Layout", "Pair", "Point", "Route", "lay_out"]

WIDTH, HEIGHT, GAP = 144.0, 88.0, 50.0
MARGIN, LANE = 16.0, 26.0
ARC_ROOM, EXIT_ROOM, LABEL = 20.0, 62.0, 20.0
Pair = tuple[str, str]
Point = tuple[float, float]


@attrs.frozen(kw_only=True)
class Route:
    """The corners of one line from box to box, and where its label is centred."""

    points: tuple[Point, ...]
    label: Point


@attrs.frozen(kw_only=True)
class Layout:
    """Upper left corners of the boxes, the routes between them, and the size of it all."""

    boxes: Mapping[str, Point]
    routes: Mapping[Pair, Route]
    size: Point


@attrs.frozen
class _Port:
    """Where lines meet a box; lines with equal ports meet it at one point."""

    box: str
    side: str
    key: str


@attrs.frozen(kw_only=True)
class _Line:
    """A line before it has places: both its ports, and the lane on which it runs across."""

    pair: Pair
    start: _Port
    end: _Port
    lane: Pair
    is_above: bool


def lay_out(standing: Sequence[str], lost: Sequence[str], pairs: Iterable[Pair]) -> Layout:
    """The layout of a journey; the same for the same input, always.

    A way to the next stage is a straight line, other ways in the upper row run above it, and what has to
    do with a lost stage runs between the rows; all exits to one lost stage share a lane.

    Args:
        standing: the stages of the upper row, in order.
        lost: the stages of the lower row, in order.
        pairs: source and target of each line.

    >>> lay_out(["trial", "care"], [], [("trial", "care")]).routes["trial", "care"].points
    ((160.0, 60.0), (210.0, 60.0))
    """
    pairs = list(dict.fromkeys(pairs))
    following = set(pairwise(standing))
    columns = _columns(standing, lost, pairs)
    lines = [_line(pair, set(lost)) for pair in pairs if pair not in following]
    xs = _port_places(lines, columns)
    above = _lanes(lines, xs, is_above=True)
    below = _lanes(lines, xs, is_above=False)
    top = MARGIN + (ARC_ROOM + LANE * max(above.values(), default=0) if above else 0)
    bus = top + HEIGHT + EXIT_ROOM
    low = bus + LANE * (max(below.values(), default=0) + 1)
    boxes = {box: (x, low if box in lost else top) for box, x in columns.items()}
    ys = {lane: top - ARC_ROOM - LANE * k for lane, k in above.items()}
    ys |= {lane: bus + LANE * k for lane, k in below.items()}
    routes = {pair: _straight(boxes, pair) for pair in pairs if pair in following}
    drops = _drops(lines, xs)
    routes |= {line.pair: _route(line, xs, ys, boxes, drops) for line in lines}
    size = (max(columns.values()) + WIDTH + MARGIN, (low if lost else top) + HEIGHT + MARGIN)
    return Layout(boxes=boxes, routes=routes, size=size)


def _columns(standing: Sequence[str], lost: Sequence[str], pairs: Sequence[Pair]) -> dict[str, float]:
    """Left edges: the upper row side by side, lost stages below the middle of those that lead to them."""
    columns = {stage: MARGIN + i * (WIDTH + GAP) for i, stage in enumerate(standing)}
    free = MARGIN
    for stage in lost:
        sources = [columns[source] for source, target in pairs if target == stage and source in standing]
        columns[stage] = max([free, sum(sources) / len(sources) if sources else free])
        free = columns[stage] + WIDTH + GAP
    return columns


def _line(pair: Pair, lost: set[str]) -> _Line:
    source, target = pair
    if target in lost and source not in lost:
        start, end = _Port(source, "bottom", f"to {target}"), _Port(target, "top", "exits")
        return _Line(pair=pair, start=start, end=end, lane=("exits", target), is_above=False)
    is_above = source not in lost and target not in lost
    side = "top" if is_above or target in lost else "bottom"
    start, end = _Port(source, "top", f"to {target}"), _Port(target, side, f"from {source}")
    return _Line(pair=pair, start=start, end=end, lane=pair, is_above=is_above)


def _port_places(lines: Sequence[_Line], columns: Mapping[str, float]) -> dict[_Port, float]:
    """Ports spread evenly over the edge of their box, ordered by where their lines come from."""
    others: dict[_Port, float] = {}
    for line in lines:
        others[line.start] = columns[line.end.box]
        others[line.end] = columns[line.start.box]
    places: dict[_Port, float] = {}
    for box, side in dict.fromkeys((port.box, port.side) for port in others):
        ports = [port for port in others if (port.box, port.side) == (box, side)]
        ports.sort(key=lambda port: (others[port], port.key))
        for k, port in enumerate(ports, start=1):
            places[port] = columns[box] + WIDTH * k / (len(ports) + 1)
    return places


def _lanes(lines: Sequence[_Line], xs: Mapping[_Port, float], *, is_above: bool) -> dict[Pair, int]:
    """The lane on which each line runs: short ones first, none over another."""
    reach: dict[Pair, list[float]] = {}
    for line in lines:
        if line.is_above == is_above:
            reach.setdefault(line.lane, []).extend((xs[line.start], xs[line.end]))
    taken: list[list[Point]] = []
    lanes: dict[Pair, int] = {}
    for lane, ends in sorted(reach.items(), key=lambda item: (max(item[1]) - min(item[1]), item[0])):
        left, right = min(ends) - GAP / 2, max(ends) + GAP / 2
        free = (k for k, spans in enumerate(taken) if all(right < a or b < left for a, b in spans))
        lanes[lane] = next(free, len(taken))
        if lanes[lane] == len(taken):
            taken.append([])
        taken[lanes[lane]].append((left, right))
    return lanes


def _straight(boxes: Mapping[str, Point], pair: Pair) -> Route:
    (left, top), (right, _) = boxes[pair[0]], boxes[pair[1]]
    y = top + HEIGHT / 2
    middle = (left + WIDTH + right) / 2
    return Route(points=((left + WIDTH, y), (right, y)), label=(middle, y - 14))


def _drops(lines: Sequence[_Line], xs: Mapping[_Port, float]) -> dict[Pair, float]:
    """How far below its box the label of an exit stands: neighbours by turns, so that none covers another."""
    exits: dict[str, list[_Line]] = {}
    for line in sorted(lines, key=lambda line: xs[line.start]):
        if line.start.side == "bottom":
            exits.setdefault(line.start.box, []).append(line)
    return {line.pair: LABEL * (k % 2) for ways in exits.values() for k, line in enumerate(ways)}


def _route(
    line: _Line,
    xs: Mapping[_Port, float],
    ys: Mapping[Pair, float],
    boxes: Mapping[str, Point],
    drops: Mapping[Pair, float],
) -> Route:
    start, end, y = xs[line.start], xs[line.end], ys[line.lane]
    first, last = _edge(line.start, boxes), _edge(line.end, boxes)
    is_exit = line.start.side == "bottom"
    label = (start, first + 16 + drops[line.pair]) if is_exit else ((start + end) / 2, y)
    return Route(points=((start, first), (start, y), (end, y), (end, last)), label=label)


def _edge(port: _Port, boxes: Mapping[str, Point]) -> float:
    return boxes[port.box][1] + (HEIGHT if port.side == "bottom" else 0)
