"""What Acme adds keeps cjlib's contracts."""

from __future__ import annotations

from pathlib import Path

import pytest
from acme_scorers import Quiet, Rates, Warmth, outline, read_desk

import cjlib as cj
from cjlib import plugins
from cjlib.testing import (
    DetectorContract,
    FittableScorerContract,
    ReaderContract,
    RendererContract,
    RowwiseScorerContract,
    small_journey,
    small_log,
    small_world,
)

EXPORT = """Requester,Opened,Solved,Subject,Internal note
acme,2026-01-03 09:00,2026-01-04 17:30,"It does not start, again",call back
brass,2026-01-05 11:00,,Where is the invoice?,
"""


class TestWarmth(RowwiseScorerContract):
    @pytest.fixture
    def scorer(self):
        return Warmth(usual=10)


class TestRatesFit(FittableScorerContract):
    @pytest.fixture
    def scorer(self):
        return Rates(horizon="30d")


class TestRates(RowwiseScorerContract):
    @pytest.fixture
    def scorer(self):
        return Rates().fit(*small_world())

    def test_who_uses_more_leaves_less(self, scorer):
        assert scorer.rates[0] > scorer.rates[-1]


class TestQuiet(DetectorContract):
    @pytest.fixture
    def detector(self):
        return Quiet(days=14)

    def test_it_finds_somebody(self, detector, trace, log):
        assert len(self.found(detector, trace, log)[0]) > 0


class TestOutline(RendererContract):
    is_markup = True

    @pytest.fixture
    def renderer(self):
        return outline


class TestDesk(ReaderContract):
    @pytest.fixture
    def reader(self):
        return read_desk

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "desk"
        folder.mkdir()
        (folder / "tickets.csv").write_text(EXPORT, "utf-8")
        return folder

    def test_a_ticket_is_opened_and_solved(self, reader, folder):
        events = reader(folder).events.to_table()
        assert events["activity"].tolist() == ["ticket", "solved", "ticket"]


@pytest.mark.parametrize(
    ("group", "name", "target"),
    [
        ("scorers", "acme-warmth", Warmth),
        ("scorers", "acme-rates", Rates),
        ("detectors", "acme-quiet", Quiet),
        ("renderers", "acme-outline", outline),
        ("readers", "acme-desk", read_desk),
    ],
)
def test_cjlib_finds_it_by_its_name(group, name, target):
    assert plugins.load(group, name) is target


def test_it_works_by_name_where_names_are_taken():
    journey, log = small_journey(), small_log()
    trace = cj.replay(journey, log, until="2026-07-01")
    assert "acme-quiet" in cj.find(journey, trace, log=log).detectors
    assert cj.render(cj.draw(journey, trace), "acme-outline").startswith("# small")


def test_what_it_learns_can_be_held_against_the_past():
    moments = ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"]
    scorer = Rates(horizon="30d")
    judged = cj.backtest(scorer, small_log(), small_journey(), as_of=moments, horizon="30d")
    assert "acme-rates" in str(judged)
