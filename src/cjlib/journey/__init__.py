"""The definition of a journey: its elements, its checks, its files. Knows no data."""

from . import curves
from ._checks import codes
from ._diff import Change, Diff, diff
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
from ._files import JourneyFileError, dump, dumps, load, loads
from ._journey import Journey
from ._metrics import Metric
from ._scorecards import Bands, Group, Measure, Scorecard
from ._templates import template, template_text, templates

__all__ = [
    "Aim",
    "Attribute",
    "Bands",
    "Change",
    "ChecklistItem",
    "Diff",
    "Group",
    "Handoff",
    "Journey",
    "JourneyFileError",
    "Measure",
    "Metric",
    "Milestone",
    "Note",
    "Persona",
    "Role",
    "Scorecard",
    "Signal",
    "Stage",
    "Touchpoint",
    "Transition",
    "codes",
    "curves",
    "diff",
    "dump",
    "dumps",
    "load",
    "loads",
    "template",
    "template_text",
    "templates",
]
