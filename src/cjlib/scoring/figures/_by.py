"""Whom an answer is about: ``by=`` and ``where=``, read the same way by every answer.

Both take an attribute, one of the words ``persona role stage channel touchpoint cohort``, or a criterion;
``attribute:stage`` is the attribute that is called like a word. All are read at one moment.

========== ================================================ ==============================================
word       of a customer, at the moment                     of an event
========== ================================================ ==============================================
persona    the first whose criterion holds                  as its customer
stage      where it is                                      where it met the customer
role       the owner of that stage                          the owner of the touchpoint, else of the stage
channel    the one it used most so far (of equals, by name) its own
touchpoint none                                             its own
cohort     the month (UTC) of its first moment              as its customer
attribute  its value                                        as its customer
criterion  true, false or unknown                           as its customer
========== ================================================ ==============================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria import Criterion, parse
from ...data._ledger import LedgerEntry
from ...data._times import NAT
from ...errors import CriterionError, UnknownNameError, UsageError
from ._by_facts import Facts, held

__all__ = ["WORDS", "By", "Grouping", "Groups", "NoSuchGroup", "Rows", "Where", "labels_of", "listed"]

Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
By = str | Criterion | Sequence[str | Criterion] | None
Where = str | Criterion | Mapping[str, Any] | None

ATTRIBUTE = "attribute:"
MOST_NUMBERS = 50  # different numbers of an attribute that still make groups
TRUTHS = ("true", "false")


class NoSuchGroup(UsageError):
    """What is counted belongs to no group of this kind, such as a customer to a touchpoint."""


@attrs.frozen(eq=False, kw_only=True)
class Rows:
    """What is counted: customers, events, or stays in stages.

    Attributes:
        customers: (k,) positions in ``trace.ids``.
        events: (k,) positions in the log, where events are counted.
        stages: (k,) positions of the stages, where stays are counted.
    """

    customers: Ints
    events: Ints | None = None
    stages: Any = None

    def __len__(self) -> int:
        return len(self.customers)


@attrs.frozen(eq=False, kw_only=True)
class Grouping:
    """Which group each row belongs to.

    Attributes:
        names: what the groups are made by.
        labels: (g, names) the labels of each group, None where it cannot be said.
        codes: (k,) the group of each row.
        sizes: (g,) how many rows each group has.
    """

    names: tuple[str, ...]
    labels: tuple[tuple[str | None, ...], ...]
    codes: Ints
    sizes: Ints


@attrs.frozen(eq=False, kw_only=True)
class _Axis:
    """One way of grouping, read at one moment; codes point to labels, -1 where there is none.

    Attributes:
        customers: (n,) the code of each customer; None if customers have none.
        stages: (stages,) the code of each, where the stage decides.
        events: from positions in the log to codes; None: as their customers.
    """

    name: str
    labels: tuple[str, ...]
    customers: Any = None
    stages: Any = None
    events: Callable[[Ints], Any] | None = None
    notes: tuple[LedgerEntry, ...] = ()

    def codes(self, rows: Rows) -> Ints:
        """(k,) the code of each row; one more than the last label where there is none."""
        if rows.events is not None and self.events is not None:
            codes = self.events(rows.events)
        elif rows.stages is not None and self.stages is not None:
            codes = self.stages[rows.stages]
        elif self.customers is None:
            raise NoSuchGroup(f"a customer is of no {self.name}; only events are")
        else:
            codes = self.customers[rows.customers]
        return np.where(codes < 0, len(self.labels), codes).astype(np.int64)


@attrs.frozen(eq=False)
class Groups:
    """``by=`` and ``where=`` over what a trace and its log tell."""

    facts: Facts
    _axes: dict[tuple[str, int], _Axis] = attrs.field(factory=dict, init=False)

    def grouped(self, by: By, rows: Rows, moment: int) -> Grouping:
        """The rows by group; a group of nobody does not appear.

        Args:
            by: one way of grouping, or several: then each combination is a group. None: all are one.
            rows: what is counted.
            moment: when customers are looked at, in microseconds; not after the end of the trace.

        Raises:
            NoSuchGroup: if such rows belong to no groups of this kind.
            UnknownNameError, CriterionError, UsageError: if ``by`` names what there is not.
        """
        axes = [self._axis(one, moment) for one in listed(by)]
        if not axes:
            size = np.array([len(rows)], np.int64)
            return Grouping(names=(), labels=((),), codes=np.zeros(len(rows), np.int64), sizes=size)
        codes, labels = np.zeros(len(rows), np.int64), [()]
        for axis in axes:
            width = len(axis.labels) + 1
            found, codes = _dense(codes * width + axis.codes(rows), len(labels) * width)
            labels = [(*labels[one // width], (*axis.labels, None)[one % width]) for one in found.tolist()]
        return Grouping(
            names=tuple(axis.name for axis in axes),
            labels=tuple(labels),
            codes=codes,
            sizes=np.bincount(codes, minlength=len(labels)),
        )

    def chosen(self, where: Where, rows: Rows, moment: int) -> Mask:
        """(k,) which of the rows are meant.

        Args:
            where: a criterion, which must be true; or a mapping from what ``by`` takes to the label, or
                labels, that count (None: where it cannot be said).
            rows: as for `grouped`.
            moment: as for `grouped`.

        Raises:
            NoSuchGroup, UnknownNameError, CriterionError, UsageError: as `grouped`.
        """
        is_chosen = np.ones(len(rows), bool)
        for one, wanted in self._wanted(where).items():
            axis = self._axis(one, moment)
            is_chosen &= np.isin(axis.codes(rows), [_code(axis, value) for value in wanted])
        return is_chosen

    def notes(self) -> tuple[LedgerEntry, ...]:
        """What is odd about the names in the criteria that were read so far."""
        return tuple(dict.fromkeys(note for axis in self._axes.values() for note in axis.notes))

    def _wanted(self, where: Where) -> dict[Any, Sequence[Any]]:
        """The labels that are wanted, by what they are labels of."""
        if where is None:
            return {}
        if isinstance(where, Mapping):
            several = (list, tuple, set, frozenset)
            return {k: list(v) if isinstance(v, several) else [v] for k, v in where.items()}
        if isinstance(where, str) and (where in WORDS or self._attribute(where) is not None):
            raise UsageError(f"where={where!r}: which one? Say where={{{where!r}: ...}}")
        return {self._criterion(where): [True]}

    def _attribute(self, name: str) -> str | None:
        """The attribute that is meant; None if it is something else."""
        if name.startswith(ATTRIBUTE):
            return name.removeprefix(ATTRIBUTE)
        declared = {one.id for one in self.facts.trace.journey.attributes}
        return name if name in declared or name in self._known_attributes() else None

    def _known_attributes(self) -> tuple[str, ...]:
        customers = self.facts.customers
        return () if customers is None else customers.names

    def _criterion(self, text: Any) -> Any:
        if not isinstance(text, str):
            return text
        try:
            return parse(text)
        except CriterionError:
            if any(sign in text for sign in "()<>=\"'"):
                raise
            known = (*WORDS, *self._known_attributes())
            raise UnknownNameError("attribute or word for by= and where=", text, known) from None

    def _axis(self, by: str | Criterion, moment: int) -> _Axis:
        key = (str(by), moment)
        if key not in self._axes:
            self._axes[key] = self._made(by, moment)
        return self._axes[key]

    def _made(self, by: str | Criterion, moment: int) -> _Axis:
        if isinstance(by, str) and by in WAYS:
            return WAYS[by](self.facts, moment)
        if isinstance(by, str) and (attribute := self._attribute(by)) is not None:
            return _by_attribute(self.facts, by, attribute, moment)
        criterion = self._criterion(by)
        if not isinstance(criterion, Criterion):
            raise UsageError(f"by= and where= take an attribute, a word or a criterion, not {by!r:.80}")
        is_held, notes = held(self.facts.trace, [criterion, ~criterion], moment)
        codes = np.select([is_held[:, 0], is_held[:, 1]], [0, 1], -1)
        return _Axis(name=str(by), labels=TRUTHS, customers=codes, notes=notes)


def listed(by: By) -> list[str | Criterion]:
    """The ways of grouping, one by one."""
    if by is None:
        return []
    if isinstance(by, (str, Criterion)):
        return [by]
    if not isinstance(by, Sequence):
        raise UsageError(f"by= takes an attribute, a word or a criterion, or a list of these, not {by!r:.80}")
    return list(by)


def labels_of(value: Any) -> str | None:
    """A value as it stands on a group: text; numbers without needless digits, truths in small letters."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    return f"{value:.15g}" if isinstance(value, (int, float, np.number)) else str(value)


