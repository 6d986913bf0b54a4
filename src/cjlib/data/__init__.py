"""Events and attributes of customers: read, checked, ordered, known as of any moment."""

from ._attributes import AttributeColumn
from ._customers import Customers
from ._events import EventLog
from ._ledger import Ledger, LedgerEntry
from ._readers import read_customers, read_events
from ._reading import MappedField, MappingReport, Reader, Reading
from ._tables import Coded, Table
from ._times import NAT, to_us
from .systems import read_system

__all__ = [
    "NAT",
    "AttributeColumn",
    "Coded",
    "Customers",
    "EventLog",
    "Ledger",
    "LedgerEntry",
    "MappedField",
    "MappingReport",
    "Reader",
    "Reading",
    "Table",
    "read_customers",
    "read_events",
    "read_system",
    "to_us",
]
