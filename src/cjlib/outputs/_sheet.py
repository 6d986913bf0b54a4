"""The whole map laid out: heads, ways, lanes and the curve of emotions, every box in its place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import attrs

from ._flow import HEAD, LABEL, Flow, Pair, Route, lay_out
from ._journey_map import JourneyMap, MapStage, MapWay
from ._lanes import Lane, Section, sections
from ._pieces import SMALL, Bar, Curve, Piece, Text, line_of, lines_of, moved
from ._widths import width_of
from ._words import Words, words

__all__ = ["Sheet", "lay_out_map"]

PAGE, GUTTER, MARGIN = 1232.0, 96.0, 14.0
NARROWEST, WIDEST, INSET = 132.0, 210.0, 6.0
CURVE, LANE_GAP, TITLE = 92.0, 12.0, 24.0


@attrs.frozen(kw_only=True)
class Sheet:
    """A map in which everything has its place; how it looks is said by the style sheet.

    Attributes:
        width: of the page.
        height: of the page.
        pieces: the boxes; none covers another.
        grounds: what lies below them.
        curves: arrows and lines.
        texts: names of lanes and sections, beside the boxes.
        breaks: where it may be cut across, for paper; no box lies over a cut.
    """

    width: float
    height: float
    pieces: tuple[Piece, ...]
    grounds: tuple[Piece, ...]
    curves: tuple[Curve, ...]
    texts: tuple[Text, ...]
    breaks: tuple[float, ...]


def lay_out_map(journey_map: JourneyMap, *, heading: bool = True) -> Sheet:
    """The map as boxes and lines; the same for the same map, always.

    Args:
        journey_map: what is drawn.
        heading: whether title and legend are drawn too.
    """
    return _Page(journey_map, words(journey_map.language), heading).laid_out()


class _Page:
    """Lays out one map from top to bottom."""

    def __init__(self, journey_map: JourneyMap, say: Words, heading: bool) -> None:
        self.map, self.say, self.heading = journey_map, say, heading
        count = max(1, len(journey_map.stages))
        self.pitch = min(WIDEST, max(NARROWEST, (PAGE - GUTTER - 2 * MARGIN) // count))
        self.left = MARGIN + GUTTER
        self.width = self.left + count * self.pitch + MARGIN
        self.pieces: list[Piece] = []
        self.grounds: list[Piece] = []
        self.curves: list[Curve] = []
        self.texts: list[Text] = []
        self.breaks: list[float] = []

    def laid_out(self) -> Sheet:
        y = self._heading(MARGIN) if self.heading else 4.0
        y = self._flow(y)
        y = self._phases(y)
        for section in sections(self.map, self.pitch - 2 * INSET, self.say):
            y = self._section(section, y)
        y = self._legend(y + 6) + MARGIN
        return Sheet(
            width=self.width,
            height=math.ceil(y),
            pieces=tuple(self.pieces),
            grounds=tuple(self.grounds),
            curves=tuple(self.curves),
            texts=tuple(self.texts),
            breaks=tuple(self.breaks),
        )

    def _heading(self, y: float) -> float:
        room, say = self.width - 2 * MARGIN, self.say
        facts = [say("Version {version}", version=self.map.version)]
        if self.map.customers is not None:
            moment = say("As of {moment} UTC", moment=self.map.until.replace("T", " ")[:16])
            facts += [moment, say.counted(self.map.customers, "{count} customer", "{count} customers")]
        title = line_of(self.map.title, MARGIN, y + 17, size=18, style="strong", room=room)
        below = line_of(" · ".join(facts), MARGIN, y + 34, style="soft", room=room)
        self.pieces.append(Piece(kind="cell", x=MARGIN, y=y, width=room, height=40, texts=(title, below)))
        return y + 46

    def _flow(self, y: float) -> float:
        stages = self.map.stages
        lost = [stage.id for stage in stages if stage.kind == "lost"]
        flow = lay_out(
            [stage.id for stage in stages], lost, self._label_widths(), left=self.left, pitch=self.pitch
        )
        most = max([1, *(way.count or 0 for way in self.map.ways)])
        for way in sorted(self.map.ways, key=lambda way: way.count or 0):
            self.curves.append(self._arrow(way, flow.routes[way.source, way.target], y, most))
        for way in self.map.ways:
            if way.count:
                self.pieces.append(self._label(way, flow, y))
        self.pieces += (self._head(stage, flow, y) for stage in stages)
        return y + flow.height

    def _label_widths(self) -> dict[Pair, float]:
        most = self.pitch * 0.6
        return {
            (way.source, way.target): min(most, width_of(self.say.number(way.count or 0), SMALL) + 12)
            for way in self.map.ways
        }

    def _arrow(self, way: MapWay, route: Route, y: float, most: int) -> Curve:
        tone = "unused" if way.count == 0 else way.kind
        share = (way.count or 0) / most
        labels = {stage.id: stage.label for stage in self.map.stages}
        title = "\n".join([f"{labels[way.source]} → {labels[way.target]}", *way.labels, *way.criteria])
        return Curve(kind=f"way {tone}", points=tuple((px, round(py + y, 1)) for px, py in route.points),
                     width=round(1.4 + 4.6 * math.sqrt(share), 2), arrow=True, title=title)  # fmt: skip

    def _label(self, way: MapWay, flow: Flow, y: float) -> Piece:
        (x, middle), pair = flow.routes[way.source, way.target].label, (way.source, way.target)
        width = self._label_widths()[pair]
        text = line_of(self.say.number(way.count or 0), round(x, 1), round(y + middle + 4, 1),
                       anchor="middle", room=width - 6)  # fmt: skip
        return Piece(kind="count", x=round(x - width / 2, 1), y=round(y + middle - LABEL / 2, 1),
                     width=round(width, 1), height=LABEL, texts=(text,))  # fmt: skip

    def _head(self, stage: MapStage, flow: Flow, y: float) -> Piece:
        x, top, width = flow.columns[stage.id], y + flow.top, flow.width
        size = _size_for(stage.label, width - 16)
        texts = list(lines_of(stage.label, x + 8, top + 7, width - 16, lines=2, size=size, style="strong"))
        if stage.numbers is not None:
            count = line_of(self.say.number(stage.numbers.customers), x + 8, top + HEAD - 11, size=17,
                            style="strong", room=width - 16)  # fmt: skip
            room, now = width - 24 - count.width, self.say("now")
            texts.append(count)
            if width_of(now, SMALL) <= room:
                texts.append(line_of(now, x + 12 + count.width, top + HEAD - 11, style="soft"))
        return Piece(kind=f"head {stage.kind}", x=x, y=round(top, 1), width=width, height=HEAD,
                     texts=tuple(texts), title=stage.label, href=f"#stage-{stage.id}")  # fmt: skip

    def _phases(self, y: float) -> float:
        """A bar over all neighbours of one phase."""
        runs: list[list[int]] = []
        for i, stage in enumerate(self.map.stages):
            if runs and stage.phase == self.map.stages[runs[-1][0]].phase:
                runs[-1].append(i)
            else:
                runs.append([i])
        named = [run for run in runs if self.map.stages[run[0]].phase]
        for run in named:
            x, width = self.left + run[0] * self.pitch + INSET, len(run) * self.pitch - 2 * INSET
            text = line_of(self.map.stages[run[0]].phase, x + width / 2, y + 15, style="strong",
                           anchor="middle", room=width - 12)  # fmt: skip
            self.pieces.append(Piece(kind="phase", x=x, y=y + 2, width=width, height=19, texts=(text,)))
        return y + 28 if named else y

    def _section(self, section: Section, y: float) -> float:
        self.breaks.append(y)
        style = "section dashed" if section.kind == "behind" else "section"
        self.curves.append(Curve(kind=style, points=((MARGIN, y + 4), (self.width - MARGIN, y + 4))))
        title = line_of(
            section.label, MARGIN, y + 19, size=11, style="strong accent", room=self.width - 2 * MARGIN
        )
        self.texts.append(title)
        y += TITLE
        if section.kind == "voices" and any(stage.emotions for stage in self.map.stages):
            y = self._emotions(y)
        for number, lane in enumerate(section.lanes):
            self.breaks += [y - 2] if number else []
            y = self._lane(lane, y)
        return y

    def _lane(self, lane: Lane, y: float) -> float:
        label = lines_of(lane.label, MARGIN, y + 6, GUTTER - 12, lines=3, size=11, style="strong")
        self.texts += label
        height = max(lane.height, label[-1].y - y - 6 if label else 0.0) + LANE_GAP
        self.grounds.append(self._stripe(y, height))
        for i, cell in enumerate(lane.cells):
            self.pieces += (moved(piece, self.left + i * self.pitch + INSET, y + 6) for piece in cell)
        return y + height + 4

    def _stripe(self, y: float, height: float) -> Piece:
        return Piece(kind="ground", x=MARGIN - 6, y=y, width=self.width - 2 * MARGIN + 12, height=height)

    def _emotions(self, y: float) -> float:
        """The curve of emotions from -2 to +2, its points in the order of the map."""
        self.texts += lines_of(
            self.say("Emotion"), MARGIN, y + 6, GUTTER - 12, lines=2, size=11, style="strong"
        )
        self.grounds.append(self._stripe(y, CURVE + LANE_GAP))
        middle, unit = y + 6 + CURVE / 2, (CURVE - 16) / 4
        right = self.width - MARGIN
        for value, name in ((2, self.say("delighted")), (0, self.say("neutral")), (-2, self.say("annoyed"))):
            level = middle - value * unit
            self.curves.append(Curve(kind="level", points=((self.left, level), (right, level))))
            self.texts.append(line_of(name, self.left - 6, level + 3.5, size=9.5, style="soft", anchor="end",
                                      room=GUTTER / 2))  # fmt: skip
        points = [(x, middle - value * unit, label, value) for x, label, value in self._felt()]
        self.curves.append(
            Curve(kind="feeling-curve", points=tuple((round(x, 1), round(v, 1)) for x, v, *_ in points))
        )
        for x, level, label, felt in points:
            tone = "good" if felt > 0 else "bad" if felt < 0 else "none"
            disc = Bar(
                x=round(x - 4, 1), y=round(level - 4, 1), width=8, height=8, tone=f"{tone}-fill", round=True
            )
            self.grounds.append(Piece(kind="feel", x=disc.x, y=disc.y, width=8, height=8, bars=(disc,),
                                      title=f"{label}: {felt:+.2g}"))  # fmt: skip
        return y + CURVE + LANE_GAP + 4

    def _felt(self) -> Iterator[tuple[float, str, float]]:
        for i, stage in enumerate(self.map.stages):
            step = self.pitch / (len(stage.emotions) + 1)
            for k, (label, value) in enumerate(stage.emotions, start=1):
                yield self.left + i * self.pitch + k * step, label, value

    def _legend(self, y: float) -> float:
        """What colours and marks mean, in as many rows as it takes."""
        x, room = MARGIN, self.width - 2 * MARGIN
        for tone, text in self._signs():
            words_wide = width_of(text, SMALL)
            width = min(room, words_wide + 32)
            if x + width > MARGIN + room and x > MARGIN:
                x, y = MARGIN, y + 20
            sign = Bar(x=x, y=y + 6, width=16, height=5, tone=tone)
            said = line_of(text, x + 22, y + 12.5, style="soft", room=width - 26)
            self.pieces.append(
                Piece(kind="cell", x=x, y=y, width=width, height=18, texts=(said,), bars=(sign,))
            )
            x += width + 6
        return y + 20

    def _signs(self) -> Sequence[tuple[str, str]]:
        say = self.say
        signs = [("way-fill", say("forward")), ("back-fill", say("back")),
                 ("bad-fill", say("out"))]  # fmt: skip
        if self.map.customers is not None:
            signs += [("reach-sign", say("share of the customers in the stage who had the touchpoint")),
                      ("tick", say("target"))]  # fmt: skip
        if any(one.moment_of_truth for stage in self.map.stages for one in stage.touchpoints):
            signs.append(("none", f"● {say('moment of truth')}"))
        return signs


def _size_for(label: str, room: float) -> float:
    """The largest of a few sizes at which no word of a label has to be broken."""
    longest = max(label[:200].split(), key=len, default="")
    return next((size for size in (12.5, 11.5, 10.5) if width_of(longest, size, bold=True) <= room), 10.5)
