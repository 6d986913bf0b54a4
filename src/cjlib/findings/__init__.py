"""What the journeys of many customers show."""

from ._compare import Comparison, compare
from ._stages import time_in_stage

__all__ = ["Comparison", "compare", "time_in_stage"]
