"""The definition of a journey: its elements, its checks, its files. Knows no data."""

from . import curves
from ._annotations import Aim, Attribute, Note, Role
from ._checks import codes
from ._diff import Change, Diff, diff
from ._elements import Milestone, Persona, Signal, Stage, Touchpoint
from ._files import JourneyFileError, dump, dumps, load, loads
from ._journey import Journey
from ._metrics import Metric
from ._scorecards import Bands, Group, Measure, Scorecard
from ._templates import template, template_text, templates
from ._transitions import ChecklistItem, Handoff, Transition

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
