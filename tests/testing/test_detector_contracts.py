"""Our own detectors keep the contract of detectors, and those who break it are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

import cjlib as cj
from cjlib import plugins
from cjlib.findings import Detector, Finding, Place
from cjlib.testing import DetectorContract, small_journey


@pytest.mark.parametrize("name", plugins.names("detectors"))
class TestOurs(DetectorContract):
    @pytest.fixture
    def detector(self, name: str) -> Detector:
        made: Detector = plugins.load("detectors", name)()
        return made


class Sound:
    """Everybody who is active at the end of the replay."""

    name = "waiting"
    needs: frozenset[str] = frozenset()

    def detect(self, given: Any) -> Iterator[Finding]:
        who = given.trace.customers("active", given.trace.until)
        yield Finding(
            kind="waiting", place=Place(stage="active"), sentence="They use it.", who=list(who), of=300
        )


class Counting(Sound):
    calls = 0

    def detect(self, given: Any) -> Iterator[Finding]:
        self.calls += 1
        yield Finding(kind="waiting", sentence=f"Call {self.calls}.")


class Meddling(Sound):
    def detect(self, given: Any) -> Iterator[Finding]:
        entered = given.trace.visits["entered"]
        owner = entered if entered.base is None else entered.base
        owner.flags.writeable = True
        owner[:1] += 1
        yield from super().detect(given)


class Strange(Sound):
    def detect(self, given: Any) -> Iterator[Finding]:
        yield Finding(kind="waiting", sentence="Who?", who=["nobody we know"])


class Boundless(Sound):
    def detect(self, given: Any) -> Iterator[Finding]:
        yield Finding(kind="waiting", sentence="Much.", estimate=3, low=4, high=5)


class Bare(Sound):
    def detect(self, given: Any) -> Iterator[Any]:
        yield "They wait."


class Needy(Sound):
    needs = {"log"}  # type: ignore[assignment]  # noqa: RUF012


class Dividing(Sound):
    def detect(self, given: Any) -> Iterator[Finding]:
        yield Finding(kind="waiting", sentence=f"{1 / len(given.trace.ids)} of all.")


@pytest.mark.parametrize(
    ("detector", "told"),
    [
        (Counting, "Call 2"),
        (Meddling, "changed the trace that it was given"),
        (Strange, "nobody we know is no customer of the trace"),
        (Boundless, "the estimate is outside of its interval"),
        (Bare, "gave str, not a cjlib.findings.Finding"),
        (Needy, "needs is a set"),
        (Dividing, "division by zero"),
        (object, "lacks name, needs or detect"),
    ],
)
def test_a_detector_that_breaks_its_word_is_told(pytester: pytest.Pytester, detector: Any, told: str) -> None:
    name = "object" if detector is object else f"module.{detector.__name__}"
    pytester.makepyfile(f"""
        import pytest
        from tests.testing import test_detector_contracts as module
        from cjlib.testing import DetectorContract

        class TestBroken(DetectorContract):
            @pytest.fixture
            def detector(self):
                return {name}()
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told in result.stdout.str()


class TestSound(DetectorContract):
    @pytest.fixture
    def detector(self) -> Detector:
        return Sound()

    def test_it_finds_somebody(self, detector: Detector, trace: cj.Trace, log: cj.EventLog) -> None:
        (found,) = self.found(detector, trace, log)
        assert 0 < len(found) < 300


class TestWithoutStages(DetectorContract):
    """A journey in which there is nothing to look for but itself."""

    @pytest.fixture
    def detector(self) -> Detector:
        return Sound()

    @pytest.fixture
    def journey(self) -> cj.Journey:
        return attrs.evolve(small_journey(), transitions=())
