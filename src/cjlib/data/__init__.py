"""Events and attributes of customers: read, checked, ordered, known as of any moment."""

from ._tables import Coded, Table

__all__ = ["Coded", "Table"]
