"""What the journeys of many customers show."""

from ._answers import Answer
from ._bottlenecks import Bottlenecks
from ._cohorts import Cohorts, cohorts
from ._compare import Comparison, compare
from ._contract import Detector, Finding, Findings, Place, Skipped, Test
from ._deviations import Deviations, deviations
from ._directly_follows import DirectlyFollows, directly_follows
from ._find import find
from ._funnel import Funnel, funnel
from ._given import Given
from ._stages import time_in_stage
from ._variants import Variants, variants

__all__ = [
    "Answer", "Bottlenecks", "Cohorts", "Comparison", "Detector", "Deviations", "DirectlyFollows",
    "Finding", "Findings", "Funnel", "Given", "Place", "Skipped", "Test", "Variants",
    "cohorts", "compare", "deviations", "directly_follows", "find", "funnel", "time_in_stage", "variants",
]  # fmt: skip
