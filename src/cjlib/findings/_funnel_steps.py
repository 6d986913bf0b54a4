"""What the steps of a funnel mean in the events, visits and milestones of customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from ..errors import UnknownNameError, UsageError
from ..scoring.figures._by import Where
from ..trace import Trace
from ._answers import Mask
from ._paths import (
    OF_EVENTS,
    Codes,
    Ints,
    Paths,
    Source,
    event_codes,
    limited,
    named_step,
    names_of,
    needed_trace,
    paths_of,
)  # fmt: skip

__all__ = ["Items", "Step", "items_of", "read_steps"]


@attrs.frozen
class Step:
    """One step: any of these, each a kind and a name."""

    names: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return " or ".join(name if kind == "activity" else f"{kind}:{name}" for kind, name in self.names)


@attrs.frozen(eq=False)
class Items:
    """What happened, and which steps that is.

    Attributes:
        ids: (n,) customers.
        starts: (n + 1,) offsets.
        time: (m,) microseconds.
        codes: (m,) int32.
        is_step: (steps, n_codes) whether a code is a step.
    """

    ids: Any
    starts: Ints
    time: Ints
    codes: Codes
    is_step: Mask

    def matches(self) -> tuple[Ints, Ints]:
        """Offsets per code, and the steps that each code is, the last first."""
        steps, codes = np.nonzero(self.is_step[::-1])
        order = np.argsort(codes, kind="stable")
        sizes = np.bincount(codes, minlength=self.is_step.shape[1])
        return np.append(0, np.cumsum(sizes)), (len(self.is_step) - 1 - steps)[order]

    def classes(self, steps: Sequence[Step]) -> tuple[Ints, Ints]:
        """Which different step each code is, and how often each is wanted.

        Raises:
            UsageError: if different steps share an event, so that it is open which of them it is.
        """
        rows, wanted = np.unique(self.is_step, axis=0, return_counts=True)
        shared = np.flatnonzero(rows.sum(axis=0) > 1)
        if len(shared):
            both = np.flatnonzero(self.is_step[:, shared[0]])
            names = " and ".join(repr(steps[row].text) for row in both[:2])
            raise UsageError(f"funnel: in any order, one event cannot be told to be {names}: they overlap")
        return np.where(rows.any(axis=0), rows.argmax(axis=0), -1), wanted.astype(np.int64)


def read_steps(steps: Any) -> tuple[Step, ...]:
    """The steps as given, names split into kind and name.

    Raises:
        UsageError: if there are none, or one is no name.
    """
    if isinstance(steps, (str, bytes)) or not isinstance(steps, Iterable):
        raise UsageError(f"funnel: steps are a list of names, such as ['visit', 'order'], not {steps!r:.60}")
    found = []
    for step in steps:
        several = step if isinstance(step, (list, tuple, set, frozenset)) else [step]
        found.append(Step(tuple(named_step(name, "funnel") for name in several)))
    if not found or not all(step.names for step in found):
        raise UsageError("funnel: at least one step was expected, each with a name")
    return tuple(found)


def items_of(source: Source, steps: Sequence[Step], mode: str, *, where: Where, until: Any) -> Items:
    """The paths in which the steps are looked for.

    Steps of one kind lie in the paths of that kind. Where kinds are mixed, one event may be an activity and
    a touchpoint, and what it causes (a milestone, a visit) comes after it.
    """
    kinds = list(dict.fromkeys(kind for step in steps for kind, _ in step.names))
    if len(kinds) == 1:
        paths = paths_of(source, kinds[0], "funnel", where=where, until=until)
        is_step = np.array([_meant(source, paths.names, step, kinds[0]) for step in steps])
        return Items(paths.ids, paths.starts, paths.time, paths.codes, is_step)
    if mode == "strict":
        raise UsageError(f"funnel: strict is about neighbours of one kind, not {' and '.join(kinds)}")
    mixed, is_step = _mixed(needed_trace(source, "funnel", "mixing kinds of steps"), steps, kinds)
    paths = limited(mixed, source, "funnel", where=where, until=until)
    return Items(paths.ids, paths.starts, paths.time, paths.codes, is_step)


def _meant(source: Source, names: Any, step: Step, kind: str) -> Mask:
    """(n_names,) which names of a kind are the step."""
    places = {name: code for code, name in enumerate(names)}
    is_step = np.zeros(len(places), bool)
    for name in (name for own, name in step.names if own == kind):
        if name in places:
            is_step[places[name]] = True
        elif not (kind == "activity" and isinstance(source, Trace) and name in source.journey.activities):
            raise UnknownNameError(kind, name, places)
    return is_step


def _mixed(trace: Trace, steps: Sequence[Step], kinds: Sequence[str]) -> tuple[Paths, Mask]:
    """The steps of all kinds in one path; codes say which steps each is, by the mask."""
    parts = [_of_events(trace, steps, [kind for kind in kinds if kind in OF_EVENTS])]
    for kind in (kind for kind in ("milestone", "stage") if kind in kinds):
        paths = paths_of(trace, kind, "funnel")
        rows = np.array([_meant(trace, paths.names, step, kind)[paths.codes] for step in steps])
        parts.append((paths.owners, paths.time, rows))
    owner, time = (np.concatenate([part[i] for part in parts]) for i in range(2))
    columns, codes = np.unique(np.concatenate([part[2] for part in parts], 1), axis=1, return_inverse=True)
    order = np.lexsort((time, owner))  # stable: events, then the milestones and the visits of an instant
    starts = np.append(0, np.cumsum(np.bincount(owner, minlength=len(trace.ids))))
    return Paths(trace.ids, starts, time[order], codes.reshape(-1)[order].astype(np.int32), ()), columns


def _of_events(trace: Trace, steps: Sequence[Step], kinds: Sequence[str]) -> tuple[Any, Ints, Mask]:
    """Owners, times and steps of the events that are any step."""
    log = trace._log
    is_step = np.zeros((len(steps), len(log)), bool)
    for kind in kinds:
        codes, names = event_codes(trace, kind, "funnel"), names_of(trace, kind, "funnel")
        for row, step in enumerate(steps):
            is_step[row] |= np.append(_meant(trace, names, step, kind), False)[codes]
    is_any = is_step.any(axis=0)
    owners = np.searchsorted(trace.ids, log.customers)[log.customer_codes()[is_any]]
    return owners, log.time[is_any], is_step[:, is_any]
