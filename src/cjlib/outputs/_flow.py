"""Where the heads of the stages stand, and how the ways between them run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import attrs

from ._pieces import Point

__all__ = ["HEAD", "Flow", "Pair", "Route", "lay_out"]

HEAD = 78.0  # the height of a head
GAP, LANE, LABEL = 30.0, 22.0, 16.0
MARGIN, CLEAR = 6.0, 5.0
PORTS = 0.3  # of the width of a head, on either side, is kept free of lines
Pair = tuple[str, str]


@attrs.frozen(kw_only=True)
class Route:
    """The corners of one line from head to head, and where its label is centred."""

    points: tuple[Point, ...]
    label: Point


@attrs.frozen(kw_only=True)
class Flow:
    """The left edges of the heads, their common top, the routes, and the height of it all."""

    columns: Mapping[str, float]
    width: float
    top: float
    height: float
    routes: Mapping[Pair, Route]


@attrs.frozen
class _Port:
    """Where lines meet a head; lines with equal ports meet it at one point."""

    head: str
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


def lay_out(
    columns: Sequence[str], lost: Iterable[str], widths: Mapping[Pair, float], *, left: float, pitch: float
) -> Flow:
    """The heads in a row and the ways between them; the same for the same input, always.

    A way to the next stage is a straight arrow with its label above; what leads into a lost stage runs
    below the heads, all exits to one lost stage on one lane; all else runs above, short ways lowest.

    Args:
        columns: the stages from left to right.
        lost: those of them where customers are lost.
        widths: how wide the label of each way is, by source and target.
        left: where the first column begins.
        pitch: the width of a column.

    >>> flow = lay_out(["trial", "care"], [], {("trial", "care"): 30.0}, left=0, pitch=150)
    >>> flow.routes["trial", "care"].points
    ((135.0, 67.0), (165.0, 67.0))
    """
    pairs, gone = list(widths), set(lost)
    following = set(pairwise(columns))
    width = pitch - GAP
    edges = {stage: left + GAP / 2 + i * pitch for i, stage in enumerate(columns)}
    lines = [_line(pair, gone) for pair in pairs if pair not in following]
    xs = _port_places(lines, edges, width)
    above = _lanes([line for line in lines if line.is_above], xs, widths)
    below = _lanes([line for line in lines if not line.is_above], xs, widths)
    top = MARGIN + LANE * (max(above.values(), default=-1) + 1) + LABEL + CLEAR + 1
    drops = _drops(lines, xs)
    bus = top + HEAD + CLEAR + (LABEL + 3) * (max(drops.values(), default=-1) + 1) + 9
    ys = {lane: top - LABEL - CLEAR - LANE * (k + 0.5) for lane, k in above.items()}
    ys |= {lane: bus + 13 * k for lane, k in below.items()}
    routes = {pair: _straight(edges, width, top, pair) for pair in pairs if pair in following}
    for line in lines:
        routes[line.pair] = _route(line, lines, xs, ys, top, drops, widths)
    height = bus + 13 * max(below.values(), default=0) + MARGIN if below else top + HEAD + MARGIN
    return Flow(columns=edges, width=width, top=top, height=height, routes=routes)


def _line(pair: Pair, lost: set[str]) -> _Line:
    source, target = pair
    if target in lost and source != target:
        start, end = _Port(source, "bottom", f"to {target}"), _Port(target, "bottom", "exits")
        return _Line(pair=pair, start=start, end=end, lane=("exits", target), is_above=False)
    start, end = _Port(source, "top", f"to {target}"), _Port(target, "top", f"from {source}")
    return _Line(pair=pair, start=start, end=end, lane=pair, is_above=True)


def _port_places(lines: Sequence[_Line], edges: Mapping[str, float], width: float) -> dict[_Port, float]:
    """Ports spread evenly over the middle of the edge of their head, ordered by where lines come from."""
    others: dict[_Port, float] = {}
    for line in lines:
        others[line.start] = edges[line.end.head]
        others[line.end] = edges[line.start.head]
    places: dict[_Port, float] = {}
    for head, side in dict.fromkeys((port.head, port.side) for port in others):
        ports = [port for port in others if (port.head, port.side) == (head, side)]
        ports.sort(key=lambda port: (others[port], port.key))
        for k, port in enumerate(ports, start=1):
            share = PORTS + (1 - 2 * PORTS) * k / (len(ports) + 1)
            places[port] = round(edges[head] + width * share, 1)
    return places


def _lanes(
    lines: Sequence[_Line], xs: Mapping[_Port, float], widths: Mapping[Pair, float]
) -> dict[Pair, int]:
    """The lane on which each line runs: short ones first, none over another or its label."""
    reach: dict[Pair, list[float]] = {}
    for line in lines:
        start, end = xs[line.start], xs[line.end]
        middle, half = (start + end) / 2, widths[line.pair] / 2 if line.is_above else 0.0
        reach.setdefault(line.lane, []).extend((start, end, middle - half, middle + half))
    taken: list[list[Point]] = []
    lanes: dict[Pair, int] = {}
    for lane, ends in sorted(reach.items(), key=lambda item: (max(item[1]) - min(item[1]), item[0])):
        left, right = min(ends) - CLEAR, max(ends) + CLEAR
        free = (k for k, spans in enumerate(taken) if all(right < a or b < left for a, b in spans))
        lanes[lane] = next(free, len(taken))
        if lanes[lane] == len(taken):
            taken.append([])
        taken[lanes[lane]].append((left, right))
    return lanes


def _straight(edges: Mapping[str, float], width: float, top: float, pair: Pair) -> Route:
    start, end, y = edges[pair[0]] + width, edges[pair[1]], top + HEAD / 2
    return Route(points=((start, y), (end, y)), label=((start + end) / 2, top - CLEAR - LABEL / 2))


def _drops(lines: Sequence[_Line], xs: Mapping[_Port, float]) -> dict[Pair, int]:
    """On which level below its head the label of an exit stands, so that none covers another."""
    exits: dict[str, list[_Line]] = {}
    for line in sorted(lines, key=lambda line: xs[line.start]):
        if not line.is_above:
            exits.setdefault(line.start.head, []).append(line)
    return {line.pair: k for ways in exits.values() for k, line in enumerate(ways)}


def _route(
    line: _Line,
    lines: Sequence[_Line],
    xs: Mapping[_Port, float],
    ys: Mapping[Pair, float],
    top: float,
    drops: Mapping[Pair, int],
    widths: Mapping[Pair, float],
) -> Route:
    start, end, y = xs[line.start], xs[line.end], ys[line.lane]
    edge = top if line.is_above else top + HEAD
    if line.is_above:
        others = [
            xs[port] for one in lines if one.is_above and ys[one.lane] < y for port in (one.start, one.end)
        ]
        label = (_clear_of(others, start, end, widths[line.pair]), y)
    else:
        label = (start, top + HEAD + CLEAR + LABEL / 2 + (LABEL + 3) * drops[line.pair])
    return Route(points=((start, edge), (start, y), (end, y), (end, edge)), label=label)


def _clear_of(others: Sequence[float], start: float, end: float, width: float) -> float:
    """Where a label on a lane hides no line that crosses it: as near to the middle as can be."""
    middle, room = (start + end) / 2, abs(end - start) / 2 - width / 2 - 12
    steps = [0.0] if room < 0 else [sign * 6.0 * k for k in range(int(room // 6) + 1) for sign in (1, -1)]
    clear = (s for s in steps if all(abs(middle + s - x) > width / 2 + 3 for x in others))
    return middle + next(clear, 0.0)
