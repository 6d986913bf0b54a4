"""Snapshots and panels: customers and their metrics, as they were known at a moment."""

from ._panels import panel, snapshot
from ._values import Snapshot

__all__ = ["Snapshot", "panel", "snapshot"]
