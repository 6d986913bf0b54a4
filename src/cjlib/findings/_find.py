"""Runs the detectors and puts what they find in order."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np

from .. import plugins
from ..data import EventLog
from ..errors import CJError, DataError, UsageError
from ..journey import Journey
from ..scoring import Scores
from ..scoring.figures._by import Rows, Where
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._contract import Detector, Finding, Findings, Skipped, checked_finding, costliest_first
from ._given import Given

__all__ = ["find"]

NEEDS = ("log", "scores", "value", "findings")


def find(
    journey: Journey,
    trace: Trace,
    *,
    log: EventLog | None = None,
    scores: Scores | None = None,
    value: str | None = None,
    where: Where = None,
    detectors: Iterable[str | Detector] | None = None,
) -> Findings:
    """Where the journey costs time, customers and money, and how that is known.

    A detector that needs what is not given is skipped, and :attr:`Findings.skipped` says so. If all that
    are installed are asked, so is one that cannot be loaded or fails, with a warning; one that you name must
    work.

    Args:
        journey: the definition.
        trace: its replay; only what it knows counts.
        log: the events that were replayed; many detectors look at them.
        scores: a score per customer.
        value: the attribute that says what a customer is worth in a year, such as ``arr``; then findings
            have a price.
        where: whom it is about: a criterion, or a mapping from an attribute, ``persona``, ``stage``, ... to
            labels, read at the end of the trace; all others are as if they were not there.
        detectors: names, or detectors of your own; unsaid: all that are installed.

    Raises:
        UsageError: if something is of the wrong kind or does not belong together.
        UnknownNameError: if there is no such detector or attribute.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial", target="7d"), cj.Stage("active")],
    ...     transitions=[cj.Transition("trial", "active", when='happened("login")')])
    >>> customers = [f"c{i}" for i in range(20)]
    >>> log = cj.EventLog.from_columns(customers, ["signup"] * 20, ["2026-01-01"] * 20)
    >>> found = cj.find(journey, cj.replay(journey, log, until="2026-01-31"), detectors=["bottlenecks"])
    >>> print(found[0].place, len(found[0]), found[0].days)
    stage trial 20 460.0
    """
    given = _given(journey, trace, log, scores, value)
    if where is not None:
        given = _among(given, where)
    asked, skipped = _asked(detectors)
    found: list[Finding] = []
    looked = []
    for detector in sorted(asked, key=lambda one: "findings" in one.needs):
        if missing := [need for need in NEEDS[:3] if need in detector.needs and getattr(given, need) is None]:
            skipped.append(Skipped(detector=detector.name, why=f"it needs {' and '.join(missing)}"))
            continue
        try:
            found += _looked(detector, attrs.evolve(given, findings=tuple(found)))
        except Exception as error:  # a plugin may fail in any way
            if detectors is not None:
                raise
            skipped.append(_failed(detector.name, error, stacklevel=3))
            continue
        looked.append(detector.name)
    return Findings(trace=given.trace, found=costliest_first(found), detectors=looked, skipped=skipped)


def _looked(detector: Detector, given: Given) -> list[Finding]:
    """What a detector finds; an error of its own says whose it is."""
    try:
        return [checked_finding(one, detector.name) for one in detector.detect(given)]
    except Exception as error:
        error.add_note(f"raised by detector {detector.name!r}")
        raise


def _failed(name: str, error: Exception, stacklevel: int) -> Skipped:
    if isinstance(error, DataError):  # the data are not for it, and it says so
        return Skipped(detector=name, why=str(error))
    why = str(error) if isinstance(error, CJError) else f"it failed with {type(error).__name__}: {error}"
    told = f"find: detector {name!r} was skipped: {why}; ask for it by name to see where"
    warnings.warn(told, RuntimeWarning, stacklevel=stacklevel)
    return Skipped(detector=name, why=why)


def _given(journey: Journey, trace: Trace, log: Any, scores: Any, value: str | None) -> Given:
    if not isinstance(trace, Trace):
        raise UsageError(f"find: a Trace was expected, not {type(trace).__name__}: see cjlib.replay")
    if scores is not None and not isinstance(scores, Scores):
        raise UsageError(f"find: scores must be cjlib.Scores, not {type(scores).__name__}")
    facts = Facts.of(journey, trace, trace._log if log is None else log)
    given = Given(
        trace=trace, log=None if log is None else facts.log, scores=scores, value=value, facts=facts
    )
    given.money(np.arange(0))  # an unknown attribute is an error now, not in the first that reads it
    return given


def _among(given: Given, where: Where) -> Given:
    """The same question about some of the customers."""
    trace, everyone = given.trace, Rows(customers=np.arange(len(given.trace.ids)))
    chosen = given.groups.chosen(where, everyone, given.until)
    tables = {
        name: getattr(trace, name) for name in ("visits", "milestones", "signals", "handoffs", "breaches")
    }
    kept = {name: table.select(chosen[table.codes("customer")]) for name, table in tables.items()}
    log = trace._log.select(chosen[np.searchsorted(trace.ids, trace._log.customers)])
    fewer = attrs.evolve(trace, **kept, log=log)
    return attrs.evolve(
        given,
        trace=fewer,
        log=None if given.log is None else log,
        facts=attrs.evolve(given.facts, trace=fewer, log=log),
    )


def _asked(detectors: Any) -> tuple[list[Detector], list[Skipped]]:
    """The detectors that are meant, and those that could not be loaded."""
    if detectors is None:
        return _installed()
    if isinstance(detectors, str) or not isinstance(detectors, Iterable):
        raise UsageError(f"find: detectors are a list of names or detectors, not {detectors!r:.80}")
    return [
        _made(one, plugins.load("detectors", one)) if isinstance(one, str) else _made(repr(one), one)
        for one in detectors
    ], []


def _installed() -> tuple[list[Detector], list[Skipped]]:
    found, broken = [], []
    for name in plugins.names("detectors"):
        try:
            found.append(_made(name, plugins.load("detectors", name)))
        except Exception as error:  # so may the making of one
            broken.append(_failed(name, error, stacklevel=5))
    return found, broken


def _made(name: str, what: Any) -> Detector:
    """A detector from what an entry point gives: itself, or a class of it with its usual options."""
    detector = what() if isinstance(what, type) else what
    if not isinstance(detector, Detector):
        raise UsageError(f"{name:.80} is no detector: name, needs and detect(given) were expected")
    if unknown := set(detector.needs) - set(NEEDS):
        raise UsageError(f"detector {detector.name!r} needs {min(unknown)!r}; there is {', '.join(NEEDS)}")
    return detector
