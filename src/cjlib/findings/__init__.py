"""What the journeys of many customers show."""

from ._answers import Answer
from ._attribution import attribution
from ._bottlenecks import Bottlenecks
from ._card import Card, card, cards
from ._channels import Channels, channels
from ._cohorts import Cohorts, cohorts
from ._compare import Comparison, compare
from ._contract import Detector, Finding, Findings, Place, Skipped, Test
from ._contrast import contrast
from ._deviations import Deviations, deviations
from ._directly_follows import DirectlyFollows, directly_follows
from ._discover import Proposal, discover
from ._drivers import Drivers, drivers
from ._drop_off import DropOff
from ._early_drivers import EarlyDrivers
from ._emotions import Emotions
from ._find import find
from ._friction import Friction
from ._funnel import Funnel, funnel
from ._gaps import Gaps
from ._given import Given
from ._handoffs import Handoffs
from ._impact import Impact, impact
from ._inconsistencies import Inconsistencies
from ._load import Load, load
from ._near_misses import NearMisses, near_misses
from ._order import PlannedOrder, planned_order
from ._pains import Pains
from ._personas import Personas
from ._rank import Ranking, rank
from ._recorded import RecordedStages, recorded_stages
from ._review import review
from ._seasonality import Seasonality
from ._seasons import seasons
from ._stages import time_in_stage
from ._value_time import time_to_value
from ._variants import Variants, variants
from ._what_if import Lever, WhatIf, what_if

__all__ = [
    "Answer", "Bottlenecks", "Card", "Channels", "Cohorts", "Comparison", "Detector", "Deviations",
    "DirectlyFollows", "Drivers", "DropOff", "EarlyDrivers", "Emotions", "Finding", "Findings", "Friction",
    "Funnel", "Gaps", "Given", "Handoffs", "Impact", "Inconsistencies", "Lever", "Load", "NearMisses",
    "Pains", "Personas", "Place", "PlannedOrder", "Proposal", "Ranking", "RecordedStages", "Seasonality",
    "Skipped", "Test", "Variants", "WhatIf", "attribution", "card", "cards", "channels", "cohorts", "compare",
    "contrast", "deviations", "directly_follows", "discover", "drivers", "find", "funnel", "impact", "load",
    "near_misses", "planned_order", "rank", "recorded_stages", "review", "seasons", "time_in_stage",
    "time_to_value", "variants", "what_if",
]  # fmt: skip
