"""The journey map as a neutral value: stages and what stands in their lanes, before anything is drawn."""

from __future__ import annotations

import attrs

from .. import plugins

__all__ = [
    "BandCount",
    "JourneyMap",
    "MapFinding",
    "MapNote",
    "MapStage",
    "MapTouchpoint",
    "MapWay",
    "Numbers",
]

NAN = float("nan")


@attrs.frozen(kw_only=True)
class BandCount:
    """How many customers are in one band of the scores, and its colour: ``bad fair good none``."""

    label: str
    tone: str
    count: int


@attrs.frozen(kw_only=True)
class MapNote:
    """What people say about a place on the map.

    Attributes:
        kind: ``goal thought feeling action pain opportunity``.
        text: what is said.
        emotion: from -2 to +2; None if unsaid.
        evidence: how it is known; ``none`` if it is assumed.
        persona: the label of the persona whose note it is; empty for everyone's.
    """

    kind: str
    text: str
    emotion: int | None = None
    evidence: str = "none"
    persona: str = ""


@attrs.frozen(kw_only=True)
class MapTouchpoint:
    """A touchpoint as it stands in one stage.

    Attributes:
        id: its id in the journey.
        label: how it is shown.
        channel: over which channel; empty if unsaid.
        mode: ``human digital internal``; internal ones stand below the line of visibility.
        owner: the label of the role that answers for it; empty if unsaid.
        moment_of_truth: whether much is decided here.
        emotion: the mean emotion of its notes, NaN without.
        expected: the share of customers that is expected to have it, NaN if unsaid.
        reached: customers who had it in this stage; None where nothing was counted.
        share: of the customers who were in the stage, from 0 to 1; NaN where nothing was counted.
        notes: what people say about it.
    """

    id: str
    label: str
    channel: str = ""
    mode: str = "human"
    owner: str = ""
    moment_of_truth: bool = False
    emotion: float = NAN
    expected: float = NAN
    reached: int | None = None
    share: float = NAN
    notes: tuple[MapNote, ...] = ()


@attrs.frozen(kw_only=True)
class Numbers:
    """What a replay says about one stage.

    Attributes:
        customers: who are there now.
        entered: different customers who ever came.
        visits: how often they came.
        left: visits that are over.
        forward: of these, left by an advance or a skip.
        lost: of these, left into a lost stage.
        median: days that a visit lasts (Kaplan–Meier), NaN where fewer than half have left.
        low: the lower end of its 95 % interval, NaN without.
        high: the upper end.
        finished: the median of the finished visits only.
        over_limit: customers who are there for longer than the limit.
        scored: customers with a score.
        health: the mean of their scores, NaN without.
        tone: the colour of the mean: ``bad fair good none``.
        bands: how many of them are in which band, the lowest first.
    """

    customers: int
    entered: int
    visits: int
    left: int
    forward: int
    lost: int
    median: float = NAN
    low: float = NAN
    high: float = NAN
    finished: float = NAN
    over_limit: int = 0
    scored: int = 0
    health: float = NAN
    tone: str = "none"
    bands: tuple[BandCount, ...] = ()


@attrs.frozen(kw_only=True)
class MapStage:
    """One column of the map.

    Attributes:
        id: its id in the journey.
        label: how it is shown.
        kind: ``prospect active won lost``.
        phase: the heading that it stands under; empty without.
        owner: the label of the role that answers for it; empty if unsaid.
        participants: the labels of the other roles.
        objective: what is to be reached here.
        value_step: ``defined delivered realised validated optimised``; empty if unsaid.
        target: the days that are fine, NaN if unsaid.
        limit: the days that must not be exceeded, NaN if unsaid.
        numbers: what the replay says; None without a trace.
        touchpoints: in the order of the journey.
        notes: what people say about the stage.
        findings: the numbers of the findings that are located here.
    """

    id: str
    label: str
    kind: str = "active"
    phase: str = ""
    owner: str = ""
    participants: tuple[str, ...] = ()
    objective: str = ""
    value_step: str = ""
    target: float = NAN
    limit: float = NAN
    numbers: Numbers | None = None
    touchpoints: tuple[MapTouchpoint, ...] = ()
    notes: tuple[MapNote, ...] = ()
    findings: tuple[int, ...] = ()

    @property
    def emotions(self) -> tuple[tuple[str, float], ...]:
        """The points of the emotion curve in this stage: whose, and how it feels from -2 to +2."""
        own = [(note.text, float(note.emotion)) for note in self.notes if note.emotion is not None]
        return (*own, *((one.label, one.emotion) for one in self.touchpoints if one.emotion == one.emotion))


@attrs.frozen(kw_only=True)
class MapWay:
    """What leads from one stage to another.

    Attributes:
        source: the id of the stage that is left.
        target: the id of the stage that is entered.
        kind: ``forward back exit``.
        criteria: the criteria that open it, one for each transition between the two.
        labels: how the transitions are called.
        count: how often it was taken; None without a trace.
    """

    source: str
    target: str
    kind: str
    criteria: tuple[str, ...]
    labels: tuple[str, ...] = ()
    count: int | None = None


@attrs.frozen(kw_only=True)
class MapFinding:
    """A finding as a marker on the map.

    Attributes:
        number: its number in the report, from 1.
        kind: what kind of finding it is.
        stages: the ids of the stages where it is marked; empty, the whole journey.
        sentence: what it says.
        customers: how many customers are behind it.
        days: the customer-days that it costs, NaN if none.
        money: what these are worth, NaN if unsaid.
    """

    number: int
    kind: str
    stages: tuple[str, ...]
    sentence: str
    customers: int = 0
    days: float = NAN
    money: float = NAN


@attrs.frozen(kw_only=True)
class JourneyMap:
    """A journey as renderers see it; made by :func:`cjlib.draw`, and all that they see.

    Attributes:
        title: the name of the journey, or what the caller called it.
        version: the team's version of the journey.
        fingerprint: the content hash of the journey.
        language: in which language it is shown.
        until: the moment that the numbers speak of, as ISO text (UTC); empty without a trace.
        customers: all customers that were traced; None without a trace.
        initial: the id of the stage in which customers begin.
        stages: the columns, those where customers are lost last.
        ways: what leads from stage to stage, loops included.
        findings: the markers.
    """

    title: str
    version: str = "1"
    fingerprint: str = ""
    language: str = "en"
    until: str = ""
    customers: int | None = None
    initial: str = ""
    stages: tuple[MapStage, ...] = ()
    ways: tuple[MapWay, ...] = ()
    findings: tuple[MapFinding, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of touchpoints that customers see, in the order in which they first occur."""
        found = (one for stage in self.stages for one in stage.touchpoints if one.mode != "internal")
        return tuple(dict.fromkeys(one.channel for one in found))

    def _repr_html_(self) -> str:
        """How notebooks show it."""
        return f'<div style="overflow-x: auto">{plugins.load("renderers", "svg")(self)}</div>'

    def stage(self, id: str) -> MapStage:
        """The stage of that id."""
        return next(one for one in self.stages if one.id == id)

    def finding(self, number: int) -> MapFinding:
        """The finding of that number."""
        return next(one for one in self.findings if one.number == number)
