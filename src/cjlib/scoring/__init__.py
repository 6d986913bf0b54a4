"""Scores of customers: the contract, and health by a scorecard."""

from ._backtest import backtest
from ._contract import Fingerprints, Scorer, Scores
from ._counterfactual import counterfactual
from ._explanation import ScoreExplanation
from ._health import HealthScorer
from ._outcomes import Outcomes, outcomes
from ._overrides import Override
from ._rollup import rollup
from ._sensitivity import sensitivity
from ._series import ScorePanel, score_panel
from ._verdict import Backtest

__all__ = [
    "Backtest",
    "Fingerprints",
    "HealthScorer",
    "Outcomes",
    "Override",
    "ScoreExplanation",
    "ScorePanel",
    "Scorer",
    "Scores",
    "backtest",
    "counterfactual",
    "outcomes",
    "rollup",
    "score_panel",
    "sensitivity",
]
