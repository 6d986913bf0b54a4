"""Customers in no persona, and personas that the data contradict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from ..data import Coded, Table
from ..journey import Persona
from ..scoring._survival import log_rank
from ._chance import LEVEL, corrected, share_of
from ._contract import Finding, Place, Test
from ._given import DAY_US, Given
from ._say import said
from ._stays import Stays, channel_codes, persona_codes

__all__ = ["Personas"]


@attrs.frozen(kw_only=True)
class Personas:
    """What of the personas does not hold.

    * *no persona*: more than ``tolerated`` of the customers fit none;
    * *empty persona*: nobody fits it;
    * *other channels*: most customers of a persona use none of its preferred channels most;
    * *not ideal*: an ideal persona is lost sooner than all others, by the log-rank test.

    Attributes:
        tolerated: the share of customers who may fit no persona.

    >>> Personas(tolerated=0.2).name
    'personas'
    """

    tolerated: float = 0.1
    name: str = attrs.field(default="personas", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset({"log"}), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per persona and contradiction."""
        if not given.journey.personas:
            return
        codes = np.where(_has_begun(given), persona_codes(given), -2)
        found = [self._nobody(given, codes)]
        for number, persona in enumerate(given.journey.personas):
            if not (codes == number).any():
                yield _empty(given, persona)
            elif persona.channels:
                found.append(_channels(given, persona, codes == number))
            if persona.ideal and (codes == number).any():
                found.append(_ideal(given, persona, codes, number))
        ps = corrected([one.test.p if one.test is not None else 1.0 for one in found])
        for one, p in zip(found, ps, strict=True):
            if p <= LEVEL and one.test is not None:
                yield attrs.evolve(one, test=attrs.evolve(one.test, p=p))

    def _nobody(self, given: Given, codes: Any) -> Finding:
        count, of = int((codes == -1).sum()), int((codes >= -1).sum())
        share = share_of(count, of, self.tolerated)
        return Finding(
            kind="no persona", who=given.who(codes == -1), of=of, estimate=share.share, low=share.low,
            high=share.high, unit="share", base=self.tolerated,
            test=Test(name=f"binomial against {self.tolerated:g}", statistic=share.share, p=share.p),
            evidence=_sizes(given, codes),
            **said("no persona", count=count, of=of, share=share.share),
        )  # fmt: skip


def _has_begun(given: Given) -> Any:
    has_begun = np.zeros(len(given.trace.ids), bool)
    has_begun[given.trace.visits.codes("customer")] = True
    return has_begun


def _sizes(given: Given, codes: Any) -> Table:
    names = [persona.id for persona in given.journey.personas]
    counts = np.bincount(codes[codes >= -1] + 1, minlength=len(names) + 1)
    return Table({"persona": Coded(np.arange(-1, len(names)), names), "customers": counts}, name="personas")


def _empty(given: Given, persona: Persona) -> Finding:
    return Finding(
        kind="empty persona", place=Place(persona=persona.id), of=len(given.trace),
        **said("empty persona", persona=persona.label or persona.id, of=len(given.trace)),
    )  # fmt: skip


def _channels(given: Given, persona: Persona, is_one: Any) -> Finding:
    """How many of a persona's customers use a channel most that it is said not to prefer."""
    log, used = given.facts.log, channel_codes(given)
    preferred = [i for i, name in enumerate(log.channels) if name in persona.channels]
    seen = is_one & (used >= 0)
    others = seen & ~np.isin(used, preferred)
    share = share_of(int(others.sum()), int(seen.sum()), 0.5)
    counts = np.bincount(used[seen], minlength=len(log.channels))
    order = np.argsort(-counts, kind="stable")
    return Finding(
        kind="other channels", place=Place(persona=persona.id), who=given.who(others), of=int(seen.sum()),
        estimate=share.share, low=share.low, high=share.high, unit="share", base=0.5,
        test=Test(name="binomial against 0.5", statistic=share.share, p=share.p),
        evidence=Table({"channel": Coded(order, log.channels), "customers": counts[order]}, name="channels"),
        **said("other channels", persona=persona.label or persona.id, count=int(others.sum()),
               of=int(seen.sum()), share=share.share, preferred=", ".join(persona.channels),
               used=log.channels[int(order[0])] if len(order) else "—"),
    )  # fmt: skip


def _ideal(given: Given, persona: Persona, codes: Any, number: int) -> Finding:
    """Whether an ideal persona is lost sooner than the others; who is not lost yet is censored."""
    stays = Stays.of(given)
    n = len(codes)
    begun, lost_at = np.full(n, given.until), np.full(n, given.until)
    np.minimum.at(begun, stays.customer, stays.entered)
    np.minimum.at(lost_at, stays.customer[stays.is_lost], stays.ends[stays.is_lost])
    lost = np.zeros(n, bool)
    lost[stays.customer[stays.is_lost]] = True
    there, mine = codes >= -1, codes == number
    test = log_rank(((lost_at - begun) / DAY_US)[there], lost[there], mine[there].astype(np.int64))
    counts = [(int((lost & one).sum()), int(one.sum())) for one in (mine, there & ~mine)]
    share, base = share_of(*counts[0]), counts[1][0] / counts[1][1] if counts[1][1] else np.nan
    is_worse = test.freedom > 0 and test.observed[-1] > test.expected[-1] and counts[1][1] > 0
    return Finding(
        kind="not ideal", place=Place(persona=persona.id), who=given.who(lost & mine), of=counts[0][1],
        money=given.money(np.flatnonzero(lost & mine)), estimate=share.share, low=share.low, high=share.high,
        unit="share", base=base, association=True,
        test=Test(name="log-rank", statistic=test.statistic, p=test.p if is_worse else 1.0),
        evidence=_sizes(given, codes),
        **said("not ideal", persona=persona.label or persona.id, share=share.share, base=base,
               count=counts[0][0], of=counts[0][1]),
    )  # fmt: skip
