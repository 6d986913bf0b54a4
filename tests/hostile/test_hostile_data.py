"""Hostile data: each ends in an error of ours that names the fault, or in a ledger entry."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.hostile.cases import Case
from tests.hostile.event_cases import EVENT_CASES
from tests.hostile.file_cases import FILE_CASES

from cjlib.errors import CJError

CASES = EVENT_CASES + FILE_CASES


def outcome(case: Case, folder: Path) -> tuple[str, int | None]:
    """What was told, and how many rows were refused; None if all were."""
    try:
        ledger = case.run(folder).ledger
    except CJError as error:
        return str(error), None
    n_refused = sum(entry.rows for entry in ledger.refused)
    assert ledger.read - ledger.kept >= n_refused
    return str(ledger), n_refused


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_hostile_data_is_told_and_never_lost(case: Case, tmp_path: Path) -> None:
    told, n_refused = outcome(case, tmp_path)
    assert n_refused == case.refused, told
    for word in case.words:
        assert word in told
    assert len(told) < 3000


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