def _dense(codes: Ints, most: int) -> tuple[Ints, Ints]:
    """The different codes, which are below ``most``, and where each row's stands among them."""
    if most > max(len(codes), 1 << 16):
        found, places = np.unique(codes, return_inverse=True)
        return found, places
    found = np.flatnonzero(np.bincount(codes, minlength=most))
    place = np.zeros(most, np.int64)
    place[found] = np.arange(len(found))
    return found, place[codes]


def _code(axis: _Axis, value: Any) -> int:
    label = labels_of(value)
    if label is None:
        return len(axis.labels)
    if label in axis.labels:
        return axis.labels.index(label)
    if axis.name == "cohort":
        return -1  # a month in which nobody began
    raise UnknownNameError(f"{axis.name} in where=", value, axis.labels)


# --- the ways of grouping


def _by_stage(facts: Facts, moment: int) -> _Axis:
    stages = tuple(stage.id for stage in facts.trace.journey.stages)
    own = np.arange(len(stages))
    return _Axis(
        name="stage", labels=stages, customers=facts.stages_at(moment), stages=own, events=facts.stages_of
    )


def _by_role(facts: Facts, moment: int) -> _Axis:
    journey = facts.trace.journey
    owners = [*(stage.owner for stage in journey.stages), *(one.owner for one in journey.touchpoints)]
    named = [*(role.id for role in journey.roles), *(owner for owner in owners if owner is not None)]
    labels = tuple(dict.fromkeys(named))
    codes = np.array([labels.index(one) if one is not None else -1 for one in owners] + [-1])
    stages, touchpoints = codes[[*range(len(journey.stages)), -1]], codes[len(journey.stages) :]

    def events(positions: Ints) -> Ints:
        answers = touchpoints[facts.touchpoints_of(positions)]
        return np.where(answers >= 0, answers, stages[facts.stages_of(positions)])

    at_moment = stages[facts.stages_at(moment)]
    return _Axis(name="role", labels=labels, customers=at_moment, stages=stages, events=events)


