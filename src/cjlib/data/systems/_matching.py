"""Which export a sheet is, and what each of its fields is: known, overridden, guessed, ignored or refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Literal

import attrs

from .._reading import MappedField
from ._betraying import betrayal
from ._dialects import Dialect, Exported, Field, Overrides, Role, bare
from ._guessing import guessed
from ._sheets import Sheet

__all__ = ["Match", "Placed", "matched"]

CLOSE = 0.88  # of two names that are probably one, as difflib's ratio
SHORTEST = 5
MOST_NEAR = 500  # columns of a sheet in which nearly right names are looked for
MUTE = frozenset({"ignore", "refuse", "flag"})
# Roles that only one column of a sheet can have; more of them would be the same thing twice.
SINGLE = frozenset({"id", "field", "old", "new", "label", "stage", "since", "value"})
Became = Literal["mapped", "guessed", "ignored", "refused"]


@attrs.frozen(kw_only=True)
class Placed:
    """A column that is read: where it stands, as what, and what a pattern in its name stood for."""

    position: int
    role: Role
    stage: str = ""
    rank: float = 0.0


@attrs.frozen(kw_only=True, eq=False)
class Match:
    """A sheet and what it holds; ``exported`` is None if nobody knows."""

    sheet: Sheet
    exported: Exported | None
    placed: tuple[Placed, ...] = ()
    fields: tuple[MappedField, ...] = ()

    def columns(self, verb: str, name: str | None = None) -> list[list[str]]:
        """The columns of a role, the most trusted first."""
        chosen = [one for one in self.placed if one.role.verb == verb and name in (None, one.role.name)]
        return [self.sheet.columns[one.position] for one in sorted(chosen, key=lambda one: one.rank)]

    def has(self, verb: str) -> bool:
        """Whether a column has that role."""
        return any(one.role.verb == verb for one in self.placed)

    def first(self, verb: str, name: str | None = None) -> list[str] | None:
        """Per row, the first value that there is in the columns of a role; None if there are no columns."""
        columns = self.columns(verb, name)
        if len(columns) < 2:
            return columns[0] if columns else None
        return [next((value for value in row if value.strip()), "") for row in zip(*columns, strict=True)]


@attrs.frozen
class _Fate:
    role: Role | None
    became: Became
    why: str = ""
    stage: str = ""
    rank: float = 0.0


def matched(sheet: Sheet, dialect: Dialect, overrides: Overrides) -> Match:
    """The sheet as one of the exports of a system, with the fate of every field."""
    told = overrides.files.get(sheet.file) or overrides.files.get(sheet.place)
    exported = None if told == "ignore" else dialect.exported(told) if told else _which(sheet, dialect)
    if exported is None:
        why = (
            "the file is to be ignored"
            if told
            else f"the file is none of {dialect.name}'s exports known here"
        )
        fates = [_Fate(None, "ignored", why) for _ in sheet.names]
    else:
        fates = _fates(sheet, exported, dialect, overrides)
    placed = tuple(
        Placed(position=i, role=fate.role, stage=fate.stage, rank=fate.rank)
        for i, fate in enumerate(fates)
        if fate.role is not None
    )
    fields = tuple(
        MappedField(
            file=sheet.file,
            field=sheet.told(i),
            became=fate.became,
            as_="" if fate.role is None or fate.became == "refused" else str(fate.role),
            why=fate.why,
        )
        for i, fate in enumerate(fates)
    )
    return Match(sheet=sheet, exported=exported, placed=placed, fields=fields)


def _which(sheet: Sheet, dialect: Dialect) -> Exported | None:
    """The export with the most fields in the sheet; the name of the file counts for some."""
    best, most = None, 0.0
    stem = bare(sheet.stem)
    for exported in dialect.objects:
        known, patterns = exported.by_name(), [*exported.patterns()]
        found = {
            id(field)
            for heading in sheet.headings
            if (field := _known(heading, known, dialect)) or (field := _by_pattern(heading, patterns))
        }
        longest = max((len(bare(word)) for word in exported.words if bare(word) in stem), default=0)
        if not found or (not longest and len(found) < max(2, len(sheet.headings) / 3)):
            continue
        score = len(found) + (4 + longest / 10 if longest else 0) + (0.05 if exported.is_customers else 0)
        if score > most:
            best, most = exported, score
    return best


def _known(heading: str, known: dict[str, Field], dialect: Dialect) -> Field | None:
    for spelled in _spellings(heading, dialect):
        if spelled in known:
            return known[spelled]
    return None


def _spellings(heading: str, dialect: Dialect) -> Iterator[str]:
    """The name as it is, and without what an interface or a warehouse wraps around it."""
    yield bare(heading)
    for wrapper in dialect.wrappers:
        for sign in "._":
            if heading.casefold().startswith(f"{wrapper}{sign}".casefold()):
                yield bare(heading[len(wrapper) + 1 :])


def _inner(heading: str, dialect: Dialect) -> str:
    """The name without what is wrapped around it."""
    first, point, rest = heading.partition(".")
    return rest if point and first in dialect.wrappers else heading


def _by_pattern(heading: str, patterns: list[tuple[re.Pattern[str], Field]]) -> Field | None:
    return next((field for pattern, field in patterns if pattern.fullmatch(_unwrapped(heading))), None)


def _unwrapped(heading: str) -> str:
    return re.sub(r"^propert(y_|ies\.)", "", heading.strip())


def _stage_in(heading: str, exported: Exported) -> str:
    """The part of the name that varies: the stage, without quotation marks and the name of its pipeline."""
    for pattern, _ in exported.patterns():
        match = pattern.fullmatch(_unwrapped(heading))
        if match:
            return re.sub(r"\s*\([^()]*[Pp]ipeline\)$", "", match[1].strip("\"'“”« »")).strip("\"'“”« »")
    return ""


def _fates(sheet: Sheet, exported: Exported, dialect: Dialect, overrides: Overrides) -> list[_Fate]:
    known, patterns = exported.by_name(), [*exported.patterns()]
    own = {bare(name): role for name, role in overrides.fields.get(exported.name, {}).items()}
    ranks = {id(field): i for i, field in enumerate(exported.fields)}
    direct = [_known(heading, known, dialect) or _by_pattern(heading, patterns) for heading in sheet.headings]
    taken = {id(field) for field in direct if field is not None}
    fates: list[_Fate] = []
    seen: dict[str, int] = {}
    for i, heading in enumerate(sheet.headings):
        spelled, field = bare(heading), direct[i]
        if spelled in own:
            fates.append(_overridden(heading, own[spelled], overrides))
        elif heading in seen and field is not None:
            fates.append(_Fate(None, "ignored", f"column {seen[heading] + 1} has the same name and is read"))
        elif field is not None:
            fates.append(_as_known(heading, field, exported, ranks[id(field)]))
        else:
            fates.append(_as_guessed(sheet, i, exported, taken, dialect))
        seen.setdefault(heading, i)
    return _consistent(_without_doubles(fates, sheet))


def _consistent(fates: list[_Fate]) -> list[_Fate]:
    """A stage without the time at which it began is the one of the export, and tells the outcome."""
    verbs = {fate.role.verb for fate in fates if fate.role is not None}
    for i, fate in enumerate(fates):
        if fate.role is None:
            continue
        if fate.role.verb == "stage" and "since" not in verbs:
            fates[i] = _Fate(
                None, "refused", "the stage as of the export; only stages with their times are read"
            )
        elif fate.role.verb == "since" and "stage" not in verbs:
            fates[i] = _Fate(None, "ignored", "the stage that it is the time of is not there")
    return fates


def _without_doubles(fates: list[_Fate], sheet: Sheet) -> list[_Fate]:
    """Of several columns with a role that only one can have, the most trusted."""
    best: dict[tuple[str, str], int] = {}
    for i, fate in enumerate(fates):
        if fate.role is not None and (fate.role.verb in SINGLE or fate.role.verb in ("attribute", "link")):
            key = (fate.role.verb, fate.role.name)
            if key not in best or fate.rank < fates[best[key]].rank:
                best[key] = i
    for i, fate in enumerate(fates):
        if fate.role is not None:
            winner = best.get((fate.role.verb, fate.role.name), i)
            if winner != i:
                fates[i] = _Fate(None, "ignored", f"{sheet.names[winner]!r} is read as {fate.role}")
    return fates


def _overridden(heading: str, role: Role, overrides: Overrides) -> _Fate:
    if role.verb == "ignore":
        return _Fate(None, "ignored", role.more or "by an override")
    if role.verb == "refuse":
        return _Fate(None, "refused", role.more or "by an override")
    reason = betrayal(heading) if role.verb == "attribute" else None
    if reason and heading not in overrides.allow:
        return _Fate(None, "refused", f"{reason}; an override allows it by allow = [{heading!r}]")
    return _Fate(role, "mapped", "by an override", rank=-1)


def _as_known(heading: str, field: Field, exported: Exported, place: int) -> _Fate:
    role = field.role
    if role.verb == "ignore":
        return _Fate(None, "ignored", role.more)
    if role.verb == "flag":
        return _Fate(role, "refused", f"{_why_refused(exported, heading)}; held against dated events")
    if role.verb == "refuse":
        return _Fate(None, "refused", role.more or betrayal(heading) or _why_refused(exported, heading))
    stage = _stage_in(heading, exported) if role.verb in ("entered", "left") else ""
    return _Fate(role, "mapped", stage=stage, rank=place + _place_among(heading, field))


def _place_among(heading: str, field: Field) -> float:
    """Of several names of one field the first is trusted most: a number below 1."""
    spelled = [bare(name) for name in field.names]
    return spelled.index(bare(heading)) / len(spelled) if bare(heading) in spelled else 0.0


def _why_refused(exported: Exported, heading: str) -> str:
    """The reason by any name of the same field: labels are not in the list of names that betray."""
    spelled = bare(heading)
    for field in exported.fields:
        if spelled in map(bare, field.names):
            return next(filter(None, map(betrayal, field.names)), "it betrays the outcome")
    return "of each stage only the latest visit is kept, the one after the moment too"


def _as_guessed(sheet: Sheet, i: int, exported: Exported, taken: set[int], dialect: Dialect) -> _Fate:
    heading, reason = sheet.headings[i], betrayal(sheet.headings[i])
    if reason:
        return _Fate(None, "refused", reason)
    near = _nearest(heading, exported, taken) if len(sheet.names) <= MOST_NEAR else None
    if near is not None:
        rank = len(exported.fields) + exported.fields.index(near)
        return _Fate(near.role, "guessed", f"its name is close to {near.names[0]!r}", rank=rank)
    role, why = guessed(_inner(heading, dialect), sheet.labels[i], sheet.columns[i], exported.guess)
    if role is None:
        return _Fate(None, "ignored", why or f"no field of {exported.name} is known by that name")
    return _Fate(role, "guessed", why, rank=2 * len(exported.fields) + i)


def _nearest(heading: str, exported: Exported, taken: set[int]) -> Field | None:
    """A field that nobody has found yet and whose name is nearly this one."""
    spelled = bare(heading)
    if not SHORTEST <= len(spelled) <= 80:
        return None
    free = {
        bare(name): field
        for field in exported.fields
        if id(field) not in taken and field.role.verb not in MUTE | {"entered", "left"}
        for name in field.names
        if len(bare(name)) >= SHORTEST
    }
    near = difflib.get_close_matches(spelled, free, n=1, cutoff=CLOSE)
    if not near:
        return None
    taken.add(id(free[near[0]]))
    return free[near[0]]
