"""Scores of customers: the contract, and health by a scorecard."""

from . import presets
from ._contract import Fingerprints, Scorer, Scores
from ._explanation import ScoreExplanation
from ._rollup import rollup
from ._series import ScorePanel, score_panel
from .churn._additive import AdditiveScorer, FittedAdditive
from .churn._chooser import FittedRisk, RiskScorer
from .churn._estimator import EstimatorScorer, FittedEstimator
from .churn._hazard import HazardScorer
from .churn._hazard_fitted import CauseHazard, FittedHazard
from .churn._multistate import FittedMultistate, MultistateScorer
from .churn._retention import RetentionScorer
from .churn._retention_contracts import FittedContracts
from .churn._retention_purchases import FittedPurchases
from .churn._spend import FittedSpend, SpendScorer
from .evaluation._backtest import backtest
from .evaluation._leaks import refuse_leaks
from .evaluation._learning import Learning, LearntScorer, learn_weights
from .evaluation._outcomes import Outcomes, outcomes
from .evaluation._pulse import PulseRecord, pulse_record
from .evaluation._verdict import Backtest
from .figures._at_risk import revenue_at_risk
from .figures._key_figures import KeyFigures
from .figures._kpis import kpis
from .figures._priorities import Priorities
from .figures._prioritise import prioritise
from .health._counterfactual import counterfactual
from .health._overrides import Override
from .health._scorer import HealthScorer
from .health._sensitivity import sensitivity

__all__ = [
    "AdditiveScorer",
    "Backtest",
    "CauseHazard",
    "EstimatorScorer",
    "Fingerprints",
    "FittedAdditive",
    "FittedContracts",
    "FittedEstimator",
    "FittedHazard",
    "FittedMultistate",
    "FittedPurchases",
    "FittedRisk",
    "FittedSpend",
    "HazardScorer",
    "HealthScorer",
    "KeyFigures",
    "Learning",
    "LearntScorer",
    "MultistateScorer",
    "Outcomes",
    "Override",
    "Priorities",
    "PulseRecord",
    "RetentionScorer",
    "RiskScorer",
    "ScoreExplanation",
    "ScorePanel",
    "Scorer",
    "Scores",
    "SpendScorer",
    "backtest",
    "counterfactual",
    "kpis",
    "learn_weights",
    "outcomes",
    "presets",
    "prioritise",
    "pulse_record",
    "refuse_leaks",
    "revenue_at_risk",
    "rollup",
    "score_panel",
    "sensitivity",
]
