"""What buyers who never say goodbye will buy, and what it will be worth: a forecast, held against what came.

    python examples/cdnow_value.py FOLDER [--sample]

FOLDER holds the files of CDNOW as ``cdnow.py`` says. The models learn from purchases until September 1997, 39
weeks as in the papers, and foretell the next 39, to June 1998. Then what came is looked up.

Three rankings of who will not buy again are compared: the chance of no purchase in that time, by BG/NBD; the
days since the last purchase, which needs no model; and the chance to have left for good, 1 - P(alive), which
is often taken for a risk of churn. It ranks the wrong way: who bought once cannot have left in this model,
for customers leave after a repeat, and just those who bought once seldom come back.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from cdnow import events, purchases, read
from scipy.stats import rankdata

import cjlib as cj
from cjlib.scoring import SpendScorer

LEARN_UNTIL, LOOK_UNTIL = "1997-09-30", "1998-06-30"
AHEAD = "273d"


def panel_of(folder: Path, sample: bool) -> tuple[cj.Snapshot, cj.Snapshot]:
    """Who had bought by September: their purchases by then, and by June."""
    bought = events(purchases(read(folder, sample)))
    log = cj.EventLog.from_frame(bought.drop_nulls("time"), value="value", order="order")
    panel = cj.panel(log, cj.RetentionScorer.metrics_of("purchased"), as_of=[LEARN_UNTIL, LOOK_UNTIL])
    before, after = panel.at(LEARN_UNTIL), panel.at(LOOK_UNTIL)
    return before, after.select(np.isin(after.codes_of_customers, before.codes_of_customers))


def forecast(folder: Path, *, sample: bool = False) -> dict[str, Any]:
    """What was learnt, what was foretold, and what came."""
    before, after = panel_of(folder, sample)
    buys = cj.RetentionScorer(model="bgnbd", horizon=AHEAD).fit(before)
    spends = SpendScorer().fit(before)
    came, worth = after["purchases"] - before["purchases"], after["spend"] - before["spend"]
    risk, left, silent = buys.score(before).values, 1 - buys.alive(before), came == 0
    value = buys.expected_value(before, spends.score(before), AHEAD)
    repeats = np.minimum(before["purchases"] - 1, 7).astype(int)
    expected = buys.expected_purchases(before, AHEAD)
    best = np.argsort(-value)[: len(value) // 10]
    return {
        "buys": buys, "spends": spends, "customers": len(before),
        "purchases": (float(expected.sum()), float(came.sum())),
        "value": (float(value.sum()), float(worth.sum())),
        "by_repeats": [
            (k, int(rows.sum()), float(expected[rows].mean()), float(came[rows].mean()))
            for k in range(8)
            if (rows := repeats == k).any()
        ],
        "top_share": float(worth[best].sum() / worth.sum()),
        "auc": {
            "chance of no purchase": auc(risk, silent),
            "days since the last purchase": auc(before["days_since_purchase"], silent),
            "chance to have left, 1 - P(alive)": auc(left, silent),
        },
        "silent": (float(risk.mean()), float(silent.mean())),
        "brier": (float(np.mean((risk - silent) ** 2)), float(silent.mean() * (1 - silent.mean()))),
    }  # fmt: skip


def auc(risk: np.ndarray, happened: np.ndarray) -> float:
    """In how many of all pairs, one that it happened to and one that not, the first has the higher risk."""
    many = int(happened.sum())
    ranks = rankdata(risk)[happened].sum() - many * (many + 1) / 2
    return float(ranks / (many * (len(happened) - many)))


def told(found: dict[str, Any]) -> str:
    """The forecast as text."""
    r, alpha, a, b = found["buys"].fit.parameters
    p, q, gamma = found["spends"].fit.parameters
    (expected, came), (value, worth) = found["purchases"], found["value"]
    lines = [
        f"{found['customers']:,} customers, learnt until {LEARN_UNTIL}, foretold until {LOOK_UNTIL}",
        f"BG/NBD: r {r:.3f}, alpha {alpha / 7:.3f} weeks, a {a:.3f}, b {b:.3f}",
        f"gamma-gamma: p {p:.2f}, q {q:.2f}, gamma {gamma:.2f}; mean purchase {found['spends'].mean:.2f}; "
        f"correlation of how often with how much {found['spends'].correlation:.2f}",
        "",
        f"purchases: {expected:,.0f} foretold, {came:,.0f} came ({expected / came - 1:+.0%})",
        f"value:     {value:,.0f} foretold, {worth:,.0f} came ({value / worth - 1:+.0%})",
        f"the tenth with the most value foretold brought {found['top_share']:.0%} of it",
        "",
        "repeats by then  customers  foretold  came",
        *(
            f"{f'{k} or more' if k == 7 else k!s:>15}  {many:>9,}  {foretold:>8.2f}  {real:>4.2f}"
            for k, many, foretold, real in found["by_repeats"]
        ),
        "",
        "who will not buy again? AUC (0.5: no better than chance; below: the wrong way round)",
        *(f"  {area:.3f}  {who}" for who, area in found["auc"].items()),
        f"to rank them, take the {max(found['auc'], key=found['auc'].get)}",
        f"foretold without a purchase: {found['silent'][0]:.1%}; came: {found['silent'][1]:.1%}",
        f"Brier score {found['brier'][0]:.4f}; for who knows nothing but how many: {found['brier'][1]:.4f}",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the raw files are")
    parser.add_argument("--sample", action="store_true", help="only the tenth that the papers use")
    arguments = parser.parse_args()
    print(told(forecast(arguments.folder, sample=arguments.sample)))


if __name__ == "__main__":
    main()
