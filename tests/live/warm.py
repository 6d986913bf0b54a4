"""Loaded by the parent of test processes: all kernels are ready in each of them."""

from tests.live.crashing import events
from tests.live.small import JOURNEY

import cjlib as cj

with cj.Tracker(JOURNEY, store="sqlite://") as warm:
    warm.record(events())
    warm.advance("2026-03-01")
