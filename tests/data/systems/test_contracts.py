"""The readers that come with cjlib keep the contract of all readers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.data.systems import made

from cjlib.data import Reader
from cjlib.plugins import load
from cjlib.testing import ReaderContract

SMALL = {  # enough of the large systems that every way of joining is in it
    "hubspot": ("companies", "contacts", "feedback_submissions"),
    "salesforce": ("Account", "AccountHistory", "Opportunity", "OpportunityHistory"),
    "planhat": ("companies", "nps", "user_activities"),
    "vitally": ("accounts", "npsResponses", "users"),
    "csv": ("accounts", "events", "stage_history"),
}


class TestReadersOfSystems(ReaderContract):
    @pytest.fixture(params=made.SYSTEMS)
    def system(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def reader(self, system: str) -> Reader:
        reader: Reader = load("readers", system)
        return reader

    @pytest.fixture
    def folder(self, system: str, tmp_path: Path) -> Path:
        whole = made.write(tmp_path / "whole", system)
        sample = tmp_path / "sample"
        sample.mkdir()
        for path in sorted(whole.iterdir()):
            if path.stem in SMALL.get(system, (path.stem,)):
                shutil.copy(path, sample)
        return sample
