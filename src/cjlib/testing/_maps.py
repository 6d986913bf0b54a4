"""Maps to draw, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from ..outputs import JourneyMap
from ..outputs._journey_map import (
    BandCount,
    MapFinding,
    MapNote,
    MapStage,
    MapTouchpoint,
    MapWay,
    Numbers,
)

__all__ = ["maps"]

KINDS = ("prospect", "active", "won", "lost")
LABELS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "Onboarding",
            "a" * 300,
            "مرحبا بالعالم",
            "顧客の旅",
            "😀" * 30,
            "<script>alert(1)</script>",
            "è " * 99,
        ]
    ),
)
COUNTS = st.integers(0, 10_000_000)
DAYS = st.one_of(st.just(float("nan")), st.floats(0.01, 5000))


@st.composite
def notes(draw: st.DrawFn) -> MapNote:
    """What people say."""
    kind = draw(st.sampled_from(["goal", "thought", "feeling", "action", "pain", "opportunity"]))
    emotion = draw(st.one_of(st.none(), st.integers(-2, 2)))
    return MapNote(
        kind=kind, text=draw(LABELS), emotion=emotion, evidence=draw(st.sampled_from(["none", "survey"]))
    )


@st.composite
def touchpoints(draw: st.DrawFn) -> MapTouchpoint:
    """Where customer and company meet."""
    reached = draw(st.one_of(st.none(), COUNTS))
    return MapTouchpoint(
        id="t",
        label=draw(LABELS),
        channel=draw(st.sampled_from(["", "email", "on_site", "a very long channel indeed"])),
        mode=draw(st.sampled_from(["human", "digital", "internal"])),
        moment_of_truth=draw(st.booleans()),
        emotion=draw(st.one_of(st.just(float("nan")), st.floats(-2, 2))),
        reached=reached,
        share=float("nan") if reached is None else draw(st.floats(0, 1)),
        notes=tuple(draw(st.lists(notes(), max_size=3))),
    )


@st.composite
def numbers(draw: st.DrawFn) -> Numbers:
    """What happens in a stage."""
    bands = tuple(
        BandCount(label=draw(LABELS), tone=tone, count=draw(COUNTS)) for tone in ("bad", "fair", "good")
    )
    left = draw(COUNTS)
    forward = draw(st.integers(0, left))
    return Numbers(
        customers=draw(COUNTS),
        entered=draw(COUNTS),
        visits=left,
        left=left,
        forward=forward,
        lost=draw(st.integers(0, left - forward)),
        median=draw(DAYS),
        over_limit=draw(COUNTS),
        scored=sum(band.count for band in bands),
        health=draw(st.one_of(st.just(float("nan")), st.floats(0, 100))),
        tone="fair",
        bands=bands,
    )


@st.composite
def maps(draw: st.DrawFn, *, stages: int = 9) -> JourneyMap:
    """Maps as :func:`cjlib.draw` makes them, with labels that are hard to draw.

    Args:
        draw: given by Hypothesis.
        stages: how many there are at the most.
    """
    has_numbers = draw(st.booleans())
    count = draw(st.integers(1, stages))
    findings = draw(st.integers(0, 5))
    columns = []
    for i in range(count):
        marked = tuple(range(1, findings + 1)) if draw(st.booleans()) else ()
        columns.append(
            MapStage(
                id=f"s{i}",
                label=draw(LABELS),
                kind=draw(st.sampled_from(KINDS)),
                phase=draw(st.sampled_from(["", "", "Start", "Partnership"])),
                owner=draw(LABELS),
                objective=draw(LABELS),
                value_step=draw(st.sampled_from(["", "realised"])),
                target=draw(DAYS),
                limit=draw(DAYS),
                numbers=draw(numbers()) if has_numbers else None,
                touchpoints=tuple(draw(st.lists(touchpoints(), max_size=4))),
                notes=tuple(draw(st.lists(notes(), max_size=5))),
                findings=marked,
            )
        )
    columns.sort(key=lambda stage: stage.kind == "lost")
    ids = st.sampled_from([stage.id for stage in columns])
    pairs = draw(st.lists(st.tuples(ids, ids), max_size=3 * count, unique=True))
    return JourneyMap(
        title=draw(LABELS),
        language=draw(st.sampled_from(["en", "fr"])),
        until="2026-06-30T00:00:00" if has_numbers else "",
        customers=draw(COUNTS) if has_numbers else None,
        initial=columns[0].id,
        stages=tuple(columns),
        ways=tuple(_way(draw, pair, columns, has_numbers) for pair in pairs),
        findings=tuple(
            MapFinding(number=n, kind="loop", stages=(), sentence=draw(LABELS))
            for n in range(1, findings + 1)
        ),
    )


def _way(draw: st.DrawFn, pair: tuple[str, str], stages: list[MapStage], has_numbers: bool) -> MapWay:
    order = {stage.id: i for i, stage in enumerate(stages)}
    is_lost = stages[order[pair[1]]].kind == "lost"
    kind = "exit" if is_lost else "forward" if order[pair[0]] < order[pair[1]] else "back"
    return MapWay(source=pair[0], target=pair[1], kind=kind, criteria=("happened('x')",),
                  count=draw(COUNTS) if has_numbers else None)  # fmt: skip
