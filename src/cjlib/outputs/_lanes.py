"""What stands in each lane of the map, stage by stage, drawn at the origin."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs

from ._journey_map import JourneyMap, MapNote, MapStage, MapTouchpoint, Numbers
from ._pieces import NORMAL, SMALL, Bar, Piece, Text, line_of, lines_of, stacked
from ._words import Words, capital

__all__ = ["Lane", "Section", "sections"]

BAR = 7.0
SHOWN, MARKERS = 4, 3  # notes and findings in one cell; the list of stages has them all
Cell = tuple[Piece, ...]
Draw = Callable[[MapStage, float, Words], Cell]


@attrs.frozen(kw_only=True)
class Lane:
    """A row of the map: its name, and what stands in it in each stage."""

    label: str
    cells: tuple[Cell, ...]

    @property
    def height(self) -> float:
        """Of its tallest cell."""
        return max((piece.y + piece.height for cell in self.cells for piece in cell), default=0.0)


@attrs.frozen(kw_only=True)
class Section:
    """Lanes under a common heading; the emotion curve is drawn by the sheet."""

    label: str
    lanes: tuple[Lane, ...]
    kind: str = ""


def sections(journey_map: JourneyMap, width: float, say: Words) -> tuple[Section, ...]:
    """All lanes in which anything stands, cells as wide as said."""

    def lane(label: str, draw: Draw) -> Lane:
        return Lane(label=label, cells=tuple(draw(stage, width, say) for stage in journey_map.stages))

    def findings(stage: MapStage, width: float, say: Words) -> Cell:
        return _findings(journey_map, stage, width, say)

    plan = lane(say("Owner and objective"), _plan)
    figures = [
        lane(say("Customers"), _customers), lane(say("Time in stage"), _time),
        lane(say("Conversion"), _conversion), lane(say("Health"), _health), lane(say("Findings"), findings),
    ]  # fmt: skip
    channels = [
        Lane(
            label=capital(say.name(channel)) or say("Other"),
            cells=_by_channel(journey_map, channel, width, say),
        )
        for channel in journey_map.channels
    ]
    behind = Lane(label=say("Internal"), cells=_internal(journey_map, width, say))
    voices = [
        lane(say("Goals"), _notes("goal")), lane(say("Actions"), _notes("action")),
        lane(say("Thoughts"), _notes("thought")), lane(say("Feelings"), _notes("feeling")),
        lane(say("Pains"), _notes("pain")), lane(say("Opportunities"), _notes("opportunity")),
    ]  # fmt: skip
    found = (
        Section(label=say("Plan"), lanes=_filled([plan])),
        Section(label=say("What happens"), lanes=_filled(figures)),
        Section(label=say("Touchpoints by channel"), lanes=_filled(channels)),
        Section(label=say("Behind the line of visibility"), lanes=_filled([behind]), kind="behind"),
        Section(label=say("What customers say"), lanes=_filled(voices), kind="voices"),
    )
    return tuple(section for section in found if section.lanes)


def _filled(lanes: Sequence[Lane]) -> tuple[Lane, ...]:
    return tuple(lane for lane in lanes if any(lane.cells))


def _plan(stage: MapStage, width: float, say: Words) -> Cell:
    texts = list(lines_of(stage.owner, 0, 0, width, lines=2, size=NORMAL, style="strong"))
    y = 0.0 if not texts else texts[-1].y + 4
    objective = lines_of(stage.objective, 0, y, width, lines=5)
    texts += objective
    if stage.value_step:
        y = texts[-1].y + 4 if texts else 0.0
        step = say("Value: {step}", step=say(stage.value_step))
        texts += lines_of(step, 0, y, width, lines=2, style="accent")
    title = "\n".join([stage.owner, *stage.participants, stage.objective]).strip()
    return (_plain(width, texts, title=title),) if texts else ()


def _plain(
    width: float, texts: Sequence[Text], bars: Sequence[Bar] = (), *, title: str = "", foot: float = 4.0
) -> Piece:
    """A cell without an outline, as high as what stands in it."""
    bottom = max([*(text.y for text in texts), *(bar.y + bar.height for bar in bars)], default=0.0)
    return Piece(kind="cell", x=0, y=0, width=width, height=bottom + foot, texts=tuple(texts),
                 bars=tuple(bars), title=title)  # fmt: skip


def _customers(stage: MapStage, width: float, say: Words) -> Cell:
    numbers = stage.numbers
    if numbers is None:
        return ()
    texts = [line_of(say("{count} came in", count=say.number(numbers.entered)), 0, SMALL + 1, room=width)]
    if numbers.over_limit:
        over = say("{count} over the limit", count=say.number(numbers.over_limit))
        texts.append(line_of(over, 0, 2 * SMALL + 5, style="strong bad", room=width))
    return (_plain(width, texts),)


def _time(stage: MapStage, width: float, say: Words) -> Cell:
    """Half of the bar is the target; the tick on it is the limit."""
    numbers, target = stage.numbers, stage.target
    if numbers is None or (math.isnan(numbers.median) and math.isnan(target)):
        return ()
    tone = time_tone(stage)
    median = line_of(say.days(numbers.median), 0, NORMAL + 1, size=NORMAL, style=f"strong {tone}")
    texts, bars = [median], []
    if not math.isnan(target):
        aim = say("of {days}", days=say.days(target))
        texts.append(
            line_of(aim, width, NORMAL + 1, anchor="end", style="soft", room=width - median.width - 6)
        )
        bars.append(Bar(x=0, y=18, width=width, height=BAR, tone="track"))
        share = 0.0 if math.isnan(numbers.median) else min(1.0, numbers.median / (2 * target))
        bars.append(Bar(x=0, y=18, width=round(share * width, 1), height=BAR, tone=f"{tone}-fill"))
        bars.append(Bar(x=round(width / 2 - 0.75, 1), y=16, width=1.5, height=BAR + 4, tone="tick"))
    half, limit = say.days(numbers.median), say.days(stage.limit)
    title = say("Half of the visits last longer than {median}; target {target}, limit {limit}.", median=half,
                target=say.days(target), limit=limit)  # fmt: skip
    return (_plain(width, texts, bars, title=title),)


def time_tone(stage: MapStage) -> str:
    """Good within the target, fair within the limit, bad beyond."""
    median = stage.numbers.median if stage.numbers else math.nan
    if math.isnan(median) or math.isnan(stage.target):
        return "none"
    if median <= stage.target:
        return "good"
    return "fair" if median <= stage.limit else "bad"


def _conversion(stage: MapStage, width: float, say: Words) -> Cell:
    numbers = stage.numbers
    if numbers is None or not numbers.left or stage.kind == "lost":
        return ()
    forward = say("{share} go on", share=say.share(numbers.forward, numbers.left))
    lost = say("{share} lost", share=say.share(numbers.lost, numbers.left))
    texts = [line_of(forward, 0, NORMAL + 1, room=width)]
    if numbers.lost:
        texts.append(line_of(lost, 0, NORMAL + 1 + SMALL * 1.3, style="bad", room=width))
    y = texts[-1].y + 6
    shares = ((numbers.forward, "accent-fill"), (numbers.lost, "bad-fill"))
    bars = [Bar(x=0, y=y, width=width, height=BAR, tone="track"), *_shares(shares, numbers.left, width, y)]
    return (_plain(width, texts, bars),)


def _shares(counts: Sequence[tuple[int, str]], total: int, width: float, y: float) -> list[Bar]:
    x, bars = 0.0, []
    for count, tone in counts:
        size = round(width * count / max(1, total), 2)
        if size:
            bars.append(Bar(x=round(x, 2), y=y, width=size, height=BAR, tone=tone))
        x += size
    return bars


def _health(stage: MapStage, width: float, say: Words) -> Cell:
    numbers = stage.numbers
    if numbers is None or math.isnan(numbers.health):
        return ()
    mean = line_of(say.number(numbers.health), 0, NORMAL + 1, size=NORMAL, style=f"strong {numbers.tone}")
    texts = [mean]
    worst = _worst(numbers)
    if worst:
        texts.append(line_of(f"{say.number(worst[1])} {worst[0]}", width, NORMAL + 1, anchor="end",
                             style="soft", room=width - mean.width - 6))  # fmt: skip
    counts = [(band.count, f"{band.tone}-fill") for band in numbers.bands]
    bars = _shares(counts, numbers.scored, width, 18) if counts else []
    title = ", ".join(f"{band.label}: {say.number(band.count)}" for band in numbers.bands)
    return (_plain(width, texts, bars, title=title),)


def _worst(numbers: Numbers) -> tuple[str, int] | None:
    return (
        (numbers.bands[0].label, numbers.bands[0].count) if numbers.bands and numbers.bands[0].count else None
    )


def _findings(journey_map: JourneyMap, stage: MapStage, width: float, say: Words) -> Cell:
    shown = [journey_map.finding(number) for number in stage.findings[:MARKERS]]
    pieces = []
    for one in shown:
        radius, room = 8.0, width - 30
        badge = line_of(str(one.number), 12, 16.5, size=9.5, style="strong on", anchor="middle")
        texts = lines_of(one.sentence, 25, 4, room, lines=4)
        height = max(24.0, texts[-1].y + 6 if texts else 0.0)
        disc = Bar(
            x=12 - radius, y=13 - radius, width=2 * radius, height=2 * radius, tone="badge", round=True
        )
        pieces.append(Piece(kind="card finding", x=0, y=0, width=width, height=height, texts=(badge, *texts),
                            bars=(disc,), title=one.sentence, href=f"#finding-{one.number}"))  # fmt: skip
    return stacked([*pieces, *_more(len(stage.findings) - len(shown), width, say)])


def _more(count: int, width: float, say: Words) -> list[Piece]:
    if count <= 0:
        return []
    text = line_of(say("and {count} more", count=say.number(count)), 0, SMALL + 1, style="soft", room=width)
    return [_plain(width, [text])]


def _by_channel(journey_map: JourneyMap, channel: str, width: float, say: Words) -> tuple[Cell, ...]:
    hue = list(journey_map.channels).index(channel) % 9
    return tuple(
        stacked(_touchpoint(one, width, say, f"hue-{hue}") for one in stage.touchpoints
                if one.channel == channel and one.mode != "internal")
        for stage in journey_map.stages
    )  # fmt: skip


def _internal(journey_map: JourneyMap, width: float, say: Words) -> tuple[Cell, ...]:
    return tuple(
        stacked(
            _touchpoint(one, width, say, "hue-none") for one in stage.touchpoints if one.mode == "internal"
        )
        for stage in journey_map.stages
    )


def _touchpoint(one: MapTouchpoint, width: float, say: Words, hue: str) -> Piece:
    """The label over a bar that shows how many customers had it."""
    share = say.share(one.share, 1) if one.reached is not None and not math.isnan(one.share) else ""
    if one.reached == 0 and share:
        share = say("never")
    number = line_of(share, width - 6, 14.5, style="soft", anchor="end")
    room = width - 15 - (number.width + 5 if share else 0)
    label = f"● {one.label}" if one.moment_of_truth else one.label
    style = "strong" if one.moment_of_truth else ""
    texts = lines_of(label, 9, 3.5, room, lines=2, style=style)
    height = (texts[-1].y if texts else 14.0) + 6
    bars = [Bar(x=0, y=0, width=3, height=height, tone="stripe")]
    if one.reached and not math.isnan(one.share):
        filled = round((width - 3) * min(1.0, one.share), 1)
        bars.insert(0, Bar(x=3, y=0, width=filled, height=height, tone="reach"))
    never = " never" if one.reached == 0 else ""
    return Piece(kind=f"card touchpoint {hue}{never}", x=0, y=0, width=width, height=height, bars=tuple(bars),
                 texts=(*texts, *([number] if share else [])), title=_touchpoint_title(one, say))  # fmt: skip


def _touchpoint_title(one: MapTouchpoint, say: Words) -> str:
    facts = [one.label, say(one.mode), one.owner]
    if one.reached is not None:
        facts.append(say("{count} customers reached", count=say.number(one.reached)))
    if one.moment_of_truth:
        facts.append(say("moment of truth"))
    return " · ".join(fact for fact in facts if fact)


def _notes(kind: str) -> Draw:
    def draw(stage: MapStage, width: float, say: Words) -> Cell:
        everywhere = (*stage.notes, *(note for one in stage.touchpoints for note in one.notes))
        notes = [note for note in everywhere if note.kind == kind]
        more = _more(len(notes) - SHOWN, width, say)
        return stacked([*(_note(note, width, say) for note in notes[:SHOWN]), *more])

    return draw


def _note(note: MapNote, width: float, say: Words) -> Piece:
    """A note that nobody has evidence for is drawn with a broken outline."""
    texts = lines_of(note.text, 9, 3, width - 15, lines=6)
    height = (texts[-1].y if texts else 14.0) + 6
    known = say("assumed") if note.evidence == "none" else say("evidence: {kind}", kind=say(note.evidence))
    assumed = " assumed" if note.evidence == "none" else ""
    title = " · ".join(fact for fact in (note.text, note.persona, known) if fact)
    stripe = Bar(x=0, y=0, width=3, height=height, tone="stripe")
    return Piece(kind=f"card note {note.kind}{assumed}", x=0, y=0, width=width, height=height, texts=texts,
                 bars=(stripe,), title=title)  # fmt: skip
