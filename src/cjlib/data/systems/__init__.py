"""Readers of what CRMs, success platforms and product analytics export, driven by tables of names."""

from ._betraying import betrayal
from ._system import SystemReader, read_system

__all__ = ["SystemReader", "betrayal", "read_system"]
