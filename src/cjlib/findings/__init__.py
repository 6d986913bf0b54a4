"""What the journeys of many customers show."""

from ._bottlenecks import Bottlenecks
from ._compare import Comparison, compare
from ._contract import Detector, Finding, Findings, Place, Skipped, Test
from ._find import find
from ._given import Given
from ._stages import time_in_stage

__all__ = [
    "Bottlenecks", "Comparison", "Detector", "Finding", "Findings", "Given", "Place", "Skipped", "Test",
    "compare", "find", "time_in_stage",
]  # fmt: skip
