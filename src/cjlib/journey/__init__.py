"""The definition of a journey: its elements, its checks, its files. Knows no data."""

from ._elements import (
    Aim,
    Attribute,
    ChecklistItem,
    Handoff,
    Milestone,
    Note,
    Persona,
    Role,
    Signal,
    Stage,
    Touchpoint,
    Transition,
)

__all__ = [
    "Aim",
    "Attribute",
    "ChecklistItem",
    "Handoff",
    "Milestone",
    "Note",
    "Persona",
    "Role",
    "Signal",
    "Stage",
    "Touchpoint",
    "Transition",
]
