"""Curves from a metric to a score, under the names in which a definition reads well.

>>> from cjlib.journey import curves
>>> curves.points({0: 0, 5: 40, 20: 100})
Points(points=((0.0, 0.0), (5.0, 40.0), (20.0, 100.0)))
"""

from __future__ import annotations

from ._curves import Linear as linear
from ._curves import Logistic as logistic
from ._curves import Lookup as lookup
from ._curves import Percentile as percentile
from ._curves import Points as points
from ._curves import Steps as steps
from ._curves import Zscore as zscore

__all__ = ["linear", "logistic", "lookup", "percentile", "points", "steps", "zscore"]
