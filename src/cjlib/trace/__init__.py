"""Replay: where every customer was, since when, and on what evidence."""

from ._conformance import conformance
from ._explain import Explanation, ItemReading, Reading, WayOut
from ._replay import replay
from ._trace import Trace
from ._waivers import Waiver

__all__ = ["Explanation", "ItemReading", "Reading", "Trace", "Waiver", "WayOut", "conformance", "replay"]
