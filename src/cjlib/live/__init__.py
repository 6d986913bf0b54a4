"""Live: a tracker that takes events as they come, its store, and hooks that are told what happens."""

from ._records import Breached, MilestoneReached, Raised, Record, Revised, Scored, Transitioned
from ._tracker import Place, Receipt, Tracker

__all__ = [
    "Breached",
    "MilestoneReached",
    "Place",
    "Raised",
    "Receipt",
    "Record",
    "Revised",
    "Scored",
    "Tracker",
    "Transitioned",
]
