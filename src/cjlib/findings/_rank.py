"""Which findings to take up first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, Table
from ..errors import UnknownNameError, UsageError
from ..journey import Journey, Note
from ._aims import aim_gaps
from ._contacts import Contacts
from ._contract import Finding, Findings, Place
from ._emotions import felt_by_customer
from ._given import Given

__all__ = ["Ranking", "rank"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WEIGHTS = {"satisfaction": 1.0, "aims": 1.0, "cost": 1.0}


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Ranking:
    """Findings in the order of their impact.

    Attributes:
        findings: in their new order.
        table: one row each: ``kind``, ``place``, ``customers``; ``felt`` (how much worse than the others its
            customers feel, on a scale of 4), ``satisfaction`` (the same over all of them); ``aims`` (how many
            more of them miss an aim than among the others, over all aims that concern them); ``money`` and
            ``days``; ``impact`` (0 to 1); ``effort`` of the opportunity noted for it, its text
            ``opportunity``, and ``per_effort``.
    """

    findings: Findings
    table: Table

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        return f"<Ranking of {len(self)} findings>"

    def __str__(self) -> str:
        lines = [
            f"{number}. {row['impact']:.2f} {one}"
            + (f" -> {row['opportunity']}" if row["opportunity"] else "")
            for number, (row, one) in enumerate(zip(self.table.rows(), self.findings, strict=True), 1)
        ]
        return "\n".join(lines)


def rank(findings: Findings, *, weights: Mapping[str, float] | None = None) -> Ranking:
    """Findings by their impact on satisfaction, on the journey's aims, and by what they cost.

    Each of the three is put on a scale from 0 to 1 by the largest among the findings; the impact is their
    weighted mean. *Satisfaction*: how much less the customers behind a finding are satisfied than all others
    (their mean answers to the metrics of touchpoints, from −2 to +2), times how many they are. *Aims*: how
    many of them miss an aim beyond the share of the others who do, added up over the aims of the journey and
    of its places. *Cost*: the finding's money; days where no value was given. These are associations. The
    effort comes from the opportunities noted at the place of a finding that name its kind, else from those
    that name none.

    Args:
        findings: what :func:`cjlib.find` gave.
        weights: of ``satisfaction``, ``aims`` and ``cost``; 1 where unsaid.

    Raises:
        UsageError: if these are no findings, or a weight is below 0.
        UnknownNameError: if a weight is for something else.

    >>> import cjlib as cj
    >>> shop = cj.template("ecommerce")
    >>> made = cj.simulate(shop, 300, seed=1, until="2026-01-01")
    >>> trace = cj.replay(shop, made.log, made.customers, until="2026-01-01")
    >>> ranking = cj.findings.rank(cj.find(shop, trace, log=made.log))
    >>> bool((ranking.table["impact"][:-1] >= ranking.table["impact"][1:]).all())
    True
    """
    if not isinstance(findings, Findings):
        raise UsageError(f"rank: Findings were expected, not {type(findings).__name__}: see cjlib.find")
    share = _weights(weights)
    given = Given(trace=findings.trace, log=findings.trace._log)
    sizes = _sizes(given, findings)
    scaled = {name: _scaled(sizes[name]) for name in share}
    impact = sum((share[name] * scaled[name] for name in share), np.zeros(len(findings)))
    order = np.lexsort((np.arange(len(findings)), -impact))
    return Ranking(
        findings=attrs.evolve(findings, found=[findings[int(i)] for i in order]),
        table=_table(given.journey, findings, sizes, impact, order),
    )


def _weights(weights: Mapping[str, float] | None) -> dict[str, float]:
    """The three weights, adding up to 1."""
    for name, value in (weights or {}).items():
        if name not in WEIGHTS:
            raise UnknownNameError("weight", name, WEIGHTS)
        if not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
            raise UsageError(f"rank: the weight of {name} is a number, at least 0, not {value!r:.40}")
    all_of_them = WEIGHTS | dict(weights or {})
    total = sum(all_of_them.values())
    if not total:
        raise UsageError("rank: at least one weight must be more than 0")
    return {name: value / total for name, value in all_of_them.items()}


def _sizes(given: Given, findings: Findings) -> dict[str, Floats]:
    """(k,) each: how much worse customers feel, and the three parts of the impact."""
    n = len(given.trace.ids)
    felt = felt_by_customer(Contacts.of(given))
    gaps = aim_gaps(given)
    columns: dict[str, list[float]] = {"felt": [], "satisfaction": [], "aims": []}
    for one in findings:
        mine = _mask(given, one, n)
        worse = _mean(felt[~mine]) - _mean(felt[mine])
        columns["felt"].append(worse)
        answered = int((mine & ~np.isnan(felt)).sum())
        columns["satisfaction"].append(max(worse, 0.0) * answered if worse == worse else 0.0)
        columns["aims"].append(sum(_missed_beyond(gap.who, gap.misses, mine) for gap in gaps))
    found = {name: np.array(values, float) for name, values in columns.items()}
    costs = [[one.money, one.days] for one in findings]
    money, days = np.array(costs, float).reshape(-1, 2).T
    return found | {"cost": np.nan_to_num(days if np.isnan(money).all() else money)}


def _missed_beyond(who: Any, misses: Mask, mine: Mask) -> float:
    """How many of mine miss the aim beyond the share of the others that does."""
    inside = mine[who]
    if not inside.any() or inside.all():
        return 0.0
    return max(float(misses[inside].mean() - misses[~inside].mean()), 0.0) * int(inside.sum())


def _mask(given: Given, one: Finding, n: int) -> Mask:
    mine = np.zeros(n, bool)
    same = isinstance(one.who, Coded) and one.who.categories is given.trace.ids
    mine[one.who.codes if same else np.isin(given.trace.ids, one.customers)] = True
    return mine


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _scaled(values: Floats) -> Floats:
    most = values.max(initial=0.0)
    return values / most if most > 0 else np.zeros(len(values))


def _table(
    journey: Journey, findings: Findings, sizes: dict[str, Floats], impact: Floats, order: Any
) -> Table:
    table = findings.to_table()
    notes = [_opportunity(journey, one) for one in findings]
    effort = np.array(
        [np.nan if note is None or note.effort is None else note.effort for note in notes], float
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        per_effort = impact / effort
    columns = {
        "kind": table["kind"],
        "place": table["place"],
        "customers": table["customers"],
        "felt": sizes["felt"],
        "satisfaction": sizes["satisfaction"],
        "aims": sizes["aims"],
        "money": table["money"],
        "days": table["days"],
        "impact": impact,
        "effort": effort,
        "per_effort": per_effort,
        "opportunity": np.array([None if note is None else note.text for note in notes], object),
    }
    return Table({name: values[order] for name, values in columns.items()}, name="ranking")


def _opportunity(journey: Journey, one: Finding) -> Note | None:
    """The opportunity noted at the place of a finding that is about its kind; of several, the easiest."""
    noted = [note for note in _notes(journey, one.place) if note.kind == "opportunity"]
    meant = [note for note in noted if note.finding == one.kind] or [n for n in noted if n.finding is None]
    return min(meant, key=lambda note: np.inf if note.effort is None else note.effort, default=None)


def _notes(journey: Journey, place: Place) -> Iterator[Note]:
    source = place.transition.split(" -> ")[0] if place.transition else None
    for stage in journey.stages:
        if stage.id in (place.stage, source):
            yield from stage.notes
    yield from (n for one in journey.touchpoints if one.id == place.touchpoint for n in one.notes)
    yield from (n for one in journey.personas if one.id == place.persona for n in one.notes)