def _by_touchpoint(facts: Facts, moment: int) -> _Axis:
    labels = tuple(touchpoint.id for touchpoint in facts.trace.journey.touchpoints)
    return _Axis(name="touchpoint", labels=labels, events=facts.touchpoints_of)


def _by_channel(facts: Facts, moment: int) -> _Axis:
    channel, n = facts.log.channel, len(facts.log.channels)
    most = np.full(len(facts.ids), -1, np.int64)
    if channel is None:
        return _Axis(name="channel", labels=(), customers=most, events=lambda rows: np.full(len(rows), -1))
    used = np.flatnonzero((channel >= 0) & (facts.log.time <= moment))
    pairs, places = _dense(facts.owners(used) * n + channel[used], len(facts.ids) * n)
    counts = np.bincount(places, minlength=len(pairs))
    order = np.lexsort((-(pairs % n), counts))
    most[pairs[order] // n] = pairs[order] % n  # what is written last is used most
    return _Axis(name="channel", labels=facts.log.channels, customers=most, events=lambda rows: channel[rows])


def _by_cohort(facts: Facts, moment: int) -> _Axis:
    has_begun = (facts.first != NAT) & (facts.first <= moment)
    begun = facts.first[has_begun].view("datetime64[us]").astype("datetime64[M]")
    months, codes = np.unique(begun, return_inverse=True)
    customers = np.full(len(facts.ids), -1, np.int64)
    customers[has_begun] = codes
    return _Axis(name="cohort", labels=tuple(map(str, months)), customers=customers)


def _by_persona(facts: Facts, moment: int) -> _Axis:
    personas = facts.trace.journey.personas
    criteria = [persona.when for persona in personas if persona.when is not None]
    is_held, notes = held(facts.trace, criteria, moment)
    customers, column = np.full(len(facts.ids), -1, np.int64), iter(is_held.T)
    for number, persona in enumerate(personas):
        holds = (facts.first != NAT) & (facts.first <= moment) if persona.when is None else next(column)
        customers[(customers < 0) & holds] = number
    labels = tuple(persona.id for persona in personas)
    return _Axis(name="persona", labels=labels, customers=customers, notes=notes)


WAYS: Mapping[str, Callable[[Facts, int], _Axis]] = {
    "persona": _by_persona, "role": _by_role, "stage": _by_stage, "channel": _by_channel,
    "touchpoint": _by_touchpoint, "cohort": _by_cohort,
}  # fmt: skip
WORDS = tuple(WAYS)


def _by_attribute(facts: Facts, name: str, attribute: str, moment: int) -> _Axis:
    column, values = facts.column(attribute), facts.values(attribute, moment)
    if column.kind == "date":
        raise UsageError(f"attribute {attribute!r} holds dates: group by a criterion, such as until(...)")
    if column.kind == "number":
        categories: list[Any] = np.unique(column.values[~np.isnan(column.values)]).tolist()
        values = np.where(np.isnan(values), np.nan, np.searchsorted(categories, values))
        if len(categories) > MOST_NUMBERS:
            middle = labels_of(categories[len(categories) // 2])
            raise UsageError(
                f"attribute {attribute!r} has {len(categories):,} different numbers: group by a criterion, "
                f"such as 'attribute(\"{attribute}\") >= {middle}'"
            )
    else:
        categories = [False, True] if column.kind == "boolean" else list(column.categories)
    texts = ["; ".join(one) if isinstance(one, tuple) else labels_of(one) or "" for one in categories]
    order = range(len(texts)) if column.kind == "number" else _in_order(facts, attribute, texts)
    places = np.append(np.argsort(order), -1)
    codes = places[np.where(np.isnan(values), -1, values).astype(np.int64)]
    return _Axis(name=name, labels=tuple(texts[place] for place in order), customers=codes)


def _in_order(facts: Facts, attribute: str, texts: list[str]) -> list[int]:
    """The places of the texts: in the order of the options that the journey declares, then by name."""
    declared = [one.options for one in facts.trace.journey.attributes if one.id == attribute]
    options = declared[0] if declared else ()
    return sorted(
        range(len(texts)),
        key=lambda i: (options.index(texts[i]) if texts[i] in options else len(options), texts[i]),
    )
