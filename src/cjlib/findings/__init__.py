"""What the journeys of many customers show."""

from ._stages import time_in_stage

__all__ = ["time_in_stage"]
