"""The CDNOW sample, where it stands beside the clone; read with nothing but the standard library."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
END = date(1997, 9, 30)  # of the 39 weeks from which the papers learn


def histories_of_the_sample() -> tuple[np.ndarray, ...]:
    """Repeats, recency and age in weeks, and what the repeats cost, up to the end of the 39 weeks."""
    folder = Path(os.environ.get("CJLIB_CDNOW", ROOT.parent / "shared" / "data" / "cdnow"))
    if not folder.is_dir():
        pytest.skip(f"the CDNOW data are not in {folder}; CJLIB_CDNOW may say where they are")
    days: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    with (folder / "cdnow_sample.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (day := date.fromisoformat(row["date"])) <= END:
                days[row["master_id"]][day] += float(row["value"])
    rows = []
    for bought in days.values():
        first, last = min(bought), max(bought)
        repeats = sum(value for day, value in bought.items() if day > first)
        rows.append((len(bought) - 1, (last - first).days / 7, (END - first).days / 7, repeats))
    return tuple(np.array(column, float) for column in zip(*rows, strict=True))
