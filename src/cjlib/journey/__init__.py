"""The definition of a journey: its elements, its checks, its files. Knows no data."""

from . import curves
from ._annotations import Aim, Attribute, Note, Role
from ._diff import Change, Diff, diff
from ._elements import Milestone, Persona, Signal, Stage, Touchpoint
from ._files import dump, dumps, load, loads
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
