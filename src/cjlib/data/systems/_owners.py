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
        """The customers of every row; none where nobody can be found."""
        own = match.columns("customer")
        keys = [
            (placed.role.name, match.sheet.columns[placed.position])
            for placed in sorted(match.placed, key=lambda placed: placed.rank)
            if placed.role.verb == "key"
        ]
        names = match.columns("named")
        found = [self._of_row(i, own, keys, names) for i in range(match.sheet.n_rows)]
        self._remember(match, found)
        return found

    def _of_row(
        self, i: int, own: list[list[str]], keys: list[tuple[str, list[str]]], names: list[list[str]]
    ) -> Ids:
        for column in own:
            if column[i].strip():
                return tuple(dict.fromkeys(one for text in _split(column[i]) for one in self._customer(text)))
        for exported, column in keys:
            known = self.rows.get(exported, {})
            found = [one for text in _split(column[i]) for one in known.get(self.normal(text), ())]
            if found:
                return tuple(dict.fromkeys(found))
        for column in names:
            if column[i].strip():
                name = column[i].strip()
                return (self.names.get(name.casefold(), name),)
        return ()

    def _customer(self, text: str) -> Ids:
        """The customer of an id, or whom a person of that id belongs to; else the id itself."""
        spelled = self.normal(text)
        if spelled in self.customers:
            return (self.customers[spelled],)
        for known in self.rows.values():
            if spelled in known:
                return known[spelled]
        return (spelled,)

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
