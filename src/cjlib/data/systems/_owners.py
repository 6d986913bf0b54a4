"""Whose row is it? Ids of customers, people, deals and tickets joined across the sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from ._matching import Match

__all__ = ["Owners", "identity"]

SEPARATOR = ";"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
Ids = tuple[str, ...]


@attrs.define
class Owners:
    """Who is known so far, under which ids.

    Attributes:
        normal: one form for all spellings of an id.
        customers: from ids, other ids and names of customers to the id that counts.
        rows: per export, from the id of a row to the customers that it belongs to.
    """

    normal: Callable[[str], str]
    customers: dict[str, str] = attrs.field(factory=dict)
    names: dict[str, str] = attrs.field(factory=dict)
    rows: dict[str, dict[str, Ids]] = attrs.field(factory=dict)

    def add_customers(self, match: Match) -> list[str]:
        """The id of the customer of every row, remembered under all its ids; empty where there is none."""
        ids = match.first("customer")
        names = match.first("named") or match.first("attribute", "name")
        if ids is None:
            ids = names or [""] * match.sheet.n_rows
        canonical = [self.normal(one) for one in ids]
        aliases = match.columns("alias")
        for i, customer in enumerate(canonical):
            if not customer:
                continue
            self.customers[customer] = customer
            for column in aliases:
                for alias in _split(column[i]):
                    self.customers.setdefault(self.normal(alias), customer)
            if names is not None and names[i].strip():
                self.names.setdefault(names[i].strip().casefold(), customer)
        return canonical

    def of(self, match: Match) -> list[Ids]:
        """The customers of every row, by the most trusted field that tells them; none if nobody is found."""
        ways = [
            (placed.role.verb, placed.role.name, match.sheet.columns[placed.position])
            for placed in sorted(match.placed, key=lambda placed: placed.rank)
            if placed.role.verb in ("customer", "key", "named")
        ]
        known: list[dict[str, Ids]] = [{} for _ in ways]
        found: list[Ids] = []
        for i in range(match.sheet.n_rows):
            owners: Ids = ()
            for (verb, name, column), told in zip(ways, known, strict=True):
                text = column[i]
                if text not in told:
                    told[text] = self._named_by(verb, name, text)
                owners = told[text]
                if owners:
                    break
            found.append(owners)
        self._remember(match, found)
        return found

    def _named_by(self, verb: str, name: str, text: str) -> Ids:
        """Whom a cell names: customers by id, by a row of another export, or by name."""
        if verb == "named":
            text = text.strip()
            return (self.names.get(text.casefold(), text),) if text else ()
        ids = [self.normal(part) for part in _split(text)]
        if verb == "key":
            rows = self.rows.get(name, {})
            return tuple(dict.fromkeys(one for key in ids for one in rows.get(key, ())))
        return tuple(dict.fromkeys(self.customers.get(one, one) for one in ids))

    def _remember(self, match: Match, found: list[Ids]) -> None:
        if match.exported is None or not (match.has("id") or match.has("alias")):
            return
        known = self.rows.setdefault(match.exported.name, {})
        for column in (*match.columns("id"), *match.columns("alias")):
            for text, owners in zip(column, found, strict=True):
                if text.strip() and owners:
                    known.setdefault(self.normal(text), owners)


def _split(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(SEPARATOR) if part.strip())


def identity(kind: str) -> Callable[[str], str]:
    """How ids of a kind are written in one form: Salesforce's have 15 or 18 characters.

    >>> identity("salesforce")("001D000000IRFma")
    '001D000000IRFmaIAH'
    """
    return _of_salesforce if kind == "salesforce" else _as_it_stands


def _as_it_stands(text: str) -> str:
    return text.strip()


def _of_salesforce(text: str) -> str:
    """18 characters: the last three tell which of the first 15 are capitals, whatever became of them."""
    text = text.strip()
    if not (text.isalnum() and text.isascii() and text[:1].isalnum() and any(map(str.isdigit, text))):
        return text
    if len(text) == 18:
        bits = [LETTERS.find(sign.upper()) for sign in text[15:]]
        if min(bits) < 0:
            return text
        cased = [
            sign.upper() if bits[i // 5] >> (i % 5) & 1 else sign.lower() for i, sign in enumerate(text[:15])
        ]
        text = "".join(cased)
    elif len(text) != 15:
        return text
    ends = (LETTERS[sum(1 << i for i in range(5) if text[start + i].isupper())] for start in range(0, 15, 5))
    return text + "".join(ends)
