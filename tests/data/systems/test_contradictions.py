"""Exports that contradict themselves are read as they are, and the contradictions are counted by kind."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from tests.data.systems import made

import cjlib as cj

BEGIN = date(2024, 1, 1)


def shop(folder: Path, seed: int) -> dict[str, int]:
    """Five tables of a subscription business with planted contradictions; how many of each kind."""
    rng, planted = random.Random(seed), Counter[str]()
    accounts, subscriptions, usage, churns = [], [], [], []
    for i in range(40):
        signup = BEGIN + timedelta(days=rng.randrange(100))
        start = signup + timedelta(days=rng.randrange(5))
        is_left, is_flagged = rng.random() < 0.4, rng.random() < 0.5
        left = start + timedelta(days=200)
        account = {"account_id": f"A{i}", "signup_date": signup, "churn_flag": is_flagged, "seats": i}
        accounts.append({key: str(value) for key, value in account.items()})
        subscriptions.append({"subscription_id": f"S{i}", "account_id": f"A{i}", "start_date": str(start)})
        for j in range(5):
            at = start + timedelta(days=rng.randrange(-40, 150))
            usage.append({"usage_id": f"U{i}-{j}", "subscription_id": f"S{i}", "usage_date": str(at)})
            planted["a row before what it belongs to began"] += at < start
            planted["events before the customer began"] += at < signup
        if is_left:
            churns.append({"churn_event_id": f"C{i}", "account_id": f"A{i}", "churn_date": str(left)})
        planted["flagged as churned, without a dated churn"] += is_flagged and not is_left
        planted["a dated churn, but not flagged as churned"] += is_left and not is_flagged
    usage = [row | {"feature_name": "search"} for row in usage]
    tables = {
        "accounts": accounts,
        "subscriptions": subscriptions,
        "feature_usage": usage,
        "churn_events": churns,
    }
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_bytes(made.as_csv(rows))
    return {kind: count for kind, count in planted.items() if count}


def test_every_planted_contradiction_is_counted(tmp_path: Path) -> None:
    for seed in range(5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        planted = shop(folder, seed)
        reading = cj.read_system("csv", folder)
        kinds = {
            entry.reason.removeprefix("contradiction: "): entry.rows
            for entry in reading.report.noted
            if entry.reason.startswith("contradiction: ")
        }
        assert kinds == planted
        assert len(planted) == 4


def test_nothing_is_left_out_for_it(tmp_path: Path) -> None:
    shop(tmp_path, 1)
    reading = cj.read_system("csv", tmp_path)
    n_churns = len((tmp_path / "churn_events.csv").read_text().splitlines()) - 1
    assert len(reading.events) == 40 + 40 * 5 + n_churns


def test_what_ended_before_it_began_is_counted(tmp_path: Path) -> None:
    rows = "ticket_id,account_id,submitted_at,closed_at\n1,a,2025-01-05,2025-01-01\n2,a,2025-01-05,\n"
    (tmp_path / "support_tickets.csv").write_text(rows)
    report = cj.read_system("csv", tmp_path).report
    assert "1 × contradiction: ended before it began (row 0)" in str(report)


def test_a_stage_left_before_it_was_entered_is_counted(tmp_path: Path) -> None:
    names = "Record ID,hs_v2_date_entered_lead,hs_v2_date_exited_lead"
    (tmp_path / "companies.csv").write_text(f"{names}\n1,2025-02-01,2025-01-01\n2,2025-01-01,2025-02-01\n")
    report = cj.read_system("hubspot", tmp_path).report
    assert "1 × contradiction: a stage left before it was entered (row 0)" in str(report)
