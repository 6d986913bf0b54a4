"""Scorecards and snapshots, made up by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from cjlib.journey import Group, Measure, Scorecard, curves

caps = st.sampled_from([(None, None), (None, None), (10.0, None), (None, 40.0), (-2.0, 30.0)])
PLANS = ("free", "team", "firm")
SCALES = ((0.0, 100.0), (0.0, 10.0), (-1.0, 1.0), (0.0, 1e9))

scores = st.sampled_from([-20.0, 0.0, 5.0, 12.5, 33.3, 60.0, 100.0, 140.0])
metrics = st.one_of(st.integers(-5, 25).map(float), st.floats(-1e6, 1e6), st.sampled_from([0.1, 1e-9, 1e15]))
weights = st.sampled_from([0.0, 0.1, 1.0, 1.0, 2.0, 3.7, 30.0])
spans = st.sampled_from([None, None, (0.0, 25.0), (-3.0, 0.0)])


def rising(elements, least: int, most: int):
    return st.lists(elements, min_size=least, max_size=most, unique=True).map(sorted)


@st.composite
def steps(draw):
    edges = draw(rising(metrics, 1, 4))
    levels = draw(st.lists(scores, min_size=len(edges) + 1, max_size=len(edges) + 1))
    return curves.steps(edges, levels, at_edge=draw(st.sampled_from(["upper", "lower"])))


@st.composite
def points(draw):
    xs = draw(rising(metrics, 2, 5))
    return curves.points([(x, draw(scores)) for x in xs])


@st.composite
def slopes(draw):
    worst, best = draw(st.lists(metrics, min_size=2, max_size=2, unique=True))
    return curves.linear(worst, best, to=draw(spans))


logistics = st.builds(curves.logistic, metrics, st.sampled_from([-50.0, -1.0, 0.3, 7.0, 1e4]), to=spans)
lookups = st.builds(
    lambda levels, otherwise: curves.lookup(dict(zip(PLANS, levels, strict=False)), otherwise=otherwise),
    st.lists(scores, min_size=1, max_size=3),
    st.none() | scores,
)
percentiles = st.builds(curves.percentile, falling=st.booleans(), to=spans)
zscores = st.builds(curves.zscore, width=st.sampled_from([0.5, 2.0, 3.0]), falling=st.booleans(), to=spans)

lonely = steps() | points() | slopes() | logistics
any_curve = lonely | lookups | percentiles | zscores


@st.composite
def scorecards(
    draw, curve=any_curve, policies=("ignore", "neutral", "worst", "prior", "propagate"), fading=False
):
    """A scorecard; the metric of the measure m3 is called x3. Fading: evidence ages and people talk."""
    combine = draw(st.sampled_from(["mean", "mean", "sum", "worst"]))
    groups, number = [], 0
    for g in range(draw(st.integers(1, 3))):
        measures = []
        own = draw(st.sampled_from([None, "mean", "worst"] + ([] if combine == "worst" else ["sum"])))
        for _ in range(draw(st.integers(1, 4))):
            measures.append(draw(measure(number, curve, policies, (own or combine) if fading else None)))
            number += 1
        if not any(one.weight for one in measures):
            measures[0] = Measure(measures[0].id, metric=measures[0].metric, curve=measures[0].curve)
        low, high = draw(caps)
        weight = draw(weights) if g else draw(weights.filter(bool))
        groups.append(Group(f"g{g}", weight=weight, measures=measures, combine=own,
                            minimum=low, maximum=high))  # fmt: skip
    scale = draw(st.sampled_from(SCALES))
    people = draw(pulses(curve)) if fading else {}
    return Scorecard("health", groups=draw(st.permutations(groups)), combine=combine, scale=scale,
                     missing=draw(st.sampled_from([one for one in policies if one != "prior"])),
                     neutral=draw(st.sampled_from([None, None, scale[0]])),
                     start=draw(st.sampled_from([None, 5.0])) if combine == "sum" else None,
                     **people)  # fmt: skip


@st.composite
def pulses(draw, curve):
    """What people say, and to how many decimals."""
    pulse = Measure("pulse", metric="felt", curve=draw(curve), half_life=draw(st.sampled_from([None, "10d"])))
    return {
        "pulse": draw(st.sampled_from([None, pulse])),
        "pulse_as": draw(st.sampled_from(["veto", "adjustment"])),
        "decimals": draw(st.sampled_from([None, None, 0, 2])),
    }  # fmt: skip


def ageing(draw, policy: str | None, combine: str | None):
    """How evidence grows old; in a worst-of something must take its place."""
    stale = draw(st.sampled_from(["missing", "neutral", "worst"]))
    half_life = draw(st.sampled_from([None, None, "10d", "36h"]))
    if (
        half_life
        and stale == "missing"
        and policy not in ("neutral", "worst", "prior")
        and combine == "worst"
    ):
        half_life = None
    return {"stale": stale, "half_life": half_life, "valid_for": draw(st.sampled_from([None, None, "30d"]))}


@st.composite
def measure(draw, number: int, curve, policies, combine=None):
    missing = draw(st.sampled_from([None, *policies]))
    prior = draw(scores) if missing == "prior" else None
    return Measure(f"m{number}", metric=f"x{number}", curve=draw(curve), weight=draw(weights),
                   missing=missing, prior=prior,
                   **(ageing(draw, missing, combine) if combine else {}))  # fmt: skip


@st.composite
def snapshots(draw, card: Scorecard, rows: int | None = None, gaps: bool = True):
    """Columns for the metrics of a scorecard, None where missing."""
    n = draw(st.integers(1, 6)) if rows is None else rows
    columns = {}
    for one in (*card.measures, *([card.pulse] if card.pulse else ())):
        known = st.sampled_from([*PLANS, "odd"]) if one.curve.kind == "lookup" else metrics
        values = st.none() | known | known if gaps else known
        columns[one.metric] = draw(st.lists(values, min_size=n, max_size=n))
    return columns


ages = st.sampled_from([None, 0.0, 1.5, 10.0, 30.0, 31.0, 400.0])


@st.composite
def ages_of(draw, columns):
    """How many days old the evidence of every cell is, None where nobody knows."""
    rows = len(next(iter(columns.values())))
    return {name: draw(st.lists(ages, min_size=rows, max_size=rows)) for name in columns}
