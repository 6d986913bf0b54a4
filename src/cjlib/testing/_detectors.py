"""What every detector must hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ..data import EventLog
from ..findings import Detector, Finding, Findings, find
from ..journey import Journey
from ..scoring import Scores
from ..trace import Trace, replay
from ._worlds import UNTIL, small_journey, small_log

__all__ = ["DetectorContract"]

LATER = np.timedelta64(400, "D")
TABLES = ("visits", "milestones", "signals", "handoffs", "breaches")


class DetectorContract:
    """What holds of every detector. A subclass has a fixture ``detector``.

    It looks at a small made-up company; override the fixtures ``journey`` and ``log`` for another in which
    there is something to find.
    """

    @pytest.fixture
    def detector(self) -> Detector:
        """The detector."""
        pytest.fail(f"{type(self).__name__} needs a fixture named 'detector' that returns the detector")

    @pytest.fixture
    def journey(self) -> Journey:
        """The journey."""
        return small_journey()

    @pytest.fixture
    def log(self) -> EventLog:
        """What happened."""
        return small_log()

    @pytest.fixture
    def trace(self, journey: Journey, log: EventLog) -> Trace:
        """Its replay."""
        return replay(journey, log, until=UNTIL)

    def found(self, detector: Detector, trace: Trace, log: EventLog) -> Findings:
        """What it finds where all that it may need is given, once it has been seen to change nothing."""
        before = _contents(trace)
        risks = np.linspace(0, 1, len(trace.ids))
        scores = Scores(risks, scorer="made up", customers=trace.ids, scale=(0, 1), as_of=trace.until)
        found = find(trace.journey, trace, log=log, scores=scores, detectors=[detector])
        assert _contents(trace) == before, f"{detector.name} changed the trace that it was given"
        return found

    def test_it_says_who_it_is_and_what_it_needs(self, detector: Detector) -> None:
        """``name`` is a text, ``needs`` a frozen set."""
        assert isinstance(detector, Detector), f"{type(detector).__name__} lacks name, needs or detect"
        assert isinstance(detector.name, str)
        assert detector.name
        assert isinstance(detector.needs, frozenset), f"needs is a {type(detector.needs).__name__}"

    def test_its_findings_are_sound(self, detector: Detector, trace: Trace, log: EventLog) -> None:
        """Each says something about customers of the trace, in numbers that fit each other."""
        for one in self.found(detector, trace, log):
            _sound(one, trace)

    def test_it_finds_the_same_twice(self, detector: Detector, trace: Trace, log: EventLog) -> None:
        """Nothing is remembered from one call to the next, and nothing is drawn without a seed."""
        assert _said(self.found(detector, trace, log)) == _said(self.found(detector, trace, log))

    def test_what_comes_later_changes_nothing(
        self, detector: Detector, journey: Journey, trace: Trace, log: EventLog
    ) -> None:
        """The same log with more events, all after the end of the replay, gives the same findings."""
        table = log.to_table()
        when = np.concatenate([table["time"], table["time"] + LATER])
        customer, activity = (np.concatenate([table[name]] * 2) for name in ("customer", "activity"))
        longer = EventLog.from_columns(customer, activity, when)
        later = replay(journey, longer, until=UNTIL)
        assert _said(self.found(detector, later, longer)) == _said(self.found(detector, trace, log))

    def test_nobody_is_no_accident(self, detector: Detector, journey: Journey) -> None:
        """Without customers there may be findings about the map, but no error."""
        nobody = EventLog.from_columns([], [], [])
        for one in self.found(detector, replay(journey, nobody, until=UNTIL), nobody):
            assert len(one) == 0


def _contents(trace: Trace) -> list[list[Any]]:
    """What stands in the tables of the trace, to be compared later."""
    tables = [getattr(trace, name) for name in TABLES]
    return [table[name].tolist() for table in tables for name in table.columns]


def _sound(one: Finding, trace: Trace) -> None:
    assert one.kind, "a finding has a kind"
    assert one.sentence.strip(), f"{one.kind}: a finding says something"
    strangers = set(one.customers.tolist()) - set(trace.ids.tolist())
    assert not strangers, f"{one.kind}: {min(map(str, strangers))} is no customer of the trace"
    assert len(set(one.customers.tolist())) == len(one), f"{one.kind}: a customer stands twice behind it"
    if one.of is not None and one.per == "customers":
        assert len(one) <= one.of, f"{one.kind}: {len(one)} customers out of {one.of}"
    if not np.isnan([one.low, one.estimate, one.high]).any():
        assert one.low <= one.estimate <= one.high, f"{one.kind}: the estimate is outside of its interval"
    if one.test is not None:
        assert 0 <= one.test.p <= 1, f"{one.kind}: p = {one.test.p}"


def _said(found: Findings) -> list[Any]:
    return [(str(one), one.customers.tolist(), repr((one.estimate, one.low, one.high))) for one in found]
