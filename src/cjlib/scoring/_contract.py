"""What a scorer takes and gives: one number per customer, with its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import attrs
import numpy as np

from ..data._tables import Coded, Table
from ..errors import DataError, UnknownNameError
from ..journey._scorecards import Bands
from ._checks import banded, checked_parts, checked_scores, ends_of, floats, labelled, listed, moments
from ._explanation import ScoreExplanation

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from ..snapshots import Snapshot

NAMED = 1000  # customers among whom a mistyped one is looked for

__all__ = ["Fingerprints", "Scorer", "Scores", "scorer_name"]


@runtime_checkable
class Scorer(Protocol):
    """What gives every customer of a snapshot one number; plugins implement it.

    ``requires`` is read before each call of ``score``: the names of the metrics (or attributes) without which
    it cannot work. ``score`` is called once per snapshot or panel, possibly from several threads at once, and
    must not change the snapshot, nor remember anything: the same snapshot always gets the same scores.
    """

    @property
    def requires(self) -> frozenset[str]:
        """The names that the snapshot must have."""
        ...

    def score(self, snapshot: Snapshot, /) -> Scores:
        """One number per row of the snapshot, in its order."""
        ...


@attrs.frozen(kw_only=True)
class Fingerprints:
    """Content hashes of what made the scores, each None if unsaid."""

    journey: str | None = None
    scorer: str | None = None
    data: str | None = None


@attrs.frozen(eq=False, repr=False, init=False)
class Scores:
    """One number per customer, what it consists of, and how much evidence it rests on.

    ``base`` plus the sum of the parts is the link of the value, within 1e-9 * max(1, \\|link\\|).

    Attributes:
        values: (n,) float64, NaN for "cannot say".
        scorer: what gave them.
        parts: (n, k) float64 contributions, None if the scorer cannot tell.
        part_names: (k) names of the parts; those that are no input begin with ``@``.
        base: (n,) float64 what the parts start from, None without parts.
        link: ``identity``, ``logit`` or ``cloglog``.
        scale: the lowest and the highest possible value.
        coverage: (n,) float64 share of the weight that rests on data, None if unsaid.
        low: (n,) float64 the least that the missing part could still make of it, None if unsaid.
        high: (n,) float64 the most that the missing part could still make of it, None if unsaid.
        band_codes: (n,) int32 positions in ``band_labels``, −1 for none; None without bands.
        band_labels: from the lowest band to the highest.
        as_of: (n,) datetime64[us] UTC, the moments that they speak of, None if unsaid.
        fingerprints: content hashes of journey, scorer and data.
        snapshot: what was scored, None if unsaid.

    >>> scores = Scores([62.5, float("nan")], scorer="mine", customers=["acme", "brass"], base=50.0,
    ...                 parts={"logins": [20.0, float("nan")], "tickets": [-7.5, float("nan")]})
    >>> print(scores.explain("acme"))
    mine of 'acme': 62.5
      +50    base
      +20    logins
      -7.5   tickets
    """

    values: np.ndarray
    scorer: Any
    _customers: Coded | np.ndarray
    parts: np.ndarray | None
    part_names: tuple[str, ...]
    base: np.ndarray | None
    link: str
    scale: tuple[float, float]
    coverage: np.ndarray | None
    low: np.ndarray | None
    high: np.ndarray | None
    band_codes: np.ndarray | None
    band_labels: tuple[str, ...]
    as_of: np.ndarray | None
    fingerprints: Fingerprints
    snapshot: Any

    def __init__(
        self,
        values: Any,
        *,
        scorer: Scorer | str,
        snapshot: Snapshot | None = None,
        customers: Any = None,
        parts: Any = None,
        part_names: Sequence[str] | None = None,
        base: Any = None,
        link: str = "identity",
        scale: tuple[float, float] | None = None,
        coverage: Any = None,
        low: Any = None,
        high: Any = None,
        bands: Bands | Coded | Sequence[str | None] | None = None,
        as_of: Any = None,
        fingerprints: Fingerprints | Mapping[str, str] | None = None,
    ) -> None:
        """Check what a scorer found.

        Args:
            values: (n,) one number per customer, NaN for "cannot say".
            scorer: what gave them: the scorer itself, or its name.
            snapshot: what was scored; it tells customers, as_of and the fingerprint of the data.
            customers: (n,) their ids, if no snapshot tells.
            parts: (n, k) contributions, or a mapping from names to (n,) contributions.
            part_names: the names of the k columns of parts.
            base: a number, or (n,), that the parts start from; unsaid: 0.
            link: ``identity``, ``logit`` or ``cloglog``.
            scale: the lowest and the highest possible value; unsaid: 0 to 1 under a link, else without end.
            coverage: (n,) share of the weight that rests on data.
            low: (n,) the least that the missing part could still make of the value.
            high: (n,) the most that the missing part could still make of the value.
            bands: names for ranges of values, or one name (or None) per row; codes and labels keep the order.
            as_of: a moment, or (n,) moments, if no snapshot tells.
            fingerprints: content hashes by the names ``journey``, ``scorer`` and ``data``.

        Raises:
            DataError: if something has the wrong shape or kind, lies outside the scale, or if the parts do
                not add up; it names the scorer, the first row at fault and how many there are.
        """
        name = scorer_name(scorer)
        numbers = floats(name, "values", values)
        rows = len(numbers)
        if snapshot is not None:
            if not hasattr(snapshot, "codes_of_customers"):
                raise DataError(f"scores of {name}: a Snapshot was expected, not {type(snapshot).__name__}")
            customers = Coded(snapshot.codes_of_customers, snapshot.ids) if customers is None else customers
            as_of = snapshot.as_of if as_of is None else as_of
        ends = ends_of(name, scale, link)
        ids = _ids(name, rows, customers)
        matrix, names, start = checked_parts(name, numbers, ids, parts, part_names, base, link)
        evidence = {
            what: None if given is None else floats(name, what, given, rows)
            for what, given in (("coverage", coverage), ("low", low), ("high", high))
        }
        checked_scores(name, numbers, ids, ends, **evidence)
        codes, labels = _coded_bands(name, numbers, bands)
        self.__attrs_init__(
            values=numbers, scorer=scorer, customers=ids, parts=matrix, part_names=names, base=start,
            link=link, scale=ends, band_codes=codes, band_labels=labels,
            as_of=moments(name, as_of, rows), fingerprints=_fingerprints(fingerprints, scorer, snapshot),
            snapshot=snapshot, **evidence,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        unsaid = int(np.isnan(self.values).sum())
        return f"<Scores of {len(self):,} customers by {scorer_name(self.scorer)}, {unsaid:,} cannot be said>"

    @property
    def customers(self) -> np.ndarray:
        """(n,) ids as they came; without any, the numbers of the rows."""
        return self._customers.decode() if isinstance(self._customers, Coded) else self._customers

    @property
    def bands(self) -> np.ndarray | None:
        """(n,) the name of the band of every customer, None for "cannot say"; None without bands."""
        return None if self.band_codes is None else Coded(self.band_codes, self.band_labels).decode()

    def part(self, name: str) -> np.ndarray:
        """(n,) one part of the scores.

        Raises:
            UnknownNameError: if there is no such part.
        """
        if self.parts is None or name not in self.part_names:
            raise UnknownNameError("part", name, self.part_names)
        column: np.ndarray = self.parts[:, self.part_names.index(name)]
        return column

    def explain(self, customer: Any, *, as_of: Any = None) -> ScoreExplanation:
        """Why a customer has this score.

        Args:
            customer: the id.
            as_of: which of its moments, if there are several; unsaid: the latest.

        Raises:
            UnknownNameError: if the customer has no row (at this moment).
        """
        row = self._row(customer, as_of)
        at = {
            name: None if column is None else float(column[row])
            for name, column in (
                ("base", self.base),
                ("coverage", self.coverage),
                ("low", self.low),
                ("high", self.high),
            )
        }
        parts = () if self.parts is None else zip(self.part_names, self.parts[row].tolist(), strict=True)
        code = -1 if self.band_codes is None else int(self.band_codes[row])
        return ScoreExplanation(
            customer=customer, scorer=scorer_name(self.scorer), value=float(self.values[row]), link=self.link,
            as_of=None if self.as_of is None else self.as_of[row], parts=tuple(parts),
            band=self.band_labels[code] if code >= 0 else None, **at,
        )  # fmt: skip

    def _row(self, customer: Any, as_of: Any) -> int:
        rows = _rows_of(customer, self._customers)
        if as_of is not None and len(rows) and self.as_of is not None:
            moment = moments(scorer_name(self.scorer), as_of, 1)
            assert moment is not None
            if not (self.as_of[rows] == moment[0]).any():
                raise UnknownNameError(f"moment of {customer!r}", str(moment[0]), map(str, self.as_of[rows]))
            rows = rows[self.as_of[rows] == moment[0]]
        if not len(rows):
            raise UnknownNameError("customer", customer, self.customers[:NAMED].tolist())
        return int(rows[0] if self.as_of is None else rows[np.argmax(self.as_of[rows])])

    def to_table(self, *, parts: bool = True) -> Table:
        """One row per customer: ``customer as_of value band coverage low high base`` and ``part:…`` columns.

        Args:
            parts: whether to list the base and the parts.
        """
        columns: dict[str, Any] = {"customer": self._customers, "as_of": self.as_of, "value": self.values}
        if self.band_codes is not None:
            columns["band"] = Coded(self.band_codes, self.band_labels)
        columns |= {"coverage": self.coverage, "low": self.low, "high": self.high}
        if parts and self.parts is not None:
            columns["base"] = self.base
            columns |= {f"part:{name}": self.parts[:, i] for i, name in enumerate(self.part_names)}
        given = {name: column for name, column in columns.items() if column is not None}
        return Table(given, name=f"scores of {scorer_name(self.scorer)}")

    def to_pandas(self) -> pd.DataFrame:
        """The table as a pandas frame."""
        return self.to_table().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """The table as a polars frame."""
        return self.to_table().to_polars()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_table().__arrow_c_stream__(requested_schema)


def scorer_name(scorer: object) -> str:
    """How a scorer is called in messages and tables: its ``name``, else that of its class."""
    if isinstance(scorer, str):
        return scorer
    name = getattr(scorer, "name", None)
    return name if isinstance(name, str) and name else type(scorer).__name__


def _ids(scorer: str, rows: int, customers: Any) -> Coded | np.ndarray:
    if isinstance(customers, Coded):
        ids: Coded | np.ndarray = customers
    else:
        ids = _objects(scorer, range(rows) if customers is None else customers).view()
        ids.flags.writeable = False
    if len(ids) != rows:
        raise DataError(f"scores of {scorer}: {rows} values for {len(ids)} customers")
    return ids


def _rows_of(customer: Any, customers: Coded | np.ndarray) -> np.ndarray:
    if isinstance(customers, Coded):
        codes = _rows_of(customer, customers.categories)
        return np.flatnonzero(np.isin(customers.codes, codes))
    is_meant = np.asarray(customers == customer)
    return np.flatnonzero(is_meant) if is_meant.shape == customers.shape else np.array([], dtype=np.intp)


def _objects(scorer: str, customers: Any) -> np.ndarray:
    """Ids as an array that keeps each as it came, also a mixture of kinds."""
    if isinstance(customers, np.ndarray) and customers.ndim == 1:
        return customers
    ids = listed(scorer, "customers", customers)
    array = np.empty(len(ids), dtype=object)
    array[:] = ids
    return array


def _coded_bands(
    scorer: str, values: np.ndarray, bands: Bands | Coded | Sequence[str | None] | None
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if bands is None:
        return None, ()
    if isinstance(bands, Bands):
        return banded(bands, values), bands.labels
    if isinstance(bands, Coded) and len(bands) == len(values):
        return bands.codes, tuple(bands.categories.tolist())
    names = bands.decode().tolist() if isinstance(bands, Coded) else bands
    return labelled(scorer, names, len(values))


def _fingerprints(
    given: Fingerprints | Mapping[str, str] | None, scorer: object, snapshot: Snapshot | None
) -> Fingerprints:
    if isinstance(given, Fingerprints):
        return given
    known = {
        name: getattr(thing, "fingerprint", None) for name, thing in (("scorer", scorer), ("data", snapshot))
    }
    found = {name: value for name, value in known.items() if isinstance(value, str)}
    named: Any = {} if given is None else given
    if not isinstance(named, Mapping):
        message = (
            f"scores of {scorer_name(scorer)}: fingerprints are content hashes by name, not {named!r:.80}"
        )
        raise DataError(message)
    for name, value in named.items():
        if name not in ("journey", "scorer", "data"):
            raise UnknownNameError("fingerprint", name, ("journey", "scorer", "data"))
        if value is not None and not isinstance(value, str):
            raise DataError(f"scores of {scorer_name(scorer)}: a fingerprint is text, not {value!r:.80}")
    return Fingerprints(**(found | dict(named)))
