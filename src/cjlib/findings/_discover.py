"""A first journey from a log: stages, and the criteria that lead from one to the next."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Any

import attrs
import numpy as np

from ..criteria._literals import as_duration
from ..data import Coded, EventLog, Table
from ..errors import DataError, UsageError
from ..journey import Journey, Stage, Transition, dumps
from ._discover_criteria import Candidate, of_recorded
from ._discover_stages import of_paths

__all__ = ["Proposal", "discover"]

HEADER = (
    "# A proposal, made from recorded data: rename, merge and split what you know better.",
    "# precision: of the stays in which it happened, how many were left this way soon after.",
    "# recall: of the changes that were recorded, how many it announces.",
)


@attrs.frozen(eq=False, kw_only=True)
class Proposal:
    """A journey to start from, and why it is this one; see :func:`discover`.

    Attributes:
        journey: the proposed journey.
        evidence: one row per candidate of a transition: ``source``, ``target``, ``criterion``, ``customers``
            who went that way, ``precision`` and ``recall`` on the recorded changes (NaN without any) and
            whether it ``is_chosen``; the best first.
        explained: of the moves from one step to another, the share that the proposed stages allow.
        left_out: activities, or moves between recorded stages, that the proposal leaves out.
    """

    journey: Journey
    evidence: Table
    explained: float
    left_out: tuple[str, ...]

    def to_toml(self) -> str:
        """The journey as a file, each transition with its evidence in comments above it."""
        rows = list(self.evidence.rows())
        lines = [*HEADER, f"# {self.explained:.1%} of the moves are explained."]
        lines += [f"# left out: {name!r}" for name in self.left_out]
        transitions = iter(self.journey.transitions)
        for line in dumps(self.journey).rstrip("\n").split("\n"):
            if line.strip() == "[[transitions]]":
                way = next(transitions)
                ours = (row for row in rows if (row["source"], row["target"]) == (way.source, way.target))
                lines += map(_comment, ours)
            lines.append(line)
        return "\n".join(lines) + "\n"


def _comment(row: dict[str, Any]) -> str:
    told = f"# {'chosen' if row['is_chosen'] else 'candidate'}: {_printable(row['criterion'])}: "
    told += f"{row['customers']:,} customers"
    if np.isnan(row["precision"]):
        return told
    return f"{told}, precision {row['precision']:.2f}, recall {row['recall']:.2f}"


def _printable(text: str) -> str:
    """The text on one line, without characters that no file may hold."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def discover(
    log: EventLog, *, recorded: Any = None, noise: float = 0.1, tolerance: str | timedelta = "1d"
) -> Proposal:
    """A first journey from what happened.

    Without recorded stage changes, activities that follow each other in both directions share a stage (they
    are the strongly connected components of the directly-follows graph), and the moves that remain lead from
    stage to stage. With them, the stages are the recorded ones, and each move gets the activity that
    announces it best: the largest harmonic mean of precision and recall.

    Args:
        log: the events.
        recorded: stage changes that were recorded: a frame with customer, stage and time.
        noise: activities of fewer than this share of the customers are left out, and so are moves that fewer
            than this share of the customers of their source make.
        tolerance: how long after its event a recorded change may come.

    Raises:
        UsageError: if the log is none, the noise no share, or the tolerance negative.
        DataError: if there are no events, or no recorded change of a customer of the log.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(list("aaabb"), ["visit", "order", "deliver", "visit", "order"],
    ...     ["2026-01-01", "2026-01-02", "2026-01-05", "2026-01-01", "2026-01-03"])
    >>> proposal = discover(log)
    >>> [(way.source, way.target, str(way.when)) for way in proposal.journey.transitions]
    [('visit', 'order', 'happened("order")'), ('order', 'deliver', 'happened("deliver")')]
    """
    if not isinstance(log, EventLog):
        raise UsageError(f"discover: log must be a cjlib.EventLog, not {type(log).__name__}")
    if not 0 <= noise < 1:
        raise UsageError(f"noise is a share from 0 to below 1, not {noise!r}")
    allowed = as_duration(tolerance) // timedelta(microseconds=1)
    if allowed < 0:
        raise UsageError(f"tolerance must not be negative, not {tolerance!r}")
    if not len(log):
        raise DataError("there is no event to discover a journey from")
    found = of_paths(log, noise) if recorded is None else of_recorded(log, recorded, noise, allowed)
    ids = dict(zip(found.stages, _ids(found.stages), strict=True))
    journey = Journey(
        "discovered",
        description="A first journey, proposed from recorded data.",
        stages=[Stage(ids[name], label=_printable(name)[:200].strip()) for name in found.stages],
        transitions=[
            Transition(ids[one.source], ids[one.target], when=one.criterion)
            for one in found.candidates
            if one.is_chosen
        ],
    )
    return Proposal(
        journey=journey,
        evidence=_evidence(found.candidates, ids),
        explained=found.explained,
        left_out=found.left_out,
    )


def _ids(names: tuple[str, ...]) -> list[str]:
    """An id for every name, no two alike."""
    ids: list[str] = []
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        base = re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_-")[:48] or "stage"
        base = base if base[0].isalpha() else f"stage_{base}"
        chosen, number = base, 2
        while chosen in ids:
            chosen, number = f"{base}_{number}", number + 1
        ids.append(chosen)
    return ids


def _evidence(candidates: tuple[Candidate, ...], ids: dict[str, str]) -> Table:
    names = list(ids.values())
    place = {name: position for position, name in enumerate(ids)}
    return Table(
        {
            "source": Coded(np.array([place[one.source] for one in candidates], np.int64), names),
            "target": Coded(np.array([place[one.target] for one in candidates], np.int64), names),
            "criterion": np.array([str(one.criterion) for one in candidates], object),
            "customers": np.array([one.customers for one in candidates], np.int64),
            "precision": np.array([one.precision for one in candidates], np.float64),
            "recall": np.array([one.recall for one in candidates], np.float64),
            "is_chosen": np.array([one.is_chosen for one in candidates], bool),
        },
        name="evidence",
    )
