"""Live: a tracker that takes events as they come, its store, and hooks that are told what happens."""

from ._asking import Place
from ._delivery import DeadLetter, Delivery
from ._hooks import Hook, Retry, Webhook, verify
from ._keeping import Compacted, Forgotten
from ._migration import Migration, migrate
from ._observing import observe, records
from ._past import Past
from ._recording import Receipt
from ._records import Breached, MilestoneReached, Raised, Record, Revised, Scored, Transitioned
from ._tracker import Tracker

__all__ = [
    "Breached",
    "Compacted",
    "DeadLetter",
    "Delivery",
    "Forgotten",
    "Hook",
    "Migration",
    "MilestoneReached",
    "Past",
    "Place",
    "Raised",
    "Receipt",
    "Record",
    "Retry",
    "Revised",
    "Scored",
    "Tracker",
    "Transitioned",
    "Webhook",
    "migrate",
    "observe",
    "records",
    "verify",
]
