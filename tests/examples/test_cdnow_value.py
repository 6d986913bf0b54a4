"""The forecast for buyers who never say goodbye, on made-up purchases and on the published ones."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def script() -> SimpleNamespace:
    """The script, which finds its neighbour as it does when it is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLES))
        return SimpleNamespace(**runpy.run_path(str(EXAMPLES / "cdnow_value.py")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five hundred who buy at rates of their own; one in five leaves after a purchase."""
    rng, folder = np.random.default_rng(2), tmp_path_factory.mktemp("raw")
    rows = ["customer_id,date,cds,value"]
    for customer in range(500):
        day, rate, mean = rng.integers(0, 80), rng.gamma(0.6) / 40, 30 * rng.gamma(8) / 8
        while day <= 545:
            rows.append(
                f"{customer},{date(1997, 1, 1) + timedelta(days=int(day))},1,{mean * rng.gamma(6) / 6:.2f}"
            )
            if rng.random() < 0.2:
                break
            day += 1 + rng.exponential(1 / max(rate, 1e-6))
    (folder / "cdnow_master.csv").write_text("\n".join(rows), "utf-8")
    return folder


def test_it_foretells_what_comes_and_ranks_better_than_who_may_have_left(
    script: SimpleNamespace, made: Path
) -> None:
    found = script.forecast(made)
    assert found["customers"] == 500
    for foretold, came in (found["purchases"], found["value"]):
        assert foretold == pytest.approx(came, rel=0.35)
    chance, _, left = found["auc"].values()
    assert chance > 0.65 > left
    assert found["brier"][0] < found["brier"][1]
    assert sum(many for _, many, *_ in found["by_repeats"]) == 500


def test_it_runs_as_a_script_and_tells_the_figures(made: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "cdnow_value.py"), str(made)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "who will not buy again? AUC" in done.stdout
    assert "500 customers" in done.stdout


@pytest.mark.parametrize("sample", [True, False], ids=["the sample", "all"])
def test_the_published_purchases_give_the_published_models(script: SimpleNamespace, sample: bool) -> None:
    """1,882 purchases of the sample came in the 39 weeks from October on (Fader, Hardie and Lee, 2005)."""
    folder = Path(os.environ.get("CJLIB_CDNOW", EXAMPLES.parents[1] / "shared" / "data" / "cdnow"))
    if not folder.is_dir():
        pytest.skip(f"the CDNOW data are not in {folder}; CJLIB_CDNOW may say where they are")
    found = script.forecast(folder, sample=sample)
    chance, recency, left = found["auc"].values()
    assert chance > 0.74
    assert left < 0.35
    assert recency < chance + 0.02
    if sample:
        parameters = found["buys"].fit.parameters / [1, 7, 1, 1]
        assert parameters.round(3).tolist() == [0.243, 4.414, 0.793, 2.426]
        assert found["spends"].fit.parameters.round(2).tolist() == [6.25, 3.74, 15.44]
        assert found["purchases"][1] == 1882
