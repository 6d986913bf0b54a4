"""The customer journey as a program you can run, test and explain.

Names are loaded when they are first used, so that ``import cjlib`` stays light; type checkers read
the same names from ``__init__.pyi``.
"""

from importlib import import_module

from ._version import __version__

_NAMES = {
    "journey": (
        "Aim Attribute Bands ChecklistItem Diff Group Handoff Journey Measure Metric Milestone Note "
        "Persona Role Scorecard Signal Stage Touchpoint Transition curves diff dump dumps load loads "
        "template templates"
    ),
    "criteria": "parse",
    "errors": "CJError",
    "data": "Customers EventLog read_customers read_events read_system",
    "trace": "Trace Waiver conformance replay",
    "snapshots": "Snapshot panel snapshot",
    "simulation": "Simulation simulate",
    "scoring": (
        "AdditiveScorer EstimatorScorer HazardScorer HealthScorer MultistateScorer Override "
        "RetentionScorer RiskScorer Scorer Scores backtest counterfactual kpis prioritise rollup score_panel "
        "sensitivity"
    ),
    "findings": "Comparison card compare find what_if",
    "live": "Tracker",
    "outputs": "JourneyMap Report draw render report",
}
_MODULES = ("criteria", "errors", "findings", "live")
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = ["__version__", *sorted({*_HOMES, *_MODULES})]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
