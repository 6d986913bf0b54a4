"""Scores of customers: the contract, and health by a scorecard."""

from ._contract import Fingerprints, Scorer, Scores
from ._explanation import ScoreExplanation
from ._health import HealthScorer
from ._outcomes import Outcomes, outcomes
from ._overrides import Override
from ._rollup import rollup
from ._series import ScorePanel, score_panel

__all__ = [
    "Fingerprints",
    "HealthScorer",
    "Outcomes",
    "Override",
    "ScoreExplanation",
    "ScorePanel",
    "Scorer",
    "Scores",
    "outcomes",
    "rollup",
    "score_panel",
]
