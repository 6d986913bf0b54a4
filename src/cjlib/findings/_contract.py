"""What a finding says, and what a detector is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, overload, runtime_checkable

import attrs
import numpy as np

from ..data import Coded, Table
from ..errors import UnknownNameError, UsageError
from ..trace import Trace
from ._given import Given

__all__ = ["Detector", "Finding", "Findings", "Place", "Skipped", "Test"]

NAN = float("nan")
PLACES = ("stage", "touchpoint", "transition", "channel", "persona", "role", "activity")


@attrs.frozen(kw_only=True)
class Place:
    """Where on the journey a finding is; several at once where it takes several to say it.

    Attributes:
        stage: the id of a stage.
        touchpoint: the id of a touchpoint.
        transition: a transition, as ``source -> target``.
        channel: the name of a channel.
        persona: the id of a persona.
        role: a role, or a pair of roles as ``source -> target``.
        activity: the name of an activity.

    >>> print(Place(stage="trial", channel="phone"))
    stage trial, channel phone
    """

    stage: str | None = None
    touchpoint: str | None = None
    transition: str | None = None
    channel: str | None = None
    persona: str | None = None
    role: str | None = None
    activity: str | None = None

    def __str__(self) -> str:
        said = [(name, getattr(self, name)) for name in PLACES]
        return ", ".join(f"{name} {value}" for name, value in said if value is not None) or "journey"


@attrs.frozen(kw_only=True)
class Test:
    """How far a finding is from chance.

    Attributes:
        name: the test, such as ``log-rank``.
        statistic: what it computed.
        p: how often chance alone does as much or more, corrected for all that the detector looked at.
    """

    __test__ = False  # pytest: not a class of tests

    name: str
    statistic: float
    p: float


def _as_ids(value: Any) -> Any:
    if isinstance(value, Coded):
        return value
    ids = value if isinstance(value, np.ndarray) else Coded(np.arange(len(value)), value).categories
    ids = ids.view()
    ids.flags.writeable = False
    return ids


def _sentences(value: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(value))


@attrs.frozen(eq=False, kw_only=True)
class Finding:
    """A located, sized and evidenced statement about the journey.

    Attributes:
        kind: what kind of finding it is, such as ``bottleneck``.
        place: where.
        sentence: what it says, in words.
        who: the customers behind it: their ids, or codes and ids; :attr:`customers` reads them.
        of: out of how many customers (or visits, or contacts: see ``per``); None where that means nothing.
        per: what ``of`` counts.
        days: the customer-days that it costs so far, NaN where it costs no time.
        money: what that is worth, in the unit of the attribute given as ``value=``; NaN where unsaid.
        estimate: the number that the finding is about: a rate, a median, a difference.
        low: the lower end of its 95 % interval; NaN without.
        high: the upper end.
        unit: of the estimate: ``share``, ``days``, ``times``, ``points``, ...
        base: what the estimate is held against: the rate elsewhere, the target; NaN without.
        test: how far it is from chance; None where it is a fact.
        evidence: the rows behind it.
        association: whether it only says what goes with what, not what causes what.
        translations: the sentence in other languages, by their codes.

    >>> finding = Finding(kind="bottleneck", place=Place(stage="trial"), sentence="Trials take long.",
    ...                   who=["acme", "brass"], of=8, estimate=45.0, base=30.0, unit="days")
    >>> len(finding), finding.share, finding.lift
    (2, 0.25, 1.5)
    """

    kind: str = attrs.field(validator=attrs.validators.instance_of(str))
    place: Place = attrs.field(factory=Place, validator=attrs.validators.instance_of(Place))
    sentence: str = attrs.field(validator=attrs.validators.instance_of(str))
    who: Any = attrs.field(default=(), converter=_as_ids)
    of: int | None = attrs.field(default=None, converter=attrs.converters.optional(int))
    per: str = "customers"
    days: float = attrs.field(default=NAN, converter=float)
    money: float = attrs.field(default=NAN, converter=float)
    estimate: float = attrs.field(default=NAN, converter=float)
    low: float = attrs.field(default=NAN, converter=float)
    high: float = attrs.field(default=NAN, converter=float)
    unit: str = ""
    base: float = attrs.field(default=NAN, converter=float)
    test: Test | None = None
    evidence: Table = attrs.field(factory=lambda: Table({}), validator=attrs.validators.instance_of(Table))
    association: bool = False
    translations: Mapping[str, str] = attrs.field(factory=dict, converter=_sentences)

    @property
    def customers(self) -> np.ndarray:
        """(n,) ids of the customers behind it, as they came, each once."""
        return self.who.decode() if isinstance(self.who, Coded) else self.who

    def __len__(self) -> int:
        """How many customers are behind it."""
        return len(self.who)

    def __bool__(self) -> bool:
        return True  # also of nobody

    @property
    def share(self) -> float:
        """The customers behind it over ``of``; NaN where ``of`` counts no customers."""
        return len(self) / self.of if self.of and self.per == "customers" else NAN

    @property
    def lift(self) -> float:
        """The estimate over its base; NaN without a base."""
        return self.estimate / self.base if self.base else NAN

    def said(self, language: str = "en") -> str:
        """The sentence in a language; in English where it was not translated."""
        return self.translations.get(language, self.sentence)

    def __str__(self) -> str:
        return f"[{self.kind}] {self.place}: {self.sentence}"

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {one.name: getattr(self, one.name) for one in attrs.fields(Finding)}
        return _finding, (fields | {"translations": dict(self.translations)},)


def _finding(fields: dict[str, Any]) -> Finding:
    return Finding(**fields)


@runtime_checkable
class Detector(Protocol):
    """What looks for one kind of thing; plugins implement it.

    ``name`` says how it is called. ``needs`` is read before each call: of ``log``, ``scores``, ``value`` and
    ``findings`` (what the detectors before it found) those without which it cannot work; where one is not
    given, the detector is skipped and :attr:`Findings.skipped` says so. ``detect`` is called once per call of
    :func:`find`; it changes nothing of what it is given, remembers nothing, and reads only what the trace
    knows, so that later events never change what it finds.
    """

    @property
    def name(self) -> str:
        """How it is called."""
        ...

    @property
    def needs(self) -> frozenset[str]:
        """What must be given."""
        ...

    def detect(self, given: Given, /) -> Iterable[Finding]:
        """All that it finds, in any order."""
        ...


@attrs.frozen(kw_only=True)
class Skipped:
    """A detector that could not look, and why."""

    detector: str
    why: str


def _all(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(found)


def _names(detectors: Iterable[str]) -> tuple[str, ...]:
    return tuple(detectors)


def _skips(skipped: Iterable[Skipped]) -> tuple[Skipped, ...]:
    return tuple(skipped)


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Findings(Sequence[Finding]):
    """What was found, the costliest first: by money, then days, then customers.

    Attributes:
        trace: the replay that it is about.
        found: the findings in their order.
        detectors: the names of the detectors that looked.
        skipped: those that could not, and why.
    """

    trace: Trace
    found: tuple[Finding, ...] = attrs.field(default=(), converter=_all)
    detectors: tuple[str, ...] = attrs.field(default=(), converter=_names)
    skipped: tuple[Skipped, ...] = attrs.field(default=(), converter=_skips)

    @property
    def fingerprint(self) -> str:
        """The hash of the journey, the data and the end of the replay."""
        return self.trace.fingerprint

    def __len__(self) -> int:
        return len(self.found)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        return self.found[index]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.found)

    def __repr__(self) -> str:
        left = f", {len(self.skipped)} detectors skipped" if self.skipped else ""
        return f"<Findings: {len(self.found)} about {self.trace.journey}{left}>"

    def __str__(self) -> str:
        lines = [f"{len(self.found)} findings about {self.trace.journey} until {str(self.trace.until)[:10]}"]
        lines += [f"{number}. {one}" for number, one in enumerate(self.found, 1)]
        return "\n".join([*lines, *(f"not looked: {one.detector}: {one.why}" for one in self.skipped)])

    def of(self, kind: str | None = None, **place: str) -> Findings:
        """Those of a kind, those at a place, or both.

        Args:
            kind: such as ``bottleneck``.
            place: such as ``stage="trial"`` or ``persona="enterprise"``; all that is named must hold.

        Raises:
            UnknownNameError: if a place is none.
        """
        for name in place:
            if name not in PLACES:
                raise UnknownNameError("place of a finding", name, PLACES)
        kept = [
            one
            for one in self.found
            if kind in (None, one.kind) and all(getattr(one.place, k) == v for k, v in place.items())
        ]
        return attrs.evolve(self, found=kept)

    def to_table(self) -> Table:
        """One row per finding, in their order."""
        columns: dict[str, Any] = {"kind": _texts(one.kind for one in self.found)}
        columns["place"] = _texts(str(one.place) for one in self.found)
        columns |= {name: _texts(getattr(one.place, name) for one in self.found) for name in PLACES}
        columns["customers"] = np.array([len(one) for one in self.found], np.int64)
        columns["of"] = np.array([NAN if one.of is None else one.of for one in self.found], float)
        columns["per"] = _texts(one.per for one in self.found)
        for name in ("days", "money", "estimate", "low", "high", "base", "lift"):
            columns[name] = np.array([getattr(one, name) for one in self.found], float)
        columns["unit"] = _texts(one.unit for one in self.found)
        columns["test"] = _texts(None if one.test is None else one.test.name for one in self.found)
        for name in ("statistic", "p"):
            values = [NAN if one.test is None else getattr(one.test, name) for one in self.found]
            columns[name] = np.array(values, float)
        columns["sentence"] = _texts(one.sentence for one in self.found)
        return Table(columns, name="findings")


def costliest_first(found: Iterable[Finding]) -> list[Finding]:
    """By money, then days, then customers; equals by kind and place."""

    def cost(one: Finding) -> tuple[Any, ...]:
        sizes = [-value if value == value else 0.0 for value in (one.money, one.days)]
        return (*sizes, -len(one), one.kind, str(one.place))

    return sorted(found, key=cost)


def _texts(values: Iterable[str | None]) -> np.ndarray:
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column


def checked_finding(value: object, detector: str) -> Finding:
    """A finding, or an error that names the detector that gave something else."""
    if not isinstance(value, Finding):
        raise UsageError(f"detector {detector!r} gave {type(value).__name__}, not a cjlib.findings.Finding")
    return value
