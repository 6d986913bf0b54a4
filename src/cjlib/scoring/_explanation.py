"""Why one customer has this score, as one value."""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np

__all__ = ["ScoreExplanation"]

_NOTHING = 1e-9


@attrs.frozen(kw_only=True)
class ScoreExplanation:
    """One customer's score and everything it consists of; as text, the parts by size.

    Attributes:
        customer: whose score it is.
        scorer: the name of what gave it.
        as_of: the moment it speaks of, None if unsaid.
        value: the score, NaN for "cannot say".
        band: the name of the range that it lies in, None without bands or value.
        link: ``identity``, ``logit`` or ``cloglog``: base and parts add up to the link of the value.
        base: what the parts start from, None if the scorer gives no parts.
        parts: name and size of every part.
        coverage: share of the weight that rests on data, None if unsaid.
        low: the least that the missing part could still make of it, None if unsaid.
        high: the most that the missing part could still make of it, None if unsaid.

    >>> print(ScoreExplanation(customer="acme", scorer="health", value=62.5, band="yellow", base=50.0,
    ...                        parts=(("logins", 20.0), ("tickets", -7.5)), coverage=1.0))
    health of 'acme': 62.5, yellow
      +50    base
      +20    logins
      -7.5   tickets
    """

    customer: Any
    scorer: str
    value: float
    as_of: np.datetime64 | None = None
    band: str | None = None
    link: str = "identity"
    base: float | None = None
    parts: tuple[tuple[str, float], ...] = ()
    coverage: float | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        return "\n".join([self._headline(), *self._lines()])

    def _headline(self) -> str:
        when = "" if self.as_of is None else f" on {str(self.as_of)[:10]}"
        value = "cannot say" if math.isnan(self.value) else f"{self.value:.4g}"
        words = [f"{self.scorer} of {self.customer!r}{when}: {value}"]
        words += [self.band] if self.band is not None else []
        if self.coverage is not None and self.coverage < 1:
            words.append(f"{100 * self.coverage:.0f} % of the weight rests on data")
            if self.low is not None and self.high is not None:
                words.append(f"with all of it {self.low:.4g} to {self.high:.4g}")
        return ", ".join(words)

    def _lines(self) -> list[str]:
        if self.base is None or math.isnan(self.value):
            return []
        sized = sorted(self.parts, key=lambda part: (-abs(part[1]), part[0]))
        shown = [("base", self.base), *((name, size) for name, size in sized if abs(size) > _NOTHING)]
        unit = "" if self.link == "identity" else f"   ({self.link} of the score)"
        return [f"  {size:<+6.4g} {name}{unit if name == 'base' else ''}" for name, size in shown]
