"""Time, attributes and dates of a plan: what each role asks of them."""

from __future__ import annotations

import attrs
import numpy as np

from ._literals import Literal, UnplannableError
from ._plans import SOON, Beat, Date, Role, Setting, Site, Want, named

__all__ = ["changes_of", "dates_of", "settings_of", "times_of"]


def times_of(
    roles: tuple[Role, ...], beats: tuple[Beat, ...], dates: tuple[Date, ...]
) -> tuple[int, int | None, int | None]:
    floor = max((beat.tail + 2 * SOON for beat in beats if beat.tail), default=0)
    ceiling: int | None = None
    exact: int | None = None
    for role in roles:
        sort, length = role.literal.sort, int(role.literal.amount)
        if sort == "fall" and role.part == "trigger" and role.literal.window is None:
            raise UnplannableError(f"{role.literal.text}: only ever turns false")
        if not sort.startswith("dwell"):
            continue
        if (sort, role.part) == ("dwell_ge", "trigger"):
            exact = length
        elif sort == "dwell_ge" and role.part == "member":
            floor = max(floor, length)
        else:
            limit = length - 1 if sort == "dwell_ge" else length
            ceiling = limit if ceiling is None else min(ceiling, limit)
    for date in dates:
        if date.is_known and date.to_start is not None and date.from_end is not None:
            limit = date.to_start - date.from_end
            ceiling = limit if ceiling is None else min(ceiling, limit)
    if exact is not None:
        if exact < floor or (ceiling is not None and exact > ceiling):
            raise UnplannableError(f"{named(roles)}: another way out opens before")
        floor = exact
    return floor, ceiling, exact


def settings_of(site: Site, roles: tuple[Role, ...]) -> tuple[Setting, ...]:
    found: dict[str, Setting] = {}
    for role in roles:
        literal = role.literal
        if literal.sort != "holds" or literal.attribute in site.dates:
            continue
        name = str(literal.attribute)
        truth = site.domains[name].truth(literal)
        everything = np.ones(len(truth), bool)
        before = found.get(name) or Setting(name, everything, everything)
        final = before.final if before.final is not None else before.during
        during = before.during & (truth if role.part == "member" else ~truth)
        has_final = before.final is not None or role.part == "trigger"
        final = final & (~truth if role.part == "blocker" else truth)
        calm = before.calm if role.part == "member" else before.calm & ~truth
        counted = [one.literal for one in roles if _counts(one, name)]
        if counted and has_final:
            raise UnplannableError(f"{counted[0].text!r} would count the change of {name!r}")
        found[name] = Setting(name, during, calm, final if has_final else None, is_counted=bool(counted))
        if not during.any() or (has_final and not final.any()):
            raise UnplannableError(f"{literal.text}: no value of the attribute does it")
    return tuple(found.values())


def _counts(role: Role, attribute: str) -> bool:
    """Whether a change of the attribute would open, or spoil, what the literal counts."""
    stream, sort = role.literal.stream, role.literal.sort
    opens = sort == "rise" and role.part in ("trigger", "blocker")
    spoils = sort == "fall" and role.part != "blocker"
    return (opens or spoils) and stream is not None and stream.takes(("@" + attribute, None))


def dates_of(site: Site, roles: tuple[Role, ...]) -> tuple[Date, ...]:
    found: dict[str, Date] = {}
    for role in roles:
        literal, part = role.literal, role.part
        if literal.attribute not in site.dates:
            continue
        date = found.get(str(literal.attribute)) or Date(str(literal.attribute))
        found[date.name] = _dated(date, literal, part)
    for date in found.values():
        if date.is_unknown and (date.is_known or date.from_end is not None or date.to_end is not None):
            raise UnplannableError(f"attribute {date.name!r} would have to be known and unknown")
        if date.moved_at_end is not None and date.to_end is not None and date.moved_at_end > date.to_end:
            raise UnplannableError(f"attribute {date.name!r} would have to be early and late")
        latest = date.moved_at_end if date.moved_at_end is not None else 0 if date.set_at_end else None
        if latest is not None and date.end_below is not None and latest > date.end_below:
            raise UnplannableError(f"attribute {date.name!r}: another way out opens as well")
        if date.from_end is not None and date.to_end is not None and date.from_end > date.to_end:
            raise UnplannableError(f"attribute {date.name!r}: another way out opens before")
    return tuple(found.values())


def _dated(date: Date, literal: Literal, part: str) -> Date:
    if literal.sort == "holds":
        if (part, literal.operator) == ("trigger", "unknown"):
            raise UnplannableError(f"{literal.text}: a date that is forgotten")
        if (literal.operator == "known") == (part == "member"):
            return attrs.evolve(date, is_known=True)
        return attrs.evolve(date, is_unknown=True, set_at_end=date.set_at_end or part == "trigger")
    length = int(literal.amount)
    lows = [one for one in (date.from_end,) if one is not None]
    highs = [one for one in (date.to_end,) if one is not None]
    if literal.sort == "until_le":
        if part != "member":
            date = attrs.evolve(date, calm=max(length + 1, length + 1 if date.calm is None else date.calm))
        if part == "blocker":
            return attrs.evolve(date, from_end=max([*lows, length + 1]))
        low = max([*lows, length]) if part == "trigger" else date.from_end
        return attrs.evolve(date, from_end=low, to_end=min([*highs, length]), is_known=True)
    if part == "member":
        return attrs.evolve(date, from_end=max([*lows, length]), is_known=True)
    ends = [one for one in (date.to_start, length - 1) if one is not None]
    if part == "trigger":
        return attrs.evolve(date, to_start=min(ends), moved_at_end=length)
    below = min(one for one in (date.end_below, length - 1) if one is not None)
    return attrs.evolve(date, to_start=min(ends), end_below=below)


def changes_of(site: Site, wants: tuple[Want, ...], roles: tuple[Role, ...]) -> tuple[str, ...]:
    """Attributes that change at the end because ``@name`` is wanted."""
    names = tuple(dict.fromkeys(want.kind[0][1:] for want in wants if want.kind[0].startswith("@")))
    fixed = {role.literal.attribute for role in roles}
    for name in names:
        if name in fixed or name not in site.domains or len(site.domains[name].values) < 3:
            raise UnplannableError(f"attribute {name!r} would have to change and to stay")
    return names
