"""Where ways lead: reach and knots of a small graph given as successors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["knots", "reach", "successors"]

Ways = Mapping[str, tuple[str, ...]]


def successors(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The targets of each source, each once, in the order in which they come."""
    found: dict[str, dict[str, None]] = {}
    for source, target in pairs:
        found.setdefault(source, {})[target] = None
    return {source: tuple(targets) for source, targets in found.items()}


def reach(starts: Iterable[str], ways: Ways) -> set[str]:
    """Everything to which ways lead from the starts, the starts included."""
    found = set(starts)
    open_ends = list(found)
    while open_ends:
        fresh = set(ways.get(open_ends.pop(), ())) - found
        found |= fresh
        open_ends.extend(fresh)
    return found


def knots(ways: Ways) -> list[tuple[str, ...]]:
    """The largest sets in which every member leads to every other, itself included (Kosaraju's method)."""
    order = _finished(ways)
    back = successors((target, source) for source in ways for target in ways[source])
    found: list[tuple[str, ...]] = []
    taken: set[str] = set()
    for root in reversed(order):
        if root in taken:
            continue
        member, open_ends = {root}, [root]
        while open_ends:
            fresh = set(back.get(open_ends.pop(), ())) - taken - member
            member |= fresh
            open_ends.extend(fresh)
        taken |= member
        if len(member) > 1 or root in ways.get(root, ()):
            found.append(tuple(node for node in order if node in member))
    return found


def _finished(ways: Ways) -> list[str]:
    order: list[str] = []
    seen: set[str] = set()
    for root in ways:
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(ways[root]))]
        while path:
            node, targets = path[-1]
            fresh = next((target for target in targets if target not in seen), None)
            if fresh is None:
                order.append(node)
                path.pop()
            else:
                seen.add(fresh)
                path.append((fresh, iter(ways.get(fresh, ()))))
    return order
