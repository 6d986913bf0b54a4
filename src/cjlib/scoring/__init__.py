"""Scores of customers: the contract, and health by a scorecard."""

from ._contract import Fingerprints, Scorer, Scores
from ._explanation import ScoreExplanation
from ._health import HealthScorer

__all__ = ["Fingerprints", "HealthScorer", "ScoreExplanation", "Scorer", "Scores"]
